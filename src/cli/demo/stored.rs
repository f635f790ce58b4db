//! The raw URLs as an app has stored them: signed once, shown again and again.
//!
//! A set of them has a number, and the number is in the page's address. So a reload of the page, by button or F5, shows the very
//! same strings, as a reload of any app's page would; and the bare address signs a new set.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// How many sets are kept; the oldest goes first.
const SETS: usize = 64;

/// One set of raw URLs.
#[derive(Debug)]
pub(super) struct StoredSet {
    /// Its number in the page's address.
    pub(super) number: u64,
    /// When it was signed.
    pub(super) signed: Instant,
    /// One URL for each sample, in their order.
    pub(super) urls: Vec<String>,
}

/// The sets stored last.
#[derive(Debug, Default)]
pub(super) struct Stored {
    sets: VecDeque<Arc<StoredSet>>,
    last: u64,
}

impl Stored {
    /// Stores a set signed at `signed` and returns its number.
    pub(super) fn add(&mut self, signed: Instant, urls: Vec<String>) -> u64 {
        self.last = self.last.wrapping_add(1);
        if self.sets.len() >= SETS {
            self.sets.pop_front();
        }
        let number = self.last;
        self.sets.push_back(Arc::new(StoredSet { number, signed, urls }));
        number
    }

    /// The set of this number, if it is still kept.
    pub(super) fn get(&self, number: u64) -> Option<Arc<StoredSet>> {
        self.sets.iter().find(|set| set.number == number).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_keeps_its_urls_and_the_oldest_goes_first() {
        let mut stored = Stored::default();
        let now = Instant::now();
        let first = stored.add(now, vec!["one".into()]);
        let second = stored.add(now, vec!["two".into()]);
        assert_eq!(stored.get(first).unwrap().urls, ["one"]);
        assert_eq!(stored.get(second).unwrap().urls, ["two"]);
        for _ in 0..SETS - 1 {
            stored.add(now, Vec::new());
        }
        assert!(stored.get(first).is_none());
        assert!(stored.get(second).is_some());
        assert!(stored.get(first + 1000).is_none());
    }
}
