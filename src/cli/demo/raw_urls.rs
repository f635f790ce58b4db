//! What an app without a gateway stores: presigned URLs, signed now, for their whole life.

use crate::clock::Clock;
use crate::config::{CredentialsConfig, ServerConfig};
use crate::s3::{Address, BucketName, ObjectKey, Region};
use crate::sigv4::{PresignRequest, Signer};
use http::Method;
use std::sync::Arc;
use std::time::Duration;

/// Asks the origin to keep the picture out of every cache. Without it a browser that has drawn the picture once would draw it
/// again from its own cache, by guesswork on `Last-Modified` (RFC 9111 §4.2.2), and hide that the URL is dead.
const NO_STORE: &[(&str, &str)] = &[("response-cache-control", "no-store")];

/// Signs raw URLs for one bucket.
#[derive(Debug)]
pub struct RawUrls {
    signer: Signer,
    address: Address,
    region: Region,
    expiry: Duration,
    clock: Clock,
}

impl RawUrls {
    /// Signs for `bucket` on `server`; `None` unless its key pair is static, as the embedded origin's is.
    #[must_use]
    pub fn new(server: &ServerConfig, bucket: &BucketName, expiry: Duration, clock: Clock) -> Option<Self> {
        let CredentialsConfig::Static(credential) = &server.credentials else {
            return None;
        };
        Some(Self {
            signer: Signer::new(Arc::new(credential.clone())),
            address: server.endpoint.address(server.style, bucket),
            region: server.region.clone(),
            expiry,
            clock,
        })
    }

    /// Signs now, past the signing window: two calls make two URLs. `None` when `key` is no key.
    #[must_use]
    pub fn sign(&self, key: &str) -> Option<String> {
        Some(self.signer.presign(&PresignRequest {
            method: &Method::GET,
            address: &self.address,
            region: &self.region,
            key: &ObjectKey::parse(key).ok()?,
            query: NO_STORE,
            signed_at: self.clock.now(),
            expires: self.expiry,
        }))
    }
}
