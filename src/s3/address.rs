//! Where a bucket is: endpoint and address style. AWS "Virtual hosting of general purpose buckets".
//!
//! Hosts come from configuration alone (rule 4). They are read by the same parser that the origin client sends by,
//! so that the host that is signed is the host that is sent.

use super::partition::{self, Elsewhere};
use super::{BucketName, DecodedPath, ObjectKey, Region, Resource, encoding::encode_path_into};
use std::fmt;
use url::Url;

/// `http` or `https`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain text.
    Http,
    /// TLS.
    Https,
}

impl Scheme {
    /// The scheme as it stands in a URL, without `://`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that a host is at when it names none.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a bucket is named in a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressStyle {
    /// `https://host/bucket/key`
    Path,
    /// `https://bucket.host/key`
    VirtualHosted,
}

/// Why an endpoint, or a bucket at it, is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EndpointError(pub(crate) String);

/// The endpoint is AWS's, and the region is none of its partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the region is none of the endpoint's partition")]
pub struct ForeignRegion;

/// The base URL of an S3 server: scheme, authority, optional base path; no query, no user info.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    scheme: Scheme,
    /// Lower case, without a default port, IPv6 in brackets.
    authority: Box<str>,
    /// Encoded; empty, or starting with `/` and not ending in one.
    base_path: Box<str>,
}

impl Endpoint {
    /// Takes a URL such as `https://s3.example.com` or `http://minio:9000/base`.
    ///
    /// # Errors
    /// Says what is wrong and what to write.
    pub fn parse(url: &str) -> Result<Self, EndpointError> {
        let refuse = |why: &str| {
            Err(EndpointError(format!(
                "{why}: write it like https://s3.example.com or http://minio:9000"
            )))
        };
        let Some((_, after_scheme)) = url.split_once("://") else {
            return refuse("an endpoint starts with http:// or https://");
        };
        // The URL parser drops or folds these instead of refusing them; of `http:///x` it makes `http://x/`.
        if url.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return refuse("an endpoint holds no space, control character or backslash");
        }
        if url.contains(['?', '#']) {
            return refuse("an endpoint has no query and no fragment");
        }
        let parsed = match Url::parse(url) {
            Ok(parsed) => parsed,
            Err(error) => return refuse(&format!("the endpoint is not a URL ({error})")),
        };
        let written_authority = after_scheme.split('/').next().unwrap_or_default();
        if written_authority.is_empty() {
            return refuse("an endpoint names a host");
        }
        let scheme = match parsed.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return refuse("an endpoint starts with http:// or https://"),
        };
        if written_authority.contains('@') {
            return refuse("an endpoint holds no user name or password (credentials have their own place)");
        }
        let Some(host) = parsed.host_str() else {
            return refuse("an endpoint names a host");
        };
        let authority = match parsed.port() {
            Some(0) => return refuse("port 0 can't be connected to"),
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let mut base_path = String::new();
        if let Some(start) = after_scheme.find('/') {
            let raw = after_scheme.get(start..).unwrap_or_default();
            match DecodedPath::decode(raw) {
                Ok(path) => encode_path_into(path.as_str().trim_end_matches('/'), &mut base_path),
                Err(error) => return refuse(&format!("the path of the endpoint holds {error}")),
            }
        }
        Ok(Self {
            scheme,
            authority: authority.into(),
            base_path: base_path.into(),
        })
    }

    /// AWS's own regional endpoint, in the partition that the region's name tells.
    #[must_use]
    pub fn aws(region: &Region) -> Self {
        let name = region.as_str();
        Self {
            scheme: Scheme::Https,
            authority: format!("s3.{name}.{}", partition::suffix_of(name)).into(),
            base_path: Box::default(),
        }
    }

    /// AWS's regional endpoint of STS, in the same partition.
    #[must_use]
    pub fn aws_sts(region: &Region) -> Self {
        let name = region.as_str();
        Self {
            authority: format!("sts.{name}.{}", partition::suffix_of(name)).into(),
            ..Self::aws(region)
        }
    }

    /// Whether the host is one of AWS's own.
    #[must_use]
    pub fn is_aws(&self) -> bool {
        partition::is_aws_host(&self.authority)
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Host and port, as in the `Host` header.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The encoded path in front of everything; empty, or starting with `/` and not ending in one.
    pub(crate) fn base_path(&self) -> &str {
        &self.base_path
    }

    /// Returns this endpoint for a bucket that is in `region`. AWS names its hosts after their regions, inside one DNS
    /// suffix a partition; any other endpoint serves all of its regions and stays as it is.
    ///
    /// # Errors
    /// When the endpoint is AWS's and its partition has no such region.
    pub fn in_region(&self, region: &Region) -> Result<Self, ForeignRegion> {
        let authority = match partition::elsewhere(&self.authority, region.as_str()) {
            Elsewhere::SameHost => return Ok(self.clone()),
            Elsewhere::Host(authority) => authority.into(),
            Elsewhere::Foreign => return Err(ForeignRegion),
        };
        Ok(Self {
            authority,
            ..self.clone()
        })
    }

    /// Says whether `bucket` can be addressed in `style` here; for the config to call, once, before
    /// [`Endpoint::address`].
    ///
    /// # Errors
    /// When `bucket` can't be part of a host name without change of meaning, when the host is an IP address, or when
    /// its dots would not match the server's wildcard certificate. The way out is always path style.
    pub fn check(&self, style: AddressStyle, bucket: &BucketName) -> Result<(), EndpointError> {
        if style == AddressStyle::Path {
            return Ok(());
        }
        let refuse = |why: &str| {
            Err(EndpointError(format!(
                "the bucket {bucket} needs path style (path_style: true): {why}"
            )))
        };
        if self.scheme == Scheme::Https && bucket.as_str().contains('.') {
            return refuse("with dots in its name no wildcard certificate matches bucket.host");
        }
        let address = self.address(style, bucket);
        let ip = |host: url::Host<&str>| !matches!(host, url::Host::Domain(_));
        let parse = |authority: &str| Url::parse(&format!("{}://{authority}/", self.scheme));
        match (parse(&self.authority), parse(&address.host)) {
            (Ok(plain), _) if plain.host().is_some_and(ip) => {
                refuse("its endpoint is an IP address, which has no sub-domains")
            }
            (_, Ok(url)) if url.authority() == &*address.host && bucket.as_str().split('.').all(is_label) => Ok(()),
            _ => refuse("its name can't be part of a host name"),
        }
    }

    /// Where `bucket` is at this endpoint.
    #[must_use]
    pub fn address(&self, style: AddressStyle, bucket: &BucketName) -> Address {
        let (host, path_prefix) = match style {
            AddressStyle::Path => (self.authority.to_string(), format!("{}/{bucket}/", self.base_path)),
            AddressStyle::VirtualHosted => (format!("{bucket}.{}", self.authority), format!("{}/", self.base_path)),
        };
        let bucket_len = match style {
            AddressStyle::Path => path_prefix.len() - 1,
            AddressStyle::VirtualHosted => path_prefix.len(),
        };
        Address {
            scheme: self.scheme,
            host: host.into(),
            path_prefix: path_prefix.into(),
            bucket_len,
        }
    }
}

