//! A bucket as the walk sees it: where it is and how long its URLs live, with nothing left to look up.

use super::place::{Learned, Place, Whereabouts};
use crate::config::{BucketConfig, BucketId, ServerConfig};
use crate::s3::{BucketName, Region};
use arc_swap::Guard;
use std::sync::Arc;
use std::time::Duration;

/// One bucket of the running configuration.
#[derive(Debug)]
pub struct Bucket {
    /// Its place in [`crate::config::Config::buckets`] and in every per-bucket table built from it.
    pub index: usize,
    /// Its name in the config file: the label in logs and metrics.
    pub id: BucketId,
    /// Its name at the origin.
    pub name: BucketName,
    /// How long presigned URLs live: 1 s to 7 days.
    pub url_expiry: Duration,
    whereabouts: Arc<Whereabouts>,
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
            url_expiry: config.url_expiry,
            whereabouts: Arc::new(Whereabouts::new(&config.name, server)),
        }
    }

    /// Goes on with what `earlier` buckets (of the configuration that ran before) have learned of the same origin: the
    /// region, from the bucket of this id when its configuration has not changed.
    #[must_use]
    pub fn remembering<'a>(mut self, earlier: impl IntoIterator<Item = &'a Self>) -> Self {
        for other in earlier {
            if other.id == self.id && other.whereabouts.is_configured_as(&self.whereabouts) {
                self.whereabouts = Arc::clone(&other.whereabouts);
            }
        }
        self
    }

    /// Whether `earlier`, of another configuration, is this bucket at the same origin.
    #[must_use]
    pub fn is_still(&self, earlier: &Self) -> bool {
        self.id == earlier.id && self.whereabouts.is_configured_as(&earlier.whereabouts)
    }

    /// Returns where it is, as far as is known: first as configured, then as learned. To be dropped within the request.
    #[must_use]
    pub fn place(&self) -> Guard<Arc<Place>> {
        self.whereabouts.place()
    }

    /// Takes the `region` that the origin says the bucket is in (`x-amz-bucket-region`, or `<Region>` of its error).
    ///
    /// At AWS's own endpoints the address follows, inside the partition's DNS suffix; at any other the host stays and
    /// only the signature's region changes.
    #[must_use]
    pub fn learn_region(&self, region: &Region) -> Learned {
        self.whereabouts.learn(region)
    }
}

/// Buckets are equal when they were configured alike; what they learned does not tell them apart.
impl PartialEq for Bucket {
    fn eq(&self, other: &Self) -> bool {
        (self.index, &self.id, self.url_expiry) == (other.index, &other.id, other.url_expiry)
            && self.whereabouts.is_configured_as(&other.whereabouts)
    }
}

impl Eq for Bucket {}
