//! The query of a request to S3, decoded once. Rules 2 and 5.
//!
//! What could be read in two ways is refused: a name that stands there twice in whatever case, a bad `%`, bytes that are
//! not UTF-8, control characters, a parameter without a name. Whether a parameter has a meaning is not decided here.

use super::key::percent_decode;
use memchr::memchr;
use std::borrow::Cow;

/// More parameters than any request to S3 has.
const MOST: usize = 64;
/// A presigned URL has 6 to 8.
const USUAL: usize = 8;

/// Why a query is refused. Nothing is repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum QueryError {
    /// A parameter stands there twice, in whatever case.
    #[error("a parameter stands in the query twice")]
    Duplicate,
    /// `%` not followed by two hexadecimal digits, not UTF-8, or a control character.
    #[error("a parameter of the query is not encoded as it should be")]
    BadEncoding,
    /// Nothing in front of a `=`, or nothing between two `&`.
    #[error("a parameter of the query has no name")]
    Unnamed,
    /// More than 64 parameters.
    #[error("more than 64 parameters in the query")]
    TooMany,
}

/// Decoded parameters in the order in which they came. No name stands there twice, in whatever case. `+` is a plus sign,
/// as in S3; a parameter without `=` has an empty value.
///
/// Deliberately without `Debug`: signatures and tokens are among the values (rule 9).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Query<'a> {
    /// The first ones, in place.
    few: [Pair<'a>; USUAL],
    few_len: usize,
    /// Those behind them.
    more: Vec<Pair<'a>>,
}

type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

impl<'a> Query<'a> {
    /// Takes the raw query as received, without `?`.
    ///
    /// # Errors
    /// [`QueryError`] for what could be read in two ways.
    pub fn parse(raw: Option<&'a str>) -> Result<Self, QueryError> {
        let Some(raw) = raw.filter(|raw| !raw.is_empty()) else {
            return Ok(Self::default());
        };
        let mut query = Self::default();
        for (name, value) in raw_parameters(raw) {
            if query.more.len() == MOST - USUAL {
                return Err(QueryError::TooMany);
            }
            let (name, value) = (decode(name)?, decode(value)?);
            if name.is_empty() {
                return Err(QueryError::Unnamed);
            }
            if query.get_in_any_case(&name).is_some() {
                return Err(QueryError::Duplicate);
            }
            query.push((name, value));
        }
        Ok(query)
    }

    /// Returns the value of the parameter of exactly this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Returns the value of the parameter of this name in whatever case; there is one at most.
    #[must_use]
    pub fn get_in_any_case(&self, name: &str) -> Option<&str> {
        self.pairs()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Returns all parameters.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.all().map(|(name, value)| (&**name, &**value))
    }

    fn all(&self) -> impl Iterator<Item = &Pair<'a>> + Clone {
        self.few.iter().take(self.few_len).chain(&self.more)
    }

    fn push(&mut self, pair: Pair<'a>) {
        match self.few.get_mut(self.few_len) {
            Some(place) => {
                *place = pair;
                self.few_len += 1;
            }
            None => self.more.push(pair),
        }
    }

    /// Returns a copy of the value of the parameter of exactly this name, or what it borrows.
    pub(crate) fn cow(&self, name: &str) -> Option<Cow<'a, str>> {
        let (_, value) = self.all().find(|(known, _)| known == name)?;
        Some(value.clone())
    }
}

/// Returns names and values as they stand in a raw query, between each two `&`; without a `=` the value is empty.
pub(crate) fn raw_parameters(raw: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Some(raw);
    std::iter::from_fn(move || {
        let (parameter, behind) = split(rest?, b'&');
        rest = behind;
        let (name, value) = split(parameter, b'=');
        Some((name, value.unwrap_or_default()))
    })
}

/// As `split_once`, which is slow on short texts.
fn split(text: &str, at: u8) -> (&str, Option<&str>) {
    match memchr(at, text.as_bytes()) {
        Some(place) => (text.get(..place).unwrap_or_default(), text.get(place + 1..)),
        None => (text, None),
    }
}

