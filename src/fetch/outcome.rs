//! What an origin's status means for the one who asked. AWS "Error responses"; RFC 9110 §15.
//!
//! A success is checked against what was asked for; a failure is told apart by the S3 error document, of which at
//! most 64 KiB are read and nothing goes on.

use super::conditions::Conditions;
use super::deadlines::Deadlines;
use super::error::{FetchError, OriginCode};
use super::head::{ContentRange, OriginHead};
use crate::s3::{ByteRange, ErrorCode, ErrorDocument, Operation};
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Limited};
use std::time::Duration;

/// The most bytes of an error document that are read.
const ERROR_BODY_LIMIT: usize = 64 * 1024;
/// A longer `Retry-After` is a mistake of the origin.
const LONGEST_RETRY_AFTER: u64 = 3600;

/// What the origin's answer is, where there is something to pass on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginStatus {
    /// 200: the object.
    Ok,
    /// 206: the part that was asked for.
    Partial,
    /// 304: the client has it.
    NotModified,
    /// 412: it is not the object that the client meant.
    PreconditionFailed,
    /// 416: the object has no such part.
    RangeNotSatisfiable,
}

/// Reads the status against what was asked; `None` when it is not a success.
pub(super) fn success(
    status: StatusCode,
    asked: &Conditions,
    head: &OriginHead,
) -> Option<Result<OriginStatus, FetchError>> {
    let unasked = || Err(bad(format!("status {} without being asked for it", status.as_u16())));
    Some(match status {
        StatusCode::OK => Ok(OriginStatus::Ok),
        StatusCode::PARTIAL_CONTENT => match asked.range {
            Some(range) => part(range, head).map(|()| OriginStatus::Partial),
            None => unasked(),
        },
        StatusCode::NOT_MODIFIED if asked.has_preconditions() => Ok(OriginStatus::NotModified),
        StatusCode::PRECONDITION_FAILED if asked.has_preconditions() || asked.range_guard.is_some() => {
            Ok(OriginStatus::PreconditionFailed)
        }
        StatusCode::RANGE_NOT_SATISFIABLE if asked.range.is_some() => Ok(OriginStatus::RangeNotSatisfiable),
        StatusCode::NOT_MODIFIED | StatusCode::PRECONDITION_FAILED | StatusCode::RANGE_NOT_SATISFIABLE => unasked(),
        _ => return None,
    })
}

/// A part is passed on only when it is the one that was asked for.
fn part(asked: ByteRange, head: &OriginHead) -> Result<(), FetchError> {
    let Some(ContentRange::Satisfied { first, last, complete }) = head.content_range else {
        return Err(bad("a part without a valid Content-Range".to_owned()));
    };
    let Some(length) = head.content_range.and_then(ContentRange::part_length) else {
        return Err(bad("a part longer than can be".to_owned()));
    };
    let fits = match asked {
        ByteRange::Closed(from, to) => first == from && last <= to,
        ByteRange::From(from) => first == from,
        ByteRange::Suffix(n) => length <= n && complete.is_none_or(|complete| last.checked_add(1) == Some(complete)),
    };
    if !fits {
        return Err(bad("another part than the one asked for".to_owned()));
    }
    if head.content_length.is_some_and(|announced| announced != length) {
        return Err(bad("Content-Length and Content-Range disagree".to_owned()));
    }
    Ok(())
}

/// Tells failures apart. Reads of the body what it needs, within the deadline.
pub(super) async fn failure(
    operation: Operation,
    response: http::Response<reqwest::Body>,
    deadlines: &Deadlines,
) -> FetchError {
    let (parts, body) = response.into_parts();
    let status = parts.status;
    if status.is_redirection() {
        return bad(redirect_reason(status, &parts.headers));
    }
    if status.is_informational() || status.is_success() {
        return bad(format!("status {}", status.as_u16()));
    }
    let document = match operation {
        Operation::HeadObject => Document::Silent,
        _ => read_document(body, deadlines.error_body).await,
    };
    let code = OriginCode::new(document.code_text(), status);
    match (status, document.code()) {
        (_, Some(ErrorCode::SlowDown)) | (StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS, _) => {
            FetchError::Throttled {
                retry_after: retry_after(&parts.headers),
            }
        }
        // AWS says 400 to an expired token: it is the gateway that is refused, not the request.
        (StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED, _) | (_, Some(ErrorCode::ExpiredToken)) => {
            FetchError::Forbidden(code)
        }
        (StatusCode::NOT_FOUND, Some(ErrorCode::NoSuchBucket)) => FetchError::MissingBucket,
        // A page of something that is no S3 server says nothing about the key.
        (StatusCode::NOT_FOUND, _) if matches!(document, Document::Foreign) => {
            bad("status 404 with a body that is not S3's".to_owned())
        }
        (StatusCode::NOT_FOUND | StatusCode::GONE, _) => FetchError::Missing,
        (status, _) if status.is_server_error() => FetchError::Broken(code),
        // Wrong region: the origin names the right one.
        _ => bad(with_region(
            format!("status {}, {code}", status.as_u16()),
            &parts.headers,
        )),
    }
}

enum Document {
    /// No body, as to HEAD, or an empty one.
    Silent,
    /// An S3 error document.
    S3(ErrorDocument),
    /// Something else, or more than the limit, or it did not come in time.
    Foreign,
}

impl Document {
    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::S3(document) => Some(document.code),
            _ => None,
        }
    }
    fn code_text(&self) -> Option<&str> {
        match self {
            Self::S3(document) => Some(&document.code_text),
            _ => None,
        }
    }
}

async fn read_document(body: reqwest::Body, deadline: Duration) -> Document {
    match tokio::time::timeout(deadline, Limited::new(body, ERROR_BODY_LIMIT).collect()).await {
        Ok(Ok(collected)) => {
            let bytes = collected.to_bytes();
            if bytes.trim_ascii().is_empty() {
                return Document::Silent;
            }
            ErrorDocument::parse(&bytes).map_or(Document::Foreign, Document::S3)
        }
        _ => Document::Foreign,
    }
}

fn redirect_reason(status: StatusCode, headers: &HeaderMap) -> String {
    with_region(
        format!("status {}, a redirect, which is never followed", status.as_u16()),
        headers,
    )
}

fn with_region(mut reason: String, headers: &HeaderMap) -> String {
    let region: Option<String> = headers
        .get("x-amz-bucket-region")
        .and_then(|value| value.to_str().ok())
        .map(|text| {
            text.chars()
                .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
                .take(63)
                .collect()
        });
    if let Some(region) = region.filter(|region| !region.is_empty()) {
        reason.push_str("; x-amz-bucket-region says the bucket is in ");
        reason.push_str(&region);
    }
    reason
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(LONGEST_RETRY_AFTER)))
}

fn bad(reason: String) -> FetchError {
    FetchError::BadGateway(reason.into())
}
