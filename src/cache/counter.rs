//! A counter that many cores add to without passing one cache line around.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const SHARDS: usize = 16;

// Two cache lines: x86 fetches them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(AtomicU64);

/// Counts up. Threads add to shards of their own as far as these go round.
#[derive(Debug, Default)]
pub(super) struct Counter([Shard; SHARDS]);

thread_local! {
    static SHARD: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS
    };
}

impl Counter {
    /// Adds one.
    pub(super) fn add_one(&self) {
        if let Some(shard) = SHARD.with(|index| self.0.get(*index)) {
            shard.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns the sum, as of some time during the call.
    pub(super) fn sum(&self) -> u64 {
        self.0.iter().map(|shard| shard.0.load(Ordering::Relaxed)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_any_thread_adds_is_lost() {
        let counter = Counter::default();
        std::thread::scope(|scope| {
            for _ in 0..=2 * SHARDS {
                scope.spawn(|| (0..1000).for_each(|_| counter.add_one()));
            }
        });
        assert_eq!(counter.sum(), (2 * SHARDS as u64 + 1) * 1000);
    }
}
