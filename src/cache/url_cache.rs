//! The signed-URL cache: {bucket and its place, key, operation, overrides, credential epoch} to a ready-made value (DESIGN §4.3).
//!
//! Rule 18: a permit was given before anybody looks in here, and everything that the signature covers is in the key.
//! A look-up borrows: one hash, one probe, nothing allocated. Bounded in bytes; moka's time to live only clears out
//! what nobody asks for any more.

use super::weigh::{self, Weigh};
use crate::s3::{ObjectKey, Operation};
use crate::telemetry::{CacheReading, Cells};
use moka::Equivalent;
use moka::sync::Cache;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// The places of the counters.
const HITS: usize = 0;
const MISSES: usize = 1;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UrlQuery<'a> {
    /// `Bucket::index`.
    pub bucket: usize,
    /// The generation of the bucket's place that is signed for.
    pub generation: u32,
    /// The epoch of the credential that signs.
    pub epoch: u64,
    /// The operation; a presigned URL is good for one method.
    pub operation: Operation,
    /// The object.
    pub key: &'a ObjectKey,
    /// The signed parameters beside the key, in one order.
    pub overrides: &'a [(&'static str, Box<str>)],
}

#[derive(Debug, PartialEq, Eq)]
struct UrlKey {
    bucket: usize,
    generation: u32,
    epoch: u64,
    operation: Operation,
    key: ObjectKey,
    overrides: Box<[(&'static str, Box<str>)]>,
}

impl UrlKey {
    fn of(query: &UrlQuery<'_>) -> Self {
        Self {
            bucket: query.bucket,
            generation: query.generation,
            epoch: query.epoch,
            operation: query.operation,
            key: query.key.clone(),
            overrides: query.overrides.into(),
        }
    }

    fn as_query(&self) -> UrlQuery<'_> {
        UrlQuery {
            bucket: self.bucket,
            generation: self.generation,
            epoch: self.epoch,
            operation: self.operation,
            key: &self.key,
            overrides: &self.overrides,
        }
    }

    fn weigh(&self) -> usize {
        let overrides = self.overrides.iter().map(|(_, value)| value.len());
        let overrides: usize = size_of_val(&*self.overrides) + overrides.sum::<usize>();
        size_of::<Self>() + self.key.as_str().len() + overrides
    }
}

// As the query hashes, so that a borrowed key finds an owned one.
impl Hash for UrlKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_query().hash(state);
    }
}

impl Equivalent<UrlKey> for UrlQuery<'_> {
    fn equivalent(&self, key: &UrlKey) -> bool {
        *self == key.as_query()
    }
}

/// The signed-URL cache. Shared by all workers.
#[derive(Debug)]
pub struct UrlCache<V: Weigh + Send + Sync + 'static> {
    entries: Cache<UrlKey, Arc<V>>,
    counts: Cells<2>,
}

impl<V: Weigh + Send + Sync + 'static> UrlCache<V> {
    /// A cache of at most `max_bytes`, whose entries are forgotten `time_to_live` after they were put in.
    #[must_use]
    pub fn new(max_bytes: u64, time_to_live: Duration) -> Self {
        let entries = Cache::builder()
            .name("signed urls")
            .max_capacity(max_bytes)
            .weigher(|key: &UrlKey, value: &Arc<V>| weigh::of_entry(key.weigh(), &**value))
            .time_to_live(time_to_live)
            .build();
        Self {
            entries,
            counts: Cells::new(),
        }
    }

    /// Returns the value for `query`, if there is one and `is_current` says that it may still be used.
    pub fn get(&self, query: &UrlQuery<'_>, is_current: impl FnOnce(&V) -> bool) -> Option<Arc<V>> {
        let found = self.entries.get(query).filter(|value| is_current(value));
        self.counts.add(if found.is_some() { HITS } else { MISSES }, 1);
        found
    }

    /// Puts `value` in place of whatever was held for `query`.
    pub fn insert(&self, query: &UrlQuery<'_>, value: Arc<V>) {
        self.entries.insert(UrlKey::of(query), value);
    }

    /// Returns what was counted since it was made, and what is held, as of the last housekeeping.
    #[must_use]
    pub fn reading(&self) -> CacheReading {
        CacheReading {
            hits: self.counts.sum(HITS),
            misses: self.counts.sum(MISSES),
            entries: self.entries.entry_count(),
            bytes: self.entries.weighted_size(),
            limit_bytes: self.entries.policy().max_capacity().unwrap_or(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests;