/// The URL that it was read from, in canonical form, without a `/` at the end.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.base_path)
    }
}

/// A DNS label (RFC 1123 §2.1), in lower case since hosts are compared so.
fn is_label(label: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&label.len()) && label.bytes().all(fine) && !label.starts_with('-') && !label.ends_with('-')
}

/// One bucket's address: what the `Host` header says and what the path starts with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    scheme: Scheme,
    host: Box<str>,
    /// Encoded; starts and ends with `/`.
    path_prefix: Box<str>,
    /// How much of it is the path of the bucket itself.
    bucket_len: usize,
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

    /// The encoded path in front of every key; starts and ends with `/`.
    pub(crate) fn path_start(&self) -> &str {
        &self.path_prefix
    }

    /// The encoded absolute path of `key`, as signed and as sent.
    #[must_use]
    pub fn path(&self, key: &ObjectKey) -> String {
        let mut path = String::with_capacity(self.path_len(key));
        self.path_into(key, &mut path);
        path
    }

    /// The encoded absolute path of the bucket itself, as signed and as sent: `/bucket` in path style, as botocore writes
    /// it, and `/` where the bucket has a host of its own.
    #[must_use]
    pub fn bucket_path(&self) -> &str {
        self.path_prefix.get(..self.bucket_len).unwrap_or_default()
    }

    /// Appends what [`Address::path`] returns.
    pub(crate) fn path_into(&self, key: &ObjectKey, out: &mut String) {
        out.push_str(&self.path_prefix);
        key.encode_into(out);
    }

    /// The length of what [`Address::path`] returns, in bytes.
    pub(crate) fn path_len(&self, key: &ObjectKey) -> usize {
        self.path_prefix.len() + key.encoded_len()
    }

    /// Appends the path of `resource`.
    pub(crate) fn resource_path_into(&self, resource: &Resource, out: &mut String) {
        match resource {
            Resource::Bucket => out.push_str(self.bucket_path()),
            Resource::Object(key) => self.path_into(key, out),
        }
    }

    /// The length of the path of `resource`, in bytes.
    pub(crate) fn resource_path_len(&self, resource: &Resource) -> usize {
        match resource {
            Resource::Bucket => self.bucket_path().len(),
            Resource::Object(key) => self.path_len(key),
        }
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
