//! What has been forgotten, and when: the object cache's answer to writes, purges and events.
//!
//! Nothing is searched for. Everything that is forgotten takes a number from one sequence. A stored object, a fetch under
//! way, an object on disk: each remembers the number that was the last before its origin was asked, its [`Moment`], and is
//! dead as soon as a later number stands on its key or on a prefix of its key. A key's number stands in one of a
//! fixed number of slots, which keys share by hash: a collision costs a fetch that was not needed, never a stale byte.
//! Prefixes stand in a small table (`prefixes`).
//!
//! The promise: once a `forget_…` has returned, nothing that began before it is found alive again. It rests on
//! three edges.
//!
//! 1. *A fetch that could have seen the old object has the smaller number.* Who writes does so, and then takes a
//!    number; who fetches reads the number, and then the object. If the fetch's `load` (acquire) sees the writer's
//!    `fetch_add` (release), or a later one, then the write happened before the fetch, which reads the new object and may
//!    live. If not, its moment is smaller than the writer's number, and the stamp kills it.
//! 2. *Stamps only grow.* Two writers may take numbers in one order and reach the slot in the other; `fetch_max` lets
//!    the larger one stand.
//! 3. *A stamp is there before its `forget_…` returns.* Whoever hears of the return, by whatever channel, has the stamp
//!    happen before their own look at it, and an atomic never shows them an older value than that. No order between
//!    different slots is needed, so that nothing here is sequentially consistent but what `arc-swap` does by itself.
//!
//! An object that is stored between a writer's number and its stamp is looked up alive until the stamp stands, and
//! that is before the writer hears that it is forgotten.

mod prefixes;

use super::name::{ObjectQuery, Space};
use arc_swap::ArcSwap;
use prefixes::{Bounds, Prefixes};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// 512 KiB. With this many, 100 forgotten keys in the lifetime of an entry kill it for nothing once in 650 times.
const SLOTS: usize = 65_536;

/// A place in the order of everything that was forgotten, good for as long as the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// Takes what [`Moment::as_u64`] returned in this run of the program.
    #[must_use]
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }

    /// Returns it as a number, to be written down; larger is later.
    #[must_use]
    pub(super) const fn as_u64(self) -> u64 {
        self.0
    }
}

/// All that was forgotten. Look-ups take no lock.
pub struct Forgotten {
    /// The number that was given last. 2⁶⁴ of them last longer than the program.
    last: AtomicU64,
    slots: Box<[AtomicU64]>,
    /// With a key of its own per process, so that nobody can choose keys that share a slot.
    hasher: RandomState,
    prefixes: ArcSwap<Prefixes>,
    /// The spaces of the configuration that runs, by their buckets' names at the origin.
    named: ArcSwap<Vec<(Box<str>, Space)>>,
    /// Whoever replaces the table holds this; else two would copy the same one, and one stamp were lost.
    turn: Mutex<()>,
    bounds: Bounds,
}

impl Forgotten {
    /// Begins with nothing forgotten.
    #[must_use]
    pub fn new() -> Self {
        Self::bounded(SLOTS, Bounds::default())
    }

    fn bounded(slots: usize, bounds: Bounds) -> Self {
        Self {
            last: AtomicU64::new(0),
            slots: (0..slots.max(1)).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
            prefixes: ArcSwap::from_pointee(Prefixes::default()),
            named: ArcSwap::default(),
            turn: Mutex::new(()),
            bounds,
        }
    }

    /// Returns the moment that it is. It is taken before the origin is asked, and kept with what the origin answers.
    #[must_use]
    pub(super) fn moment(&self) -> Moment {
        // Acquire: the origin is asked after it, and sees every write whose number is counted in (edge 1).
        Moment(self.last.load(Ordering::Acquire))
    }

    /// Forgets all versions of one key. Called once the write is done at the origin.
    pub fn forget_key(&self, space: &Space, key: &str) {
        self.stamp(space, key, self.next());
    }

    /// Forgets every key that begins with `prefix`; the empty one is the whole space. It costs a copy of the table of that
    /// space, which is bounded, however many objects there are.
    pub fn forget_prefix(&self, space: &Space, prefix: &str) {
        // What the lock guards is the order of the copies; no panic can leave it half done.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let forgotten = self.prefixes.load().with(space, prefix, self.next(), &self.bounds);
        self.prefixes.store(forgotten.into());
    }

    /// Returns whether what began at `since` has been forgotten by now.
    #[must_use]
    pub fn is_forgotten(&self, query: &ObjectQuery<'_>, since: Moment) -> bool {
        // Nearly always nothing was forgotten meanwhile, and nothing need be hashed. Every stamp, and every number in the table of
        // prefixes, was given out here first: whoever must see one of them (edge 3) sees this number too.
        if self.last.load(Ordering::Acquire) <= since.0 {
            return false;
        }
        let key = query.key.as_str();
        let slot = self.slots.get(self.slot_of(query.space, key));
        let stamp = slot.map_or(0, |slot| slot.load(Ordering::Acquire)); // As `stamp` releases.
        stamp > since.0 || self.prefixes.load().covers(query.space, key, since.0)
    }

    /// Takes the spaces of a configuration, by their buckets' names at the origin. Called before anybody asks by it, so that a write that
    /// began earlier still concerns what is read by it.
    pub fn name_spaces(&self, named: Vec<(Box<str>, Space)>) {
        self.named.store(Arc::new(named));
    }

    /// Returns the spaces of all buckets of this name at the origin, as they are configured now.
    #[must_use]
    pub fn spaces_of(&self, bucket: &str) -> Vec<Space> {
        let named = self.named.load();
        let of = named.iter().filter(|(name, _)| **name == *bucket);
        of.map(|(_, space)| space.clone()).collect()
    }

    /// Drops what is remembered of all spaces but these, after a reload. What was stored in another space before is
    /// forgotten from then on: a request that walks with the old configuration finds nothing come back to life.
    pub fn retain(&self, spaces: &[&Space]) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.prefixes.load();
        if let Some(retained) = now.retain(spaces, || self.next()) {
            self.prefixes.store(retained.into());
        }
    }

    fn next(&self) -> u64 {
        // Release: the write that is forgotten comes before its number (edge 1). As a read-modify-write it hands on what
        // earlier numbers released.
        self.last.fetch_add(1, Ordering::Release).wrapping_add(1)
    }

    fn stamp(&self, space: &Space, key: &str, number: u64) {
        if let Some(slot) = self.slots.get(self.slot_of(space, key)) {
            // Release: a reader that finds its object forgotten by it then reads a moment no smaller; with less, what it fetches
            // next could be dead on arrival. The promise itself needs no order here.
            slot.fetch_max(number, Ordering::Release);
        }
    }

    fn slot_of(&self, space: &Space, key: &str) -> usize {
        let hash = self.hasher.hash_one((space, key));
        let slots = u64::try_from(self.slots.len()).unwrap_or(u64::MAX);
        usize::try_from(hash.checked_rem(slots).unwrap_or(0)).unwrap_or(0)
    }
}

impl Default for Forgotten {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Forgotten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forgotten")
            .field("last", &self.last.load(Ordering::Relaxed))
            .field("prefixes", &self.prefixes.load().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
