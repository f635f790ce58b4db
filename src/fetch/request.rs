//! The request to the origin: exactly what was signed, or nothing. Rule 2.
//!
//! The path and the query go out byte for byte as they were signed. Those in front of the origin may fold or
//! re-encode what they find odd; so what could be read in two ways ends the request before a byte is sent.

use super::conditions::Conditions;
use super::error::FetchError;
use crate::clock::{Clock, Timestamp};
use crate::credentials::{Credentials, CredentialsUnavailable, Snapshot};
use crate::resolve::{EndpointTarget, Target};
use crate::route::{Bucket, ClockOffset, Place};
use crate::s3::{Operation, Resource};
use crate::sigv4::HeaderRequest;
use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, TE, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use std::sync::Arc;

/// What a request is signed with: who, where, when. Kept beside the request, for a refusal is judged by it.
#[derive(Clone, Debug)]
pub(super) struct Means {
    pub(super) snapshot: Arc<Snapshot>,
    /// Where, as far as was known then.
    pub(super) place: Arc<Place>,
    /// How far the origin's clock was known to be off then.
    pub(super) offset: ClockOffset,
    /// By the origin's clock.
    pub(super) signed_at: Timestamp,
}

impl Means {
    /// What there is now.
    pub(super) fn now(
        credentials: &Credentials,
        bucket: &Bucket,
        clock: &Clock,
    ) -> Result<Self, CredentialsUnavailable> {
        let now = clock.now();
        let offset = bucket.clock_offset(now);
        Ok(Self {
            snapshot: credentials.current()?,
            place: Arc::clone(&bucket.place()),
            offset,
            signed_at: offset.to_origin(now),
        })
    }
}

/// A request that will be sent as it was signed.
#[derive(Debug)]
pub(super) struct SignedRequest {
    pub(super) method: Method,
    pub(super) url: SentUrl,
    pub(super) headers: HeaderMap,
}

impl SignedRequest {
    /// Signs a read of `target` by `means`; leaves it unsigned for an anonymous bucket.
    ///
    /// # Errors
    /// [`FetchError::NotAsSigned`] when the URL would not be sent byte for byte as it was signed, and for a target that is
    /// no read.
    pub(super) fn new(means: &Means, target: &Target, conditions: &Conditions) -> Result<Self, FetchError> {
        let permit = target.permit();
        if !matches!(permit.operation(), Operation::GetObject | Operation::HeadObject) {
            return Err(FetchError::NotAsSigned);
        }
        let unsigned = Unsigned {
            method: permit.operation().method(),
            resource: &permit.key().into(),
            query: &target.query(),
            headers: conditions.to_headers(),
            content_sha256: None,
        };
        unsigned.sign(means)
    }

    /// Signs what a client of the S3 endpoint asks for by `means`, with a body of `length` bytes of which `content_sha256`
    /// is known, or nothing.
    ///
    /// # Errors
    /// [`FetchError::NotAsSigned`] when the URL would not be sent byte for byte as it was signed, for a header that only the
    /// gateway may set, and for a body where none can be.
    pub(super) fn forwarded(
        means: &Means,
        target: &EndpointTarget,
        length: u64,
        content_sha256: Option<[u8; 32]>,
    ) -> Result<Self, FetchError> {
        let method = target.method();
        let bodiless = matches!(method, Method::GET | Method::HEAD);
        if (bodiless && length > 0) || target.headers().keys().any(is_ours) {
            return Err(FetchError::NotAsSigned);
        }
        let unsigned = Unsigned {
            method,
            resource: target.permit().resource(),
            query: &target.query(),
            headers: target.headers().clone(),
            content_sha256,
        };
        let mut signed = unsigned.sign(means)?;
        if length > 0 || matches!(signed.method, Method::PUT | Method::POST) {
            signed.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        Ok(signed)
    }
}

/// Whether a header is the gateway's alone to set.
fn is_ours(name: &HeaderName) -> bool {
    const SIGNING: [&str; 3] = ["x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];
    const FRAMING: [HeaderName; 9] = [
        AUTHORIZATION,
        CONNECTION,
        CONTENT_LENGTH,
        COOKIE,
        EXPECT,
        HOST,
        TE,
        TRANSFER_ENCODING,
        UPGRADE,
    ];
    FRAMING.contains(name) || SIGNING.contains(&name.as_str())
}

/// What a request is to say, before it is signed.
struct Unsigned<'a> {
    method: Method,
    resource: &'a Resource,
    query: &'a [(&'a str, &'a str)],
    headers: HeaderMap,
    content_sha256: Option<[u8; 32]>,
}

impl Unsigned<'_> {
    fn sign(self, means: &Means) -> Result<SignedRequest, FetchError> {
        let address = &means.place.address;
        let mut headers = self.headers;
        // The stored bytes are wanted as they are, and the same for every client.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let authorized = means.snapshot.signing.authorize(&HeaderRequest {
            method: &self.method,
            address,
            region: &means.place.region,
            resource: self.resource,
            query: self.query,
            headers: &headers,
            content_sha256: self.content_sha256,
            signed_at: means.signed_at,
        });
        headers.extend(authorized.headers);
        let host = HeaderValue::from_str(address.host()).map_err(|_| FetchError::NotAsSigned)?;
        headers.insert(HOST, host);
        Ok(SignedRequest {
            method: self.method,
            url: SentUrl::new(&authorized.url, address.host())?,
            headers,
        })
    }
}

