//! The origin's answer, passed on: bytes as they come, documents under the client's names, refusals with the origin's code
//! and message and nothing else of it.

use super::head;
use super::rewriting::Rewriting;
use crate::access::Audience;
use crate::config::InlinePolicy;
use crate::fetch::{Forwarded, OriginHead};
use crate::listener::RequestId;
use crate::respond::body::Body;
use crate::respond::headers::XML;
use crate::respond::{cache_control, content};
use crate::s3::{ClientView, ErrorDocument, ObjectKey, Operation};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body::Body as _;

/// What was asked, as far as the answer depends on it.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// `None` for an operation that the gateway does not know.
    pub operation: Option<Operation>,
    /// The method.
    pub method: &'a Method,
    /// The raw path as received.
    pub path: &'a str,
    /// The object whose bytes are shown to whoever holds a link, so that they must be harmless in a browser.
    pub linked: Option<&'a ObjectKey>,
    /// The request.
    pub id: RequestId,
}

/// Passes on an answer that is no refusal. `view` is what its document is to say, where it must say another thing.
#[must_use]
pub fn passed(forwarded: Forwarded, asked: &Asked<'_>, view: Option<ClientView>) -> Response<Body> {
    let Forwarded {
        status,
        headers: origin,
        body,
        ..
    } = forwarded;
    let mut headers = head::of_success(&origin, asked.operation);
    if let Some(key) = asked.linked {
        content::write(
            &mut headers,
            &OriginHead::from_headers(&origin),
            key,
            InlinePolicy::Safe,
            None,
        );
        // Its proof stands in the query, where `Vary: Authorization` says nothing of it (rule 22).
        if let Some(private) = cache_control::for_audience(headers.get(CACHE_CONTROL), Audience::Private) {
            headers.insert(CACHE_CONTROL, private);
        }
    }
    // What the gateway does not know may be anything: policies are JSON.
    let is_document = asked.operation.is_some() || is_xml(&headers);
    let body = match view.filter(|_| is_document) {
        _ if body.is_end_stream() => Body::Empty,
        Some(view) => {
            headers.remove(CONTENT_LENGTH);
            Body::Rewriting(Box::new(Rewriting::new(body, view, asked.path, asked.id)))
        }
        None => Body::Origin(body),
    };
    response(status, headers, body)
}

fn is_xml(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim();
    ["application/xml", "text/xml"]
        .iter()
        .any(|xml| kind.eq_ignore_ascii_case(xml))
}

/// Passes on a refusal.
#[must_use]
pub fn refusal(
    status: StatusCode,
    origin: &HeaderMap,
    told: Option<&ErrorDocument>,
    asked: &Asked<'_>,
) -> Response<Body> {
    let mut headers = head::of_refusal(origin);
    let code = told.map_or_else(|| code_of(status), |told| &told.code_text);
    let document = ErrorDocument::new(code, message(status, code, told)).to_xml(asked.path, &asked.id.to_string());
    headers.insert(CONTENT_TYPE, XML);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(document.len()));
    let body = if asked.method == Method::HEAD {
        Body::Empty
    } else {
        Body::Full(Bytes::from(document))
    };
    response(status, headers, body)
}

/// AWS tells of a denial who asked for what: the gateway's own role, and its bucket there.
fn message<'a>(status: StatusCode, code: &str, told: Option<&'a ErrorDocument>) -> &'a str {
    match told {
        _ if status == StatusCode::FORBIDDEN || code == "AccessDenied" => "Access Denied",
        Some(told) if !told.message.is_empty() => &told.message,
        // Ceph leaves the message out.
        _ => match code {
            "NoSuchKey" => "The specified key does not exist.",
            "NoSuchBucket" => "The specified bucket does not exist.",
            "NoSuchUpload" => "The specified upload does not exist: it may have been completed or aborted.",
            "InvalidRange" => "The requested range is not satisfiable.",
            "PreconditionFailed" => "At least one of the preconditions that you specified did not hold.",
            _ => "The storage behind this address refuses the request.",
        },
    }
}

/// What stands for a code where the origin gives none.
fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::FORBIDDEN => "AccessDenied",
        StatusCode::NOT_FOUND => "NoSuchKey",
        StatusCode::METHOD_NOT_ALLOWED => "MethodNotAllowed",
        StatusCode::CONFLICT => "OperationAborted",
        StatusCode::LENGTH_REQUIRED => "MissingContentLength",
        StatusCode::PRECONDITION_FAILED => "PreconditionFailed",
        StatusCode::PAYLOAD_TOO_LARGE => "EntityTooLarge",
        StatusCode::RANGE_NOT_SATISFIABLE => "InvalidRange",
        StatusCode::NOT_IMPLEMENTED => "NotImplemented",
        status if status.is_client_error() => "InvalidRequest",
        _ => "InternalError",
    }
}

fn response(status: StatusCode, headers: HeaderMap, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
