//! `Content-Range`: which part of an object an answer brings. RFC 9110 §14.4.

use http::HeaderValue;

/// A valid `Content-Range` in bytes. RFC 9110 §14.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentRange {
    /// `bytes first-last/complete`; both ends included, `None` for an unknown complete length (`*`).
    Satisfied {
        /// The first byte's position.
        first: u64,
        /// The last byte's position.
        last: u64,
        /// The whole object's length in bytes.
        complete: Option<u64>,
    },
    /// `bytes */complete`
    Unsatisfied {
        /// The whole object's length in bytes.
        complete: u64,
    },
}

impl ContentRange {
    pub(super) fn parse(value: &HeaderValue) -> Option<Self> {
        let (range, complete) = value.to_str().ok()?.trim().strip_prefix("bytes ")?.split_once('/')?;
        if range == "*" {
            return Some(Self::Unsatisfied {
                complete: digits(complete)?,
            });
        }
        let (first, last) = range.split_once('-')?;
        let (first, last) = (digits(first)?, digits(last)?);
        let complete = match complete {
            "*" => None,
            text => Some(digits(text)?),
        };
        (first <= last && complete.is_none_or(|complete| last < complete)).then_some(Self::Satisfied {
            first,
            last,
            complete,
        })
    }

    /// The whole object's length in bytes.
    #[must_use]
    pub fn complete(self) -> Option<u64> {
        match self {
            Self::Satisfied { complete, .. } => complete,
            Self::Unsatisfied { complete } => Some(complete),
        }
    }

    /// The part's length in bytes; `None` for an unsatisfied range.
    #[must_use]
    pub fn part_length(self) -> Option<u64> {
        match self {
            Self::Satisfied { first, last, .. } => last.checked_sub(first)?.checked_add(1),
            Self::Unsatisfied { .. } => None,
        }
    }

    /// The field value.
    #[must_use]
    pub fn to_value(self) -> Option<HeaderValue> {
        let text = match self {
            Self::Satisfied { first, last, complete } => match complete {
                Some(complete) => format!("bytes {first}-{last}/{complete}"),
                None => format!("bytes {first}-{last}/*"),
            },
            Self::Unsatisfied { complete } => format!("bytes */{complete}"),
        };
        HeaderValue::try_from(text).ok()
    }
}

/// A number of digits alone: u64's own parser also takes a leading '+'.
pub(super) fn digits(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_range_is_read_strictly() {
        let read = |text: &'static str| ContentRange::parse(&HeaderValue::from_static(text));
        let part = read("bytes 2-5/10").unwrap();
        assert_eq!((part.part_length(), part.complete()), (Some(4), Some(10)));
        assert_eq!(part.to_value().unwrap(), "bytes 2-5/10");
        assert_eq!(read("bytes 2-5/*").unwrap().complete(), None);
        assert_eq!(read("bytes */10").unwrap().complete(), Some(10));
        let longest = read("bytes 0-18446744073709551614/18446744073709551615").unwrap();
        assert_eq!(longest.part_length(), Some(u64::MAX));
        assert_eq!(read("bytes 0-18446744073709551615/*").unwrap().part_length(), None);
        for bad in [
            "bytes 5-2/10",
            "bytes 2-10/10",
            "bytes +2-5/10",
            "bytes 2-5",
            "lines 2-5/10",
            "bytes */*",
            "bytes 0-99999999999999999999/*",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
