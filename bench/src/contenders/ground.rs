//! What all contenders of a scenario stand on: the two origins, the folder, the keys, and what a redirect leads to.

use crate::error::BenchError;
use crate::origin::{BUCKET, KeyPair, Object, REGION};
use evergate::clock::{Clock, Timestamp};
use evergate::s3::{Address, AddressStyle, BucketName, Endpoint, ObjectKey, Region, Resource};
use evergate::sigv4::{AuthorizedRequest, HeaderRequest, PresignRequest, Signer};
use http::{HeaderMap, Method};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long a redirect's `Location` is, in bytes.
pub(super) const LOCATION: usize = 500;

/// How long URLs that the gateway signs live.
pub(super) const EXPIRY: Duration = Duration::from_mins(2);

/// What all contenders stand on.
#[derive(Debug)]
pub struct Ground {
    /// Where they keep what they need; gone at the end.
    pub folder: PathBuf,
    /// The origin that verifies signatures.
    pub signed: SocketAddr,
    /// The origin that takes requests that nobody signed: nginx, with files. `None` when no contender needs it, or there is no nginx.
    pub plain: Option<SocketAddr>,
    /// The program `evergate`.
    pub gateway: PathBuf,
    /// What keys of redirected objects start with; long enough that a signed URL has [`LOCATION`] bytes.
    pub long_prefix: String,
}

impl Ground {
    /// Takes the folder, the origins and the gateway's program.
    ///
    /// # Errors
    /// When the origin's address makes no URL.
    pub fn new(
        folder: PathBuf,
        signed: SocketAddr,
        plain: Option<SocketAddr>,
        gateway: PathBuf,
    ) -> Result<Self, BenchError> {
        let mut ground = Self {
            folder,
            signed,
            plain,
            gateway,
            long_prefix: "images/u".to_owned(),
        };
        let short = ground.location(Object::new(16_384, 0))?.len();
        ground
            .long_prefix
            .extend(std::iter::repeat_n('0', LOCATION.saturating_sub(short)));
        Ok(ground)
    }

    /// A signed URL of the object behind `/r/`, as the gateway would make it now.
    ///
    /// # Errors
    /// Never, but for addresses that make no URL.
    pub fn location(&self, object: Object) -> Result<String, BenchError> {
        let [pair, _] = KeyPair::of_origin();
        let key = format!("{}/r/{}", self.long_prefix, object.name());
        Signed::new(self.signed, &pair)?.url(&Method::GET, &key, Clock::system().now(), EXPIRY)
    }

    /// A URL as [`Ground::location`] makes it, in the two parts around the path that clients ask for.
    ///
    /// # Errors
    /// As [`Ground::location`].
    pub fn location_around_path(&self) -> Result<(String, String), BenchError> {
        let object = Object::new(16_384, 0);
        let url = self.location(object)?;
        let path = format!("/r/{}", object.name());
        let parts = url
            .split_once(&path)
            .map(|(front, back)| (front.to_owned(), back.to_owned()));
        parts.ok_or_else(|| BenchError::said("the signed URL does not hold the path"))
    }
}

/// Signs for the bench's bucket at one server.
pub(super) struct Signed {
    signer: Signer,
    address: Address,
    region: Region,
}

impl Signed {
    /// Signs with `pair` for `server`.
    ///
    /// # Errors
    /// When the address makes no URL.
    pub(super) fn new(server: SocketAddr, pair: &KeyPair) -> Result<Self, BenchError> {
        let said = |error: &dyn std::fmt::Display| BenchError::said(error.to_string());
        let endpoint = Endpoint::parse(&format!("http://{server}")).map_err(|error| said(&error))?;
        let bucket = BucketName::parse(BUCKET).map_err(|error| said(&error))?;
        Ok(Self {
            signer: Signer::new(Arc::new(pair.credential()?)),
            address: endpoint.address(AddressStyle::Path, &bucket),
            region: Region::parse(REGION).map_err(|error| said(&error))?,
        })
    }

    /// Returns a presigned URL.
    ///
    /// # Errors
    /// When it is no key.
    pub(super) fn url(
        &self,
        method: &Method,
        key: &str,
        signed_at: Timestamp,
        expires: Duration,
    ) -> Result<String, BenchError> {
        Ok(self.signer.presign(&PresignRequest {
            method,
            address: &self.address,
            region: &self.region,
            key: &object_key(key)?,
            query: &[],
            signed_at,
            expires,
        }))
    }

    /// Returns a request signed in its header, now.
    ///
    /// # Errors
    /// When it is no key.
    pub(super) fn request(&self, method: &Method, key: &str) -> Result<AuthorizedRequest, BenchError> {
        Ok(self.signer.authorize(&HeaderRequest {
            method,
            address: &self.address,
            region: &self.region,
            resource: &Resource::Object(object_key(key)?),
            query: &[],
            headers: &HeaderMap::new(),
            content_sha256: None,
            signed_at: Clock::system().now(),
        }))
    }
}

fn object_key(key: &str) -> Result<ObjectKey, BenchError> {
    ObjectKey::parse(key).map_err(|error| BenchError::said(format!("{key} is no key: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_as_long_as_was_said() {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        for port in [1024, 65_000] {
            let ground = Ground::new("/tmp".into(), address(port), None, "evergate".into()).unwrap();
            for number in [0, 99_999] {
                assert_eq!(ground.location(Object::new(16_384, number)).unwrap().len(), LOCATION);
            }
            let (front, back) = ground.location_around_path().unwrap();
            assert!(
                front.starts_with("http://127.0.0.1:") && back.starts_with("?X-Amz-Algorithm="),
                "{front} {back}"
            );
        }
    }
}
