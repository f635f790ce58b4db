//! The object cache: what it keeps, when it serves that, and when it asks the origin instead. RFC 9111, RFC 5861; rules 18 to 21.
//!
//! It stands between a permitted read and the origin. [`ObjectCache::read`] looks for the object in memory (`at_hand.rs`) and on disk (`read.rs`). What is
//! missing or has to be revalidated is fetched once for everybody who asks (`flight.rs`, `fill.rs`), and each reader gets the
//! part that the conditions of that reader choose (`part.rs`) as the bytes arrive. What is kept is the object (`kept.rs`), never an
//! answer: `respond/` writes each answer anew, for its own permit. What is forgotten, and when, is `cache::Forgotten`'s to know.

mod at_hand;
mod fill;
mod flight;
mod kept;
mod on_disk;
mod part;
mod read;
mod response;

pub use read::{Found, Want};
pub use response::{After, Asker, Before, CacheUse, ObjectBody, ObjectResponse};

use crate::cache::{Budget, DiskTier, Flights, Forgotten, ObjectStore};
use crate::clock::Clock;
use crate::config::ObjectCacheConfig;
use crate::telemetry::{ObjectCacheMetrics, ObjectCacheReading};
use flight::Flight;
use kept::Kept;
use std::sync::Arc;

/// What may live beside what is kept: bodies that arrive, and bodies that readers still take after their eviction.
const BESIDE: u64 = 32 * 1024 * 1024;

/// The object cache. One for the program; it outlives every configuration.
#[derive(Debug)]
pub struct ObjectCache {
    store: ObjectStore<Kept>,
    flights: Flights<Flight>,
    budget: Arc<Budget>,
    forgotten: Arc<Forgotten>,
    disk: Option<DiskTier>,
    metrics: Arc<ObjectCacheMetrics>,
    clock: Clock,
    max_bytes: u64,
    max_object_bytes: u64,
}

impl ObjectCache {
    /// Begins with nothing, and without a disk.
    #[must_use]
    pub fn new(config: &ObjectCacheConfig, clock: Clock, metrics: Arc<ObjectCacheMetrics>) -> Arc<Self> {
        Self::with_disk(config, None, clock, metrics)
    }

    /// Begins with nothing in memory, in front of what is on `disk`.
    #[must_use]
    pub fn with_disk(
        config: &ObjectCacheConfig,
        disk: Option<DiskTier>,
        clock: Clock,
        metrics: Arc<ObjectCacheMetrics>,
    ) -> Arc<Self> {
        let forgotten = Arc::new(Forgotten::new());
        let counted = Arc::clone(&metrics);
        Arc::new(Self {
            store: ObjectStore::new(config.max_bytes, Arc::clone(&forgotten), move |cause| {
                counted.evicted(cause);
            }),
            flights: Flights::new(Arc::clone(&forgotten)),
            budget: Budget::new(config.max_bytes.saturating_add(BESIDE)),
            forgotten,
            disk,
            metrics,
            clock,
            max_bytes: config.max_bytes,
            max_object_bytes: config.max_object_bytes,
        })
    }

    /// Returns what was forgotten, to be told of more.
    #[must_use]
    pub fn forgotten(&self) -> &Arc<Forgotten> {
        &self.forgotten
    }

    /// Returns the largest object that is kept, in bytes.
    #[must_use]
    pub fn max_object_bytes(&self) -> u64 {
        self.max_object_bytes
    }

    /// Returns what a scrape of the metrics reads here.
    #[must_use]
    pub fn reading(&self) -> ObjectCacheReading {
        // Housekeeping comes with look-ups: a cache that nobody asks would hold, and show, what it has evicted.
        self.store.settle();
        ObjectCacheReading {
            entries: self.store.entries(),
            bytes: self.store.bytes(),
            limit_bytes: self.max_bytes,
            leased_bytes: self.budget.leased(),
            leased_limit_bytes: self.budget.limit(),
            disk: self.disk.as_ref().map(DiskTier::reading),
        }
    }

    /// Writes what still waits for the disk, for some seconds at the most. Call it when nothing is answered any more.
    pub async fn close(&self) {
        if let Some(disk) = &self.disk {
            disk.close().await;
        }
    }
}
