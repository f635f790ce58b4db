//! Bucket names.
use std::fmt;
use std::sync::Arc;

/// Why a bucket name is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BucketNameError(pub(crate) &'static str);

/// The name of a bucket at its origin. AWS "Bucket naming rules"; upper case and `_` are kept for old and foreign buckets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BucketName(Arc<str>);

impl BucketName {
    /// # Errors
    /// When it could not be part of a path or host without change of meaning.
    pub fn parse(name: &str) -> Result<Self, BucketNameError> {
        let _ = name;
        todo!()
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
