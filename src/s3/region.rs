//! Regions. AWS "Regional endpoints".

use std::fmt;
use std::sync::Arc;

/// Why a region is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a region is 1 to 63 of a-z, 0-9 and '-'")]
pub struct RegionError;

/// The region of a credential scope, such as `us-east-1` or `auto`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Region(Arc<str>);

impl Region {
    /// Takes the region's name.
    ///
    /// # Errors
    /// When it holds anything but `a-z`, `0-9` and `-`.
    pub fn parse(name: &str) -> Result<Self, RegionError> {
        if Self::is_fine(name) {
            Ok(Self(name.into()))
        } else {
            Err(RegionError)
        }
    }

    /// Whether [`Region::parse`] takes it.
    pub(crate) fn is_fine(name: &str) -> bool {
        let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&name.len()) && name.bytes().all(fine)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_fits_a_scope_and_a_host() {
        for name in ["us-east-1", "auto", "garage", "eusc-de-east-1"] {
            assert_eq!(Region::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "US-EAST-1", "a/b", "a b", "a.b", &"a".repeat(64)] {
            assert_eq!(Region::parse(name), Err(RegionError), "{name:?}");
        }
    }
}
