//! The signed-URL cache: {bucket and its place, key, operation, overrides, credential epoch} to a ready-made value
//! (docs/adr/0009).
//!
//! Rule 18: a permit was given before anybody looks in here, and everything that the signature covers is in the key.
//!
//! Making a URL anew costs about a microsecond, so that a hit has to be cheaper than that to be worth anything. A
//! cache shared by all workers is not: locks or counted references that cores fight over, a list that each hit moves
//! something in. So each worker has a [table](table::Table) of its own, an equal part of the bound, and what two workers
//! are asked for both of them make, with the same result. A look-up borrows: one hash, one set of four, nothing allocated.

mod table;

use super::weigh::Weigh;
use crate::s3::{ObjectKey, Operation};
use crate::telemetry::{CacheReading, Cells};
use foldhash::quality::RandomState;
use std::cell::Cell;
use std::hash::BuildHasher;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, TryLockError};
use table::{Change, Table};

/// The places of the counters.
const HITS: usize = 0;
const MISSES: usize = 1;
const ENTRIES: usize = 2;
const BYTES: usize = 3;

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

/// The signed-URL cache of all workers.
#[derive(Debug)]
pub struct UrlCache<V> {
    /// One a worker; a lock that nobody else takes costs next to nothing.
    tables: Box<[Padded<V>]>,
    hasher: RandomState,
    counts: Cells<4>,
    max_bytes: u64,
}

/// Two cache lines of its own, so that workers don't write to each other's.
#[repr(align(128))]
#[derive(Debug)]
struct Padded<V>(Mutex<Table<V>>);

impl<V: Weigh + Clone> UrlCache<V> {
    /// A cache of at most `max_bytes`, of which each of so many workers has an equal part.
    #[must_use]
    pub fn new(max_bytes: u64, workers: NonZeroUsize) -> Self {
        let whole = usize::try_from(max_bytes).unwrap_or(usize::MAX);
        let part = whole.checked_div(workers.get()).unwrap_or_default();
        let tables = (0..workers.get()).map(|_| Padded(Mutex::new(Table::new(part))));
        Self {
            tables: tables.collect(),
            hasher: RandomState::default(),
            counts: Cells::new(),
            max_bytes,
        }
    }

    /// Returns a copy of the value that this thread put in for `query`, if it is still there and `is_current` says that it may
    /// still be used.
    pub fn get(&self, query: &UrlQuery<'_>, is_current: impl FnOnce(&V) -> bool) -> Option<V> {
        let hash = self.hasher.hash_one(query);
        let found = self.table().and_then(|mut table| table.get(hash, query, is_current));
        self.counts.add(if found.is_some() { HITS } else { MISSES }, 1);
        found
    }

    /// Puts `value` in place of whatever was held for `query`.
    pub fn insert(&self, query: &UrlQuery<'_>, value: V) {
        let hash = self.hasher.hash_one(query);
        let Some(change) = self.table().map(|mut table| table.insert(hash, query, value)) else {
            return;
        };
        let Change { entries, bytes } = change;
        self.counts.add(ENTRIES, entries.cast_unsigned());
        self.counts.add(BYTES, bytes.cast_unsigned());
    }

    /// Returns what was counted since it was made, and what is held.
    #[must_use]
    pub fn reading(&self) -> CacheReading {
        CacheReading {
            hits: self.counts.sum(HITS),
            misses: self.counts.sum(MISSES),
            entries: self.counts.sum(ENTRIES),
            bytes: self.counts.sum(BYTES),
            limit_bytes: self.max_bytes,
        }
    }

    /// The table of the worker that asks. `None` for other threads, which must not push out what workers keep, unless there is
    /// one table for all; and while another thread is in there: to wait would cost more than what could be found.
    fn table(&self) -> Option<MutexGuard<'_, Table<V>>> {
        let mine = match &*self.tables {
            [only] => only,
            tables => tables.get(SEAT.get()?)?,
        };
        match mine.0.try_lock() {
            Ok(table) => Some(table),
            // A table is whole at any time: at the worst, its sums are off.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

thread_local!(static SEAT: Cell<Option<usize>> = const { Cell::new(None) });

/// Says that this thread is the worker with this index, counted from 0: from now on it has that worker's table in every cache.
pub fn take_seat(worker: usize) {
    SEAT.set(Some(worker));
}

#[cfg(test)]
mod tests;
