//! Header names and ready-made values of answers, so that the hot path formats nothing that it can know before.

use crate::listener::RequestId;
use http::{HeaderName, HeaderValue};

/// `Cache-Status`, RFC 9211.
pub const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
/// Names the request, in the answer and in the log.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

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

/// An SVG may draw itself and nothing else: no script, no fetch, its own origin.
pub const SVG_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");
/// The gateway's own pages: their own style and nothing else.
pub const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The `X-Request-Id` value: 16 hexadecimal digits.
#[must_use]
pub fn request_id(id: RequestId) -> HeaderValue {
    HeaderValue::from(HexId(id.0))
}

struct HexId(u64);

impl From<HexId> for HeaderValue {
    fn from(HexId(id): HexId) -> Self {
        let digits = id.to_be_bytes().map(|byte| [digit(byte >> 4), digit(byte & 15)]);
        HeaderValue::from_bytes(digits.as_flattened()).unwrap_or_else(|_| HeaderValue::from_static("0"))
    }
}

fn digit(nibble: u8) -> u8 {
    match nibble {
        0..=9 => b'0'.saturating_add(nibble),
        _ => b'a'.saturating_add(nibble.saturating_sub(10)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_16_hexadecimal_digits() {
        assert_eq!(request_id(RequestId(0)), "0000000000000000");
        assert_eq!(request_id(RequestId(0x0123_4567_89ab_cdef)), "0123456789abcdef");
        assert_eq!(request_id(RequestId(u64::MAX)), "ffffffffffffffff");
    }
}