fn decode(raw: &str) -> Result<Cow<'_, str>, QueryError> {
    // Without a way out in the middle it is done for many bytes at once.
    let look = |(percent, control): (bool, bool), byte: u8| {
        let is_percent = byte == b'%';
        (percent | is_percent, control | byte.is_ascii_control())
    };
    let (percent, control) = raw.bytes().fold((false, false), look);
    let decoded = if percent {
        percent_decode(raw).map_err(|_| QueryError::BadEncoding)?
    } else {
        Cow::Borrowed(raw)
    };
    let is_control = |found: bool, byte: u8| found | byte.is_ascii_control();
    if control || percent && decoded.bytes().fold(false, is_control) {
        return Err(QueryError::BadEncoding);
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(raw: &str) -> Result<Vec<(String, String)>, QueryError> {
        let query = Query::parse(Some(raw))?;
        Ok(query
            .pairs()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }

    #[test]
    fn parameters_are_decoded_once_and_keep_their_order() {
        for (raw, expected) in [
            ("", &[][..]),
            ("uploads", &[("uploads", "")]),
            ("uploads=", &[("uploads", "")]),
            ("b=2&a=1", &[("b", "2"), ("a", "1")]),
            ("prefix=a+b%2Bc%20d", &[("prefix", "a+b+c d")]),
            ("a=b=c==", &[("a", "b=c==")]),
            ("a=?/:@!$'()*,;", &[("a", "?/:@!$'()*,;")]),
            ("%61=%2541", &[("a", "%41")]),
            ("a=%C3%A9&b=é", &[("a", "é"), ("b", "é")]),
            ("a%3Db=1&a%26=2", &[("a=b", "1"), ("a&", "2")]),
        ] {
            let expected = expected.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
            assert_eq!(pairs(raw), Ok(expected.collect()), "{raw}");
        }
        assert!(Query::parse(None).is_ok_and(|query| query.pairs().count() == 0));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        use QueryError::{BadEncoding, Duplicate, Unnamed};
        for (raw, error) in [
            ("a=1&a=1", Duplicate),
            ("a&a=", Duplicate),
            ("versionId=1&VERSIONID=2", Duplicate),
            ("a=1&%41=2", Duplicate),
            ("a=%", BadEncoding),
            ("a=%2", BadEncoding),
            ("a=%2g", BadEncoding),
            ("%zz=1", BadEncoding),
            ("a=%+1", BadEncoding),
            ("a=%ff", BadEncoding),
            ("a=%C3", BadEncoding),
            ("a=%00", BadEncoding),
            ("a=%0A", BadEncoding),
            ("a%0D=1", BadEncoding),
            ("a=%7f", BadEncoding),
            ("a=\t", BadEncoding),
            ("=1", Unnamed),
            ("=", Unnamed),
            ("&", Unnamed),
            ("a=1&", Unnamed),
            ("&a=1", Unnamed),
            ("a=1&&b=2", Unnamed),
        ] {
            assert_eq!(pairs(raw), Err(error), "{raw}");
        }
    }

    #[test]
    fn the_number_of_parameters_is_bounded() {
        let many = |count: usize| {
            let all: Vec<String> = (0..count).map(|number| format!("p{number}=")).collect();
            pairs(&all.join("&")).map(|pairs| pairs.len())
        };
        assert_eq!(many(64), Ok(64));
        assert_eq!(many(65), Err(QueryError::TooMany));
    }

    #[test]
    fn names_are_found_exactly_or_in_any_case() {
        let query = Query::parse(Some("X-Amz-Date=a&x-id=b")).unwrap_or_default();
        assert_eq!(query.get("X-Amz-Date"), Some("a"));
        assert_eq!(query.get("x-amz-date"), None);
        assert_eq!(query.get_in_any_case("x-amz-date"), Some("a"));
        assert_eq!(query.get("X-Id"), None);
    }
}
