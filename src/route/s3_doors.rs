//! What a request of an S3 client names: bucket and key, out of its Host and path. Second station of the walk, for the
//! presigned door and the S3 endpoint. Rules 2 to 4; AWS "Virtual hosting of general purpose buckets".
//!
//! The base path comes off first. Below one of the configured domains, and below AWS's own, the Host names the bucket; at
//! any other the path's first segment does. A client calls a bucket by its name at the origin, or else by its id in the config file.

use super::Bucket;
use crate::config::S3Config;
use crate::listener::Host;
use crate::s3::{
    AddressStyle, BucketName, DecodedPath, KeyError, ObjectKey, Subject, any_aws_s3, encode_path_into, without_port,
};
use std::collections::HashMap;
use std::sync::Arc;

/// The buckets as S3 clients call them.
#[derive(Debug, Default)]
pub struct S3Doors {
    base_path: Box<str>,
    /// The longest first, so that the nearest one decides.
    domains: Vec<Box<str>>,
    buckets: foldhash::HashMap<Arc<str>, Arc<Bucket>>,
}

/// Which bucket a request names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocatedBucket {
    /// None: the request is about all of them.
    Service,
    /// One of the configuration.
    Configured(Arc<Bucket>),
    /// None of the configuration.
    Unknown(BucketName),
}

/// What a request of an S3 client names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The bucket.
    pub bucket: LocatedBucket,
    /// The bucket's name as the client wrote it; empty for none.
    pub name: Arc<str>,
    /// Whether it is about the service, a bucket or an object.
    pub subject: Subject,
    /// The object's key, where it is about one.
    pub key: Option<ObjectKey>,
    /// Where the bucket's name stood.
    pub style: AddressStyle,
    /// How many decoded bytes of the path are the base path.
    base: usize,
}

/// Why a path names nothing that S3 knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocateError {
    /// The path is not below the base path: 404.
    #[error("the path is not below the base path of the S3 endpoint")]
    OutsideBase,
    /// What stands in the bucket's place is no bucket name: 400.
    #[error("what stands in the bucket's place is no bucket name")]
    BucketName,
    /// The key is refused: 400.
    #[error("the key is refused: {0}")]
    Key(#[from] KeyError),
}

impl S3Doors {
    /// Takes where S3 clients are expected, what they call buckets ([`crate::config::Config::client_names`]), and the
    /// buckets in the order of the configuration.
    #[must_use]
    pub fn new(config: &S3Config, names: HashMap<Box<str>, usize>, buckets: &[Arc<Bucket>]) -> Self {
        let mut domains = config.domains.clone();
        domains.sort_by_key(|domain| std::cmp::Reverse(domain.len()));
        let bucket = |(name, index): (Box<str>, usize)| Some((name.into(), Arc::clone(buckets.get(index)?)));
        Self {
            base_path: config.base_path.clone(),
            domains,
            buckets: names.into_iter().filter_map(bucket).collect(),
        }
    }

    /// Finds what `path` names at `host`. `/bucket` and `/bucket/` are the bucket; `/bucket//k` is the key `/k`.
    ///
    /// # Errors
    /// [`LocateError`] when it is nothing that S3 could know.
    pub fn locate(&self, host: &Host, path: &DecodedPath<'_>) -> Result<Located, LocateError> {
        let path = path.as_str();
        let rest = path.strip_prefix(&*self.base_path).ok_or(LocateError::OutsideBase)?;
        let rest = match rest.strip_prefix('/') {
            Some(rest) => rest,
            None if rest.is_empty() => "",
            // `/s3files` is not below `/s3`.
            None => return Err(LocateError::OutsideBase),
        };
        let (style, name, key) = match self.bucket_of(host.as_str()) {
            Some(bucket) => (AddressStyle::VirtualHosted, bucket, rest),
            None => match rest.split_once('/') {
                Some((bucket, key)) => (AddressStyle::Path, bucket, key),
                None => (AddressStyle::Path, rest, ""),
            },
        };
        let located = |(name, bucket), subject, key| Located {
            bucket,
            name,
            subject,
            key,
            style,
            base: self.base_path.len(),
        };
        if style == AddressStyle::Path && rest.is_empty() {
            return Ok(located((name.into(), LocatedBucket::Service), Subject::Service, None));
        }
        let bucket = match self.buckets.get_key_value(name) {
            Some((name, bucket)) => (Arc::clone(name), LocatedBucket::Configured(Arc::clone(bucket))),
            None => (name.into(), unknown(name)?),
        };
        if key.is_empty() {
            return Ok(located(bucket, Subject::Bucket, None));
        }
        let key = ObjectKey::parse(key)?;
        Ok(located(bucket, Subject::Object, Some(key)))
    }

