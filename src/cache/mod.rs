//! Bounded caches on moka.
//!
//! Imports everything up to `credentials/`. A cache knows how to find, count and forget; whether what it found may
//! still be used is the caller's to say, at each hit and by the wall clock (DESIGN §4.3).

mod disk;
mod name;
mod url_cache;

pub use disk::{DiskError, DiskHit, DiskObject, DiskReading, DiskState, DiskTier, WrittenBy};
pub use name::{ObjectName, ObjectQuery, Space};
pub use url_cache::{UrlCache, UrlQuery, Weigh};
