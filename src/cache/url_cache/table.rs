//! One worker's part of the signed-URL cache: sets of four places, where an entry can stand in any place of one set.
//!
//! Nothing is moved and no list is kept: a hit reads the set, which is one line of the CPU's cache, and the entry. An entry
//! whose time has gone by is overwritten when its object is asked for again, or when somebody needs the place.

use super::UrlQuery;
use crate::cache::Weigh;
use crate::s3::{ObjectKey, Operation};
use std::fmt;

/// Places of a set: as many as there are in a line of the CPU's cache.
const WAYS: usize = 4;
/// What an entry takes at least, nearly always: there are so many places that the bytes run out before them.
const SMALLEST: usize = 1024;
/// What an entry costs beside its key's and its value's own bytes: the headers of its four allocations, and where those who
/// hold its key and its value are counted.
const ENTRY_OVERHEAD: usize = 112;
/// How many entries that were asked for lately are passed by, at most, in looking for one to throw out.
const SPARED: usize = 64;

/// The entries of one worker.
pub(super) struct Table<V> {
    /// A power of two; none until something is put in.
    sets: Box<[Set<V>]>,
    max_bytes: usize,
    bytes: usize,
    /// The set where something was thrown out last.
    hand: usize,
}

/// What was put in and thrown out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) entries: i64,
    pub(super) bytes: i64,
}

#[repr(align(64))]
struct Set<V>([Place<V>; WAYS]);

struct Place<V> {
    /// The half of the hash that did not choose the set: other entries are told apart without a look at them.
    tag: u32,
    /// Whether it was found since somebody last looked for room.
    asked: bool,
    held: Option<Box<Entry<V>>>,
}

struct Entry<V> {
    bucket: usize,
    generation: u32,
    epoch: u64,
    operation: Operation,
    key: ObjectKey,
    overrides: Box<[(&'static str, Box<str>)]>,
    value: V,
    weight: usize,
}

impl<V: Weigh> Entry<V> {
    fn new(query: &UrlQuery<'_>, value: V) -> Self {
        let values = query.overrides.iter().map(|(_, value)| value.len());
        let overrides = size_of_val(query.overrides).saturating_add(values.sum());
        let own = size_of::<Self>()
            .saturating_sub(size_of::<V>())
            .saturating_add(query.key.as_str().len());
        Self {
            bucket: query.bucket,
            generation: query.generation,
            epoch: query.epoch,
            operation: query.operation,
            key: query.key.clone(),
            overrides: query.overrides.into(),
            weight: [own, overrides, value.weigh(), ENTRY_OVERHEAD]
                .into_iter()
                .fold(0, usize::saturating_add),
            value,
        }
    }

    /// Whether it was put in for `query`: in every part.
    fn is_of(&self, query: &UrlQuery<'_>) -> bool {
        let own = UrlQuery {
            bucket: self.bucket,
            generation: self.generation,
            epoch: self.epoch,
            operation: self.operation,
            key: &self.key,
            overrides: &self.overrides,
        };
        own == *query
    }
}

impl<V: Weigh + Clone> Table<V> {
    /// Takes no more than `max_bytes`, its own places among them.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            sets: Box::default(),
            max_bytes,
            bytes: 0,
            hand: 0,
        }
    }

    /// Returns a copy of the value of `query`, if `is_current` takes it.
    pub(super) fn get(&mut self, hash: u64, query: &UrlQuery<'_>, is_current: impl FnOnce(&V) -> bool) -> Option<V> {
        let tag = tag_of(hash);
        let set = self.sets.get_mut(index_of(hash, self.sets.len()))?;
        let place = set.0.iter_mut().find(|place| place.is_of(tag, query))?;
        let entry = place.held.as_deref().filter(|entry| is_current(&entry.value))?;
        place.asked = true;
        Some(entry.value.clone())
    }

    /// Puts `value` in place of what is held for `query`, or of what nobody asked for lately.
    pub(super) fn insert(&mut self, hash: u64, query: &UrlQuery<'_>, value: V) -> Change {
        let mut change = Change::default();
        let entry = Box::new(Entry::new(query, value));
        let weight = entry.weight;
        if self.sets.is_empty() {
            self.furnish(&mut change);
        }
        let (index, tag) = (index_of(hash, self.sets.len()), tag_of(hash));
        if weight > self.max_bytes.saturating_sub(self.furniture()) {
            return change;
        }
        let Some(at) = self.sets.get_mut(index).and_then(|set| set.room(tag, query)) else {
            return change;
        };
        self.throw_out((index, at), &mut change);
        self.make_room(weight, &mut change);
        if let Some(place) = self.place((index, at)) {
            *place = Place {
                tag,
                asked: false,
                held: Some(entry),
            };
            self.bytes = self.bytes.saturating_add(weight);
            change.came(weight);
        }
        change
    }

