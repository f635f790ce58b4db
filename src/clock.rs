//! The one place that asks the operating system for the time of day.
//!
//! Everything that signs, judges an expiry or ages a cache entry takes a [`Clock`], so that tests can
//! turn the hands themselves. Deadlines of sockets and tasks are tokio's business, not this file's.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::Notify;

/// The last second that four digits of a year can tell.
const LAST: u64 = 253_402_300_799;

/// How long a thread reckons with one reading of the system's clock; see [`Clock::unix_millis_at`].
const RECKONING: Duration = Duration::from_millis(100);

/// A point in time in whole seconds since 1970-01-01T00:00:00Z, the resolution of SigV4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Takes seconds since the Unix epoch.
    #[must_use]
    pub const fn from_unix(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Returns seconds since the Unix epoch.
    #[must_use]
    pub const fn as_unix(self) -> u64 {
        self.0
    }

    /// Returns this time moved forward by whole seconds of `by`; the far end of time saturates.
    #[must_use]
    pub const fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by.as_secs()))
    }

    /// Returns this time moved back by whole seconds of `by`; the epoch is the floor.
    #[must_use]
    pub const fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(by.as_secs()))
    }

    /// Returns how long it is from `earlier` to this time, zero when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

/// As people and programs read it: `2026-11-22T21:00:00Z` (RFC 3339). What lies behind the year 9999 reads as its last second.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = i64::try_from(self.0.min(LAST))
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        f.write_str(&at.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

/// Tells the time of day. Cloning gives another handle on the same clock.
#[derive(Clone)]
pub struct Clock(Hands);

#[derive(Clone)]
enum Hands {
    System,
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    seconds: AtomicU64,
    turned: Notify,
}

impl Clock {
    /// The operating system's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Hands::System)
    }

    /// A clock that stands at `start` until its [`ManualClock`] moves it; for tests.
    #[must_use]
    pub fn manual(start: Timestamp) -> (Self, ManualClock) {
        let hands = Arc::new(Manual {
            seconds: AtomicU64::new(start.as_unix()),
            turned: Notify::new(),
        });
        (Self(Hands::Manual(Arc::clone(&hands))), ManualClock(hands))
    }

    /// Returns the time now; a system clock set before 1970 reads as the epoch.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Hands::System => Timestamp(system_since_epoch().as_secs()),
            Hands::Manual(hands) => Timestamp(hands.seconds.load(Ordering::Relaxed)),
        }
    }

    /// Returns the time now in milliseconds since the Unix epoch, for log lines; a manual clock stands on whole seconds.
    #[must_use]
    pub fn now_unix_millis(&self) -> u64 {
        match &self.0 {
            Hands::System => u64::try_from(system_since_epoch().as_millis()).unwrap_or(u64::MAX),
            Hands::Manual(hands) => hands.seconds.load(Ordering::Relaxed).saturating_mul(1_000),
        }
    }

    /// Returns what [`Self::now_unix_millis`] was at `at`, a moment that has only just been: for a caller that knows it anyway,
    /// and shall not read a second clock for each log line. When the system's clock is set, lines show it a moment later.
    #[must_use]
    pub fn unix_millis_at(&self, at: Instant) -> u64 {
        thread_local!(static LAST: Cell<Option<(Instant, Duration)>> = const { Cell::new(None) });
        let Hands::System = &self.0 else {
            return self.now_unix_millis();
        };
        let reckoned = LAST.get().and_then(|(read_at, time)| {
            let since = at.checked_duration_since(read_at).filter(|since| *since < RECKONING)?;
            Some(time.saturating_add(since))
        });
        let time = reckoned.unwrap_or_else(|| {
            let (read_at, time) = (Instant::now(), system_since_epoch());
            LAST.set(Some((read_at, time)));
            time.saturating_sub(read_at.saturating_duration_since(at))
        });
        u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
    }

    /// As [`Self::now_unix_millis`], in microseconds.
    #[must_use]
    pub fn now_unix_micros(&self) -> u64 {
        match &self.0 {
            Hands::System => u64::try_from(system_since_epoch().as_micros()).unwrap_or(u64::MAX),
            Hands::Manual(hands) => hands.seconds.load(Ordering::Relaxed).saturating_mul(1_000_000),
        }
    }

    /// Resolves when somebody turns the hands of a manual clock after this call; never with the system's. A task that
    /// waits for a time of day takes this, looks at the time, and then waits.
    pub fn turned(&self) -> impl Future<Output = ()> + '_ {
        let turned = match &self.0 {
            Hands::System => None,
            Hands::Manual(hands) => Some(hands.turned.notified()),
        };
        async move {
            match turned {
                Some(turned) => turned.await,
                None => std::future::pending().await,
            }
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the clock that the ban points to")]
fn system_since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Hands::System => f.write_str("Clock(system)"),
            Hands::Manual(_) => write!(f, "Clock(manual, {})", self.now().as_unix()),
        }
    }
}

/// The hands of a [`Clock::manual`].
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Manual>);

impl ManualClock {
    /// Moves the clock forward by whole seconds of `by`.
    pub fn advance(&self, by: Duration) {
        self.0.seconds.fetch_add(by.as_secs(), Ordering::Relaxed);
        self.0.turned.notify_waiters();
    }

    /// Sets the clock, backwards too.
    pub fn set(&self, to: Timestamp) {
        self.0.seconds.store(to.as_unix(), Ordering::Relaxed);
        self.0.turned.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let (clock, hands) = Clock::manual(Timestamp::from_unix(100));
        assert_eq!(clock.now(), Timestamp::from_unix(100));
        hands.advance(Duration::from_secs(20));
        assert_eq!(clock.now().since(Timestamp::from_unix(100)), Duration::from_secs(20));
        hands.set(Timestamp::from_unix(7));
        assert_eq!(clock.clone().now(), Timestamp::from_unix(7));
        assert_eq!((clock.now_unix_millis(), clock.now_unix_micros()), (7_000, 7_000_000));
    }

    #[test]
    fn the_time_of_a_moment_just_been_is_the_time_of_day() {
        let (clock, hands) = Clock::manual(Timestamp::from_unix(7));
        assert_eq!(clock.unix_millis_at(Instant::now()), 7_000);
        hands.advance(Duration::from_secs(1));
        assert_eq!(clock.unix_millis_at(Instant::now()), 8_000);
        let clock = Clock::system();
        for _ in 0..50 {
            let before = clock.now_unix_millis();
            let told = clock.unix_millis_at(Instant::now());
            // The two clocks can't be read in one moment: a busy machine may come between.
            assert!((before.saturating_sub(50)..=clock.now_unix_millis() + 50).contains(&told));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_time_is_said_in_utc() {
        let said = |seconds| Timestamp::from_unix(seconds).to_string();
        assert_eq!(said(1_735_689_600), "2025-01-01T00:00:00Z");
        assert_eq!(said(u64::MAX), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn arithmetic_saturates_instead_of_wrapping() {
        assert_eq!(
            Timestamp::from_unix(1).minus(Duration::from_secs(2)),
            Timestamp::from_unix(0)
        );
        assert_eq!(Timestamp::from_unix(1).since(Timestamp::from_unix(9)), Duration::ZERO);
        assert_eq!(
            Timestamp::from_unix(u64::MAX).plus(Duration::from_secs(1)),
            Timestamp::from_unix(u64::MAX)
        );
    }
}
