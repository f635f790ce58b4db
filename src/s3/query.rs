//! The query of a request to S3, decoded once. Rules 2 and 5.
//!
//! What could be read in two ways is refused: a name that stands there twice in whatever case, a bad `%`, bytes that are
//! not UTF-8, control characters, a parameter without a name. Whether a parameter has a meaning is not decided here.

use super::encoding::{decode_escape, is_canonical_escape, is_unreserved};
use memchr::memchr;
use smallvec::SmallVec;
use std::borrow::Cow;

/// More parameters than any request to S3 has.
const MOST: usize = 64;
/// A presigned URL has 6 to 8.
const USUAL: usize = 8;
/// In most presigned URLs nothing is encoded but the slashes of the credential.
const USUALLY_DECODED: usize = 80;

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
#[derive(Clone, Default)]
pub struct Query<'a> {
    /// The first ones, in place.
    few: [Pair<'a>; USUAL],
    few_len: usize,
    /// Those behind them.
    more: Vec<Pair<'a>>,
    /// What had to be decoded, one text behind the other.
    decoded: SmallVec<[u8; USUALLY_DECODED]>,
    /// What stands in front of the last parameter, and that parameter, where what stands in front is in canonical form.
    canonical_front: Option<(&'a str, &'a str)>,
}

type Pair<'a> = (Text<'a>, Text<'a>);

/// A name or a value.
#[derive(Clone, Copy)]
enum Text<'a> {
    /// As received: nothing in it is encoded.
    Received(&'a str),
    /// Its place in [`Query::decoded`].
    Decoded { start: u32, end: u32 },
}

impl Default for Text<'_> {
    fn default() -> Self {
        Self::Received("")
    }
}

impl<'a> Query<'a> {
    /// Takes the raw query as received, without `?`.
    ///
    /// # Errors
    /// [`QueryError`] for what could be read in two ways.
    pub fn parse(raw: Option<&'a str>) -> Result<Self, QueryError> {
        let Some(raw) = raw.filter(|raw| !raw.is_empty()) else {
            return Ok(Self::default());
        };
        if holds(raw, |byte| byte.is_ascii_control()) {
            return Err(QueryError::BadEncoding);
        }
        let mut query = Self::default();
        let [mut ends, mut equals, mut escapes] = [b'&', b'=', b'%'].map(|byte| Marks::of(raw, byte));
        // Of names in front of this one, and whether all of them are canonical, sorted and have one `=`.
        let (mut lengths, mut before, mut canonical) = (0u64, "", !holds(raw, is_reserved));
        let mut start = 0;
        loop {
            let end = ends.next_from(start);
            if query.more.len() == MOST - USUAL {
                return Err(QueryError::TooMany);
            }
            if end == raw.len() && start > 0 && canonical {
                query.canonical_front = raw.get(..start - 1).zip(raw.get(start..));
            }
            let behind_name = equals.next_from(start).min(end);
            let value = (behind_name + 1).min(end);
            let raw_name = raw.get(start..behind_name).unwrap_or_default();
            canonical &= raw_name > before && behind_name < end && equals.next_from(value) >= end;
            before = raw_name;
            let mut text = |start, end| {
                let raw = raw.get(start..end).unwrap_or_default();
                if escapes.next_from(start) < end {
                    query.decode(raw, &mut canonical)
                } else {
                    Ok(Text::Received(raw))
                }
            };
            let pair = (text(start, behind_name)?, text(value, end)?);
            let name = query.text(pair.0);
            if name.is_empty() {
                return Err(QueryError::Unnamed);
            }
            // Names are seldom of the same length, and so need not be compared.
            let length = 1 << (name.len() % 64);
            if lengths & length != 0 && query.get_in_any_case(name).is_some() {
                return Err(QueryError::Duplicate);
            }
            lengths |= length;
            query.push(pair);
            if end == raw.len() {
                return Ok(query);
            }
            start = end + 1;
        }
    }

