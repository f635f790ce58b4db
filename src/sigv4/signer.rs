//! Signs requests of one credential; keeps the derived key of the day and region.
//!
//! Both forms return what is to be sent as a whole, so that nothing can be sent but what was signed (rule 2).

use super::canonical_request::UNSIGNED_PAYLOAD;
use super::presigned_query::PresignedQuery;
use super::signing_key::DerivedKeys;
use super::{AmzDate, CanonicalHeaders, CanonicalRequest, Credential, Scope, SignedHeaders};
use super::{authorization, canonical_query, write_canonical_query};
use crate::clock::Timestamp;
use crate::s3::{Address, ObjectKey, Region, Resource, encode_query_into};
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;

pub(super) const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
pub(super) const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
pub(super) const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Signs for one credential. Shared between threads; deriving the key happens once a day, as long as the region is one.
#[derive(Debug)]
pub struct Signer {
    credential: Arc<Credential>,
    /// The session token as it stands in a query.
    encoded_token: Option<SecretString>,
    /// Of two neighbouring days: a bucket is in one region.
    keys: DerivedKeys<2>,
}

/// What a presigned URL is to be made of.
#[derive(Clone, Debug)]
pub struct PresignRequest<'a> {
    /// The method that the URL is good for.
    pub method: &'a Method,
    /// The bucket's address.
    pub address: &'a Address,
    /// The region of the credential scope: the one that the bucket is in.
    pub region: &'a Region,
    /// The object.
    pub key: &'a ObjectKey,
    /// Further query parameters, decoded, in any order (`response-content-disposition`, `versionId`).
    pub query: &'a [(&'a str, &'a str)],
    /// `X-Amz-Date`.
    pub signed_at: Timestamp,
    /// `X-Amz-Expires`, 1 s to 7 days.
    pub expires: Duration,
}

/// What a request signed in its `Authorization` header is made of; the body is `UNSIGNED-PAYLOAD` unless `content_sha256` says otherwise.
#[derive(Clone, Debug)]
pub struct HeaderRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// The bucket's address.
    pub address: &'a Address,
    /// The region of the credential scope: the one that the bucket is in.
    pub region: &'a Region,
    /// The bucket itself, or the object.
    pub resource: &'a Resource,
    /// Query parameters, decoded, in any order.
    pub query: &'a [(&'a str, &'a str)],
    /// Headers to be signed beside `host` and the `x-amz-*` that signing adds (`range`, `if-match`).
    pub headers: &'a HeaderMap,
    /// The body's SHA-256, `None` for `UNSIGNED-PAYLOAD`.
    pub content_sha256: Option<[u8; 32]>,
    /// `x-amz-date`.
    pub signed_at: Timestamp,
}

/// A request signed in its `Authorization` header, to be sent as it is.
#[derive(Clone, Debug)]
pub struct AuthorizedRequest {
    /// The absolute URL, with the encoded path and the canonical query that were signed. Its URL parser's form must be
    /// equal to it, byte for byte, or the request must not be sent.
    pub url: String,
    /// What signing adds: `authorization`, `x-amz-date`, `x-amz-content-sha256` and, with temporary credentials,
    /// `x-amz-security-token`. The headers that the caller had signed are to be sent beside these; `host` is the URL's.
    pub headers: HeaderMap,
}

impl AuthorizedRequest {
    /// A request that nobody signs: the resource's URL, and no headers. `query` is written as signing would.
    #[must_use]
    pub fn unsigned(address: &Address, resource: &Resource, query: &[(&str, &str)]) -> Self {
        let mut draft = Draft::of_resource(address, resource, canonical_query::encoded_len(query));
        if !query.is_empty() {
            draft.url.push('?');
            write_canonical_query(query, &mut draft.url);
        }
        Self {
            url: draft.url,
            headers: HeaderMap::new(),
        }
    }
}

impl Signer {
    /// Signs as `credential` for the service `s3`.
    #[must_use]
    pub fn new(credential: Arc<Credential>) -> Self {
        let encoded_token = credential.session_token.as_ref().map(|token| {
            let mut encoded = String::new();
            encode_query_into(token.expose_secret(), &mut encoded);
            SecretString::from(encoded)
        });
        let keys = DerivedKeys::of(&credential.secret_access_key);
        Self {
            credential,
            encoded_token,
            keys,
        }
    }

    /// The credential that signs.
    #[must_use]
    pub fn credential(&self) -> &Arc<Credential> {
        &self.credential
    }

    /// Makes a presigned URL (query form): absolute, with `host` as its only signed header and no claim on the body.
    #[must_use]
    pub fn presign(&self, request: &PresignRequest<'_>) -> String {
        let date = AmzDate::of(request.signed_at);
        let scope = scope(&date, request.region);
        let query = PresignedQuery {
            access_key_id: self.credential.access_key_id.as_str(),
            scope,
            expires: request.expires.as_secs(),
            encoded_token: self.encoded_token.as_ref().map(ExposeSecret::expose_secret),
        };
        let room = query.encoded_len(request.query) + "&X-Amz-Signature=".len() + 64;
        let mut draft = Draft::of_object(request.address, request.key, room);
        draft.url.push('?');
        query.write_into(request.query, &mut draft.url);
        let canonical = CanonicalRequest {
            method: request.method.as_str(),
            path: draft.path(),
            query: draft.query(),
            headers: SignedHeaders::Host(request.address.host()),
            payload: UNSIGNED_PAYLOAD,
        };
        let signature = digits(self.keys.signature(&canonical, &scope));
        draft.url.push_str("&X-Amz-Signature=");
        draft.url.push_str(text(&signature));
        draft.url
    }

