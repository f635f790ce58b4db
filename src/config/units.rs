//! Values with units: durations (`2m`), sizes (`64MiB`), and plain counts and words.

use super::report::Wrong;
use super::text::Text;
use super::words::{list_of, nearest};
use bytesize::ByteSize;
use std::time::Duration;

/// Reads a duration with its unit, such as `90s`, `2m` or `7d`.
///
/// # Errors
/// A bare number, something that is no duration, or zero.
pub(super) fn duration(text: &Text) -> Result<Duration, Wrong> {
    let duration = duration_or_zero(text)?;
    if duration.is_zero() {
        return Err(Wrong::new("the duration is zero", "write at least 1s"));
    }
    Ok(duration)
}

/// Reads a duration with its unit; `0s` is one.
///
/// # Errors
/// A bare number, or something that is no duration.
pub(super) fn duration_or_zero(text: &Text) -> Result<Duration, Wrong> {
    let written = text.as_str().trim();
    if is_number(written) {
        return Err(Wrong::new(
            format!("{} is a duration without a unit", text.shown()),
            text.advice(
                |written| format!("write \"{written}s\" for seconds; the units are ms, s, m, h and d"),
                "write it with its unit: ms, s, m, h or d",
            ),
        ));
    }
    humantime::parse_duration(written).map_err(|_| {
        Wrong::new(
            format!("{} is not a duration", text.shown()),
            "write a number and a unit: 30s, 2m, 12h, 7d",
        )
    })
}

/// Reads a size with its unit in bytes, such as `64MiB` or `500kB`.
///
/// # Errors
/// A bare number, or something that is no size.
pub(super) fn size(text: &Text) -> Result<u64, Wrong> {
    let written = text.as_str().trim();
    if is_number(written) {
        return Err(Wrong::new(
            format!("{} is a size without a unit", text.shown()),
            text.advice(
                |written| format!("write \"{written}B\" for bytes; the units are B, KiB, MiB and GiB (or kB, MB, GB)"),
                "write it with its unit: B, KiB, MiB or GiB",
            ),
        ));
    }
    written.parse().map(|ByteSize(bytes)| bytes).map_err(|_| {
        Wrong::new(
            format!("{} is not a size", text.shown()),
            "write a number and a unit: 512KiB, 64MiB, 1GiB",
        )
    })
}

/// Reads a whole number from 1 to `max`.
///
/// # Errors
/// When it is no such number.
pub(super) fn count(text: &Text, max: usize) -> Result<usize, Wrong> {
    match text.as_str().trim().parse() {
        Ok(count) if (1..=max).contains(&count) => Ok(count),
        _ => Err(Wrong::new(
            format!("{} is not a number from 1 to {max}", text.shown()),
            "write a whole number, digits only",
        )),
    }
}

/// Reads one of a closed set of words.
///
/// # Errors
/// When it is none of them; the nearest is named.
pub(super) fn word<T: Copy>(text: &Text, words: &[(&'static str, T)]) -> Result<T, Wrong> {
    let written = text.as_str();
    if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == written) {
        return Ok(*meaning);
    }
    let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
    Err(Wrong::new(
        format!("{} is none of the words known here: {}", text.shown(), names.join(", ")),
        match nearest(written, names.iter().copied()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("write {}", list_of(&names, "or")),
        },
    ))
}

/// A duration as operators write it: `3650d`, not in years and months.
#[must_use]
pub fn written_duration(duration: Duration) -> String {
    const DAY: u64 = 86_400;
    match duration.as_secs() {
        0 if duration.is_zero() => "0s".to_owned(),
        seconds if seconds % DAY == 0 && duration.subsec_nanos() == 0 => format!("{}d", seconds / DAY),
        _ => humantime::format_duration(duration).to_string(),
    }
}

/// A size in bytes as operators write it: in the largest binary unit that it is whole in, such as `64MiB`.
#[must_use]
pub fn written_size(bytes: u64) -> String {
    const UNITS: [(&str, u32); 5] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)];
    let whole = |shift: u32| bytes.trailing_zeros() >= shift;
    let (unit, shift) = UNITS.into_iter().find(|(_, shift)| whole(*shift)).unwrap_or(("B", 0));
    match bytes {
        0 => "0B".to_owned(),
        _ => format!("{}{unit}", bytes >> shift),
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::text::Origin;

    fn text(value: &str) -> Text {
        Text::new(value, Origin::Literal)
    }

    #[test]
    fn durations_carry_units() {
        assert_eq!(duration(&text("2m")), Ok(Duration::from_mins(2)));
        assert_eq!(duration(&text("1h 30m")), Ok(Duration::from_mins(90)));
        assert_eq!(duration(&text("7d")), Ok(Duration::from_hours(7 * 24)));
        for wrong in ["120", "0s", "0", "-1s", "2 minuets", "", "1.5", "99999999999999999999d"] {
            assert!(duration(&text(wrong)).is_err(), "{wrong}");
        }
        assert_eq!(duration_or_zero(&text("0s")), Ok(Duration::ZERO));
        assert!(duration_or_zero(&text("0")).is_err());
    }

    #[test]
    fn sizes_carry_units() {
        assert_eq!(size(&text("64MiB")), Ok(64 << 20));
        assert_eq!(size(&text("1 KiB")), Ok(1024));
        assert_eq!(size(&text("0B")), Ok(0));
        for wrong in ["64", "64XB", "-1MiB", "MiB", ""] {
            assert!(size(&text(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_are_said_as_they_are_written() {
        for (seconds, said) in [
            (0, "0s"),
            (86_400, "1d"),
            (3650 * 86_400, "3650d"),
            (90, "1m 30s"),
            (90_000, "1day 1h"),
        ] {
            assert_eq!(written_duration(Duration::from_secs(seconds)), said);
        }
    }

    #[test]
    fn sizes_are_said_as_they_are_written() {
        for said in ["0B", "1B", "1023B", "64MiB", "1536KiB", "1GiB", "10TiB", "500000B"] {
            assert_eq!(size(&text(said)).map(written_size), Ok(said.to_owned()));
        }
    }
}
