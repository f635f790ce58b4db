//! The table of forgotten prefixes: per space the numbers they were forgotten under, bounded, copied on each write.
//!
//! A look-up tries one prefix of the key per length that the table holds, at most [`Bounds::lengths`] of them, and none at
//! all for what began after the last purge of its space, which is nearly everything.

use crate::cache::name::Space;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// How much the table of one space may hold before the space is forgotten as a whole instead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// How many prefixes.
    pub(super) prefixes: usize,
    /// How many different lengths they may have: what one look-up costs at most.
    pub(super) lengths: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            prefixes: 1_024,
            lengths: 32,
        }
    }
}

/// One state of the table; never changed, only replaced.
#[derive(Clone, Debug, Default)]
pub(super) struct Prefixes {
    spaces: HashMap<u64, Arc<InSpace>>,
    /// The number under which every space without a table of its own was forgotten; zero is never.
    others: u64,
}

#[derive(Clone, Debug, Default)]
struct InSpace {
    /// The number under which the whole space was forgotten.
    whole: u64,
    /// The largest number in here.
    latest: u64,
    /// Bytes, so that a key may be cut anywhere.
    numbers: HashMap<Arc<[u8]>, u64>,
    lengths: BTreeSet<usize>,
}

impl Prefixes {
    /// Returns the table in which `prefix` is forgotten under `number`, the largest so far.
    pub(super) fn with(&self, space: &Space, prefix: &str, number: u64, bounds: &Bounds) -> Self {
        let before = self.spaces.get(&space.number());
        let mut table = before.map_or_else(|| InSpace::forgotten(self.others), |table| InSpace::clone(table));
        table.forget(prefix.as_bytes(), number, bounds);
        let mut next = self.clone();
        next.spaces.insert(space.number(), Arc::new(table));
        next
    }

    /// Returns whether `key`, or a prefix of it, was forgotten under a number larger than `since`.
    pub(super) fn covers(&self, space: &Space, key: &str, since: u64) -> bool {
        match self.spaces.get(&space.number()) {
            Some(table) => table.covers(key.as_bytes(), since),
            None => self.others > since,
        }
    }

    /// Returns the table without spaces other than these, `None` when it holds no others. `number` gives the next number.
    pub(super) fn retain(&self, spaces: &[&Space], number: impl FnOnce() -> u64) -> Option<Self> {
        let is_kept = |held: &u64| spaces.iter().any(|space| space.number() == *held);
        if self.spaces.keys().all(is_kept) {
            return None;
        }
        // The spaces that stay get tables, empty ones too, so that what is said of the others does not hold for them.
        let kept = spaces.iter().map(|space| {
            let held = self.spaces.get(&space.number()).cloned();
            (
                space.number(),
                held.unwrap_or_else(|| Arc::new(InSpace::forgotten(self.others))),
            )
        });
        Some(Self {
            spaces: kept.collect(),
            others: number(),
        })
    }

    /// Returns how many prefixes there are in all spaces.
    pub(super) fn len(&self) -> usize {
        self.spaces.values().map(|table| table.numbers.len()).sum()
    }
}

impl InSpace {
    fn forgotten(number: u64) -> Self {
        Self {
            whole: number,
            latest: number,
            ..Self::default()
        }
    }

    fn forget(&mut self, prefix: &[u8], number: u64, bounds: &Bounds) {
        // A shorter prefix says all that longer ones below it have said: its number is larger.
        self.numbers.retain(|held, _| !held.starts_with(prefix));
        self.numbers.insert(prefix.into(), number);
        self.lengths = self.numbers.keys().map(|held| held.len()).collect();
        self.latest = number;
        if prefix.is_empty() || self.numbers.len() > bounds.prefixes || self.lengths.len() > bounds.lengths {
            *self = Self::forgotten(number);
        }
    }

    fn covers(&self, key: &[u8], since: u64) -> bool {
        if self.latest <= since {
            return false;
        }
        let is_newer = |length: &usize| {
            let prefix = key.get(..*length);
            prefix
                .and_then(|prefix| self.numbers.get(prefix))
                .is_some_and(|number| *number > since)
        };
        self.whole > since || self.lengths.range(..=key.len()).any(is_newer)
    }
}
