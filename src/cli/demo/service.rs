//! The page's service: answers what is the page's, passes everything else on to the gateway, and listens to its answers.

use super::page::{ICON, SCRIPT, STYLE};
use super::site::Site;
use crate::listener::{Arrival, Inbound, Method, Service};
use crate::s3::Scheme;
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};
use http_body_util::{Either, Full};
use std::sync::Arc;

/// The demo page in front of another service.
#[derive(Debug)]
pub struct DemoService<S> {
    site: Arc<Site>,
    inner: S,
}

impl<S> DemoService<S> {
    pub(super) fn new(site: Arc<Site>, inner: S) -> Self {
        Self { site, inner }
    }
}

impl<S: Service> Service for DemoService<S> {
    type Body = Either<Full<Bytes>, S::Body>;

    async fn call(&self, arrival: Arrival) -> Response<Self::Body> {
        if let Some(own) = own_answer(&self.site, &arrival) {
            return own.map(Either::Left);
        }
        let picture = self.site.picture(&arrival.path);
        let answer = self.inner.call(arrival).await;
        if let Some(picture) = picture {
            self.site.remember(picture, answer.status(), answer.headers());
        }
        answer.map(Either::Right)
    }
}

/// What the page itself answers; `None` for everything else. hyper leaves the body out where the method is HEAD.
fn own_answer(site: &Site, arrival: &Arrival) -> Option<Response<Full<Bytes>>> {
    let inbound = arrival.request.as_ref().ok()?;
    if !matches!(inbound.method, Method::Get | Method::Head) {
        return None;
    }
    match inbound.target.path() {
        "/" => Some(page(site, inbound, arrival.client.scheme)),
        "/demo.css" => Some(file("text/css; charset=utf-8", STYLE)),
        "/demo.js" => Some(file("text/javascript; charset=utf-8", SCRIPT)),
        "/demo/icon.svg" => Some(file("image/svg+xml", ICON)),
        "/demo/state.json" => Some(file("application/json", site.state())),
        _ => None,
    }
}

/// `/?stored=<number>` shows that set; without a number, or with one long gone, a new set is signed and the address told.
fn page(site: &Site, inbound: &Inbound, scheme: Scheme) -> Response<Full<Bytes>> {
    let number = inbound
        .target
        .query()
        .and_then(|query| query.strip_prefix("stored=")?.parse().ok());
    if let Some(set) = number.and_then(|number| site.stored(number)) {
        let scheme = match scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        return match site.page(&set, &format!("{scheme}://{}", inbound.host.as_str())) {
            Ok(html) => {
                let mut answer = file("text/html; charset=utf-8", html);
                if let Ok(policy) = HeaderValue::from_str(site.policy()) {
                    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
                }
                answer
            }
            Err(fault) => failure(&fault.to_string()),
        };
    }
    let Some(number) = site.store() else {
        return failure("the raw URLs could not be signed");
    };
    let mut answer = file("text/plain; charset=utf-8", "");
    *answer.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(address) = HeaderValue::from_str(&format!("/?stored={number}")) {
        answer.headers_mut().insert(LOCATION, address);
    }
    answer
}

fn failure(reason: &str) -> Response<Full<Bytes>> {
    let mut answer = file(
        "text/plain; charset=utf-8",
        format!("The demo page can't be shown: {reason}.\n"),
    );
    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    answer
}

/// Nothing of the page is ever stored: a new build of the program is a new page.
fn file(content_type: &'static str, content: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(content.into()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}
