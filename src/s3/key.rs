//! Object keys: one decoder; the one encoder is `encoding.rs`. RULES 1–2; AWS "Creating object key names".
//!
//! A path is decoded once, at the front door, and the decoded bytes are what policy, cache, signature and wire use.
//! Nothing is repaired: what could be read in two ways is refused.

use super::encoding::{decode_escape, encode_path_into, encoded_path_len};
use memchr::{memchr, memchr_iter, memchr2};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The longest key that S3 takes, in bytes.
const MAX_KEY_LEN: usize = 1024;

/// Why a path or key is refused. Nothing is repaired (rule 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// `%` not followed by two hexadecimal digits.
    #[error("a '%' is not followed by two hexadecimal digits")]
    BadPercent,
    /// The decoded bytes are not UTF-8.
    #[error("the decoded bytes are not UTF-8")]
    NotUtf8,
    /// A control byte (below 0x20, or 0x7f), NUL among them.
    #[error("a control byte")]
    Control,
    /// A `.` or `..` segment, however it was spelled.
    #[error("a '.' or '..' segment")]
    DotSegment,
    /// The key is empty.
    #[error("an empty key")]
    Empty,
    /// More than 1,024 bytes.
    #[error("a key of more than 1,024 bytes")]
    TooLong,
    /// A request target that does not start with `/`.
    #[error("a path that does not start with '/'")]
    NotAbsolute,
    /// A `?` or `#` that was not percent-encoded: it ends a path, so it can't be part of one.
    #[error("a '?' or '#' in a path that is not percent-encoded")]
    RawDelimiter,
    /// A prefix that is neither empty nor ends in `/`, and so would open `avatars-private/` beside `avatars`.
    #[error("a prefix that does not end in '/'")]
    OpenPrefix,
}

/// A request path after its one strict percent-decoding; starts with `/`, holds no dot segment or control byte.
/// Borrows the raw path where nothing in it was encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedPath<'a>(Cow<'a, str>);

impl<'a> DecodedPath<'a> {
    /// Takes the raw path as received (before any `?`).
    ///
    /// # Errors
    /// Any [`KeyError`] but `Empty`, `TooLong` and `OpenPrefix`, which are judged on the key or prefix.
    pub fn decode(raw: &'a str) -> Result<Self, KeyError> {
        if !raw.starts_with('/') {
            return Err(KeyError::NotAbsolute);
        }
        if is_plain(raw.as_bytes()) {
            return Ok(Self(Cow::Borrowed(raw)));
        }
        if memchr2(b'?', b'#', raw.as_bytes()).is_some() {
            return Err(KeyError::RawDelimiter);
        }
        let decoded = percent_decode(raw)?;
        refuse_unsafe(&decoded)?;
        Ok(Self(decoded))
    }

    /// Returns the decoded path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns its first `length` bytes and the rest, when the first end in a `/`.
    pub(crate) fn split_behind_slash(&self, length: usize) -> Option<(&str, PathRest<'_>)> {
        let (front, rest) = self.0.split_at_checked(length)?;
        front.ends_with('/').then_some((front, PathRest(rest)))
    }
}

/// What stands behind a `/` of a decoded path: whole segments, judged with the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathRest<'a>(&'a str);

impl PathRest<'_> {
    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// What every key of a route or rule starts with: empty, or ending in `/` (rule 3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct KeyPrefix(Arc<str>);

impl KeyPrefix {
    /// Takes the decoded prefix as an operator writes it.
    ///
    /// # Errors
    /// `OpenPrefix` when it is neither empty nor ends in `/`; `Control`, `DotSegment` and `TooLong` for what no key
    /// may hold.
    pub fn parse(decoded: &str) -> Result<Self, KeyError> {
        refuse_unsafe(decoded)?;
        if decoded.len() > MAX_KEY_LEN {
            return Err(KeyError::TooLong);
        }
        if !decoded.is_empty() && !decoded.ends_with('/') {
            return Err(KeyError::OpenPrefix);
        }
        Ok(Self(decoded.into()))
    }

    /// Returns the prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An object's name: bytes, decoded once, valid UTF-8, 1 to 1,024 bytes. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(Arc<str>);

impl ObjectKey {
    /// Takes a key as stored, unencoded.
    ///
    /// # Errors
    /// `Empty`, `TooLong`, `Control` or `DotSegment`.
    pub fn parse(decoded: &str) -> Result<Self, KeyError> {
        if decoded.is_empty() {
            return Err(KeyError::Empty);
        }
        if decoded.len() > MAX_KEY_LEN {
            return Err(KeyError::TooLong);
        }
        refuse_unsafe(decoded)?;
        Ok(Self(decoded.into()))
    }

