//! What an origin's status means for the one who asked. AWS "Error responses"; RFC 9110 §15.
//!
//! A success is checked against what was asked for; a failure is told apart by the S3 error document, of which at
//! most 64 KiB are read and nothing goes on.

use super::attempt::Failed;
use super::body::ResponseBody;
use super::conditions::Conditions;
use super::content_range::ContentRange;
use super::document::Document;
use super::error::{FetchError, OriginCode};
use super::head::OriginHead;
use super::remedy::{Cause, Refuser};
use super::request::Means;
use crate::clock::Timestamp;
use crate::route::origin_date;
use crate::s3::{ByteRange, ErrorCode, Region};
use http::header::RETRY_AFTER;
use http::response::Parts;
use http::{HeaderMap, HeaderName, Method, StatusCode};
use std::time::Duration;
use tokio::time::Instant;

/// Clocks closer than this are not why a signature is refused: the origin allows 15 minutes.
const SUSPICIOUS_SKEW: Duration = Duration::from_mins(5);
const BUCKET_REGION: HeaderName = HeaderName::from_static("x-amz-bucket-region");
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

impl OriginStatus {
    /// The whole object's length in bytes, as the `head` of an answer of this status tells it.
    pub(super) fn complete_length(self, head: &OriginHead) -> Option<u64> {
        match self {
            Self::Ok => head.content_length,
            Self::Partial | Self::RangeNotSatisfiable => head.content_range.and_then(ContentRange::complete),
            Self::NotModified | Self::PreconditionFailed => None,
        }
    }
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
            Some(range) => part(Some(range), head).map(|()| OriginStatus::Partial),
            None if asked.by_part => part(None, head).map(|()| OriginStatus::Partial),
            None => unasked(),
        },
        StatusCode::NOT_MODIFIED if asked.has_preconditions() => Ok(OriginStatus::NotModified),
        StatusCode::PRECONDITION_FAILED if asked.has_preconditions() || asked.range_guard.is_some() => {
            Ok(OriginStatus::PreconditionFailed)
        }
        StatusCode::RANGE_NOT_SATISFIABLE if asked.range.is_some() || asked.by_part => {
            Ok(OriginStatus::RangeNotSatisfiable)
        }
        StatusCode::NOT_MODIFIED | StatusCode::PRECONDITION_FAILED | StatusCode::RANGE_NOT_SATISFIABLE => unasked(),
        _ => return None,
    })
}

/// A part is passed on only when it is the one that was asked for; one that was asked for by its number may lie anywhere.
fn part(asked: Option<ByteRange>, head: &OriginHead) -> Result<(), FetchError> {
    let Some(ContentRange::Satisfied { first, last, complete }) = head.content_range else {
        return Err(bad("a part without a valid Content-Range".to_owned()));
    };
    let Some(length) = head.content_range.and_then(ContentRange::part_length) else {
        return Err(bad("a part longer than can be".to_owned()));
    };
    let fits = match asked {
        None => true,
        Some(ByteRange::Closed(from, to)) => first == from && last <= to,
        Some(ByteRange::From(from)) => first == from,
        Some(ByteRange::Suffix(n)) => {
            length <= n && complete.is_none_or(|complete| last.checked_add(1) == Some(complete))
        }
    };
    if !fits {
        return Err(bad("another part than the one asked for".to_owned()));
    }
    if head.content_length.is_some_and(|announced| announced != length) {
        return Err(bad("Content-Length and Content-Range disagree".to_owned()));
    }
    Ok(())
}

/// What was asked, as far as a refusal is judged by it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) means: &'a Means,
}

impl Asked<'_> {
    /// Whether its answer is a head alone.
    pub(super) fn head_alone(self) -> bool {
        *self.method == Method::HEAD
    }
}

/// Tells failures apart. Reads of the body what it needs, until `deadline`.
pub(super) async fn failure(asked: Asked<'_>, response: http::Response<ResponseBody>, deadline: Instant) -> Failed {
    let (parts, body) = response.into_parts();
    let document = if asked.head_alone() || parts.status.is_success() || parts.status.is_informational() {
        Document::Silent
    } else {
        Document::read(body, deadline).await.0
    };
    told(asked, &parts, &document)
}

/// The same of a refusal whose document was read.
pub(super) fn told(asked: Asked<'_>, parts: &Parts, document: &Document) -> Failed {
    let error = error(parts, document);
    Failed::new(cause(asked, parts, document, &error), error)
}

