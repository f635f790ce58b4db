//! What is kept, and what is forgotten: bounded caches, freshness, one fetch for many.
//!
//! Imports everything up to `credentials/`. A cache knows how to find, count and forget; whether what it found may
//! still be used is the caller's to say, at each hit and by the wall clock (DESIGN §4.3).

mod budget;
mod disk;
mod flights;
mod forgetting;
mod forgotten;
mod freshness;
mod name;
mod object_store;
mod shared_body;
mod url_cache;
mod weigh;

pub use budget::{Budget, Lease};
pub use disk::{DiskError, DiskHit, DiskObject, DiskTier, WrittenBy};
pub use flights::{Flights, Joined};
pub use forgetting::{Forgetting, WriteScope, Written};
pub use forgotten::{Forgotten, Moment};
pub use freshness::{Exchange, NotStored, Standing, StorageRules, Validity};
pub use name::{ObjectName, ObjectQuery, Space};
pub use object_store::ObjectStore;
pub use shared_body::{BodyReader, BodyWriter, SharedBody, WholeBody};
pub use url_cache::{UrlCache, UrlQuery, take_seat};
pub use weigh::Weigh;
