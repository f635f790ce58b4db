//! The validated configuration of the object cache: how much is kept, and for how long.

use std::path::PathBuf;
use std::time::Duration;

const MIB: u64 = 1024 * 1024;

/// The object cache. It takes a restart to follow a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectCacheConfig {
    /// The most bytes of objects in memory.
    pub max_bytes: u64,
    /// The largest object that is kept, in bytes.
    pub max_object_bytes: u64,
    /// The disk tier; `None` for memory alone.
    pub disk: Option<DiskCacheConfig>,
}

impl Default for ObjectCacheConfig {
    fn default() -> Self {
        Self {
            max_bytes: 256 * MIB,
            max_object_bytes: MIB,
            disk: None,
        }
    }
}

/// The disk tier of the object cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskCacheConfig {
    /// The folder that it keeps its files in, and nothing else.
    pub folder: PathBuf,
    /// The most bytes on disk.
    pub max_bytes: u64,
}

/// For how long one route or refresh rule answers from the object cache. RFC 9111, RFC 5861.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CachePolicy {
    /// For how long an object is served without asking the origin; the origin's own `max-age` can only shorten it.
    pub fresh_for: Duration,
    /// For how long after that it is served while it is revalidated.
    pub stale_while_revalidate: Duration,
    /// For how long after `fresh_for` it is served while the origin fails.
    pub stale_if_error: Duration,
}

impl Default for CachePolicy {
    fn default() -> Self {
        Self {
            fresh_for: Duration::from_mins(5),
            stale_while_revalidate: Duration::ZERO,
            stale_if_error: Duration::ZERO,
        }
    }
}