/// What the reader is to be told.
fn error(parts: &Parts, document: &Document) -> FetchError {
    let status = parts.status;
    let code = OriginCode::new(document.code_text(), status);
    match (status, document.code()) {
        _ if status.is_redirection() => bad(redirect_reason(status, &parts.headers)),
        _ if status.is_informational() || status.is_success() => bad(format!("status {}", status.as_u16())),
        (_, Some(ErrorCode::SlowDown)) | (StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS, _) => {
            FetchError::Throttled {
                retry_after: retry_after(&parts.headers),
            }
        }
        // AWS says 400 to an ended token: it is the gateway that is refused, not the request.
        // 451: it may not be read any more, which no stale object may stand in for.
        (StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED | StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS, _)
        | (_, Some(ErrorCode::ExpiredToken | ErrorCode::InvalidToken)) => FetchError::Forbidden(code),
        (StatusCode::NOT_FOUND, Some(ErrorCode::NoSuchBucket)) => FetchError::MissingBucket,
        // A page of something that is no S3 server says nothing about the key.
        (StatusCode::NOT_FOUND, _) if matches!(document, Document::Foreign | Document::Lost) => {
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

/// What it means for another attempt.
fn cause(asked: Asked<'_>, parts: &Parts, document: &Document, error: &FetchError) -> Cause {
    let head_alone = asked.head_alone();
    match (parts.status, document.code()) {
        (_, Some(ErrorCode::ExpiredToken | ErrorCode::InvalidToken)) => return Cause::StaleCredentials,
        (_, Some(ErrorCode::RequestTimeTooSkewed)) => return Cause::Skewed(origin_date(&parts.headers)),
        _ => {}
    }
    match error {
        FetchError::Throttled { retry_after } => Cause::Throttled {
            retry_after: *retry_after,
            by: match (document.code(), parts.status) {
                (Some(ErrorCode::SlowDown), _) | (_, StatusCode::TOO_MANY_REQUESTS) => Refuser::Server,
                _ => Refuser::Unknown,
            },
        },
        FetchError::Broken(_) => Cause::Broken,
        // The answer to HEAD has no document, so that it is told by what the head gives away: a clock far from the one
        // that signed…
        FetchError::Forbidden(_) if head_alone => match origin_date(&parts.headers) {
            Some(origin) if apart(origin, asked.means.signed_at) > SUSPICIOUS_SKEW => Cause::Skewed(Some(origin)),
            _ => Cause::Settled,
        },
        FetchError::BadGateway(_) => match region(parts, document) {
            // AWS names the region where it is right, too.
            Some(region) if region != asked.means.place.region => Cause::Elsewhere(region),
            // … or a plain 400, which AWS says to a token that has ended.
            _ if head_alone && parts.status == StatusCode::BAD_REQUEST => Cause::StaleCredentials,
            _ => Cause::Settled,
        },
        _ => Cause::Settled,
    }
}

fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

/// The bucket's region, where the origin names it beside a redirect or a refused signature.
fn region(parts: &Parts, document: &Document) -> Option<Region> {
    let refused = parts.status.is_redirection() || parts.status == StatusCode::BAD_REQUEST;
    let named = || Region::parse(parts.headers.get(BUCKET_REGION)?.to_str().ok()?).ok();
    refused.then(|| named().or_else(|| document.region())).flatten()
}

fn redirect_reason(status: StatusCode, headers: &HeaderMap) -> String {
    with_region(
        format!("status {}, a redirect, which is never followed", status.as_u16()),
        headers,
    )
}

fn with_region(mut reason: String, headers: &HeaderMap) -> String {
    let region: Option<String> = headers
        .get(BUCKET_REGION)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::Conditions;

    fn head(fields: &[(&'static str, &'static str)]) -> OriginHead {
        let fields = fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        OriginHead::from_headers(&fields.collect())
    }

    #[test]
    fn a_part_by_its_number_may_lie_anywhere_and_only_there_comes_unasked() {
        let part = head(&[("content-range", "bytes 5-9/20"), ("content-length", "5")]);
        let asked = Conditions::default();
        let of = |asked: &Conditions, head: &OriginHead| success(StatusCode::PARTIAL_CONTENT, asked, head).unwrap();
        assert_eq!(of(&asked.of_part(), &part), Ok(OriginStatus::Partial));
        assert!(of(&asked, &part).is_err(), "nobody asked for a part");
        for wrong in [
            head(&[("content-length", "5")]),
            head(&[("content-range", "bytes 5-9/20"), ("content-length", "6")]),
        ] {
            assert!(of(&asked.of_part(), &wrong).is_err());
        }
    }
}
