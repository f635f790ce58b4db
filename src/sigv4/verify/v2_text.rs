//! What a signature of version 2 is made over. AWS "Constructing the CanonicalizedResource element" and its neighbours.

use super::Received;
use super::claim::V2_PARAMETERS;
use crate::s3::Query;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// The parameters that are part of the resource, sorted.
const SIGNED: [&str; 31] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// Whether a parameter is covered by the signature, or part of it. boto3 moves `x-amz-*` headers into the query after signing
/// them as headers; a `:` in such a name would make it another header with another value.
pub(super) fn is_signed(name: &str, value: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
    V2_PARAMETERS.contains(&name)
        || name.strip_prefix("x-amz-").is_some_and(|rest| rest.bytes().all(fine))
        || SIGNED.contains(&name) && !reads_as_two(value)
}

/// Values are signed decoded: one that holds `&versionId=…` looks just like a second parameter.
fn reads_as_two(value: &str) -> bool {
    let mut behind = value.split('&').skip(1);
    behind.any(|part| SIGNED.contains(&part.split('=').next().unwrap_or_default()))
}

/// The string to sign but for the method and the path, which differ between attempts.
pub(super) struct Text<'a> {
    content_md5: &'a [u8],
    content_type: &'a [u8],
    expires: &'a str,
    amz_headers: Vec<u8>,
    sub_resources: String,
}

impl<'a> Text<'a> {
    /// Gathers what is signed; `None` when something stands there twice that is signed once.
    pub(super) fn of(received: Received<'a>, query: &Query<'_>, expires: &'a str) -> Option<Self> {
        Some(Self {
            content_md5: single(received.headers, "content-md5")?,
            content_type: single(received.headers, CONTENT_TYPE.as_str())?,
            expires,
            amz_headers: amz_headers(received.headers, query)?,
            sub_resources: sub_resources(query),
        })
    }

    /// The string to sign, in pieces.
    pub(super) fn pieces<'b>(&'b self, method: &'b str, host_bucket: Option<&'b str>, path: &'b str) -> [&'b [u8]; 13] {
        let bucket = host_bucket.unwrap_or_default();
        let slash = if host_bucket.is_some() { "/" } else { "" };
        [
            method.as_bytes(),
            b"\n",
            self.content_md5,
            b"\n",
            self.content_type,
            b"\n",
            self.expires.as_bytes(),
            b"\n",
            &self.amz_headers,
            slash.as_bytes(),
            bucket.as_bytes(),
            path.as_bytes(),
            self.sub_resources.as_bytes(),
        ]
    }
}

/// The value of a header, empty when there is none.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().map_or(&b""[..], |value| value.as_bytes().trim_ascii());
    values.next().is_none().then_some(first)
}

/// CanonicalizedAmzHeaders: sorted by name, values of one name joined by `,`, each line ended.
fn amz_headers(headers: &HeaderMap, query: &Query<'_>) -> Option<Vec<u8>> {
    let in_headers = headers.keys().map(http::HeaderName::as_str).map(|name| (name, None));
    let in_query = query.pairs().map(|(name, value)| (name, Some(value)));
    let mut fields: Vec<(&str, Option<&str>)> = in_headers
        .chain(in_query)
        .filter(|(name, _)| name.starts_with("x-amz-"))
        .collect();
    fields.sort_unstable();
    // Received as a header and in the query: it can't have been signed so.
    if fields
        .windows(2)
        .any(|pair| matches!(pair, [(left, _), (right, _)] if left == right))
    {
        return None;
    }
    let mut lines = Vec::new();
    for (name, in_query) in fields {
        lines.extend_from_slice(name.as_bytes());
        lines.push(b':');
        if let Some(value) = in_query {
            lines.extend_from_slice(value.as_bytes());
        }
        for (place, value) in headers.get_all(name).iter().enumerate() {
            if place > 0 {
                lines.push(b',');
            }
            lines.extend_from_slice(value.as_bytes().trim_ascii());
        }
        lines.push(b'\n');
    }
    Some(lines)
}

/// The end of CanonicalizedResource: parameters that are part of it, decoded, sorted by name, without `=` where there is no value.
fn sub_resources(query: &Query<'_>) -> String {
    let mut text = String::new();
    for name in SIGNED {
        let Some(value) = query.get(name) else { continue };
        text.push(if text.is_empty() { '?' } else { '&' });
        text.push_str(name);
        if !value.is_empty() {
            text.push('=');
            text.push_str(value);
        }
    }
    text
}
