//! Regions.
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
    /// # Errors
    /// When it holds anything but `a-z`, `0-9` and `-`.
    pub fn parse(name: &str) -> Result<Self, RegionError> {
        let _ = name;
        todo!()
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
