//! The built-in origin beside a configuration: started when the first bucket asks for it, kept over every reload.

use crate::config::{BucketConfig, OriginConfig, ServerConfig};
#[cfg(feature = "embedded")]
use crate::embedded::Origin;

/// Why the built-in origin can't stand behind its buckets.
#[derive(Debug, thiserror::Error)]
pub(super) enum SettleError {
    /// This program has none.
    #[cfg(not(feature = "embedded"))]
    #[error("bucket {0} is embedded, and this program was built without the built-in origin (feature `embedded`)")]
    NotBuiltIn(Box<str>),
    /// It can't start, or can't take a bucket up.
    #[cfg(feature = "embedded")]
    #[error(transparent)]
    Embedded(#[from] crate::embedded::EmbeddedError),
}

/// The built-in origin, if any bucket needs it.
#[derive(Default)]
pub(super) struct Embedded {
    #[cfg(feature = "embedded")]
    origin: Option<Origin>,
}

impl Embedded {
    /// Makes the built-in origin serve those of `buckets` that are embedded; starts it when they are the first.
    /// Returns the server that stands in for them, `None` when there are none.
    #[cfg(feature = "embedded")]
    pub(super) fn settle(&mut self, buckets: &[BucketConfig]) -> Result<Option<ServerConfig>, SettleError> {
        let wanted = first(buckets).is_some();
        match &self.origin {
            Some(origin) => origin.update(buckets)?,
            None if wanted => self.origin = Some(Origin::start(buckets)?),
            None => {}
        }
        Ok(self.origin.as_ref().filter(|_| wanted).map(Origin::server))
    }

    /// Without the feature `embedded`: refuses buckets that are embedded.
    #[cfg(not(feature = "embedded"))]
    #[allow(clippy::unused_self, reason = "the same face with and without the feature")]
    pub(super) fn settle(&mut self, buckets: &[BucketConfig]) -> Result<Option<ServerConfig>, SettleError> {
        match first(buckets) {
            Some(bucket) => Err(SettleError::NotBuiltIn(bucket.id.as_str().into())),
            None => Ok(None),
        }
    }
}

fn first(buckets: &[BucketConfig]) -> Option<&BucketConfig> {
    buckets
        .iter()
        .find(|bucket| matches!(bucket.origin, OriginConfig::Embedded(_)))
}
