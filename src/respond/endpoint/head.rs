//! What of an origin's head an S3 client is told. Rule 16: an allow-list; `x-amz-*` belong to the object here and go on, but
//! for what names the origin's own machines and requests.
//!
//! `Cache-Control` and `Expires` stay as stored: for S3 clients they are part of the object (tools that copy objects write them
//! back). What rule 22 is about, `Vary: Authorization` sees to: no shared cache gives one client's answer to another.

use crate::respond::headers::{NO_STORE, NOSNIFF};
use crate::s3::Operation;
use http::header::{
    ACCEPT_RANGES, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, EXPIRES, LAST_MODIFIED, RETRY_AFTER, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Fields of any answer.
const KEPT: [HeaderName; 11] = [
    ACCEPT_RANGES,
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_RANGE,
    CONTENT_TYPE,
    ETAG,
    EXPIRES,
    LAST_MODIFIED,
    RETRY_AFTER,
];
/// Fields of a refusal: what its body is like is the gateway's to say.
const KEPT_OF_REFUSAL: [HeaderName; 5] = [ALLOW, CONTENT_RANGE, ETAG, LAST_MODIFIED, RETRY_AFTER];

/// `x-amz-*` that are the origin's own affair, or none of an answer.
const DROPPED: [&str; 6] = [
    "x-amz-cf-id",
    "x-amz-cf-pop",
    "x-amz-content-sha256",
    "x-amz-id-2",
    "x-amz-request-id",
    "x-amz-security-token",
];

/// Returns what goes on of a success.
pub(super) fn of_success(origin: &HeaderMap, operation: Option<Operation>) -> HeaderMap {
    let mut headers = kept(origin, &KEPT);
    if let Some(codings) = content_encoding(origin) {
        headers.insert(CONTENT_ENCODING, codings);
    }
    match operation {
        Some(Operation::GetObject | Operation::HeadObject) => {
            headers.insert(VARY, HeaderValue::from_name(AUTHORIZATION));
        }
        _ => {
            headers.insert(CACHE_CONTROL, NO_STORE);
        }
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers
}

/// Returns what goes on of a refusal.
pub(super) fn of_refusal(origin: &HeaderMap) -> HeaderMap {
    let mut headers = kept(origin, &KEPT_OF_REFUSAL);
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers
}

fn kept(origin: &HeaderMap, plain: &[HeaderName]) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(origin.len());
    for (name, value) in origin {
        let text = name.as_str();
        if plain.contains(name) || (text.starts_with("x-amz-") && !DROPPED.contains(&text)) {
            headers.append(name, value.clone());
        }
    }
    headers
}

/// `aws-chunked` was only the upload's: s3s hands it back.
fn content_encoding(origin: &HeaderMap) -> Option<HeaderValue> {
    let lines = origin.get_all(CONTENT_ENCODING).iter();
    let codings: Vec<_> = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    (!codings.is_empty())
        .then(|| HeaderValue::try_from(codings.join(",")).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-type", "image/png"),
            ("content-length", "5"),
            ("content-encoding", "gzip, aws-chunked"),
            ("etag", "\"a\""),
            ("cache-control", "public, max-age=60"),
            ("x-amz-meta-a", "1"),
            ("x-amz-meta-a", "2"),
            ("x-amz-version-id", "v"),
            ("x-amz-checksum-crc32", "AAAAAA=="),
            ("x-amz-id-2", "canary"),
            ("x-amz-request-id", "canary"),
            ("x-rgw-object-type", "canary"),
            ("set-cookie", "canary"),
            ("location", "http://canary"),
            ("access-control-allow-origin", "canary"),
            ("server", "canary"),
            ("date", "canary"),
            ("connection", "canary"),
            ("transfer-encoding", "canary"),
            ("content-security-policy", "canary"),
            ("link", "canary"),
            ("vary", "canary"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn rule_16_of_an_object_its_own_fields_go_on() {
        let told = of_success(&origin(), Some(Operation::GetObject));
        assert_eq!(
            names(&told),
            [
                "cache-control",
                "content-encoding",
                "content-length",
                "content-type",
                "etag",
                "vary",
                "x-amz-checksum-crc32",
                "x-amz-meta-a",
                "x-amz-version-id",
                "x-content-type-options",
            ]
        );
        assert_eq!(told["content-encoding"], "gzip");
        assert_eq!(told["cache-control"], "public, max-age=60");
        assert_eq!(told["vary"], "authorization");
        assert_eq!(told.get_all("x-amz-meta-a").iter().count(), 2);
        assert!(!format!("{told:?}").contains("canary"));
    }

    #[test]
    fn rule_22_nobody_keeps_anything_else() {
        let told = of_success(&origin(), Some(Operation::ListObjectsV2));
        assert_eq!(told["cache-control"], "no-store");
        let told = of_refusal(&origin());
        assert_eq!(
            names(&told),
            [
                "cache-control",
                "etag",
                "x-amz-checksum-crc32",
                "x-amz-meta-a",
                "x-amz-version-id",
                "x-content-type-options"
            ]
        );
    }
}
