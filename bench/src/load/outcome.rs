//! What came of a load: counts, latencies, and why requests failed.

use crate::result::{Latency, Round, ServerUse};
use hdrhistogram::{CreationError, Histogram};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The longest latency that is told apart, in microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;

/// Why a request was not answered as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// No connection could be made.
    Connect,
    /// A connection was made, and TLS could not be spoken over it.
    Tls,
    /// The connection broke, before the answer or within it.
    Broken,
    /// It took too long.
    Timeout,
    /// The load was over before it could be sent: the server was too slow for the rate.
    NotSent,
    /// Another status than expected.
    Status(u16),
    /// A redirect without a `Location` that can be followed, or too many in a row.
    Redirect,
    /// The right status, and a body that is not as long as expected.
    Length,
    /// The right status, and other bytes than expected.
    Bytes,
    /// The right status, and headers that do not fit: a range other than the one asked for.
    Head,
}

impl Fault {
    /// Says whether there was an answer with the right status whose content was wrong.
    #[must_use]
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::Length | Self::Bytes | Self::Head)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => to.write_str("no connection"),
            Self::Tls => to.write_str("no TLS: a certificate that is not trusted, or no protocol in common"),
            Self::Broken => to.write_str("connection broke"),
            Self::Timeout => to.write_str("took too long"),
            Self::NotSent => to.write_str("never sent, the server was too slow for the rate"),
            Self::Status(status) => write!(to, "status {status}"),
            Self::Redirect => to.write_str("redirect without a usable Location"),
            Self::Length => to.write_str("wrong length"),
            Self::Bytes => to.write_str("wrong bytes"),
            Self::Head => to.write_str("wrong range"),
        }
    }
}

/// What came of a load, warm-up left out.
#[derive(Clone)]
pub struct Outcome {
    /// How long it was measured.
    pub measured: Duration,
    /// Requests that were answered as they should be.
    pub answered: u64,
    /// Requests that were not answered, or with another status than expected.
    pub failed: u64,
    /// Answers with the right status whose content was wrong.
    pub wrong: u64,
    /// Body bytes received.
    pub bytes: u64,
    /// Why requests failed or were wrong, with how often.
    pub faults: BTreeMap<Fault, u64>,
    /// All statuses of first answers, with how often.
    pub statuses: BTreeMap<u16, u64>,
    /// Redirects that were followed.
    pub followed: u64,
    /// Requests that were sent more than a millisecond after they were due (open loop): no connection was free, or see `held_up`.
    pub late: u64,
    /// Requests that the load itself was more than a millisecond late with (open loop): its cores were not its own, and latencies
    /// say as much of this machine as of the server.
    pub held_up: u64,
    /// Connections that were made, those of the warm-up included.
    pub connects: u64,
    /// Requests that were sent anew, as browsers do, when a connection that had answered before was closed under them.
    pub resent: u64,
    /// Latencies in microseconds of all requests that were answered at all, right or not, and how long those waited that were
    /// never sent or took too long.
    pub latency: Histogram<u64>,
    /// What the server used, if it was watched.
    pub server: Option<ServerUse>,
}

impl fmt::Debug for Outcome {
    /// Leaves the thousands of counts of the histogram out.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Outcome")
            .field("round", &self.round())
            .field("faults", &self.faults)
            .field("statuses", &self.statuses)
            .field("followed", &self.followed)
            .field("late", &self.late)
            .field("held_up", &self.held_up)
            .field("connects", &self.connects)
            .field("resent", &self.resent)
            .finish_non_exhaustive()
    }
}

impl Outcome {
    pub(super) fn empty() -> Result<Self, CreationError> {
        Ok(Self {
            measured: Duration::ZERO,
            answered: 0,
            failed: 0,
            wrong: 0,
            bytes: 0,
            faults: BTreeMap::new(),
            statuses: BTreeMap::new(),
            followed: 0,
            late: 0,
            held_up: 0,
            connects: 0,
            resent: 0,
            latency: latencies()?,
            server: None,
        })
    }

    /// Adds what came of another thread of the same load.
    pub(super) fn add(&mut self, other: &Self) -> Result<(), hdrhistogram::AdditionError> {
        let sum = |to: &mut u64, from: u64| *to = to.saturating_add(from);
        sum(&mut self.answered, other.answered);
        sum(&mut self.failed, other.failed);
        sum(&mut self.wrong, other.wrong);
        sum(&mut self.bytes, other.bytes);
        sum(&mut self.followed, other.followed);
        sum(&mut self.late, other.late);
        sum(&mut self.held_up, other.held_up);
        sum(&mut self.connects, other.connects);
        sum(&mut self.resent, other.resent);
        for (fault, count) in &other.faults {
            sum(self.faults.entry(*fault).or_default(), *count);
        }
        for (status, count) in &other.statuses {
            sum(self.statuses.entry(*status).or_default(), *count);
        }
        self.latency.add(&other.latency)
    }

    /// Returns the outcome as a report keeps it.
    #[must_use]
    pub fn round(&self) -> Round {
        Round {
            seconds: self.measured.as_secs_f64(),
            answered: self.answered,
            failed: self.failed,
            wrong: self.wrong,
            bytes: self.bytes,
            latency: percentiles(&self.latency),
            server: self.server,
        }
    }
}

/// How a load goes, about five times a second.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    /// How long it has gone on, warm-up included.
    pub elapsed: Duration,
    /// How long it will go on at most, warm-up included.
    pub total: Duration,
    /// Whether it is still warming up.
    pub warming_up: bool,
    /// Requests that ended since the last snapshot, a second.
    pub rate: f64,
    /// Body bytes a second.
    pub bytes_per_second: f64,
    /// Requests so far that failed or were wrong.
    pub faults: u64,
    /// The latencies since the last snapshot.
    pub latency: Latency,
}

/// Makes an empty histogram of microseconds, exact to three digits, up to an hour.
pub(super) fn latencies() -> Result<Histogram<u64>, CreationError> {
    Histogram::new_with_bounds(1, LONGEST, 3)
}

/// Returns the percentiles that reports tell of.
pub(super) fn percentiles(latency: &Histogram<u64>) -> Latency {
    Latency {
        p50: latency.value_at_quantile(0.5),
        p90: latency.value_at_quantile(0.9),
        p99: latency.value_at_quantile(0.99),
        p999: latency.value_at_quantile(0.999),
        max: latency.max(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_values_recorded() {
        let mut latency = latencies().expect("bounds");
        assert_eq!(percentiles(&latency).max, 0);
        for value in 1..=1_000_u64 {
            latency.record(value).expect("within");
        }
        let told = percentiles(&latency);
        assert_eq!(
            (told.p50, told.p90, told.p99, told.p999, told.max),
            (500, 900, 990, 999, 1_000)
        );
    }

    #[test]
    fn a_long_wait_is_told_to_a_thousandth() {
        let mut latency = latencies().expect("bounds");
        latency.record(59_999_999).expect("within");
        assert!(percentiles(&latency).p50.abs_diff(59_999_999) <= 60_000);
    }
}
