//! A bucket as the walk sees it: where it is and how long its URLs live, with nothing left to look up.

use crate::config::{BucketConfig, BucketId, ServerConfig};
use crate::s3::{Address, BucketName, Region};
use std::time::Duration;

/// One bucket of the running configuration.
#[derive(Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its place in [`crate::config::Config::buckets`] and in every per-bucket table built from it.
    pub index: usize,
    /// Its name in the config file: the label in logs and metrics.
    pub id: BucketId,
    /// Its name at the origin.
    pub name: BucketName,
    /// Where it is.
    pub address: Address,
    /// The region of the credential scope.
    pub region: Region,
    /// How long presigned URLs live: 1 s to 7 days.
    pub url_expiry: Duration,
}

impl Bucket {
    /// Takes the bucket's configuration and the server that holds it (for an embedded bucket, the one that was
    /// started for it).
    #[must_use]
    pub fn new(index: usize, config: &BucketConfig, server: &ServerConfig) -> Self {
        Self {
            index,
            id: config.id.clone(),
            name: config.name.clone(),
            address: server.endpoint.address(server.style, &config.name),
            region: server.region.clone(),
            url_expiry: config.url_expiry,
        }
    }
}
