//! The bytes of an object, from the origin or out of the object cache: 200, 206, 304, 412, 416. RFC 9110 §15, RFC 9111; rules 16, 17, 22.

use super::body::Body;
use super::content;
use super::headers::{self, CACHE_STATUS};
use super::{cache_control, cache_status};
use crate::access::Audience;
use crate::clock::Timestamp;
use crate::config::InlinePolicy;
use crate::fetch::{CacheUse, ContentRange, ObjectResponse, OriginHead, OriginStatus};
use crate::resolve::{Download, Overrides};
use crate::s3::ObjectKey;
use http::header::{
    ACCEPT_RANGES, AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_RANGE, DATE, ETAG,
    EXPIRES, LAST_MODIFIED,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body::Body as _;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// What the walk knows of a stream beside the origin's answer.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The key that is served: the fallback's, where the fallback is.
    pub key: &'a ObjectKey,
    /// Whom the answer may be stored for.
    pub audience: Audience,
    /// The route's `Cache-Control`; `None` keeps the origin's.
    pub cache_control: Option<&'a HeaderValue>,
    /// Which types may be shown.
    pub inline: InlinePolicy,
    /// Whether the reader asked to save the object.
    pub download: Option<&'a Download>,
    /// What was signed to be told otherwise than it is stored.
    pub overrides: Option<&'a Overrides>,
    /// The time of day.
    pub now: Timestamp,
}

/// Answers with what the origin has. To HEAD the body is empty and `Content-Length` is the object's.
#[must_use]
pub fn stream(object: ObjectResponse, view: &View<'_>) -> Response<Body> {
    let ObjectResponse {
        status,
        mut head,
        body,
        cache,
    } = object;
    if let Some(overrides) = view.overrides.filter(|overrides| !overrides.as_slice().is_empty()) {
        override_head(Arc::make_mut(&mut head), overrides);
    }
    let body = Body::from(body);
    let length = if tells_its_length(&body, &head) {
        Length::Body
    } else {
        Length::Field
    };
    let headers = write(status, &head, &cache, view, length);
    let mut response = Response::new(body);
    *response.status_mut() = code(status);
    *response.headers_mut() = headers;
    response
}

/// Takes what was signed in the place of what is stored; the rules for hostile content then judge it as they judge that.
fn override_head(head: &mut OriginHead, overrides: &Overrides) {
    for (name, field) in [
        ("response-cache-control", &mut head.cache_control),
        ("response-content-disposition", &mut head.content_disposition),
        ("response-content-encoding", &mut head.content_encoding),
        ("response-content-language", &mut head.content_language),
        ("response-content-type", &mut head.content_type),
        ("response-expires", &mut head.expires),
    ] {
        let value = overrides.get(name).filter(|value| !value.is_empty());
        if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok()) {
            *field = Some(value);
        }
    }
}

/// Who writes `Content-Length`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    /// hyper, by what the body says of itself: it takes fewer steps than a field that is made, kept and copied.
    Body,
    /// A field.
    Field,
}

/// Whether all that the head announces follows, and the body knows how much that is. Not so for the answer to HEAD.
fn tells_its_length(body: &Body, head: &OriginHead) -> bool {
    let length = body.size_hint().exact().filter(|length| *length > 0);
    length.is_some() && length == head.content_length
}

fn write(status: OriginStatus, head: &OriginHead, cache: &CacheUse, view: &View<'_>, length: Length) -> HeaderMap {
    // Room for 12 takes half as much as room for 13, and is enough for nearly all.
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(CACHE_STATUS, cache_status::of(cache, status));
    let age = cache.age().filter(|_| status != OriginStatus::PreconditionFailed);
    put(&mut headers, AGE, age.and_then(|age| number(age.as_secs())));
    write_date(&mut headers, head, cache, view);
    match status {
        OriginStatus::Ok | OriginStatus::Partial => {
            write_validators(&mut headers, head, view);
            write_representation(&mut headers, status, head, view);
            if length == Length::Field {
                put(&mut headers, CONTENT_LENGTH, head.content_length.and_then(number));
            }
        }
        OriginStatus::NotModified => write_validators(&mut headers, head, view),
        OriginStatus::PreconditionFailed => {}
        OriginStatus::RangeNotSatisfiable => {
            let unsatisfied = |range: &ContentRange| matches!(range, ContentRange::Unsatisfied { .. });
            let range = head.content_range.filter(unsatisfied);
            put(&mut headers, CONTENT_RANGE, range.and_then(ContentRange::to_value));
        }
    }
    headers
}

/// A cache further on takes `Expires` less `Date` for the lifetime (RFC 9111 §4.2.1) and `Age` off that. With the time of this answer
/// in `Date` the age would count twice, so that it is when the origin vouched for the object, by the gateway's own clock. Elsewhere
/// the listener writes the time of the answer.
fn write_date(headers: &mut HeaderMap, head: &OriginHead, cache: &CacheUse, view: &View<'_>) {
    let measured = head.expires.is_some() && view.cache_control.is_none();
    let vouched_at = cache.age().filter(|_| measured).map(|age| view.now.minus(age));
    put(headers, DATE, vouched_at.and_then(http_date));
}

/// Nothing from the year 10,000 on, which the form has no room for.
fn http_date(time: Timestamp) -> Option<HeaderValue> {
    const YEAR_10000: u64 = 253_402_300_800;
    let since_epoch = Some(time.as_unix()).filter(|seconds| *seconds < YEAR_10000)?;
    let date = UNIX_EPOCH.checked_add(Duration::from_secs(since_epoch))?;
    HeaderValue::try_from(httpdate::fmt_http_date(date)).ok()
}

fn code(status: OriginStatus) -> StatusCode {
    match status {
        OriginStatus::Ok => StatusCode::OK,
        OriginStatus::Partial => StatusCode::PARTIAL_CONTENT,
        OriginStatus::NotModified => StatusCode::NOT_MODIFIED,
        OriginStatus::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        OriginStatus::RangeNotSatisfiable => StatusCode::RANGE_NOT_SATISFIABLE,
    }
}

/// What a 304 says too (RFC 9110 §15.4.5).
fn write_validators(headers: &mut HeaderMap, head: &OriginHead, view: &View<'_>) {
    put(headers, ETAG, head.etag().cloned());
    put(headers, LAST_MODIFIED, head.last_modified.clone());
    let configured = view.cache_control.or(head.cache_control.as_ref());
    put(
        headers,
        CACHE_CONTROL,
        cache_control::for_audience(configured, view.audience),
    );
    // Beside the route's own word the origin's older one would only confuse.
    if view.cache_control.is_none() {
        put(headers, EXPIRES, head.expires.clone());
    }
}

fn write_representation(headers: &mut HeaderMap, status: OriginStatus, head: &OriginHead, view: &View<'_>) {
    content::write(headers, head, view.key, view.inline, view.download);
    put(headers, CONTENT_ENCODING, head.content_encoding.clone());
    put(headers, CONTENT_LANGUAGE, head.content_language.clone());
    put(headers, ACCEPT_RANGES, head.accept_ranges.clone());
    if status == OriginStatus::Partial {
        put(
            headers,
            CONTENT_RANGE,
            head.content_range.and_then(ContentRange::to_value),
        );
    }
}

fn number(number: u64) -> Option<HeaderValue> {
    headers::counted("", number)
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
