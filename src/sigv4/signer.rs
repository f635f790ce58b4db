//! Signs requests of one credential in one region; keeps the derived key of the day.
use super::Credential;
use crate::clock::Timestamp;
use crate::s3::{Address, ObjectKey, Region};
use http::{HeaderMap, Method};
use std::sync::Arc;
use std::time::Duration;

/// Signs for one credential in one region. Shared between threads; deriving the day's key happens once a day.
#[derive(Debug)]
pub struct Signer {
    credential: Arc<Credential>,
    region: Region,
}

/// What a presigned URL is to be made of.
#[derive(Clone, Debug)]
pub struct PresignRequest<'a> {
    /// The method that the URL is good for.
    pub method: &'a Method,
    /// The bucket's address.
    pub address: &'a Address,
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
    /// The object.
    pub key: &'a ObjectKey,
    /// Query parameters, decoded, in any order.
    pub query: &'a [(&'a str, &'a str)],
    /// Headers to be signed beside `host` and the `x-amz-*` that signing adds (`range`, `if-match`).
    pub headers: &'a HeaderMap,
    /// `x-amz-content-sha256`, `None` for `UNSIGNED-PAYLOAD`.
    pub content_sha256: Option<&'a str>,
    /// `x-amz-date`.
    pub signed_at: Timestamp,
}

/// What signing adds to a request: `authorization`, `x-amz-date`, `x-amz-content-sha256`, `x-amz-security-token`.
pub type AuthorizedHeaders = HeaderMap;

impl Signer {
    /// Signs as `credential` for `region`, service `s3`.
    #[must_use]
    pub fn new(credential: Arc<Credential>, region: Region) -> Self {
        Self { credential, region }
    }
    /// The credential that signs.
    #[must_use]
    pub fn credential(&self) -> &Arc<Credential> {
        &self.credential
    }
    /// Makes a presigned URL (query form).
    #[must_use]
    pub fn presign(&self, request: &PresignRequest<'_>) -> String {
        let _ = (request, &self.region);
        todo!()
    }
    /// Signs in the `Authorization` header.
    #[must_use]
    pub fn authorize(&self, request: &HeaderRequest<'_>) -> AuthorizedHeaders {
        let _ = request;
        todo!()
    }
}
