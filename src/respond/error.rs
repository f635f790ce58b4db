//! A failure as an answer: a page for people, S3's own XML for S3 clients, problem details for other programs (RFC 9457),
//! the same head without a body for HEAD. The origin's own document never gets here (DESIGN §4.10).

use super::body::Body;
use super::failure::Failure;
use super::headers::{NO_STORE, NOSNIFF, PAGE_POLICY, X_AMZ_REQUEST_ID, X_EVERGATE_REASON, X_REQUEST_ID, XML};
use super::told::Told;
use crate::listener::{Inbound, RequestId};
use crate::s3::ErrorDocument;
use crate::telemetry::Door;
use askama::Template;
use bytes::Bytes;
use http::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const READ_ONLY: HeaderValue = HeaderValue::from_static("GET, HEAD");

/// In which form a failure is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form<'a> {
    /// A short page.
    Page,
    /// `application/problem+json`
    Problem,
    /// S3's XML.
    S3 {
        /// The raw path that was asked for.
        resource: &'a str,
    },
}

impl<'a> Form<'a> {
    /// Takes the door that `request` came through: people who follow a presigned link get a page, as on stable paths; S3
    /// clients get XML.
    #[must_use]
    pub fn at(door: Door, request: &'a Inbound) -> Self {
        let form = Self::of(&request.headers);
        let resource = request.target.path();
        match (door, form) {
            (Door::Stable | Door::None, form) | (Door::Presigned, form @ Self::Page) => form,
            (Door::Presigned | Door::Endpoint, _) => Self::S3 { resource },
        }
    }

    /// A page when `Accept` names `text/html` with a weight above zero; browsers do so when a person navigates, not
    /// for pictures and scripts.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let wants_page = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .any(is_html);
        if wants_page { Self::Page } else { Self::Problem }
    }
}

fn is_html(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let html = parts.next().is_some_and(|kind| {
        kind.eq_ignore_ascii_case("text/html") || kind.eq_ignore_ascii_case("application/xhtml+xml")
    });
    let refused = |part: &str| {
        part.strip_prefix("q=")
            .or_else(|| part.strip_prefix("Q="))
            .is_some_and(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0))
    };
    html && !parts.any(refused)
}

#[derive(Template)]
#[template(path = "respond/error.html")]
struct Page<'a> {
    status: u16,
    title: &'a str,
    sentence: &'a str,
    reason: Option<&'a str>,
    request_id: &'a str,
}

/// Answers `method` with `failure`.
#[must_use]
pub fn error(failure: Failure, method: &Method, form: Form<'_>, id: RequestId) -> Response<Body> {
    let told = failure.told();
    let id = id.header_value();
    let (content_type, text) = write(&told, form, id.to_str().unwrap_or_default());
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(CONTENT_SECURITY_POLICY, PAGE_POLICY);
    if matches!(form, Form::S3 { .. }) {
        headers.insert(X_AMZ_REQUEST_ID, id.clone());
    }
    headers.insert(X_REQUEST_ID, id);
    if let Some(reason) = told.reason {
        headers.insert(X_EVERGATE_REASON, HeaderValue::from_static(reason));
    }
    if let Some(after) = failure.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
    }
    if told.status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, READ_ONLY);
    }
    // RFC 9110 §9.3.2: HEAD tells what GET would say, its length included.
    let body = if method == Method::HEAD {
        Body::Empty
    } else {
        Body::Full(Bytes::from(text))
    };
    let mut response = Response::new(body);
    *response.status_mut() = told.status;
    *response.headers_mut() = headers;
    response
}

fn write(told: &Told, form: Form<'_>, request_id: &str) -> (HeaderValue, String) {
    let Told {
        status,
        reason,
        sentence,
        ..
    } = *told;
    let title = status.canonical_reason().unwrap_or("Error");
    if let Form::S3 { resource } = form {
        let more: Vec<_> = reason.iter().map(|reason| ("Reason", *reason)).collect();
        let document = ErrorDocument::new(told.s3_code, sentence);
        return (XML, document.to_xml_with(resource, request_id, &more));
    }
    if form == Form::Page {
        let page = Page {
            status: status.as_u16(),
            title,
            sentence,
            reason,
            request_id,
        };
        if let Ok(text) = page.render() {
            return (HTML, text);
        }
    }
    let mut problem = serde_json::json!({
        "type": "about:blank",
        "title": title,
        "status": status.as_u16(),
        "detail": sentence,
        "request_id": request_id,
    });
    if let (Some(reason), Some(fields)) = (reason, problem.as_object_mut()) {
        fields.insert("reason".into(), reason.into());
    }
    (PROBLEM, problem.to_string())
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
