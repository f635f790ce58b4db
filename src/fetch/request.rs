//! The request to the origin: exactly what was signed, or nothing. Rule 2.
//!
//! `url::Url`, which reqwest takes, folds and re-encodes what it finds odd. What it made of the URL is compared with
//! what was signed; any difference ends the request before a byte is sent.

use super::conditions::Conditions;
use super::error::FetchError;
use crate::clock::{Clock, Timestamp};
use crate::credentials::{Credentials, CredentialsUnavailable, Snapshot};
use crate::resolve::Target;
use crate::route::{Bucket, ClockOffset, Place};
use crate::s3::Operation;
use crate::sigv4::HeaderRequest;
use http::header::{ACCEPT_ENCODING, HOST};
use http::{HeaderMap, HeaderValue, Method};
use reqwest::Url;
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
    pub(super) url: Url,
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
        let address = &means.place.address;
        let method = permit.operation().method();
        let mut headers = conditions.to_headers();
        // The stored bytes are wanted as they are, and the same for every client.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let authorized = means.snapshot.signing.authorize(&HeaderRequest {
            method: &method,
            address,
            region: &means.place.region,
            resource: &permit.key().into(),
            query: &target.query(),
            headers: &headers,
            content_sha256: None,
            signed_at: means.signed_at,
        });
        headers.extend(authorized.headers);
        let host = HeaderValue::from_str(address.host()).map_err(|_| FetchError::NotAsSigned)?;
        headers.insert(HOST, host);
        Ok(Self {
            method,
            url: as_signed(&authorized.url, address.host())?,
            headers,
        })
    }
}

/// Parses `signed` and returns it only if nothing in it changed.
pub(super) fn as_signed(signed: &str, host: &str) -> Result<Url, FetchError> {
    Url::parse(signed)
        .ok()
        .filter(|url| url.as_str() == signed && url.authority() == host)
        .ok_or(FetchError::NotAsSigned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_2_a_url_that_would_be_folded_is_not_sent() {
        let fine = |url| as_signed(url, "s3.example.com").is_ok();
        assert!(fine("https://s3.example.com/b/a%20b//c%2Bd/?versionId=x"));
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
        ] {
            assert!(!fine(changed), "{changed}");
        }
    }
}
