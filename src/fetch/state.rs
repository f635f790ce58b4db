//! What all workers know together of one bucket's origin: whether it is to be asked now, by how many at once, and how often
//! again.
//!
//! One [`OriginState`] a bucket; its breaker is its endpoint's, which buckets share. It outlives a reload that leaves the
//! bucket where it is, so that a reload does not send everybody to an origin that has just been left in peace.

use super::breaker::{Breaker, BreakerBounds, Change, Pass};
use super::budget::{BudgetBounds, RetryBudget};
use super::concurrency::{ConcurrencyBounds, Limiter, Place};
use super::error::FetchError;
use super::remedy::{Cause, Health};
use super::retry::RetryBounds;
use crate::telemetry::{BucketMetrics, Events, OriginReading, ResumeResult, RetryReason};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The bounds that every origin is asked within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginBounds {
    /// Repeats of one request.
    pub retry: RetryBounds,
    /// Repeats of all requests of a bucket.
    pub budget: BudgetBounds,
    /// Requests at once that are answered at once, a bucket.
    pub concurrency: ConcurrencyBounds,
    /// Uploads and other long requests at once, a bucket: they go as fast as their client does, and shall not be in the way of
    /// readers.
    pub long_concurrency: ConcurrencyBounds,
    /// When an endpoint is left in peace.
    pub breaker: BreakerBounds,
}

impl Default for OriginBounds {
    fn default() -> Self {
        Self {
            retry: RetryBounds::default(),
            budget: BudgetBounds::default(),
            concurrency: ConcurrencyBounds::default(),
            long_concurrency: ConcurrencyBounds {
                wait: Duration::from_secs(30),
                ..ConcurrencyBounds::default()
            },
            breaker: BreakerBounds::default(),
        }
    }
}

/// The line that a request stands in for a place among those that the origin takes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Answered as soon as the origin can.
    Quick,
    /// Takes as long as its body comes, or as the origin has work with it.
    Long,
}

/// How one bucket's origin does. Shared by all workers.
#[derive(Debug)]
pub struct OriginState {
    pub(super) retry: RetryBounds,
    budget: RetryBudget,
    limiter: Arc<Limiter>,
    long_limiter: Arc<Limiter>,
    breaker: Arc<Breaker>,
    metrics: Arc<BucketMetrics>,
    events: Events,
}

impl OriginState {
    /// Begins with nothing known of the bucket that `metrics` counts for; `breaker` is its endpoint's.
    #[must_use]
    pub fn new(bounds: &OriginBounds, breaker: Arc<Breaker>, metrics: Arc<BucketMetrics>, events: Events) -> Arc<Self> {
        Arc::new(Self {
            retry: bounds.retry,
            budget: RetryBudget::new(bounds.budget),
            limiter: Limiter::new(bounds.concurrency),
            long_limiter: Limiter::new(bounds.long_concurrency),
            breaker,
            metrics,
            events,
        })
    }

    /// The endpoint's breaker.
    #[must_use]
    pub fn breaker(&self) -> &Arc<Breaker> {
        &self.breaker
    }

    /// What a scrape of the metrics reads here.
    #[must_use]
    pub fn reading(&self) -> OriginReading {
        OriginReading {
            bucket: self.metrics.label().into(),
            breaker: self.breaker.state(),
            concurrency_limit: self.limiter.limit() as u64,
            concurrency: self.limiter.in_use() as u64,
            waiting: self.limiter.waiting() as u64,
            uploads_limit: self.long_limiter.limit() as u64,
            uploads: self.long_limiter.in_use() as u64,
            uploads_waiting: self.long_limiter.waiting() as u64,
            retries_left: self.budget.left().into(),
        }
    }

    /// Writes down what came of a request, and how long that `took`.
    pub fn asked<T>(&self, came: &Result<T, FetchError>, took: Duration) {
        match came {
            Ok(_) | Err(FetchError::Missing) => self.metrics.origin_answered(took),
            Err(error) => {
                if let Some(kind) = error.kind() {
                    self.events.origin_failed(&self.metrics, kind, error);
                }
            }
        }
    }

    /// A reader's request begins: it earns its share of repeats.
    pub(super) fn earn(&self) {
        self.budget.earn();
    }

    /// Whether the budget and the breaker allow a repeat; counts it in the budget if so.
    pub(super) fn may_repeat(&self) -> bool {
        if self.breaker.check().is_err() {
            return false;
        }
        let spent = self.budget.spend();
        if spent.is_err() {
            self.metrics.origin_retry_refused();
        }
        spent.is_ok()
    }

    /// Counts a request that is sent again.
    pub(super) fn repeated(&self, reason: RetryReason) {
        self.metrics.origin_retried(reason);
    }

    /// Counts what became of a body that broke off.
    pub(super) fn resumed(&self, how: ResumeResult) {
        self.metrics.origin_resumed(how);
    }

    /// Lets one attempt through, once there is a place for it; waits for one until `deadline` at the longest.
    ///
    /// # Errors
    /// [`FetchError::Suspended`] while the breaker is open, [`FetchError::HeldBack`] when no place came free.
    pub(super) async fn admit(self: &Arc<Self>, line: Line, deadline: Instant) -> Result<Admission, FetchError> {
        let limiter = match line {
            Line::Quick => &self.limiter,
            Line::Long => &self.long_limiter,
        };
        let place = if let Some(place) = limiter.try_enter() {
            place
        } else {
            // Asked twice: nobody shall stand in line for an origin that is not to be asked, and a probe shall not stand in
            // line. Boxed, since few come here.
            self.breaker.check().map_err(|wait| suspended(wait.retry_after))?;
            let waited = Box::pin(limiter.wait(deadline)).await;
            waited.map_err(|_| FetchError::HeldBack)?
        };
        let pass = self.breaker.enter().map_err(|wait| suspended(wait.retry_after))?;
        Ok(Admission {
            place,
            pass,
            state: Arc::clone(self),
        })
    }
}

fn suspended(retry_after: Duration) -> FetchError {
    FetchError::Suspended { retry_after }
}

/// One attempt's leave to ask. Dropping it without a verdict says nothing of the origin.
#[derive(Debug)]
pub(super) struct Admission {
    place: Place,
    pass: Pass,
    state: Arc<OriginState>,
}

impl Admission {
    /// The verdict takes its time, for reasons that need not be the origin's: others may find out meanwhile whether it is
    /// back.
    pub(super) fn takes_long(&mut self) {
        self.pass.step_aside();
    }

    /// The head of an answer is there.
    pub(super) fn answered(self) {
        self.place.coped();
        let change = self.pass.worked();
        self.state.tell(change);
    }

    /// The attempt failed.
    pub(super) fn failed(self, cause: &Cause) {
        let Self { place, pass, state } = self;
        let change = match cause.health() {
            Health::Works => pass.worked(),
            Health::Fails => pass.failed(),
            Health::Unknown => Change::None,
        };
        match (cause, cause.health()) {
            (Cause::Throttled { .. }, _) => {
                if let Some(limit) = place.too_many() {
                    state.events.origin_slowed(&state.metrics, limit);
                }
            }
            (_, Health::Works) => place.coped(),
            (_, Health::Fails | Health::Unknown) => drop(place),
        }
        state.tell(change);
    }
}

impl OriginState {
    fn tell(&self, change: Change) {
        match change {
            Change::None => {}
            Change::Opened(open) => self.events.origin_suspended(&self.metrics, open),
            Change::Closed => self.events.origin_is_back(&self.metrics),
        }
    }
}
