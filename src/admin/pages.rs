//! What each address of the admin listener that is only read answers.

use super::Readiness;
use super::answer::{JSON, page, problem};
use crate::telemetry::{CONTENT_TYPE, Metrics};
use bytes::Bytes;
use http::header::ALLOW;
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use std::sync::Arc;

const PLAIN: &str = "text/plain; charset=utf-8";
const INDEX: &str = "Evergate, the admin listener\n\n\
    /healthz       the process answers\n\
    /readyz        credentials are valid and nothing drains; 503 and the reasons otherwise\n\
    /metrics       Prometheus' text format\n\
    /v1/refresh    POST: new links for stored ones, with a token\n\
    /v1/purge      POST: makes the object cache forget, with a token\n\
    /v1/events/s3  POST: events of S3 servers, which make it forget, with a token\n";

/// What the pages are made from.
#[derive(Clone)]
pub(super) struct Pages {
    pub(super) metrics: Metrics,
    pub(super) readiness: Arc<dyn Readiness>,
}

impl Pages {
    /// The answer to `method` on `path`; hyper leaves the body out for HEAD.
    pub(super) fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        let page: fn(&Self) -> Response<Full<Bytes>> = match path {
            "/" => |_| page(StatusCode::OK, PLAIN, INDEX),
            "/healthz" => |_| page(StatusCode::OK, PLAIN, "ok\n"),
            "/readyz" => Self::ready,
            "/metrics" => Self::metrics,
            _ => return problem(StatusCode::NOT_FOUND, "There is nothing at this address."),
        };
        if method == Method::GET || method == Method::HEAD {
            return page(self);
        }
        let mut refusal = problem(StatusCode::METHOD_NOT_ALLOWED, "This address can only be read.");
        refusal
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        refusal
    }

    fn ready(&self) -> Response<Full<Bytes>> {
        let report = self.readiness.report();
        let status = if report.is_ready() {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        page(status, JSON, format!("{}\n", report.to_json()))
    }

    fn metrics(&self) -> Response<Full<Bytes>> {
        match self.metrics.render() {
            Ok(text) => page(StatusCode::OK, CONTENT_TYPE, text),
            Err(_) => problem(StatusCode::INTERNAL_SERVER_ERROR, "The metrics could not be written."),
        }
    }
}
