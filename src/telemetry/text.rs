//! The parts of a log line: numbers, times, addresses, quoted text.
//!
//! All but IPv6 addresses are written without formatting machinery, which would cost a multiple on each line.

use http::Version;
use std::cell::Cell;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;
use time::OffsetDateTime;

/// The most escaped bytes of a host, a user agent or a referer.
pub(super) const FIELD_LIMIT: usize = 256;

/// `value` quoted, or what stands for its absence.
pub(super) fn optional(line: &mut String, value: Option<&str>, absent: &str) {
    match value {
        Some(value) => quoted(line, value, FIELD_LIMIT),
        None => line.push_str(absent),
    }
}

/// RFC 3339 in UTC with milliseconds.
pub(super) fn time_of_day(line: &mut String, unix_millis: u64) {
    second_of_day(line, unix_millis / 1_000);
    line.push('.');
    thousandths(line, unix_millis);
    line.push('Z');
}

/// RFC 3339 in UTC with microseconds.
pub(super) fn precise_time_of_day(line: &mut String, unix_micros: u64) {
    second_of_day(line, unix_micros / 1_000_000);
    line.push('.');
    thousandths(line, unix_micros / 1_000);
    thousandths(line, unix_micros);
    line.push('Z');
}

/// The date and the time up to the second. A thread's lines come many to a second: it is worked out once for all of them.
fn second_of_day(line: &mut String, seconds: u64) {
    thread_local!(static SECOND: Cell<Second> = const { Cell::new(Second::NONE) });
    let mut second = SECOND.get();
    if second.seconds != Some(seconds) {
        second = Second::of(seconds);
        SECOND.set(second);
    }
    line.push_str(ascii(&second.text));
}

/// A second as lines write it.
#[derive(Clone, Copy)]
struct Second {
    seconds: Option<u64>,
    text: [u8; 19],
}

impl Second {
    const NONE: Self = Self {
        seconds: None,
        text: *b"1970-01-01T00:00:00",
    };

    fn of(seconds: u64) -> Self {
        let at = i64::try_from(seconds).ok();
        let at = at.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
        let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (hour, minute, second) = at.to_hms();
        let year = at.year().unsigned_abs();
        let pairs = [
            (0, year / 100),
            (2, year % 100),
            (5, u8::from(at.month()).into()),
            (8, at.day().into()),
            (11, hour.into()),
            (14, minute.into()),
            (17, second.into()),
        ];
        let mut text = Self::NONE.text;
        for (place, value) in pairs {
            let [tens, ones] =
                [value / 10, value % 10].map(|digit| b'0' + u8::try_from(digit % 10).unwrap_or_default());
            if let Some(pair) = text.get_mut(place..place + 2) {
                pair.copy_from_slice(&[tens, ones]);
            }
        }
        Self {
            seconds: Some(seconds),
            text,
        }
    }
}

/// Words one after another.
#[inline]
pub(super) fn push<const N: usize>(line: &mut String, parts: [&str; N]) {
    for part in parts {
        line.push_str(part);
    }
}

/// All decimal digits.
pub(super) fn decimal(line: &mut String, value: u64) {
    line.push_str(itoa::Buffer::new().format(value));
}

/// The last three decimal digits.
fn thousandths(line: &mut String, value: u64) {
    // With a digit before them, so that leading zeros stay.
    let mut digits = itoa::Buffer::new();
    line.push_str(digits.format(1_000 + value % 1_000).get(1..).unwrap_or_default());
}

/// Sixteen hexadecimal digits.
pub(super) fn hexadecimal(line: &mut String, value: u64) {
    let mut text = [0; 16];
    // Buffer and digits have the same length; the encoder can't fail.
    let _ = hex::encode_to_slice(value.to_be_bytes(), &mut text);
    line.push_str(ascii(&text));
}

fn ascii(text: &[u8]) -> &str {
    str::from_utf8(text).unwrap_or_default()
}

/// An address without a port.
pub(super) fn address(line: &mut String, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            for (place, octet) in address.octets().into_iter().enumerate() {
                if place > 0 {
                    line.push('.');
                }
                decimal(line, octet.into());
            }
        }
        IpAddr::V6(address) => {
            // Writing to a String does not fail.
            let _ = write!(line, "{address}");
        }
    }
}

/// The protocol as a log line names it.
pub(super) fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_11 => "HTTP/1.1",
        Version::HTTP_2 => "HTTP/2.0",
        _ => "unknown",
    }
}

