//! A bucket as the walk sees it: settled, addressed, with its handles' index.
use crate::config::BucketId;
use crate::s3::{Address, BucketName, Region};
use std::time::Duration;

/// One bucket of the running configuration.
#[derive(Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its place in the per-bucket tables of the running configuration.
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
