//! The request to the origin: exactly what was signed, or nothing. Rule 2.
//!
//! `url::Url`, which reqwest takes, folds and re-encodes what it finds odd. What it made of the URL is compared with
//! what was signed; any difference ends the request before a byte is sent.

use super::conditions::Conditions;
use super::error::FetchError;
use crate::clock::Timestamp;
use crate::resolve::Target;
use crate::s3::Operation;
use crate::sigv4::{HeaderRequest, Signer};
use http::header::{ACCEPT_ENCODING, HOST};
use http::{HeaderMap, HeaderValue, Method};
use reqwest::Url;

/// A request that will be sent as it was signed.
#[derive(Debug)]
pub(super) struct SignedRequest {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
}

impl SignedRequest {
    /// Signs a read of `target` when our clock reads `now`, by the time of the origin's.
    ///
    /// # Errors
    /// [`FetchError::NotAsSigned`] when the URL would not be sent byte for byte as it was signed, and for a target that is
    /// no read.
    pub(super) fn new(
        signer: &Signer,
        target: &Target,
        conditions: &Conditions,
        now: Timestamp,
    ) -> Result<Self, FetchError> {
        let permit = target.permit();
        if !matches!(permit.operation(), Operation::GetObject | Operation::HeadObject) {
            return Err(FetchError::NotAsSigned);
        }
        let place = permit.bucket().place();
        let address = &place.address;
        let method = permit.operation().method();
        let mut headers = conditions.to_headers();
        // The stored bytes are wanted as they are, and the same for every client.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let authorized = signer.authorize(&HeaderRequest {
            method: &method,
            address,
            region: &place.region,
            key: permit.key(),
            query: &target.query(),
            headers: &headers,
            content_sha256: None,
            signed_at: permit.bucket().signing_time(now),
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
