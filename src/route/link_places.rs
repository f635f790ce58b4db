//! Which object a presigned URL names that was found somewhere: in a database, a chat, a dump. Nothing is verified and
//! nothing is opened by it; host and path are looked up in what the configuration knows (rule 4).
//!
//! A bucket is known by its own endpoint, path style and virtual-hosted, at AWS in every spelling of the host; and by the
//! gateway's hosts (`public_hosts`, `s3_domains`), as clients call it. Where a URL could be read as two objects, it is none.

use crate::config::{BucketConfig, Config, OriginConfig};
use crate::s3::{AddressStyle, DecodedPath, KeyError, ObjectKey, Scheme, any_aws_s3, canonical_host};
use std::collections::HashMap;

/// All places that links of configured buckets can name.
#[derive(Debug, Default)]
pub struct LinkPlaces {
    /// By host: lower case, without a default port.
    hosts: HashMap<Box<str>, Vec<Place>>,
    /// Buckets at AWS's own endpoints, by their partition's suffix and their name, which is unique in it.
    at_aws: HashMap<&'static str, HashMap<Box<str>, Vec<usize>>>,
}

/// What decoded paths that start so are about. The same bucket may stand in the configuration several times.
#[derive(Debug)]
struct Place {
    start: Box<str>,
    buckets: Vec<usize>,
    reading: Reading,
}

/// How much speaks for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// It is configured.
    Sure,
    /// Where nothing else fits: the host may be an old server's that named the bucket, since it begins with its name.
    Likely,
}

/// What a link names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTarget<'a> {
    /// Indexes into [`Config::buckets`]: one, unless one bucket is configured several times.
    pub buckets: &'a [usize],
    /// The object.
    pub key: ObjectKey,
}

/// Why a link names no object of a configured bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unplaced {
    /// Nobody that the configuration knows is at this host.
    #[error("its host is none that the configuration knows")]
    Host,
    /// The host is known, and the path begins with no configured bucket.
    #[error("its bucket is none of the configuration")]
    Bucket,
    /// It names a bucket alone.
    #[error("it names no object")]
    NoObject,
    /// It could be read as two objects.
    #[error("it could be read as two objects")]
    Ambiguous,
    /// The key is refused.
    #[error("the key is refused: {0}")]
    Key(#[from] KeyError),
}

