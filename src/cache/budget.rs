//! How many bytes of objects may live at once, wherever they are: kept, arriving, or still on their way to a reader after
//! they were evicted. Rule 23.
//!
//! A cache bounds what it keeps, but a body lives for as long as somebody reads it: many slow readers of many evicted objects
//! would hold many times the bound. So each body takes a lease for its bytes, and nothing new is gathered without one.

use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number of bytes that leases are taken from.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    leased: AtomicU64,
}

impl Budget {
    /// Takes the most bytes that may be leased at once.
    #[must_use]
    pub fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self {
            limit,
            leased: AtomicU64::new(0),
        })
    }

    /// Returns the most bytes that may be leased at once.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Returns how many bytes are leased.
    #[must_use]
    pub fn leased(&self) -> u64 {
        self.leased.load(Ordering::Relaxed)
    }

    /// Leases `bytes`; `None` when so many are not left.
    #[must_use]
    pub fn lease(self: &Arc<Self>, bytes: u64) -> Option<Lease> {
        let taken = |leased: u64| leased.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.leased
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken)
            .ok()
            .map(|_| Lease {
                budget: Arc::clone(self),
                bytes,
            })
    }
}

/// The right to hold some bytes, given back when it is dropped.
#[derive(Debug)]
pub struct Lease {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Lease {
    /// Gives back what is more than `bytes`.
    pub(super) fn shrink_to(&mut self, bytes: u64) {
        let back = self.bytes.saturating_sub(bytes);
        self.bytes = self.bytes.saturating_sub(back);
        self.budget.leased.fetch_sub(back, Ordering::Relaxed);
    }

    /// Ties the lease to `bytes`: it ends with the last of them, whoever holds that.
    #[must_use]
    pub fn around(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Leased { bytes, _lease: self })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.budget.leased.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

struct Leased {
    bytes: Bytes,
    _lease: Lease,
}

impl AsRef<[u8]> for Leased {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_23_bytes_count_until_their_last_reader_is_gone() {
        let budget = Budget::new(10);
        let mut lease = budget.lease(10).unwrap();
        assert!(budget.lease(1).is_none() && budget.lease(u64::MAX).is_none());
        lease.shrink_to(4);
        lease.shrink_to(9);
        assert_eq!(budget.leased(), 4);
        let body = lease.around(Bytes::from_static(b"four"));
        let slice = body.slice(1..2);
        drop(body);
        assert_eq!((budget.leased(), &*slice), (4, &b"o"[..]));
        drop(slice);
        assert_eq!(budget.leased(), 0);
        assert!(budget.lease(10).is_some());
    }
}