    /// Returns the value of the parameter of exactly this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(|known| known == name)
    }

    /// Returns the value of the parameter of this name in whatever case; there is one at most.
    #[must_use]
    pub fn get_in_any_case(&self, name: &str) -> Option<&str> {
        self.find(|known| known.eq_ignore_ascii_case(name))
    }

    /// Returns all parameters.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.all().map(|(name, value)| (self.text(*name), self.text(*value)))
    }

    /// Returns all names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.all().map(|(name, _)| self.text(*name))
    }

    /// Returns the place of the parameter of exactly this name, for [`Query::value_at`].
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.names().position(|known| known == name)
    }

    /// Returns the value of the parameter at this place.
    pub(crate) fn value_at(&self, place: usize) -> Option<&str> {
        self.all().nth(place).map(|(_, value)| self.text(*value))
    }

    /// Returns a copy of the value of the parameter of exactly this name, or what it borrows.
    pub(crate) fn cow(&self, name: &str) -> Option<Cow<'a, str>> {
        match self.all().nth(self.place(name)?)?.1 {
            Text::Received(value) => Some(value.into()),
            decoded @ Text::Decoded { .. } => Some(self.text(decoded).to_owned().into()),
        }
    }

    /// Returns what stands in front of the last parameter, and that parameter, both as received. `None` where what stands in
    /// front is not in canonical form (sorted, each with a `=`, spelled by AWS's rule), or where it can't be told at once.
    pub(crate) fn canonical_front(&self) -> Option<(&'a str, &'a str)> {
        self.canonical_front
    }

    fn find(&self, is_it: impl Fn(&str) -> bool) -> Option<&str> {
        let (_, value) = self.all().find(|(name, _)| is_it(self.text(*name)))?;
        Some(self.text(*value))
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

    fn text(&self, text: Text<'a>) -> &str {
        match text {
            Text::Received(text) => text,
            Text::Decoded { start, end } => {
                let bytes = self.decoded.get(start as usize..end as usize);
                // It was looked at when it was decoded.
                bytes.and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
            }
        }
    }

    /// Decodes a name or value that holds no control byte; `canonical` falls where an encoded byte has another spelling.
    fn decode(&mut self, raw: &'a str, canonical: &mut bool) -> Result<Text<'a>, QueryError> {
        let Some(mut percent) = memchr(b'%', raw.as_bytes()) else {
            return Ok(Text::Received(raw));
        };
        let start = self.decoded.len();
        let mut rest = raw.as_bytes();
        let mut is_ascii = true;
        while let Some((plain, [_, high, low, behind @ ..])) = rest.split_at_checked(percent) {
            let byte = decode_escape(*high, *low).ok_or(QueryError::BadEncoding)?;
            if byte.is_ascii_control() {
                return Err(QueryError::BadEncoding);
            }
            *canonical &= is_canonical_escape(*high, *low, byte);
            is_ascii &= byte.is_ascii();
            self.decoded.extend_from_slice(plain);
            self.decoded.push(byte);
            rest = behind;
            percent = memchr(b'%', rest).unwrap_or(rest.len());
        }
        if percent < rest.len() {
            // Less than two digits behind the last one.
            return Err(QueryError::BadEncoding);
        }
        self.decoded.extend_from_slice(rest);
        let decoded = self.decoded.get(start..).unwrap_or_default();
        // ASCII in place of ASCII leaves the text what it was.
        if !is_ascii && str::from_utf8(decoded).is_err() {
            return Err(QueryError::BadEncoding);
        }
        let place = |at: usize| u32::try_from(at).map_err(|_| QueryError::BadEncoding);
        Ok(Text::Decoded {
            start: place(start)?,
            end: place(self.decoded.len())?,
        })
    }
}

/// The places of one byte in a text, as they are come by from its beginning to its end.
struct Marks<'a> {
    text: &'a [u8],
    byte: u8,
    /// The next one, or the length of the text.
    next: usize,
}

impl<'a> Marks<'a> {
    fn of(text: &'a str, byte: u8) -> Self {
        let text = text.as_bytes();
        let next = memchr(byte, text).unwrap_or(text.len());
        Self { text, byte, next }
    }

    /// Returns the first place at `start` or behind it, or the length of the text; `start` never goes back.
    fn next_from(&mut self, start: usize) -> usize {
        if self.next < start {
            let rest = self.text.get(start..).unwrap_or_default();
            self.next = start + memchr(self.byte, rest).unwrap_or(rest.len());
        }
        self.next
    }
}

/// Whether `text` holds such a byte. Without a way out in the middle it is done for many bytes at once.
fn holds(text: &str, such: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(false, |found, byte| found | such(byte))
}

/// Whether a byte never stands in a query of canonical form.
#[allow(
    clippy::needless_bitwise_bool,
    reason = "without branches it becomes vector instructions"
)]
fn is_reserved(byte: u8) -> bool {
    !(is_unreserved(byte) | (byte == b'%') | (byte == b'&') | (byte == b'='))
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
pub(crate) fn split(text: &str, at: u8) -> (&str, Option<&str>) {
    match memchr(at, text.as_bytes()) {
        Some(place) => (text.get(..place).unwrap_or_default(), text.get(place + 1..)),
        None => (text, None),
    }
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
