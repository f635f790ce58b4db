//! The request to the origin: exactly what was signed, or nothing. Rule 2.
//!
//! `url::Url`, which reqwest takes, folds and re-encodes what it finds odd. What it made of the URL is compared with
//! what was signed; any difference ends the request before a byte is sent.

use super::conditions::Conditions;
use super::error::FetchError;
use crate::clock::Timestamp;
use crate::resolve::Target;
use crate::s3::{Address, Scheme};
use crate::sigv4::{HeaderRequest, Signer};
use http::header::{ACCEPT_ENCODING, HOST};
use http::{HeaderMap, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

/// SigV4's `UriEncode`: everything but `A-Za-z0-9-._~`.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request that will be sent as it was signed.
#[derive(Debug)]
pub(super) struct SignedRequest {
    method: Method,
    url: Url,
    headers: HeaderMap,
}

impl SignedRequest {
    pub(super) fn new(
        signer: &Signer,
        target: &Target,
        conditions: &Conditions,
        now: Timestamp,
    ) -> Result<Self, FetchError> {
        let permit = target.permit();
        let (address, key) = (&permit.bucket().address, permit.key());
        let method = permit.operation().method();
        let query = target.query();
        let url = url(address, &address.path(key), &query_string(&query))?;
        let mut headers = conditions.to_headers();
        // The stored bytes are wanted as they are, and the same for every client.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let authorized = signer.authorize(&HeaderRequest {
            method: &method,
            address,
            key,
            query: &query,
            headers: &headers,
            content_sha256: None,
            signed_at: now,
        });
        headers.extend(authorized);
        let host = HeaderValue::from_str(address.host()).map_err(|_| FetchError::NotAsSigned)?;
        headers.insert(HOST, host);
        Ok(Self { method, url, headers })
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

fn query_string(query: &[(&str, &str)]) -> String {
    let mut pairs: Vec<_> = query
        .iter()
        .map(|(name, value)| {
            let encode = |text| utf8_percent_encode(text, UNRESERVED);
            format!("{}={}", encode(name), encode(value))
        })
        .collect();
    pairs.sort();
    pairs.join("&")
}

/// Builds the URL and compares what became of it with what is signed.
fn url(address: &Address, path: &str, query: &str) -> Result<Url, FetchError> {
    let scheme = match address.scheme() {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    let (mark, expected) = if query.is_empty() {
        ("", None)
    } else {
        ("?", Some(query))
    };
    let text = format!("{scheme}://{}{path}{mark}{query}", address.host());
    let url = Url::parse(&text).map_err(|_| FetchError::NotAsSigned)?;
    let as_signed = url.scheme() == scheme
        && url.authority() == address.host()
        && url.path() == path
        && url.query() == expected
        && url.fragment().is_none();
    if as_signed {
        Ok(url)
    } else {
        Err(FetchError::NotAsSigned)
    }
}
