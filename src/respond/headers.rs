//! Header names and ready-made values of answers, so that the hot path formats nothing that it can know before.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use std::fmt;
use std::io::{Cursor, Write};

/// `Cache-Status`, RFC 9211.
pub const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
/// Names the request, in the answer and in the log.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Names the request where S3 clients look for it.
pub const X_AMZ_REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
/// Why an S3 client was denied, in words that stay as they are.
pub const X_EVERGATE_REASON: HeaderName = HeaderName::from_static("x-evergate-reason");

/// `Content-Type` of the documents that S3 writes.
pub const XML: HeaderValue = HeaderValue::from_static("application/xml");
/// `X-Content-Type-Options`: the type is what it says (rule 17).
pub const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// `Cache-Control`: nobody keeps it.
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// `Cache-Control`: only the reader keeps it.
pub const PRIVATE: HeaderValue = HeaderValue::from_static("private");

/// What the signed-URL cache did for a redirect, as `Cache-Status` says it.
pub const REDIRECT_HIT: HeaderValue = HeaderValue::from_static("evergate; hit");
/// The URL was signed and kept.
pub const REDIRECT_STORED: HeaderValue = HeaderValue::from_static("evergate; fwd=uri-miss; stored");
/// The URL was signed; the cache is off.
pub const REDIRECT_OFF: HeaderValue = HeaderValue::from_static("evergate; fwd=bypass; detail=url-cache-off");
/// The URL was signed for this reader alone.
pub const REDIRECT_BYPASSED: HeaderValue = HeaderValue::from_static("evergate; fwd=bypass");

/// An SVG may draw itself and nothing else: no script, no fetch, its own origin.
pub const SVG_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");
/// The gateway's own pages: their own style and nothing else.
pub const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The most bytes of a value that is written for one answer.
const LONGEST: usize = 96;

/// Writes a short value in one allocation, of its own size; `None` when it is none, or has more than 96 bytes. By way of
/// a `String` or of `HeaderValue::from(u64)` it takes two.
pub(super) fn written(text: fmt::Arguments<'_>) -> Option<HeaderValue> {
    let mut buffer = Cursor::new([0; LONGEST]);
    buffer.write_fmt(text).ok()?;
    let length = usize::try_from(buffer.position()).ok()?;
    HeaderValue::from_bytes(buffer.get_ref().get(..length)?).ok()
}

/// Writes `number` behind `before`, in one allocation and without the machinery that formats anything.
pub(super) fn counted(before: &'static str, number: u64) -> Option<HeaderValue> {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(number);
    let mut value = Vec::with_capacity(before.len().saturating_add(digits.len()));
    value.extend_from_slice(before.as_bytes());
    value.extend_from_slice(digits.as_bytes());
    HeaderValue::from_maybe_shared(Bytes::from(value)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_full() {
        for number in [0, 7, 10, 99, 100, 16_384, u64::MAX] {
            assert_eq!(counted("", number).unwrap(), number.to_string());
            assert_eq!(counted("ttl=", number).unwrap(), format!("ttl={number}"));
        }
    }

    #[test]
    fn short_values_are_written_and_others_are_none() {
        assert_eq!(
            written(format_args!("ttl={}", u64::MAX)).unwrap(),
            "ttl=18446744073709551615"
        );
        assert_eq!(written(format_args!("{:96}", 1)).unwrap().len(), LONGEST);
        assert_eq!(written(format_args!("{:97}", 1)), None);
        assert_eq!(written(format_args!("a\nb")), None);
    }
}
