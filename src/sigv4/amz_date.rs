//! `X-Amz-Date`: a point in time as SigV4 writes it, `20130524T000000Z`. AWS "Elements of a request signature".

use crate::clock::Timestamp;
use std::fmt;
use time::{Date, Month, OffsetDateTime, Time};

/// The last second that four digits of a year can tell.
const LAST: u64 = 253_402_300_799;
const SECONDS_A_DAY: u64 = 86_400;

/// A point in time in ISO 8601 basic format, UTC; its first eight bytes are the day of the credential scope.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AmzDate {
    text: [u8; 16],
    /// Since 1970-01-01.
    seconds: u64,
}

impl AmzDate {
    /// Takes a point in time; what lies behind the year 9999 reads as its last second.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        let seconds = time.as_unix().min(LAST);
        let at = i64::try_from(seconds)
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let [century, year] = [at.year() / 100, at.year() % 100].map(|number| u8::try_from(number).unwrap_or_default());
        let mut text = *b"00000000T000000Z";
        for (place, number) in [
            (0, century),
            (2, year),
            (4, u8::from(at.month())),
            (6, at.day()),
            (9, at.hour()),
            (11, at.minute()),
            (13, at.second()),
        ] {
            text[place] = b'0' + number / 10;
            text[place + 1] = b'0' + number % 10;
        }
        Self { text, seconds }
    }

    /// Reads a point in time since 1970, a day and second that there is; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text: [u8; 16] = text.as_bytes().try_into().ok()?;
        if text[8] != b'T' || text[15] != b'Z' {
            return None;
        }
        let number = |digits: std::ops::Range<usize>| {
            text.get(digits)?.iter().try_fold(0u16, |number, digit| {
                digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'))
            })
        };
        let small = |digits| u8::try_from(number(digits)?).ok();
        let month = Month::try_from(small(4..6)?).ok()?;
        let day = Date::from_calendar_date(number(0..4)?.into(), month, small(6..8)?).ok()?;
        let time = Time::from_hms(small(9..11)?, small(11..13)?, small(13..15)?).ok()?;
        let seconds = u64::try_from(day.with_time(time).assume_utc().unix_timestamp()).ok()?;
        Some(Self { text, seconds })
    }

    /// The point in time.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        Timestamp::from_unix(self.seconds)
    }

    /// The whole date as bytes.
    pub(super) fn as_bytes(&self) -> [u8; 16] {
        self.text
    }

    /// The whole date, 16 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.text).unwrap_or_default()
    }

    /// The day, `20130524`.
    #[must_use]
    pub fn day(&self) -> &str {
        str::from_utf8(&self.text[..8]).unwrap_or_default()
    }

    /// The day, as the number of days since 1970-01-01.
    pub(super) fn day_number(&self) -> u64 {
        self.seconds / SECONDS_A_DAY
    }
}

impl fmt::Display for AmzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AmzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AmzDate({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_in_basic_format() {
        for (unix, text) in [
            (0, "19700101T000000Z"),
            (1_369_353_600, "20130524T000000Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (1_798_761_599, "20261231T235959Z"),
            (4_102_444_800, "21000101T000000Z"),
            (253_402_300_799, "99991231T235959Z"),
            (u64::MAX, "99991231T235959Z"),
        ] {
            let date = AmzDate::of(Timestamp::from_unix(unix));
            assert_eq!(date.as_str(), text);
            assert_eq!(date.day(), &text[..8]);
        }
    }

    #[test]
    fn dates_are_read_strictly() {
        for unix in [
            0,
            1_369_353_600,
            951_782_399,
            951_782_400,
            1_798_761_599,
            253_402_300_799,
        ] {
            let date = AmzDate::of(Timestamp::from_unix(unix));
            assert_eq!(AmzDate::parse(date.as_str()), Some(date));
            assert_eq!(date.timestamp(), Timestamp::from_unix(unix));
        }
        for text in [
            "",
            "20130524",
            "20130524T000000",
            "20130524T000000z",
            "20130524t000000Z",
            "20130524T000000ZZ",
            "20130524 000000Z",
            "2013-05-24T00:00:00Z",
            "20130524T00000 Z",
            "+0130524T000000Z",
            "20130524T-10000Z",
            "20131324T000000Z",
            "20130024T000000Z",
            "20130532T000000Z",
            "20130500T000000Z",
            "20130229T000000Z",
            "20130524T240000Z",
            "20130524T006000Z",
            "20161231T235960Z",
            "19691231T235959Z",
            "00000101T000000Z",
            "2013052\u{664}T00000Z",
        ] {
            assert_eq!(AmzDate::parse(text), None, "{text:?}");
        }
    }
}
