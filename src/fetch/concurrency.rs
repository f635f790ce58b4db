//! How many requests may wait for one bucket's answers at once; fewer when the origin asks to slow down. Rule 24.
//!
//! Additive increase, multiplicative decrease, as TCP does (RFC 5681 §3.1): each answer of an origin that copes adds a
//! little, `SlowDown` halves. All that were under way when the origin said so share in one halving. A place is held up to
//! the head of the answer and not longer: a body goes as fast as its reader takes it, which is none of the origin's doing.
//!
//! One limiter a bucket, shared by all workers. Who finds no place waits in line: a bounded line, for a bounded time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// The bounds of one bucket's concurrency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConcurrencyBounds {
    /// The most requests at once; what a limiter begins with.
    pub most: usize,
    /// The fewest, however often the origin asks to slow down.
    pub least: usize,
    /// The most that wait for a place.
    pub most_waiting: usize,
    /// How long each of them waits.
    pub wait: Duration,
}

impl Default for ConcurrencyBounds {
    fn default() -> Self {
        Self {
            most: 512,
            least: 2,
            most_waiting: 1024,
            wait: Duration::from_secs(2),
        }
    }
}

/// No place came free in time, or too many wait for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HeldBack;

#[derive(Debug)]
pub(super) struct Limiter {
    places: Arc<Semaphore>,
    tuning: Mutex<Tuning>,
    waiting: AtomicUsize,
    bounds: ConcurrencyBounds,
}

#[derive(Debug)]
struct Tuning {
    limit: usize,
    /// Answers since the limit last changed; as many as the limit raise it by one.
    credit: usize,
    /// Places in use beyond the limit, which are not given out again when they come back.
    excess: usize,
    /// Counts the halvings.
    era: u64,
}

impl Limiter {
    pub(super) fn new(bounds: ConcurrencyBounds) -> Arc<Self> {
        let most = bounds.most.clamp(1, Semaphore::MAX_PERMITS);
        Arc::new(Self {
            places: Arc::new(Semaphore::new(most)),
            tuning: Mutex::new(Tuning {
                limit: most,
                credit: 0,
                excess: 0,
                era: 0,
            }),
            waiting: AtomicUsize::new(0),
            bounds: ConcurrencyBounds {
                most,
                least: bounds.least.clamp(1, most),
                ..bounds
            },
        })
    }

    /// Takes a place, if one is free.
    pub(super) fn try_enter(self: &Arc<Self>) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(self.place(permit))
    }

    /// Waits in line for a place, no longer than to `deadline`.
    pub(super) async fn wait(self: &Arc<Self>, deadline: Instant) -> Result<Place, HeldBack> {
        let _waiting = Waiting::join(&self.waiting, self.bounds.most_waiting)?;
        let deadline = deadline.min(Instant::now() + self.bounds.wait);
        let place = Arc::clone(&self.places).acquire_owned();
        match timeout_at(deadline, place).await {
            Ok(Ok(permit)) => Ok(self.place(permit)),
            _ => Err(HeldBack),
        }
    }

    fn place(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Place {
        Place {
            permit: Some(permit),
            era: self.tuning().era,
            limiter: Arc::clone(self),
        }
    }

    /// How many may be under way now.
    pub(super) fn limit(&self) -> usize {
        self.tuning().limit
    }

    /// How many are under way.
    pub(super) fn in_use(&self) -> usize {
        let tuning = self.tuning();
        tuning.in_use(&self.places)
    }

    /// How many wait for a place.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    fn tuning(&self) -> MutexGuard<'_, Tuning> {
        self.tuning.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tuning {
    fn in_use(&self, places: &Semaphore) -> usize {
        (self.limit + self.excess).saturating_sub(places.available_permits())
    }

    /// Raises the limit, where it is made use of and there were answers enough.
    fn raise(&mut self, limiter: &Limiter) {
        // A limit that is not made use of has not been tried.
        if self.limit >= limiter.bounds.most || self.in_use(&limiter.places).saturating_mul(2) < self.limit {
            return;
        }
        self.credit += 1;
        if self.credit < self.limit {
            return;
        }
        self.credit = 0;
        self.limit += 1;
        match self.excess.checked_sub(1) {
            Some(excess) => self.excess = excess,
            None => limiter.places.add_permits(1),
        }
    }

    /// Gives a place to the next, unless there is one too many.
    fn take_back(&mut self, permit: Option<OwnedSemaphorePermit>) {
        let Some(permit) = permit else { return };
        match self.excess.checked_sub(1) {
            Some(excess) => {
                self.excess = excess;
                permit.forget();
            }
            None => drop(permit),
        }
    }
}

/// A request's place. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    limiter: Arc<Limiter>,
    era: u64,
}

impl Place {
    /// The origin copes with what it gets.
    pub(super) fn coped(mut self) {
        let mut tuning = self.limiter.tuning();
        tuning.raise(&self.limiter);
        tuning.take_back(self.permit.take());
    }

    /// The origin asks for fewer requests. Returns the new limit, where this changed it.
    pub(super) fn too_many(self) -> Option<usize> {
        let limiter = &self.limiter;
        let mut tuning = limiter.tuning();
        let limit = (tuning.limit / 2).max(limiter.bounds.least);
        if tuning.era != self.era {
            return None;
        }
        tuning.era = tuning.era.wrapping_add(1);
        tuning.credit = 0;
        let fewer = tuning.limit.checked_sub(limit).filter(|fewer| *fewer > 0)?;
        tuning.excess += fewer - limiter.places.forget_permits(fewer);
        tuning.limit = limit;
        Some(limit)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.permit.is_some() {
            self.limiter.tuning().take_back(self.permit.take());
        }
    }
}

/// One of those that wait.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn join(line: &'a AtomicUsize, most: usize) -> Result<Self, HeldBack> {
        if line.fetch_add(1, Ordering::Relaxed) >= most {
            line.fetch_sub(1, Ordering::Relaxed);
            return Err(HeldBack);
        }
        Ok(Self(line))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[path = "concurrency_tests.rs"]
mod tests;
