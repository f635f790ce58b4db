//! Object keys: one decoder, one encoder. RULES 1–2; AWS "Creating object key names".
use std::fmt;
use std::sync::Arc;

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
}

/// A request path after its one strict percent-decoding; starts with `/`, holds no dot segment or control byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedPath(Box<str>);

impl DecodedPath {
    /// Takes the raw path as received (before any `?`).
    ///
    /// # Errors
    /// Any [`KeyError`] but `Empty` and `TooLong`, which are judged on the key.
    pub fn decode(raw: &str) -> Result<Self, KeyError> {
        let _ = raw;
        todo!()
    }

    /// Returns the decoded path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What every key of a route or rule starts with: empty, or ending in `/` (rule 3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct KeyPrefix(Arc<str>);

impl KeyPrefix {
    /// Takes the decoded prefix as an operator writes it.
    ///
    /// # Errors
    /// `KeyError` for what no key may hold.
    pub fn parse(decoded: &str) -> Result<Self, KeyError> {
        let _ = decoded;
        todo!()
    }
    /// Returns the prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An object's name: bytes, decoded once, valid UTF-8, 1 to 1,024 bytes. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(Arc<str>);

impl ObjectKey {
    /// Takes a key as stored, unencoded.
    ///
    /// # Errors
    /// Any [`KeyError`] but `BadPercent` and `NotAbsolute`.
    pub fn parse(decoded: &str) -> Result<Self, KeyError> {
        let _ = decoded;
        todo!()
    }

    /// Joins a prefix and the decoded rest of a path behind a route.
    ///
    /// # Errors
    /// As [`ObjectKey::parse`].
    pub fn in_prefix(prefix: &KeyPrefix, rest: &str) -> Result<Self, KeyError> {
        let _ = (prefix, rest);
        todo!()
    }

    /// Returns the key, unencoded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Appends the key in SigV4's URI encoding (`/` kept, everything outside `A-Za-z0-9-._~` as `%XX`).
    pub fn encode_into(&self, out: &mut String) {
        let _ = out;
        todo!()
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
