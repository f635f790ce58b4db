//! Byte ranges. RFC 9110 §14.

use std::fmt;

/// A single byte range as a client asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// `bytes=first-last`, both included.
    Closed(u64, u64),
    /// `bytes=first-`
    From(u64),
    /// `bytes=-length`
    Suffix(u64),
}

impl ByteRange {
    /// Takes a `Range` field value; `None` for what a server may ignore (RFC 9110 §14.2): other units, several
    /// ranges, bad syntax, positions past 2⁶⁴.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let (unit, set) = value.trim_matches([' ', '\t']).split_once('=')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        match set.trim_matches([' ', '\t']).split_once('-')? {
            ("", length) => Some(Self::Suffix(digits(length)?)),
            (first, "") => Some(Self::From(digits(first)?)),
            (first, last) => {
                let (first, last) = (digits(first)?, digits(last)?);
                (first <= last).then_some(Self::Closed(first, last))
            }
        }
    }
}

/// `1*DIGIT`; the standard library's parser would let a `+` through.
fn digits(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// Writes the `Range` field value to send on.
impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(first, last) => write!(f, "bytes={first}-{last}"),
            Self::From(first) => write!(f, "bytes={first}-"),
            Self::Suffix(length) => write!(f, "bytes=-{length}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn single_ranges_are_read() {
        assert_eq!(ByteRange::parse("bytes=0-499"), Some(ByteRange::Closed(0, 499)));
        assert_eq!(ByteRange::parse("Bytes=7-7 "), Some(ByteRange::Closed(7, 7)));
        assert_eq!(ByteRange::parse("bytes=9500-"), Some(ByteRange::From(9500)));
        assert_eq!(ByteRange::parse("bytes=-500"), Some(ByteRange::Suffix(500)));
        assert_eq!(ByteRange::parse("bytes=-0"), Some(ByteRange::Suffix(0)));
    }

    #[test]
    fn everything_else_is_ignored() {
        for value in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=1",
            "bytes=2-1",
            "bytes=0-1,3-4",
            "bytes=0-1,",
            "items=0-1",
            "bytes=+1-2",
            "bytes=1-+2",
            "bytes=1--2",
            "bytes=--1",
            "bytes =0-1",
            "bytes=0 -1",
            "bytes=0x1-2",
            "bytes=0-99999999999999999999",
            "bytes=٣-",
        ] {
            assert_eq!(ByteRange::parse(value), None, "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(first in any::<u64>(), length in any::<u64>()) {
            let last = first.saturating_add(length);
            for range in [ByteRange::Closed(first, last), ByteRange::From(first), ByteRange::Suffix(length)] {
                prop_assert_eq!(ByteRange::parse(&range.to_string()), Some(range));
            }
        }

        #[test]
        fn no_value_panics(value in any::<String>()) {
            let _ = ByteRange::parse(&value);
        }
    }
}
