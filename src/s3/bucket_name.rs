//! Bucket names. AWS "Bucket naming rules".

use std::fmt;
use std::sync::Arc;

/// Why a bucket name is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BucketNameError(pub(crate) &'static str);

/// The name of a bucket at its origin. Upper case and `_` are kept for old and foreign buckets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BucketName(Arc<str>);

impl BucketName {
    /// Takes the name as the origin knows it.
    ///
    /// # Errors
    /// When it could not be part of a path or host without change of meaning.
    pub fn parse(name: &str) -> Result<Self, BucketNameError> {
        let bytes = name.as_bytes();
        let fine = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        if !(3..=255).contains(&bytes.len()) {
            Err(BucketNameError(
                "a bucket name has 3 to 63 characters (old ones up to 255)",
            ))
        } else if !bytes.iter().all(fine) {
            Err(BucketNameError(
                "a bucket name holds letters, digits, '-', '.' and, if it is old, '_'",
            ))
        } else if !edge(bytes.first()) || !edge(bytes.last()) {
            Err(BucketNameError(
                "a bucket name starts and ends with a letter or a digit",
            ))
        } else if name.contains("..") {
            Err(BucketNameError("a bucket name holds no two dots in a row"))
        } else {
            Ok(Self(name.into()))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_age_are_kept_as_written() {
        for name in [
            "abc",
            "my-bucket",
            "my.bucket.example",
            "Old_Bucket",
            "123",
            &"a".repeat(255),
        ] {
            assert_eq!(BucketName::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn what_would_change_a_path_or_host_is_refused() {
        let long = "a".repeat(256);
        for name in [
            "", "ab", ".", "..", "...", "a/b", "a%2Fb", "a b", "bü-cher", "a..b", "-ab", "ab.", "a?b", "a:b", &long,
        ] {
            assert!(BucketName::parse(name).is_err(), "{name:?}");
        }
    }
}