/// Milliseconds with three places.
pub(super) fn millis(line: &mut String, took: Duration) {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    decimal(line, micros / 1_000);
    line.push('.');
    thousandths(line, micros);
}

/// Appends `value` as a JSON string of at most `limit` escaped bytes; what is cut ends in `…`. Controls (C1, line and
/// paragraph separators, and bidirectional marks too) are escaped.
pub(super) fn quoted(line: &mut String, value: &str, limit: usize) {
    line.push('"');
    if value.len() <= limit && is_harmless(value) {
        line.push_str(value);
        line.push('"');
        return;
    }
    let start = line.len();
    for c in value.chars() {
        let before = line.len();
        match c {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            c if unprintable(c) => {
                // Writing to a String does not fail.
                let _ = write!(line, "\\u{:04x}", u32::from(c));
            }
            c => line.push(c),
        }
        if line.len() - start > limit {
            line.truncate(before);
            line.push_str("…\"");
            return;
        }
    }
    line.push('"');
}

/// Appends `value` as a JSON string, escaped no more than RFC 8259 asks for: as serde_json writes it.
#[allow(
    clippy::needless_bitwise_bool,
    reason = "without branches it becomes vector instructions"
)]
pub(super) fn json_string(line: &mut String, value: &str) {
    if is_all(value, |byte| (byte >= b' ') & (byte != b'"') & (byte != b'\\')) {
        line.push('"');
        line.push_str(value);
        line.push('"');
    } else {
        line.push_str(&serde_json::Value::from(value).to_string());
    }
}

/// Whether nothing in the value needs a second look: the usual case.
#[allow(
    clippy::needless_bitwise_bool,
    reason = "without branches it becomes vector instructions"
)]
fn is_harmless(value: &str) -> bool {
    is_all(value, |byte| {
        (b' '..=b'~').contains(&byte) & (byte != b'"') & (byte != b'\\')
    })
}

/// Whether every byte is as `right` wants it, as a letter is. Sixteen bytes at a time, without a way out half way: vector
/// instructions, for short texts too.
fn is_all(value: &str, right: impl Fn(u8) -> bool) -> bool {
    let (chunks, rest) = value.as_bytes().as_chunks();
    let last = padded(rest);
    let mut chunks = chunks.iter().chain([&last]);
    chunks.all(|chunk| chunk.iter().fold(true, |all, byte| all & right(*byte)))
}

/// The end of a text, filled up with letters.
pub(super) fn padded(rest: &[u8]) -> [u8; 16] {
    let mut chunk = [b'a'; 16];
    if let Some(to) = chunk.get_mut(..rest.len()) {
        to.copy_from_slice(rest);
    }
    chunk
}

/// All of these are in the basic plane: four digits hold them.
pub(super) fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_addresses_read_as_the_standard_library_writes_them() {
        let written = |write: &dyn Fn(&mut String)| {
            let mut line = String::new();
            write(&mut line);
            line
        };
        for value in [0, 9, 10, 1_234, u64::MAX] {
            assert_eq!(written(&|line| decimal(line, value)), value.to_string());
            assert_eq!(written(&|line| hexadecimal(line, value)), format!("{value:016x}"));
        }
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_763_836_496_007, "2025-11-22T18:34:56.007Z"),
            (1_763_836_496_999, "2025-11-22T18:34:56.999Z"),
            (1_763_836_497_010, "2025-11-22T18:34:57.010Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (u64::MAX, "1970-01-01T00:00:00.615Z"),
        ] {
            assert_eq!(written(&|line| time_of_day(line, millis)), text);
        }
        let precise = written(&|line| precise_time_of_day(line, 1_763_836_496_007_089));
        assert_eq!(precise, "2025-11-22T18:34:56.007089Z");
        let took = Duration::from_micros;
        for (took, text) in [
            (took(7), "0.007"),
            (took(12_034), "12.034"),
            (took(1_000_000), "1000.000"),
        ] {
            assert_eq!(written(&|line| super::millis(line, took)), text);
        }
        for ip in ["0.0.0.0", "10.0.200.255", "::1", "2001:db8::a"] {
            assert_eq!(written(&|line| address(line, ip.parse().unwrap())), ip);
        }
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            assert_eq!(protocol(version), format!("{version:?}"));
        }
    }
}
