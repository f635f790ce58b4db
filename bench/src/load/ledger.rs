//! The ledger of one thread: what came of its requests, and what was seen of objects.

use super::judge::Seen;
use super::outcome::Outcome;
use super::schedule::{Bounds, Ticket, Times};
use super::{Fault, LoadError};
use hdrhistogram::Histogram;
use http::StatusCode;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Sent so long after it was due, a request is late.
pub(super) const LATE: Duration = Duration::from_millis(1);

/// Written by the tasks of one thread, and read now and then by the one that shows progress: each lock is held for well under a
/// microsecond, so that no request waits for it.
#[derive(Debug)]
pub(super) struct Ledger(Mutex<Pages>);

#[derive(Debug)]
struct Pages {
    outcome: Outcome,
    recent: Recent,
    seen: HashMap<(usize, usize), Seen>,
}

/// What happened since somebody looked last, warm-up included.
#[derive(Debug)]
pub(super) struct Recent {
    pub(super) requests: u64,
    pub(super) bytes: u64,
    pub(super) faults: u64,
    /// In microseconds, to two digits.
    pub(super) latency: Histogram<u64>,
}

/// One request that has ended.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) ticket: Ticket,
    pub(super) began: Instant,
    pub(super) ended: Instant,
    pub(super) result: Result<(), Fault>,
    /// Of the first answer.
    pub(super) status: Option<StatusCode>,
    pub(super) bytes: u64,
    pub(super) followed: u64,
    pub(super) resent: u64,
}

impl Done {
    pub(super) fn never_sent(ticket: Ticket, now: Instant) -> Self {
        Self {
            ticket,
            began: now,
            ended: now,
            result: Err(Fault::NotSent),
            status: None,
            bytes: 0,
            followed: 0,
            resent: 0,
        }
    }

    /// Says whether it belongs to what is measured.
    fn is_measured(&self, times: &Times, bounds: &Bounds) -> bool {
        if self.ticket.due.is_some() {
            return !self.ticket.warms_up;
        }
        // In a closed loop what ends within counts, so that long requests count as often as short ones. What goes wrong later
        // still went wrong.
        let within = self.ended >= times.begin && (self.ended <= times.end || self.result.is_err());
        within && !(bounds.are_set() && self.ticket.warms_up)
    }
}

impl Recent {
    /// Makes an empty one.
    ///
    /// # Errors
    /// When the histogram can't be made.
    pub(super) fn empty() -> Result<Self, LoadError> {
        Ok(Self {
            requests: 0,
            bytes: 0,
            faults: 0,
            latency: Histogram::new_with_bounds(1, 60_000_000, 2)?,
        })
    }

    /// Adds another, and empties it.
    pub(super) fn drain(&mut self, other: &mut Self) -> Result<(), LoadError> {
        self.requests = self.requests.saturating_add(std::mem::take(&mut other.requests));
        self.bytes = self.bytes.saturating_add(std::mem::take(&mut other.bytes));
        self.faults = self.faults.saturating_add(std::mem::take(&mut other.faults));
        self.latency.add(&other.latency)?;
        other.latency.reset();
        Ok(())
    }
}

impl Ledger {
    /// Makes an empty one.
    ///
    /// # Errors
    /// When the histograms can't be made.
    pub(super) fn new() -> Result<Self, LoadError> {
        Ok(Self(Mutex::new(Pages {
            outcome: Outcome::empty()?,
            recent: Recent::empty()?,
            seen: HashMap::new(),
        })))
    }

    /// Writes down one request.
    pub(super) fn record(&self, times: &Times, bounds: &Bounds, done: &Done) {
        let latency = done.ended.duration_since(done.ticket.due.unwrap_or(done.began));
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let waited = match done.result {
            Ok(()) | Err(Fault::Timeout | Fault::NotSent) => true,
            Err(_) => done.status.is_some(),
        };
        let mut pages = self.pages();
        let recent = &mut pages.recent;
        recent.requests = recent.requests.saturating_add(1);
        recent.bytes = recent.bytes.saturating_add(done.bytes);
        recent.faults = recent.faults.saturating_add(u64::from(done.result.is_err()));
        if waited {
            recent.latency.saturating_record(micros);
        }
        if !done.is_measured(times, bounds) {
            return;
        }
        let outcome = &mut pages.outcome;
        match done.result {
            Ok(()) => outcome.answered = outcome.answered.saturating_add(1),
            Err(fault) => {
                let count = if fault.is_wrong() {
                    &mut outcome.wrong
                } else {
                    &mut outcome.failed
                };
                *count = count.saturating_add(1);
                let count = outcome.faults.entry(fault).or_default();
                *count = count.saturating_add(1);
            }
        }
        if let Some(status) = done.status {
            let count = outcome.statuses.entry(status.as_u16()).or_default();
            *count = count.saturating_add(1);
        }
        let late = done.ticket.due.is_some_and(|due| done.began.duration_since(due) > LATE);
        outcome.late = outcome.late.saturating_add(u64::from(late));
        outcome.bytes = outcome.bytes.saturating_add(done.bytes);
        outcome.followed = outcome.followed.saturating_add(done.followed);
        outcome.resent = outcome.resent.saturating_add(done.resent);
        if waited {
            outcome.latency.saturating_record(micros);
        }
    }

    /// Returns what was seen of the object of a request.
    pub(super) fn seen(&self, name: (usize, usize)) -> Option<Seen> {
        self.pages().seen.get(&name).cloned()
    }

    /// Remembers what was seen of it.
    pub(super) fn remember(&self, name: (usize, usize), seen: Seen) {
        self.pages().seen.insert(name, seen);
    }

    /// Exchanges the page of what happened since the last look for an empty one.
    pub(super) fn swap_recent(&self, empty: &mut Recent) {
        std::mem::swap(&mut self.pages().recent, empty);
    }

    /// Returns what came of the load, and leaves nothing.
    ///
    /// # Errors
    /// When the histograms can't be made.
    pub(super) fn take_outcome(&self) -> Result<Outcome, LoadError> {
        let empty = Outcome::empty()?;
        Ok(std::mem::replace(&mut self.pages().outcome, empty))
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        // Whoever panicked within has not left half a page: counts are added one by one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