    /// Returns what a client calls by `name`, a copy source for one.
    ///
    /// # Errors
    /// [`LocateError::BucketName`]
    pub fn named(&self, name: &str) -> Result<LocatedBucket, LocateError> {
        match self.buckets.get(name) {
            Some(bucket) => Ok(LocatedBucket::Configured(Arc::clone(bucket))),
            None => unknown(name),
        }
    }

    /// Returns what clients call `bucket`: its name at the origin, or its id where another bucket has that name.
    #[must_use]
    pub fn name_of<'a>(&self, bucket: &'a Bucket) -> &'a str {
        let name = bucket.name.as_str();
        let is_it = |found: &Arc<Bucket>| found.index == bucket.index;
        if self.buckets.get(name).is_some_and(is_it) {
            name
        } else {
            bucket.id.as_str()
        }
    }

    /// Returns `path`, raw, as it is below the base path here: how a link from elsewhere would come. `None` without a base path.
    #[must_use]
    pub fn below_base(&self, path: &str) -> Option<String> {
        if self.base_path.is_empty() {
            return None;
        }
        let mut below = String::with_capacity(self.base_path.len() + path.len());
        encode_path_into(&self.base_path, &mut below);
        below.push_str(path);
        Some(below)
    }

    /// Returns the bucket that a host names: what stands in front of a configured domain (its port counts where the domain
    /// names one) or of AWS's own S3 hosts, under which nobody else serves. `None` where the path names it.
    ///
    /// Each host is read in this one way, whether a request came for it or a signature was made for it: read as either, a
    /// link to one object would be good for another.
    #[must_use]
    pub fn bucket_of<'a>(&self, host: &'a str) -> Option<&'a str> {
        let below = |domain: &str| {
            let host = if domain.contains(':') { host } else { without_port(host) };
            let rest = host.strip_suffix(domain)?;
            (rest.is_empty() || rest.ends_with('.')).then_some(rest)
        };
        let mut domains = self.domains.iter();
        match domains.find_map(|domain| below(domain)) {
            Some(nearest) => nearest.strip_suffix('.'),
            None => any_aws_s3(without_port(host))
                .map(|(bucket, _)| bucket)
                .filter(|bucket| !bucket.is_empty()),
        }
    }
}

fn unknown(name: &str) -> Result<LocatedBucket, LocateError> {
    BucketName::parse(name)
        .map(LocatedBucket::Unknown)
        .map_err(|_| LocateError::BucketName)
}

impl Located {
    /// Returns the configured bucket.
    #[must_use]
    pub fn configured(&self) -> Option<&Arc<Bucket>> {
        match &self.bucket {
            LocatedBucket::Configured(bucket) => Some(bucket),
            LocatedBucket::Service | LocatedBucket::Unknown(_) => None,
        }
    }

    /// Returns what of the raw `path`, as received, stands behind the base path; `None` without a base path, or when
    /// nothing stands behind it.
    #[must_use]
    pub fn behind_base<'a>(&self, path: &'a str) -> Option<&'a str> {
        (self.base > 0)
            .then(|| behind(path, self.base))
            .filter(|rest| !rest.is_empty())
    }

    /// Returns what of the raw `path`, as received, stands behind base path and bucket; `None` when the bucket does not
    /// stand in the path, or nothing stands behind it.
    #[must_use]
    pub fn behind_bucket<'a>(&self, path: &'a str) -> Option<&'a str> {
        let in_path = self.style == AddressStyle::Path && !self.name.is_empty();
        // One more for the slash in front of the name.
        let length = self.base.checked_add(1)?.checked_add(self.name.len())?;
        in_path.then(|| behind(path, length)).filter(|rest| !rest.is_empty())
    }
}

/// Returns what of a raw path stands behind its first `decoded` decoded bytes.
fn behind(path: &str, decoded: usize) -> &str {
    let mut rest = path;
    for _ in 0..decoded {
        let length = if rest.starts_with('%') { 3 } else { 1 };
        rest = rest.get(length..).unwrap_or_default();
    }
    rest
}

#[cfg(test)]
#[path = "s3_doors_tests.rs"]
mod tests;
