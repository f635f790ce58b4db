//! Leaves an origin in peace that only fails, and asks with one request at a time whether it is back.
//!
//! Closed: requests pass. So many failures in a row open it: nothing is sent for a short time. Then one request is let
//! through as a probe; if it fails, the next wait is twice as long, if it does not, the breaker closes. Failures are those
//! of an origin that does not work (no connection, no answer, 5xx), not its refusals; one success forgets all before it,
//! so that one broken object among good ones opens nothing. One breaker an endpoint, shared by all workers.

use crate::telemetry::BreakerState;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerBounds {
    /// So many failures in a row open it.
    pub failures: u32,
    /// How long it stays open the first time; it doubles with each probe that fails.
    pub open: Duration,
    /// The longest that it stays open.
    pub longest_open: Duration,
}

impl Default for BreakerBounds {
    fn default() -> Self {
        Self {
            failures: 10,
            // A probe is one request: what a short wait costs the origin is little beside what a long one costs readers.
            open: Duration::from_millis(250),
            longest_open: Duration::from_secs(5),
        }
    }
}

/// Requests to one endpoint pass here. Cheap to share, made once an endpoint.
#[derive(Debug)]
pub struct Breaker {
    inner: Mutex<Inner>,
    bounds: BreakerBounds,
}

#[derive(Debug)]
struct Inner {
    phase: Phase,
    /// Counts the changes of phase: what began before the last one has no say.
    era: u64,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Closed { failures: u32 },
    Open { until: Instant, probes_failed: u32 },
    HalfOpen { probes_failed: u32 },
}

/// Not to be asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Suspended {
    /// When it is worth asking again.
    pub(super) retry_after: Duration,
}

/// What a verdict changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    /// The breaker has opened, for so long.
    Opened(Duration),
    /// It has closed.
    Closed,
}

impl Breaker {
    /// Makes a closed breaker.
    #[must_use]
    pub fn new(bounds: BreakerBounds) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::new(Inner {
                phase: Phase::Closed { failures: 0 },
                era: 0,
            }),
            bounds,
        })
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        match self.lock().phase {
            Phase::Closed { .. } => BreakerState::Closed,
            Phase::Open { .. } => BreakerState::Open,
            Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Whether a request would pass; takes no probe.
    pub(super) fn check(&self) -> Result<(), Suspended> {
        suspended(self.lock().phase).map_or(Ok(()), Err)
    }

    /// Lets a request pass, as the probe where one is due.
    pub(super) fn enter(self: &Arc<Self>) -> Result<Pass, Suspended> {
        let mut inner = self.lock();
        if let Some(suspended) = suspended(inner.phase) {
            return Err(suspended);
        }
        if let Phase::Open { probes_failed, .. } = inner.phase {
            inner.turn(Phase::HalfOpen { probes_failed });
        }
        Ok(Pass {
            era: inner.era,
            breaker: Arc::clone(self),
            is_told: false,
        })
    }

    fn opening(&self, probes_failed: u32) -> (Phase, Duration) {
        let doubled = 1_u32.checked_shl(probes_failed).unwrap_or(u32::MAX);
        let longest = self.bounds.open.saturating_mul(doubled).min(self.bounds.longest_open);
        // Replicas that lost the origin together shall not all ask again together.
        let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
        let open = Duration::from_micros(fastrand::u64(micros - micros / 4..=micros));
        let until = Instant::now() + open;
        (Phase::Open { until, probes_failed }, open)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn turn(&mut self, phase: Phase) {
        self.phase = phase;
        self.era = self.era.wrapping_add(1);
    }
}

fn suspended(phase: Phase) -> Option<Suspended> {
    let retry_after = match phase {
        Phase::Closed { .. } => return None,
        Phase::Open { until, .. } => until.saturating_duration_since(Instant::now()),
        // Its probe's answer decides, which may take a moment.
        Phase::HalfOpen { .. } => {
            return Some(Suspended {
                retry_after: Duration::from_secs(1),
            });
        }
    };
    (!retry_after.is_zero()).then_some(Suspended { retry_after })
}

/// A request that passed. Dropped without a verdict, as when its client has left, it says nothing of the origin, and a probe
/// makes room for the next.
#[derive(Debug)]
pub(super) struct Pass {
    breaker: Arc<Breaker>,
    era: u64,
    /// Whether the verdict is told.
    is_told: bool,
}

impl Pass {
    /// The origin works, whatever it said.
    pub(super) fn worked(mut self) -> Change {
        self.is_told = true;
        let mut inner = self.breaker.lock();
        if inner.era != self.era {
            return Change::None;
        }
        match &mut inner.phase {
            Phase::Closed { failures } => {
                *failures = 0;
                Change::None
            }
            Phase::HalfOpen { .. } => {
                inner.turn(Phase::Closed { failures: 0 });
                Change::Closed
            }
            Phase::Open { .. } => Change::None,
        }
    }

    /// The origin does not work.
    pub(super) fn failed(mut self) -> Change {
        self.is_told = true;
        let mut inner = self.breaker.lock();
        if inner.era != self.era {
            return Change::None;
        }
        let probes_failed = match &mut inner.phase {
            Phase::Closed { failures } => {
                *failures = failures.saturating_add(1);
                if *failures < self.breaker.bounds.failures {
                    return Change::None;
                }
                0
            }
            Phase::HalfOpen { probes_failed } => probes_failed.saturating_add(1),
            Phase::Open { .. } => return Change::None,
        };
        let (phase, open) = self.breaker.opening(probes_failed);
        inner.turn(phase);
        Change::Opened(open)
    }
}

impl Pass {
    /// A probe makes room for the next, and has no say any more; any other pass keeps its say.
    pub(super) fn step_aside(&mut self) {
        let mut inner = self.breaker.lock();
        if let Phase::HalfOpen { probes_failed } = inner.phase
            && inner.era == self.era
        {
            let until = Instant::now();
            inner.turn(Phase::Open { until, probes_failed });
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if !self.is_told {
            self.step_aside();
        }
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