    /// Signs in the `Authorization` header.
    ///
    /// Of `request.headers`, all are signed but those that signing itself sets.
    #[must_use]
    pub fn authorize(&self, request: &HeaderRequest<'_>) -> AuthorizedRequest {
        let date = AmzDate::of(request.signed_at);
        let scope = scope(&date, request.region);
        let room = canonical_query::encoded_len(request.query);
        let mut draft = Draft::of_resource(request.address, request.resource, room);
        if !request.query.is_empty() {
            draft.url.push('?');
            write_canonical_query(request.query, &mut draft.url);
        }
        let hash = request.content_sha256.map(hex::encode);
        let payload = hash.as_deref().unwrap_or(UNSIGNED_PAYLOAD);
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(X_AMZ_DATE, value(date.as_str()));
        headers.insert(X_AMZ_CONTENT_SHA256, value(payload));
        if let Some(token) = &self.credential.session_token {
            headers.insert(X_AMZ_SECURITY_TOKEN, secret_value(token.expose_secret()));
        }
        let own = |name: &HeaderName| headers.contains_key(name) || *name == AUTHORIZATION || *name == HOST;
        let host = (HOST.as_str(), request.address.host().as_bytes());
        let fields: Vec<(&str, &[u8])> = std::iter::once(host)
            .chain(headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())))
            .chain(
                request
                    .headers
                    .iter()
                    .filter(|(name, _)| !own(name))
                    .map(|(name, value)| (name.as_str(), value.as_bytes())),
            )
            .collect();
        let signed = CanonicalHeaders::of(fields);
        let signed = SignedHeaders::These(&signed);
        let canonical = CanonicalRequest {
            method: request.method.as_str(),
            path: draft.path(),
            query: draft.query(),
            headers: signed,
            payload,
        };
        let signature = digits(self.keys.signature(&canonical, &scope));
        let id = self.credential.access_key_id.as_str();
        let authorization = authorization::write(id, &scope, signed, text(&signature));
        headers.insert(AUTHORIZATION, secret_value(&authorization));
        AuthorizedRequest {
            url: draft.url,
            headers,
        }
    }
}

fn scope<'a>(date: &'a AmzDate, region: &'a Region) -> Scope<'a> {
    Scope {
        date,
        region: region.as_str(),
        service: Scope::S3,
    }
}

/// A signature as it is written: 64 lower-case hexadecimal digits.
fn digits(signature: [u8; 32]) -> [u8; 64] {
    let mut digits = [0; 64];
    // Can't fail: 32 bytes are 64 digits.
    let _ = hex::encode_to_slice(signature, &mut digits);
    digits
}

fn text(digits: &[u8; 64]) -> &str {
    str::from_utf8(digits).unwrap_or_default()
}

/// A URL on its way to be signed; the canonical request reads path and query from it in place.
struct Draft {
    url: String,
    path_at: usize,
    path_end: usize,
}

impl Draft {
    /// Writes the URL of an object up to the end of its path, with room for so many bytes more.
    fn of_object(address: &Address, key: &ObjectKey, room: usize) -> Self {
        let mut draft = Self::start(address, address.path_len(key), room);
        address.path_into(key, &mut draft.url);
        draft
    }

    /// The same for a bucket or an object.
    fn of_resource(address: &Address, resource: &Resource, room: usize) -> Self {
        let mut draft = Self::start(address, address.resource_path_len(resource), room);
        address.resource_path_into(resource, &mut draft.url);
        draft
    }

    /// Writes a URL up to where its path begins.
    fn start(address: &Address, path_len: usize, room: usize) -> Self {
        let scheme = address.scheme().as_str();
        let path_at = scheme.len() + "://".len() + address.host().len();
        let path_end = path_at + path_len;
        let mut url = String::with_capacity(path_end + "?".len() + room);
        for part in [scheme, "://", address.host()] {
            url.push_str(part);
        }
        Self { url, path_at, path_end }
    }

    fn path(&self) -> &str {
        self.url.get(self.path_at..self.path_end).unwrap_or_default()
    }

    fn query(&self) -> &str {
        self.url.get(self.path_end + "?".len()..).unwrap_or_default()
    }
}

/// A header value of parts that were judged when they were parsed (ids, regions, tokens are visible ASCII). Were that
/// ever untrue, the value would be empty and the origin would refuse the request.
pub(super) fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(const { HeaderValue::from_static("") })
}

/// As [`value`], never printed and never kept in an HTTP/2 compression table.
pub(super) fn secret_value(text: &str) -> HeaderValue {
    let mut value = value(text);
    value.set_sensitive(true);
    value
}

#[cfg(test)]
#[path = "signer_tests.rs"]
mod tests;