/// A URL as it is sent: to whom, and what stands in the request line.
#[derive(Clone, Debug)]
pub(super) struct SentUrl {
    /// Scheme, host and port.
    pub(super) origin: Box<str>,
    /// Path and query, as they were signed.
    pub(super) path_and_query: Uri,
}

impl SentUrl {
    /// Takes apart what was signed for `host`.
    ///
    /// # Errors
    /// [`FetchError::NotAsSigned`] for another host's, and for one that somebody on the way might read otherwise.
    pub(super) fn new(signed: &str, host: &str) -> Result<Self, FetchError> {
        Self::read(signed, host).ok_or(FetchError::NotAsSigned)
    }

    fn read(signed: &str, host: &str) -> Option<Self> {
        let after_scheme = signed
            .strip_prefix("https://")
            .or_else(|| signed.strip_prefix("http://"))?;
        let target = after_scheme.strip_prefix(host)?;
        let origin = signed.get(..signed.len() - target.len())?;
        is_read_alike(target.as_bytes()).then_some(())?;
        Some(Self {
            origin: origin.into(),
            path_and_query: target.parse().ok().filter(|uri: &Uri| *uri == *target)?,
        })
    }
}

/// Whether everybody reads this path and query alike: of plain bytes, and without `.` and `..`, however those are written.
/// RFC 3986 §3.3, §3.4, §5.2.4.
fn is_read_alike(target: &[u8]) -> bool {
    let Some((b'/', mut rest)) = target.split_first() else {
        return false;
    };
    // At the beginning of a segment of the path.
    loop {
        let (dots, behind) = without_dots(rest);
        if (1..=2).contains(&dots) && matches!(behind.first(), None | Some(b'/' | b'?')) {
            return false;
        }
        let in_segment = |byte: &&u8| PLAIN[usize::from(**byte)] && !matches!(**byte, b'/' | b'?');
        let length = behind.iter().take_while(in_segment).count();
        match behind.get(length..).and_then(<[u8]>::split_first) {
            None => return true,
            Some((b'/', next)) => rest = next,
            Some((b'?', query)) => return query.iter().all(|byte| PLAIN[usize::from(*byte)]),
            Some(_) => return false,
        }
    }
}

/// How many dots stand at the beginning, and what stands behind them.
fn without_dots(mut segment: &[u8]) -> (usize, &[u8]) {
    let mut dots = 0;
    while let [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] = segment {
        dots += 1;
        segment = rest;
    }
    (dots, segment)
}

/// The bytes of a path or a query that mean themselves.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let bytes = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~%/?:@!$&'()*+,;=";
    let mut at = 0;
    while at < bytes.len() {
        plain[bytes[at] as usize] = true;
        at += 1;
    }
    plain
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_2_a_url_that_would_be_folded_is_not_sent() {
        let fine = |url| SentUrl::new(url, "s3.example.com").is_ok();
        assert!(fine("https://s3.example.com/b/a%20b//c%2Bd/?versionId=x"));
        assert!(fine("https://s3.example.com/.../..a/a../%2e%2e%2e/?prefix=../x"));
        for changed in [
            "https://s3.example.com/b/../c",
            "https://s3.example.com/b/%2e%2E/c",
            "https://s3.example.com/b/./c",
            "https://s3.example.com/b/a b",
            "https://s3.example.com/b/a\\b",
            "https://s3.example.com/b/a\tb",
            "https://s3.example.com:443/b",
            "https://S3.example.com/b",
            "https://user@s3.example.com/b",
            "https://elsewhere.example.com/b",
            "https://s3.example.com/b/é",
            "not a url",
            "https://s3.example.com",
            "https://s3.example.com?x",
            "https://s3.example.com/b/..",
            "https://s3.example.com/b/.?x",
            "https://s3.example.com/b/c#d",
            "https://s3.example.com/b?x=a b",
        ] {
            assert!(!fine(changed), "{changed}");
        }
    }
}
