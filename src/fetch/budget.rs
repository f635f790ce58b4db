//! How many requests may be sent again: a tenth of the traffic. Rule 24.
//!
//! A token bucket, one a bucket, shared by all workers: each request earns a tenth of a repeat, up to a reserve. When an
//! origin fails everything, the gateway adds a tenth to its load and not twice as much.

use std::sync::atomic::{AtomicU32, Ordering};

/// What one request earns, in tenths of a repeat.
const EARNED: u32 = 1;
/// What one repeat costs.
const COST: u32 = 10;

/// The bound on repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetBounds {
    /// The most repeats that calm times save up, and what a budget begins with.
    pub reserve: u32,
}

impl Default for BudgetBounds {
    fn default() -> Self {
        Self { reserve: 20 }
    }
}

/// There is nothing left to spend: the request is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

/// The repeats that may still be sent.
#[derive(Debug)]
pub(super) struct RetryBudget {
    tenths: AtomicU32,
    full: u32,
}

impl RetryBudget {
    pub(super) fn new(bounds: BudgetBounds) -> Self {
        let full = bounds.reserve.saturating_mul(COST);
        Self {
            tenths: AtomicU32::new(full),
            full,
        }
    }

    /// A request goes out for the first time.
    pub(super) fn earn(&self) {
        // Refused when full, which is as it should be.
        let _ = self.update(|tenths| (tenths < self.full).then(|| tenths.saturating_add(EARNED)));
    }

    /// A request wants to go out again.
    pub(super) fn spend(&self) -> Result<(), Exhausted> {
        self.update(|tenths| tenths.checked_sub(COST))
    }

    /// How many repeats are left now.
    pub(super) fn left(&self) -> u32 {
        self.tenths.load(Ordering::Relaxed) / COST
    }

    fn update(&self, change: impl Fn(u32) -> Option<u32>) -> Result<(), Exhausted> {
        self.tenths
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, change)
            .map(|_| ())
            .map_err(|_| Exhausted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_24_repeats_are_a_tenth_of_the_traffic_and_a_reserve() {
        let budget = RetryBudget::new(BudgetBounds { reserve: 3 });
        let mut repeats = 0;
        for _ in 0..1_000 {
            budget.earn();
            repeats += u32::from(budget.spend().is_ok());
        }
        assert!((100..=103).contains(&repeats), "{repeats}");
        assert_eq!(budget.left(), 0);
    }

    #[test]
    fn calm_times_save_up_no_more_than_the_reserve() {
        let budget = RetryBudget::new(BudgetBounds { reserve: 2 });
        (0..1_000).for_each(|_| budget.earn());
        assert_eq!(budget.left(), 2);
        assert_eq!(
            [budget.spend(), budget.spend(), budget.spend()],
            [Ok(()), Ok(()), Err(Exhausted)]
        );
        (0..9).for_each(|_| budget.earn());
        assert_eq!(budget.spend(), Err(Exhausted));
        budget.earn();
        assert_eq!(budget.spend(), Ok(()));
    }

    #[test]
    fn workers_share_it_without_overspending() {
        let budget = RetryBudget::new(BudgetBounds { reserve: 10 });
        let granted = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        budget.earn();
                        if budget.spend().is_ok() {
                            granted.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert!(granted.into_inner() <= 410);
    }
}
