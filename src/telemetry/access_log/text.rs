//! The parts of a log line: numbers, times, addresses, quoted text.
//!
//! All but IPv6 addresses are written by hand, since formatting machinery would cost a multiple on each line.

use http::Version;
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
    let seconds = i64::try_from(unix_millis / 1_000).unwrap_or(i64::MAX);
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second) = at.to_hms();
    digits::<4>(line, at.year().unsigned_abs());
    for (before, part) in [
        ('-', u8::from(at.month())),
        ('-', at.day()),
        ('T', hour),
        (':', minute),
        (':', second),
    ] {
        line.push(before);
        digits::<2>(line, part.into());
    }
    line.push('.');
    digits::<3>(line, u32::try_from(unix_millis % 1_000).unwrap_or_default());
    line.push('Z');
}

/// Words one after another.
pub(super) fn push(line: &mut String, parts: &[&str]) {
    for part in parts {
        line.push_str(part);
    }
}

/// The last `N` decimal digits.
fn digits<const N: usize>(line: &mut String, mut value: u32) {
    let mut text = [0_u8; N];
    for digit in text.iter_mut().rev() {
        *digit = u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
    }
    line.extend(text.map(|digit| char::from(b'0' + digit)));
}

/// All decimal digits.
pub(super) fn decimal(line: &mut String, mut value: u64) {
    let mut text = [b'0'; 20];
    let mut start = text.len();
    for (place, digit) in text.iter_mut().enumerate().rev() {
        *digit = b'0' + u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
        start = place;
        if value == 0 {
            break;
        }
    }
    line.push_str(ascii(text.get(start..).unwrap_or_default()));
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
    digits::<3>(line, u32::try_from(micros % 1_000).unwrap_or_default());
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

/// Whether nothing in the value needs a second look: the usual case.
fn is_harmless(value: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    // Without a way out half way, so that it becomes vector instructions.
    value.bytes().fold(true, |all, byte| all & plain(byte))
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
        for ip in ["0.0.0.0", "10.0.200.255", "::1", "2001:db8::a"] {
            assert_eq!(written(&|line| address(line, ip.parse().unwrap())), ip);
        }
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            assert_eq!(protocol(version), format!("{version:?}"));
        }
    }
}
