//! What each address of the admin listener answers. RFC 9457 for what it does not.

use super::Readiness;
use crate::telemetry::{CONTENT_TYPE, Metrics};
use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE as CONTENT_TYPE_FIELD, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;
use std::sync::Arc;

const PLAIN: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";
const INDEX: &str = "Evergate, the admin listener\n\n\
    /healthz  the process answers\n\
    /readyz   credentials are valid and nothing drains; 503 and the reasons otherwise\n\
    /metrics  Prometheus' text format\n";

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

fn page(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE_FIELD, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn problem(status: StatusCode, detail: &str) -> Response<Full<Bytes>> {
    let title = status.canonical_reason();
    let body = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
    page(status, PROBLEM, format!("{body}\n"))
}
