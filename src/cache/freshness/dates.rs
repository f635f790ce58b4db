//! `Date`, `Expires`, `Age`, and the numbers of seconds that they and `Cache-Control` are made of. RFC 9111 §1.2.2, §5.1, §5.3.

use crate::clock::Timestamp;
use http::HeaderMap;
use http::header::{AGE, DATE, EXPIRES, HeaderValue};
use std::time::{Duration, UNIX_EPOCH};

/// Reads digits, and nothing else, as seconds; a number that is too large is the largest there is.
pub(super) fn delta_seconds(bytes: &[u8]) -> Option<Duration> {
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let seconds = bytes.iter().fold(0_u64, |seconds, digit| {
        let digit = u64::from(digit.wrapping_sub(b'0'));
        seconds.saturating_mul(10).saturating_add(digit)
    });
    Some(Duration::from_secs(seconds))
}

/// What the `Age` field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AgeField {
    /// It is not there: nobody kept the answer on its way.
    Absent,
    /// One number of seconds.
    Seconds(Duration),
    /// It is there and says nothing.
    ///
    /// RFC 9111 §5.1 would have a cache take the first of several and ignore what is no number. Both can make an old
    /// answer young, so that both count as stale here, as §4.2.1 has it for what is invalid; the cost is a
    /// revalidation. Of the twelve cases of http-cache-tests' `age-parse` eleven ask for that; the twelfth (`0,7200` is
    /// fresh, where `0, 0` is stale) fits no rule.
    Unreadable,
}

impl AgeField {
    /// Reads the field.
    pub(super) fn from_headers(headers: &HeaderMap) -> Self {
        let mut lines = headers.get_all(AGE).iter();
        match (lines.next(), lines.next()) {
            (None, _) => Self::Absent,
            (Some(line), None) => delta_seconds(line.as_bytes().trim_ascii()).map_or(Self::Unreadable, Self::Seconds),
            (Some(_), Some(_)) => Self::Unreadable,
        }
    }
}

/// Returns when the answer was made by the origin's clock; `None` when that is not there, or can't be read, or is there
/// twice: then the time of arrival stands in.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let mut lines = headers.get_all(DATE).iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => http_date(line),
        _ => None,
    }
}

/// Returns when the answer expires by the origin's clock, the earliest of several lines. What can't be read, like the
/// common `0` and `-1`, is in the past (RFC 9111 §5.3): the epoch.
pub(super) fn expires(headers: &HeaderMap) -> Option<Timestamp> {
    let lines = headers.get_all(EXPIRES).iter();
    lines
        .map(|line| http_date(line).unwrap_or(Timestamp::from_unix(0)))
        .min()
}

/// The three forms of RFC 9110 §5.6.7.
fn http_date(value: &HeaderValue) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(value.to_str().ok()?).ok()?;
    let since_epoch = date.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::from_unix(since_epoch.as_secs()))
}
