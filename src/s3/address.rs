//! Where a bucket is: endpoint and address style.
use super::{BucketName, ObjectKey, Region};

/// `http` or `https`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain text.
    Http,
    /// TLS.
    Https,
}

/// How a bucket is named in a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressStyle {
    /// `https://host/bucket/key`
    Path,
    /// `https://bucket.host/key`
    VirtualHosted,
}

/// Why an endpoint is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EndpointError(pub(crate) String);

/// The base URL of an S3 server: scheme, authority, optional base path; no query, no user info.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    scheme: Scheme,
    authority: Box<str>,
    base_path: Box<str>,
}

impl Endpoint {
    /// Takes a URL such as `https://s3.example.com` or `http://minio:9000/base`.
    ///
    /// # Errors
    /// Says what is wrong and what to write.
    pub fn parse(url: &str) -> Result<Self, EndpointError> {
        let _ = url;
        todo!()
    }
    /// AWS's own regional endpoint (`amazonaws.com`, `amazonaws.com.cn` for `cn-*`).
    #[must_use]
    pub fn aws(region: &Region) -> Self {
        let _ = region;
        todo!()
    }
    /// Where `bucket` is at this endpoint.
    #[must_use]
    pub fn address(&self, style: AddressStyle, bucket: &BucketName) -> Address {
        let _ = (style, bucket, &self.scheme, &self.authority, &self.base_path);
        todo!()
    }
}

/// One bucket's address: what the `Host` header says and what the path starts with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    scheme: Scheme,
    host: Box<str>,
    path_prefix: Box<str>,
}

impl Address {
    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }
    /// The `Host` header: default ports are left out, IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
    /// The encoded absolute path of `key`, as signed and as sent.
    #[must_use]
    pub fn path(&self, key: &ObjectKey) -> String {
        let mut path = String::from(&*self.path_prefix);
        key.encode_into(&mut path);
        path
    }
}
