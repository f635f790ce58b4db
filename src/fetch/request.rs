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
use std::sync::{Arc, LazyLock};

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
        if bodiless && length > 0 {
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

/// `Accept-Encoding`: the stored bytes are wanted as they are, and the same for every client.
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// What most reads are signed with: that, and nothing of the client's.
static PLAIN: LazyLock<HeaderMap> = LazyLock::new(|| HeaderMap::from_iter([(ACCEPT_ENCODING, IDENTITY)]));

/// What a request is to say, before it is signed.
struct Unsigned<'a> {
    method: Method,
    resource: &'a Resource,
    query: &'a [(&'a str, &'a str)],
    headers: HeaderMap,
    content_sha256: Option<[u8; 32]>,
}

impl Unsigned<'_> {
    /// # Errors
    /// [`FetchError::NotAsSigned`] when the URL would not be sent byte for byte as it was signed, and for a header that only the
    /// gateway may set.
    fn sign(self, means: &Means) -> Result<SignedRequest, FetchError> {
        if self.headers.keys().any(is_ours) {
            return Err(FetchError::NotAsSigned);
        }
        let address = &means.place.address;
        let mut asked = self.headers;
        if !asked.is_empty() {
            asked.insert(ACCEPT_ENCODING, IDENTITY);
        }
        let authorized = means.snapshot.signing.authorize(&HeaderRequest {
            method: &self.method,
            address,
            region: &means.place.region,
            resource: self.resource,
            query: self.query,
            headers: if asked.is_empty() { &PLAIN } else { &asked },
            content_sha256: self.content_sha256,
            signed_at: means.signed_at,
        });
        // No name is in both. The map of what signing adds has room for the few fields of a read.
        let mut headers = authorized.headers;
        headers.insert(ACCEPT_ENCODING, IDENTITY);
        headers.extend(asked);
        let host = HeaderValue::from_str(address.host()).map_err(|_| FetchError::NotAsSigned)?;
        headers.insert(HOST, host);
        Ok(SignedRequest {
            method: self.method,
            url: SentUrl::new(authorized.url, address.host())?,
            headers,
        })
    }
}

/// A URL as it is sent: to whom, and what stands in the request line.
#[derive(Clone, Debug)]
pub(super) struct SentUrl {
    /// Scheme, host and port.
    pub(super) origin: String,
    /// Path and query, as they were signed.
    pub(super) path_and_query: Uri,
}

impl SentUrl {
    /// Takes apart what was signed for `host`.
    ///
    /// # Errors
    /// [`FetchError::NotAsSigned`] for another host's, and for one that somebody on the way might read otherwise.
    pub(super) fn new(signed: String, host: &str) -> Result<Self, FetchError> {
        let read = Self::read(&signed, host);
        let (path_at, path_and_query) = read.ok_or(FetchError::NotAsSigned)?;
        let mut origin = signed;
        origin.truncate(path_at);
        Ok(Self { origin, path_and_query })
    }

    /// Where the path begins, and what is read from there on.
    fn read(signed: &str, host: &str) -> Option<(usize, Uri)> {
        let after_scheme = signed
            .strip_prefix("https://")
            .or_else(|| signed.strip_prefix("http://"))?;
        let target = after_scheme.strip_prefix(host)?;
        is_read_alike(target.as_bytes()).then_some(())?;
        let path_and_query = target.parse().ok().filter(|uri: &Uri| *uri == *target)?;
        Some((signed.len().checked_sub(target.len())?, path_and_query))
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
        let length = behind.iter().take_while(|byte| IN_SEGMENT[usize::from(**byte)]).count();
        match behind.get(length..).and_then(<[u8]>::split_first) {
            None => return true,
            Some((b'/', next)) => rest = next,
            Some((b'?', query)) => return query.iter().all(|byte| IN_QUERY[usize::from(*byte)]),
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

/// The bytes of a path's segment that mean themselves.
const IN_SEGMENT: [bool; 256] =
    table(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~%:@!$&'()*+,;=");
/// The same of a query.
const IN_QUERY: [bool; 256] =
    table(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~%:@!$&'()*+,;=/?");

const fn table(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_2_a_url_that_would_be_folded_is_not_sent() {
        let fine = |url: &str| SentUrl::new(url.to_owned(), "s3.example.com").is_ok();
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