impl LinkPlaces {
    /// Takes what a configuration knows.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let mut places = Self::default();
        for (index, bucket) in config.buckets.iter().enumerate() {
            let OriginConfig::Server(server) = &bucket.origin else {
                continue;
            };
            for style in [AddressStyle::Path, AddressStyle::VirtualHosted] {
                if server.endpoint.check(style, &bucket.name).is_ok() {
                    let address = server.endpoint.address(style, &bucket.name);
                    if let Ok(start) = DecodedPath::decode(address.path_start()) {
                        places.add(address.host(), start.as_str(), index, Reading::Sure, config);
                    }
                }
            }
            if let Some((_, suffix)) = any_aws_s3(server.endpoint.authority()) {
                let named = places.at_aws.entry(suffix).or_default();
                named.entry(bucket.name.as_str().into()).or_default().push(index);
            }
        }
        for host in &config.s3.public_hosts {
            places.add_gateway(host, config);
        }
        for domain in &config.s3.domains {
            places.add_gateway(domain, config);
            for (name, index) in config.client_names() {
                places.add_virtual(&format!("{name}.{domain}"), index, Reading::Sure, config);
            }
        }
        places
    }

    /// Adds a host that the gateway is reached at, as it stands in URLs, with its port unless that is the scheme's default.
    pub fn add_gateway(&mut self, host: &str, config: &Config) {
        let mut domains = config.s3.domains.iter();
        let surely = domains.find_map(|domain| host.strip_suffix(&**domain)?.strip_suffix('.'));
        let surely = surely.or_else(|| {
            any_aws_s3(host)
                .map(|(bucket, _)| bucket)
                .filter(|bucket| !bucket.is_empty())
        });
        for (name, index) in config.client_names() {
            match surely {
                Some(bucket) if *bucket == *name => self.add_virtual(host, index, Reading::Sure, config),
                Some(_) => {}
                None => {
                    for base in ["", &*config.s3.base_path] {
                        self.add(host, &format!("{base}/{name}/"), index, Reading::Sure, config);
                    }
                    let is_name = config
                        .buckets
                        .get(index)
                        .is_some_and(|bucket| bucket.name.as_str() == &*name);
                    if is_name && host.strip_prefix(&*name).is_some_and(|rest| rest.starts_with('.')) {
                        self.add_virtual(host, index, Reading::Likely, config);
                    }
                }
            }
        }
    }

    fn add_virtual(&mut self, host: &str, index: usize, reading: Reading, config: &Config) {
        for base in ["", &*config.s3.base_path] {
            self.add(host, &format!("{base}/"), index, reading, config);
        }
    }

    fn add(&mut self, host: &str, start: &str, index: usize, reading: Reading, config: &Config) {
        let places = self.hosts.entry(host.into()).or_default();
        let same = |place: &&mut Place| {
            (&*place.start, place.reading) == (start, reading)
                && place.buckets.iter().all(|other| is_same(config, *other, index))
        };
        match places.iter_mut().find(same) {
            Some(place) if place.buckets.contains(&index) => {}
            Some(place) => place.buckets.push(index),
            None => places.push(Place {
                start: start.into(),
                buckets: vec![index],
                reading,
            }),
        }
    }

    /// Finds the object that a URL of this scheme, authority (as written) and path names.
    ///
    /// # Errors
    /// [`Unplaced`]
    pub fn find(&self, scheme: Scheme, authority: &str, path: &DecodedPath<'_>) -> Result<LinkTarget<'_>, Unplaced> {
        let host = canonical_host(authority, scheme).ok_or(Unplaced::Host)?;
        let path = path.as_str();
        let listed = self.hosts.get(&*host).map_or(&[][..], Vec::as_slice);
        let found = match read(listed, Reading::Sure, path)? {
            Some(found) => Some(found),
            None => read(listed, Reading::Likely, path)?,
        };
        let (buckets, key) = match found {
            Some(found) => found,
            None => match self.find_at_aws(&host, path) {
                Some(found) => found?,
                None if listed.is_empty() => return Err(Unplaced::Host),
                None => return Err(Unplaced::Bucket),
            },
        };
        match ObjectKey::parse(key) {
            Ok(key) => Ok(LinkTarget { buckets, key }),
            Err(KeyError::Empty) => Err(Unplaced::NoObject),
            Err(refused) => Err(refused.into()),
        }
    }

    /// `None` when it is no host of AWS's S3, or no bucket is there.
    fn find_at_aws<'p>(&self, host: &str, path: &'p str) -> Option<Result<(&[usize], &'p str), Unplaced>> {
        if self.at_aws.is_empty() {
            return None;
        }
        let (bucket, suffix) = any_aws_s3(host)?;
        let named = self.at_aws.get(suffix)?;
        let path = path.strip_prefix('/').unwrap_or(path);
        let (bucket, key) = match bucket {
            "" => path.split_once('/').unwrap_or((path, "")),
            bucket => (bucket, path),
        };
        Some(
            named
                .get(bucket)
                .map(|buckets| (&**buckets, key))
                .ok_or(Unplaced::Bucket),
        )
    }
}

/// Finds the one place that a path lies in, with the key.
fn read<'a, 'p>(
    places: &'a [Place],
    reading: Reading,
    path: &'p str,
) -> Result<Option<(&'a [usize], &'p str)>, Unplaced> {
    let mut found = None;
    for place in places.iter().filter(|place| place.reading == reading) {
        let Some(key) = path.strip_prefix(&*place.start) else {
            continue;
        };
        match found {
            Some(other) if other != (&*place.buckets, key) => return Err(Unplaced::Ambiguous),
            _ => found = Some((&*place.buckets, key)),
        }
    }
    Ok(found)
}

/// Whether two of the configuration's buckets are one bucket at one server.
fn is_same(config: &Config, one: usize, other: usize) -> bool {
    let at = |index: usize| match config.buckets.get(index) {
        Some(BucketConfig {
            name,
            origin: OriginConfig::Server(server),
            ..
        }) => Some((name, &server.endpoint)),
        _ => None,
    };
    one == other || (at(one).is_some() && at(one) == at(other))
}

#[cfg(test)]
#[path = "link_places_tests.rs"]
mod tests;
