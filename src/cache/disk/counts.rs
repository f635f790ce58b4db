//! What the disk tier counts (rule 23: every bound has a metric; rule 28: it degrades openly).

use crate::telemetry::{Cells, DiskReading, DiskState};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// What is counted.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub(super) enum Count {
    Hits,
    Misses,
    Damaged,
    Written,
    WrittenBytes,
    Dropped,
    Errors,
}

/// The counters, and what stands beside them.
#[derive(Debug)]
pub(super) struct Counts {
    cells: Cells<7>,
    bytes: AtomicU64,
    limit_bytes: u64,
    state: AtomicU8,
}

impl Counts {
    /// All at zero; `limit_bytes` is the bound on what is on disk.
    pub(super) fn new(limit_bytes: u64) -> Self {
        Self {
            cells: Cells::new(),
            bytes: AtomicU64::new(0),
            limit_bytes,
            state: AtomicU8::new(DiskState::Out as u8),
        }
    }

    pub(super) fn add(&self, count: Count, by: u64) {
        self.cells.add(count as usize, by);
    }

    pub(super) fn set_bytes(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn set_state(&self, state: DiskState) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    pub(super) fn state(&self) -> DiskState {
        let state = self.state.load(Ordering::Relaxed);
        let found = DiskState::ALL.get(usize::from(state));
        found.copied().unwrap_or(DiskState::Out)
    }

    /// Returns everything; `waiting_bytes` wait to be written.
    pub(super) fn reading(&self, waiting_bytes: u64) -> DiskReading {
        let sum = |count: Count| self.cells.sum(count as usize);
        DiskReading {
            hits: sum(Count::Hits),
            misses: sum(Count::Misses),
            damaged: sum(Count::Damaged),
            written: sum(Count::Written),
            written_bytes: sum(Count::WrittenBytes),
            dropped: sum(Count::Dropped),
            errors: sum(Count::Errors),
            bytes: self.bytes.load(Ordering::Relaxed),
            limit_bytes: self.limit_bytes,
            waiting_bytes,
            state: self.state(),
        }
    }
}
