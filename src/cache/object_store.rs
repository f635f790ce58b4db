//! The memory tier of the object cache: moka, bounded in bytes, and what was forgotten. Rules 18 and 23.
//!
//! It tells whether something is kept under a name and was not forgotten since; whether it may still be used is the caller's
//! to judge, at each hit.

use super::forgotten::{Forgotten, Moment};
use super::name::{ObjectName, ObjectQuery};
use super::weigh::{self, Weigh};
use crate::telemetry::EvictionCause;
use moka::notification::RemovalCause;
use moka::sync::Cache;
use std::sync::Arc;

/// Objects in memory. Shared by all workers.
#[derive(Debug)]
pub struct ObjectStore<V: Clone + Send + Sync + 'static> {
    entries: Cache<ObjectName, Kept<V>>,
    forgotten: Arc<Forgotten>,
}

#[derive(Clone, Debug)]
struct Kept<V> {
    since: Moment,
    value: V,
}

impl<V: Weigh + Clone + Send + Sync + 'static> ObjectStore<V> {
    /// Begins empty, for at most `max_bytes`. `evicted` hears of each entry that goes.
    pub fn new(
        max_bytes: u64,
        forgotten: Arc<Forgotten>,
        evicted: impl Fn(EvictionCause) + Send + Sync + 'static,
    ) -> Self {
        let entries = Cache::builder()
            .name("objects")
            .max_capacity(max_bytes)
            .weigher(|name: &ObjectName, kept: &Kept<V>| weigh::of_entry(name.weigh(), &kept.value))
            .eviction_listener(move |_, _, cause| {
                evicted(match cause {
                    RemovalCause::Size => EvictionCause::Size,
                    RemovalCause::Replaced => EvictionCause::Replaced,
                    RemovalCause::Explicit | RemovalCause::Expired => EvictionCause::Forgotten,
                });
            })
            .build();
        Self { entries, forgotten }
    }

    /// Returns what is kept, unless it was forgotten.
    #[must_use]
    pub fn get(&self, query: &ObjectQuery<'_>) -> Option<V> {
        let kept = self.entries.get(query)?;
        if self.forgotten.is_forgotten(query, kept.since) {
            self.entries.invalidate(query);
            return None;
        }
        Some(kept.value)
    }

    /// Keeps what was asked for at `since`, unless it was forgotten since then.
    pub fn insert(&self, query: &ObjectQuery<'_>, since: Moment, value: V) {
        if !self.forgotten.is_forgotten(query, since) {
            self.entries.insert(ObjectName::of(query), Kept { since, value });
        }
    }

    /// Keeps nothing under this name any more.
    pub fn remove(&self, query: &ObjectQuery<'_>) {
        self.entries.invalidate(query);
    }

    /// Has what is over the bound evicted now, rather than with one of the next look-ups.
    pub fn settle(&self) {
        self.entries.run_pending_tasks();
    }

    /// Returns how many entries there are, as of the last housekeeping.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries.entry_count()
    }

    /// Returns what they weigh in bytes, as of the last housekeeping.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.entries.weighted_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Space;
    use crate::s3::ObjectKey;
    use std::sync::Mutex;

    impl Weigh for &'static str {
        fn weigh(&self) -> usize {
            self.len()
        }
    }

    #[test]
    fn what_was_forgotten_is_not_found_and_not_kept() {
        let (space, key) = (Space::new("files"), ObjectKey::parse("a").unwrap());
        let query = ObjectQuery {
            space: &space,
            key: &key,
            version: None,
        };
        let (forgotten, causes) = (Arc::new(Forgotten::new()), Arc::new(Mutex::new(Vec::new())));
        let heard = Arc::clone(&causes);
        let store = ObjectStore::new(1 << 20, Arc::clone(&forgotten), move |cause| {
            heard.lock().unwrap().push(cause);
        });
        let before = forgotten.moment();
        store.insert(&query, before, "old");
        assert_eq!(store.get(&query), Some("old"));
        forgotten.forget_key(&space, "a");
        assert_eq!(store.get(&query), None);
        store.insert(&query, before, "old");
        assert_eq!(
            store.get(&query),
            None,
            "a fetch that began before must not bring it back"
        );
        store.insert(&query, forgotten.moment(), "new");
        assert_eq!(store.get(&query), Some("new"));
        store.remove(&query);
        assert_eq!(store.get(&query), None);
        store.settle();
        let causes = causes.lock().unwrap();
        assert_eq!(*causes, [EvictionCause::Forgotten, EvictionCause::Forgotten]);
    }
}