    /// Joins a prefix and a name behind it, as an operator writes them.
    ///
    /// # Errors
    /// As [`ObjectKey::parse`].
    pub fn in_prefix(prefix: &KeyPrefix, name: &str) -> Result<Self, KeyError> {
        Self::parse(&[&*prefix.0, name].concat())
    }

    /// Joins a prefix and what stands behind a route's path. Both were judged already, and meet at the border of a segment.
    ///
    /// # Errors
    /// `Empty` or `TooLong`.
    pub(crate) fn behind(prefix: &KeyPrefix, rest: PathRest<'_>) -> Result<Self, KeyError> {
        match prefix.0.len() + rest.0.len() {
            0 => Err(KeyError::Empty),
            1..=MAX_KEY_LEN if prefix.0.is_empty() => Ok(Self(rest.0.into())),
            1..=MAX_KEY_LEN => Ok(Self([&*prefix.0, rest.0].concat().into())),
            _ => Err(KeyError::TooLong),
        }
    }

    /// Returns the key, unencoded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Appends the key in SigV4's URI encoding (`/` kept, everything outside `A-Za-z0-9-._~` as `%XX`).
    pub fn encode_into(&self, out: &mut String) {
        encode_path_into(&self.0, out);
    }

    /// Returns how many bytes [`ObjectKey::encode_into`] appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        encoded_path_len(&self.0)
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Decodes every `%XX` once; unlike the URL libraries' decoders it refuses a bad `%` instead of keeping it.
pub(super) fn percent_decode(raw: &str) -> Result<Cow<'_, str>, KeyError> {
    let Some(first) = memchr(b'%', raw.as_bytes()) else {
        return Ok(Cow::Borrowed(raw));
    };
    let mut decoded = Vec::with_capacity(raw.len());
    let (before, mut rest) = raw.as_bytes().split_at(first);
    decoded.extend_from_slice(before);
    while let [_, digits @ ..] = rest {
        let [high, low, behind @ ..] = digits else {
            return Err(KeyError::BadPercent);
        };
        decoded.push(decode_escape(*high, *low).ok_or(KeyError::BadPercent)?);
        let (plain, percent) = behind.split_at(memchr(b'%', behind).unwrap_or(behind.len()));
        decoded.extend_from_slice(plain);
        rest = percent;
    }
    String::from_utf8(decoded)
        .map(Cow::Owned)
        .map_err(|_| KeyError::NotUtf8)
}

/// Whether a raw path, which begins with `/`, is its own decoded form, and surely holds nothing that is refused: nearly every
/// one. Without a way out in the middle it is done for many bytes at once.
#[allow(
    clippy::needless_bitwise_bool,
    reason = "without branches it becomes vector instructions"
)]
fn is_plain(raw: &[u8]) -> bool {
    let told = |found: bool, byte: &u8| found | byte.is_ascii_control() | matches!(byte, b'%' | b'?' | b'#');
    let segments = raw.iter().zip(raw.get(1..).unwrap_or_default());
    let starts = segments.fold(false, |found, (before, byte)| {
        found | (*before == b'/') & (*byte == b'.')
    });
    !(starts | raw.iter().fold(false, told))
}

/// What neither a path nor a key may hold, judged on decoded bytes so that no spelling slips by.
fn refuse_unsafe(decoded: &str) -> Result<(), KeyError> {
    // Without a way out in the middle it is done for many bytes at once.
    let is_control = |found: bool, byte: u8| found | byte.is_ascii_control();
    if decoded.bytes().fold(false, is_control) {
        return Err(KeyError::Control);
    }
    let bytes = decoded.as_bytes();
    // Few names have more than the dot in front of their extension.
    let ends_here = |byte: Option<&u8>| byte.is_none_or(|byte| *byte == b'/');
    let is_dot_segment = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let behind = bytes.get(at + 1..).unwrap_or_default();
        ends_here(before) && ends_here(behind.strip_prefix(b".").unwrap_or(behind).first())
    };
    if memchr_iter(b'.', bytes).any(is_dot_segment) {
        return Err(KeyError::DotSegment);
    }
    Ok(())
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
