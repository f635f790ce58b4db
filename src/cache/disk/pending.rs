//! What waits to be written: how many bytes (rule 23), and which write of a name is its newest.
//!
//! Until foyer has written an entry and knows its place, it may still answer with the one before. Whoever reads asks here first.

use super::entry::Name;
use std::collections::HashMap;
use tokio::sync::mpsc::UnboundedSender;

/// What waits to be written.
#[derive(Debug, Default)]
pub(super) struct Pending {
    names: HashMap<Name, Newest>,
    bytes: usize,
    last: u64,
}

#[derive(Debug, Default)]
struct Newest {
    stamp: u64,
    writes: usize,
}

/// How a write ended that foyer has let go of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Nothing came after it: it must be found now.
    Newest,
    /// It was overwritten or removed meanwhile.
    Superseded,
}

impl Pending {
    /// Lets `bytes` more wait under `name` if they and what waits already are at most `limit`, and returns the write's stamp.
    pub(super) fn begin(&mut self, name: &Name, bytes: usize, limit: usize) -> Option<u64> {
        let total = self.bytes.checked_add(bytes).filter(|total| *total <= limit)?;
        let stamp = self.next();
        let newest = self.names.entry(name.clone()).or_default();
        newest.stamp = stamp;
        newest.writes = newest.writes.saturating_add(1);
        self.bytes = total;
        Some(stamp)
    }

    /// What waits under `name` is no longer to be used.
    pub(super) fn supersede(&mut self, name: &Name) {
        let stamp = self.next();
        if let Some(newest) = self.names.get_mut(name) {
            newest.stamp = stamp;
        }
    }

    /// Returns the stamp that an entry under `name` must have at least, if any waits.
    pub(super) fn newest(&self, name: &Name) -> Option<u64> {
        self.names.get(name).map(|newest| newest.stamp)
    }

    /// A write is over.
    pub(super) fn end(&mut self, lease: &Settled) -> Ended {
        self.bytes = self.bytes.saturating_sub(lease.bytes);
        let Some(newest) = self.names.get_mut(&lease.name) else {
            return Ended::Superseded;
        };
        let is_newest = newest.stamp == lease.stamp;
        newest.writes = newest.writes.saturating_sub(1);
        if newest.writes == 0 {
            self.names.remove(&lease.name);
        }
        if is_newest { Ended::Newest } else { Ended::Superseded }
    }

    /// How many bytes wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn next(&mut self) -> u64 {
        self.last = self.last.saturating_add(1);
        self.last
    }
}

/// A write that foyer has let go of, written or not.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) name: Name,
    pub(super) stamp: u64,
    pub(super) bytes: usize,
}

/// Goes with an entry through foyer, and tells when foyer lets go of it.
#[derive(Debug)]
pub(super) struct Lease {
    settled: Option<Settled>,
    told: UnboundedSender<Settled>,
}

impl Lease {
    pub(super) fn new(settled: Settled, told: UnboundedSender<Settled>) -> Self {
        Self {
            settled: Some(settled),
            told,
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // When nobody listens, everything is being closed.
        let _ = self.settled.take().map(|settled| self.told.send(settled));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(name: &Name, stamp: u64, bytes: usize) -> Settled {
        Settled {
            name: name.clone(),
            stamp,
            bytes,
        }
    }

    #[test]
    fn rule_23_what_waits_is_bounded_in_bytes() {
        let mut pending = Pending::default();
        let [a, b] = [b"a", b"b"].map(|name| Name::from_bytes(name.to_vec()));
        let first = pending.begin(&a, 6, 10).unwrap();
        assert_eq!(pending.begin(&b, 5, 10), None);
        assert_eq!((pending.bytes(), pending.newest(&b)), (6, None));
        assert!(pending.begin(&b, 4, 10).is_some());
        assert_eq!(pending.end(&settled(&a, first, 6)), Ended::Newest);
        assert_eq!((pending.bytes(), pending.newest(&a)), (4, None));
        assert_eq!(pending.begin(&a, usize::MAX, usize::MAX), None);
    }

    #[test]
    fn only_the_newest_write_of_a_name_counts() {
        let mut pending = Pending::default();
        let a = Name::from_bytes(b"a".to_vec());
        let first = pending.begin(&a, 1, 10).unwrap();
        let second = pending.begin(&a, 1, 10).unwrap();
        assert_eq!(pending.newest(&a), Some(second));
        assert_eq!(pending.end(&settled(&a, first, 1)), Ended::Superseded);
        assert_eq!(pending.newest(&a), Some(second));
        pending.supersede(&a);
        assert!(pending.newest(&a) > Some(second));
        assert_eq!(pending.end(&settled(&a, second, 1)), Ended::Superseded);
        assert_eq!((pending.newest(&a), pending.bytes()), (None, 0));
        pending.supersede(&a);
        assert_eq!(
            pending.newest(&a),
            None,
            "nothing is remembered of a name that nothing waits under"
        );
    }

    #[test]
    fn a_lease_tells_when_it_ends() {
        let (told, mut ended) = tokio::sync::mpsc::unbounded_channel();
        let a = Name::from_bytes(b"a".to_vec());
        let lease = Lease::new(settled(&a, 3, 4), told);
        assert!(ended.try_recv().is_err());
        drop(lease);
        assert_eq!(ended.try_recv().unwrap().stamp, 3);
    }
}
