//! How far an origin's clock is from ours, for signing and for nothing else. Rule 26; AWS `RequestTimeTooSkewed`.
//!
//! S3 refuses what is signed more than 15 minutes off its own time. When it does, its `Date` tells by how much, and
//! requests are dated so from then on. What is ours (deadlines, the ends of credentials, the age of incoming links)
//! is judged by our own clock, wrong as it may be.
//!
//! - Learned on `RequestTimeTooSkewed` alone: an origin that does not mind has nothing to teach.
//! - While an offset is in force, every later answer's `Date` confirms it, corrects it, or ends it (our clock was set right).
//! - Forgotten after 15 minutes without a confirmation, and at once when our clock is set back behind the last one: an
//!   offset says nothing about a clock that was changed. Should it still be needed, one refused request brings it back.
//! - Dates within 30 s of what was expected count as the same, so that slow answers do not move the signing windows.
//! - More than a day is not believed: such a clock breaks TLS and credentials too, and is to be set.

use super::Learned;
use crate::clock::Timestamp;
use http::HeaderMap;
use http::header::{AGE, DATE};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

/// How long an offset lives without a confirmation.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(15);
/// How far two readings of one offset may lie apart: answers take their time, and dates are whole seconds.
const SLACK: i64 = 30;
/// The largest offset that is believed.
const LARGEST: i64 = 24 * 3600;
/// How far our clock may be corrected back without counting as set back.
const SLEW: Duration = Duration::from_mins(1);
/// How old a confirmation may grow before the next one is written down: readers share the cell.
const CONFIRMED_EVERY: Duration = Duration::from_mins(1);

/// One endpoint's clock. Shared by all of its buckets; reading it is one load.
#[derive(Debug, Default)]
pub(super) struct SigningClock(AtomicU64);

/// How far an origin's clock is ahead of ours. Whoever signs reads it once, so that all of one request goes by one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockOffset(i64);

impl ClockOffset {
    /// The seconds that the origin is ahead of us; negative when it is behind, zero when nothing was learned.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// Returns what the origin's clock reads when ours reads `now`.
    #[must_use]
    pub fn to_origin(self, now: Timestamp) -> Timestamp {
        moved(now, self.0)
    }

    /// Returns what our clock reads when the origin's reads `time`.
    #[must_use]
    pub fn to_ours(self, time: Timestamp) -> Timestamp {
        moved(time, self.0.saturating_neg())
    }
}

/// An offset, and when it was last confirmed; packed into one word, zero for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Offset {
    seconds: i32,
    /// By our own clock, in seconds since 1970.
    confirmed_at: u32,
}

impl Offset {
    fn unpack(word: u64) -> Self {
        let half = |word: u64| u32::try_from(word & u64::from(u32::MAX)).unwrap_or_default();
        Self {
            seconds: half(word >> 32).cast_signed(),
            confirmed_at: half(word),
        }
    }

    fn pack(self) -> u64 {
        match self.seconds {
            0 => 0,
            seconds => (u64::from(seconds.cast_unsigned()) << 32) | u64::from(self.confirmed_at),
        }
    }

    fn confirmed(self) -> Timestamp {
        Timestamp::from_unix(self.confirmed_at.into())
    }

    /// Returns the seconds that hold at `now`.
    fn at(self, now: Timestamp) -> i64 {
        let set_back = now.plus(SLEW) < self.confirmed();
        let forgotten = now.since(self.confirmed()) >= FORGOTTEN_AFTER;
        if set_back || forgotten { 0 } else { self.seconds.into() }
    }
}

impl SigningClock {
    /// Returns the offset in force when our clock reads `now`.
    pub(super) fn offset(&self, now: Timestamp) -> ClockOffset {
        match self.0.load(Ordering::Relaxed) {
            0 => ClockOffset(0),
            word => ClockOffset(Offset::unpack(word).at(now)),
        }
    }

    /// Takes the `Date` of an answer that came at `now` and refused a request for its time.
    pub(super) fn learn(&self, origin_date: Timestamp, now: Timestamp) -> Learned {
        let measured = difference(origin_date, now);
        let current = self.offset(now).seconds();
        if measured.abs() > LARGEST {
            return Learned::Refused;
        }
        if same(measured, current) {
            if current == 0 {
                return Learned::Refused;
            }
            self.store(current, now);
            return Learned::Known;
        }
        self.store(if same(measured, 0) { 0 } else { measured }, now);
        Learned::New
    }

    /// Takes the head of any answer that came at `now`; tells whether the offset in force has changed.
    pub(super) fn confirm(&self, headers: &HeaderMap, now: Timestamp) -> Learned {
        let word = self.0.load(Ordering::Relaxed);
        let offset = Offset::unpack(word);
        let current = offset.at(now);
        if current == 0 {
            return Learned::Known;
        }
        let Some(measured) = origin_date(headers).map(|date| difference(date, now)) else {
            return Learned::Known;
        };
        if same(measured, current) {
            if now.since(offset.confirmed()) >= CONFIRMED_EVERY {
                self.store(current, now);
            }
            return Learned::Known;
        }
        if measured.abs() > LARGEST {
            return Learned::Refused;
        }
        self.store(if same(measured, 0) { 0 } else { measured }, now);
        Learned::New
    }

    fn store(&self, seconds: i64, now: Timestamp) {
        let offset = Offset {
            // Both fit: LARGEST bounds one, and the other lasts until 2106.
            seconds: i32::try_from(seconds).unwrap_or_default(),
            confirmed_at: u32::try_from(now.as_unix()).unwrap_or(u32::MAX),
        };
        self.0.store(offset.pack(), Ordering::Relaxed);
    }
}

fn moved(time: Timestamp, seconds: i64) -> Timestamp {
    let by = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { time.minus(by) } else { time.plus(by) }
}

/// Reads the time at which the origin made an answer: one valid `Date`, and no `Age` that would tell of a cache between.
#[must_use]
pub fn origin_date(headers: &HeaderMap) -> Option<Timestamp> {
    let mut dates = headers.get_all(DATE).iter();
    let date = dates.next()?.to_str().ok()?;
    if dates.next().is_some() || headers.contains_key(AGE) {
        return None;
    }
    let since_epoch = httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::from_unix(since_epoch.as_secs()))
}

fn same(measured: i64, expected: i64) -> bool {
    measured.saturating_sub(expected).abs() <= SLACK
}

fn difference(origin: Timestamp, now: Timestamp) -> i64 {
    let signed = |time: Timestamp| i64::try_from(time.as_unix()).unwrap_or(i64::MAX);
    signed(origin).saturating_sub(signed(now))
}

#[cfg(test)]
#[path = "signing_clock_tests.rs"]
mod tests;
