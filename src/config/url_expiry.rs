//! How long presigned URLs live: a duration in the file, bare seconds in `S3_URL_EXPIRY_SECONDS`.
//!
//! The variable follows LibreChat, so that both sides of a shared `.env` agree: JavaScript's `parseInt` (leading digits
//! count, the rest is ignored), 120 when that gives nothing above zero, 604,800 at most. Everything else carries a unit,
//! and what is too long for SigV4 is refused ("Authenticating Requests: Using Query Parameters", `X-Amz-Expires`).

use super::report::Wrong;
use super::text::{Origin, Text, quoted};
use super::units;
use std::time::Duration;

/// The environment variable that LibreChat reads.
pub(super) const VARIABLE: &str = "S3_URL_EXPIRY_SECONDS";
/// LibreChat's default, and ours.
pub(super) const DEFAULT: Duration = Duration::from_mins(2);
/// SigV4's limit: 7 days.
const MAX_SECONDS: u64 = 604_800;

/// Reads an expiry: whole seconds from 1 s to 7 days, and a warning when it is not what was written.
///
/// # Errors
/// Only for what did not come from [`VARIABLE`]: no unit, zero, fractions of seconds, over 7 days.
pub(super) fn parse(text: &Text) -> Result<(Duration, Option<Wrong>), Wrong> {
    let written = text.as_str();
    let bare_default = || matches!(text.origin(), Origin::Default(_)) && written.bytes().all(|b| b.is_ascii_digit());
    if text.comes_from(VARIABLE) && (matches!(text.origin(), Origin::Variable(_)) || bare_default()) {
        return Ok(as_librechat(text));
    }
    let expiry = units::duration(text)?;
    if expiry.subsec_nanos() != 0 {
        return Err(Wrong::new(
            format!("{} is not a whole number of seconds", text.shown()),
            "SigV4 counts in seconds: write 1s or more",
        ));
    }
    if expiry.as_secs() > MAX_SECONDS {
        return Err(Wrong::new(
            format!("{} is more than 7 days, the longest that SigV4 allows", text.shown()),
            "write at most 7d; the gateway's own paths never expire, so minutes are enough (2m)",
        ));
    }
    Ok((expiry, None))
}

/// Reads seconds as LibreChat does.
fn as_librechat(text: &Text) -> (Duration, Option<Wrong>) {
    let written = text.as_str();
    let (seconds, rest) = parse_int(written);
    match seconds {
        0 => (
            DEFAULT,
            Some(Wrong::new(
                format!(
                    "{VARIABLE} is {}, not a number above zero: 120 s are used, as LibreChat does",
                    quoted(written)
                ),
                format!("set {VARIABLE} to seconds, from 1 to {MAX_SECONDS}"),
            )),
        ),
        seconds if seconds > MAX_SECONDS => (
            Duration::from_secs(MAX_SECONDS),
            Some(Wrong::new(
                format!(
                    "{VARIABLE} is {}: 604800 s (7 days) are used, the longest that SigV4 allows",
                    quoted(written)
                ),
                format!("set {VARIABLE} to at most {MAX_SECONDS}"),
            )),
        ),
        seconds => (
            Duration::from_secs(seconds),
            (!rest.trim().is_empty()).then(|| {
                Wrong::new(
                    format!(
                        "{VARIABLE} is {}, read as {seconds} s, as LibreChat does",
                        quoted(written)
                    ),
                    format!("set {VARIABLE} to seconds, digits only"),
                )
            }),
        ),
    }
}

/// JavaScript's `parseInt(text, 10)`, saturating: the number and what follows it. Negative numbers and no number give 0.
fn parse_int(text: &str) -> (u64, &str) {
    let text = text.trim_start();
    let digits = text.strip_prefix('+').unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (number, rest) = digits.split_at(end);
    let value = number.bytes().fold(0_u64, |value, digit| {
        value.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    });
    (value, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(value: &str) -> (u64, bool) {
        let (expiry, warning) = parse(&Text::new(value, Origin::Variable(VARIABLE.into()))).unwrap();
        (expiry.as_secs(), warning.is_some())
    }

    #[test]
    fn the_variable_follows_librechat() {
        for (value, seconds, warns) in [
            ("120", 120, false),
            ("1", 1, false),
            (" 300 ", 300, false),
            ("+60", 60, false),
            ("604800", 604_800, false),
            ("604801", 604_800, true),
            ("99999999999999999999999", 604_800, true),
            ("0", 120, true),
            ("-5", 120, true),
            ("abc", 120, true),
            ("2m", 2, true),
            ("90.5", 90, true),
            ("1e3", 1, true),
            ("0x10", 120, true),
        ] {
            assert_eq!(variable(value), (seconds, warns), "{value}");
        }
    }

    #[test]
    fn everything_else_carries_a_unit() {
        let literal = |value| parse(&Text::new(value, Origin::Literal));
        assert_eq!(literal("2m"), Ok((Duration::from_mins(2), None)));
        assert_eq!(literal("7d"), Ok((Duration::from_hours(7 * 24), None)));
        for wrong in ["120", "0s", "8d", "1500ms", "604801s"] {
            assert!(literal(wrong).is_err(), "{wrong}");
        }
        let default = |value| parse(&Text::new(value, Origin::Default(VARIABLE.into())));
        assert_eq!(default("120"), Ok((DEFAULT, None)));
        assert_eq!(default("5m"), Ok((Duration::from_mins(5), None)));
        assert!(default("8d").is_err());
        assert!(parse(&Text::new("120", Origin::Variable("OTHER".into()))).is_err());
    }
}