    /// Sets its places up: what they take is taken from the bound.
    fn furnish(&mut self, change: &mut Change) {
        let sets = self.max_bytes.div_euclid(SMALLEST.saturating_mul(WAYS));
        let sets = sets.checked_next_power_of_two().unwrap_or_default();
        if sets.saturating_mul(size_of::<Set<V>>()) < self.max_bytes {
            self.sets = std::iter::repeat_with(Set::default).take(sets).collect();
            self.bytes = self.furniture();
            change.bytes = signed(self.bytes);
        }
    }

    fn furniture(&self) -> usize {
        size_of_val(&*self.sets)
    }

    fn place(&mut self, (index, at): (usize, usize)) -> Option<&mut Place<V>> {
        self.sets.get_mut(index)?.0.get_mut(at)
    }

    fn throw_out(&mut self, place: (usize, usize), change: &mut Change) {
        if let Some(entry) = self.place(place).and_then(|place| place.held.take()) {
            self.bytes = self.bytes.saturating_sub(entry.weight);
            change.went(entry.weight);
        }
    }

    /// Throws out what the hand meets until there is room for so many bytes.
    fn make_room(&mut self, weight: usize, change: &mut Change) {
        let most = self.max_bytes.saturating_sub(weight);
        let mut spared = 0;
        // Twice round at most: the first time, what was asked for may be spared.
        for _ in 0..self.sets.len().saturating_mul(2) {
            if self.bytes <= most {
                return;
            }
            self.hand = self.hand.wrapping_add(1) & self.sets.len().wrapping_sub(1);
            for at in 0..WAYS {
                let hand = (self.hand, at);
                let asked = self.place(hand).is_some_and(|place| std::mem::take(&mut place.asked));
                if asked && spared < SPARED {
                    spared += 1;
                } else {
                    self.throw_out(hand, change);
                }
            }
        }
    }
}

impl<V: Weigh> Set<V> {
    /// The place for `query`: where it stands, else an empty one, else one that was not asked for since somebody last looked.
    fn room(&mut self, tag: u32, query: &UrlQuery<'_>) -> Option<usize> {
        let empty = |place: &Place<V>| place.held.is_none();
        let own = self.0.iter().position(|place| place.is_of(tag, query));
        own.or_else(|| self.0.iter().position(empty)).or_else(|| {
            // Looked for from anywhere: else the first place would always be the one.
            let from = usize::try_from(tag).ok()?.checked_rem(WAYS)?;
            let mut places = self.0.iter().enumerate().cycle().skip(from).take(WAYS);
            let idle = places.find_map(|(at, place)| (!place.asked).then_some(at));
            if idle.is_none() {
                self.0.iter_mut().for_each(|place| place.asked = false);
            }
            // All were asked for: one of them goes, whichever.
            idle.or(Some(from))
        })
    }
}

impl<V: Weigh> Place<V> {
    fn is_of(&self, tag: u32, query: &UrlQuery<'_>) -> bool {
        self.tag == tag && self.held.as_ref().is_some_and(|entry| entry.is_of(query))
    }
}

impl Change {
    fn came(&mut self, weight: usize) {
        self.entries = self.entries.saturating_add(1);
        self.bytes = self.bytes.saturating_add(signed(weight));
    }

    fn went(&mut self, weight: usize) {
        self.entries = self.entries.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(signed(weight));
    }
}

/// Which of so many sets: a power of two, or none.
fn index_of(hash: u64, sets: usize) -> usize {
    usize::try_from(hash & u64::from(u32::MAX)).unwrap_or_default() & sets.wrapping_sub(1)
}

fn tag_of(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

impl<V> Default for Set<V> {
    fn default() -> Self {
        let place = || Place {
            tag: 0,
            asked: false,
            held: None,
        };
        Self(std::array::from_fn(|_| place()))
    }
}

impl<V> fmt::Debug for Table<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("max_bytes", &self.max_bytes)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
