//! The disk tier of the object cache: a working set larger than memory, on foyer. Rules 18, 23 and 28.
//!
//! Part of `cache/`. Entries are written through and found on a miss in memory. One thread of its own does all of it
//! (`keeper.rs`), so that a disk that hangs holds up nothing but itself: a worker that looks something up waits for at most
//! [`READ_DEADLINE`](store::READ_DEADLINE), one that puts something in not at all.
//!
//! What a reader gets is right or nothing. foyer keeps a checksum of each entry's key and value, but not of the header
//! that says where they end; `entry.rs` adds one over the name and everything that is kept under it. The name is
//! compared byte by byte, so that no two names with one hash meet. What was written by an earlier run of the program is told apart
//! ([`WrittenBy`]): its `Moment` says nothing any more, and it wants to be revalidated.
//!
//! foyer does not recover from a write that fails: a block is lost each time, and the task that writes may end. So each
//! entry is looked for after it was written; when it is not there, everything is closed and opened again, and nothing
//! more is written until the disk takes a trial file (`session.rs`).

mod counts;
mod entry;
mod error;
mod events;
mod folder;
mod keeper;
mod layout;
mod object;
mod pending;
mod session;
mod store;

pub use error::DiskError;
pub use object::{DiskHit, DiskObject, WrittenBy};

use super::{Moment, ObjectName};
use crate::config::DiskCacheConfig;
use crate::telemetry::DiskReading;
use keeper::Keeper;

/// The disk tier. Shared by all workers; closed when it is dropped.
#[derive(Debug)]
pub struct DiskTier(Keeper);

impl DiskTier {
    /// Opens the folder that `config` names and reads what it holds, on a thread of its own. Objects of more than
    /// `max_object_bytes` will never be put in; those of more than 16 MiB or a sixteenth of the room are not written.
    ///
    /// # Errors
    /// When the folder can't be made, written or locked, when it holds something else, and when `config` leaves too little
    /// room for objects of that size.
    pub async fn open(config: &DiskCacheConfig, max_object_bytes: u64) -> Result<Self, DiskError> {
        Keeper::open(config, max_object_bytes).await.map(Self)
    }

    /// Returns what is kept under `name`, checked. A damaged entry, a foreign one, and a disk that fails or is late are misses.
    pub async fn get(&self, name: &ObjectName) -> Option<DiskHit> {
        self.0.get(name).await
    }

    /// Writes `object` in place of whatever was kept under `name`. `since` is the moment that was taken before the origin was
    /// asked. It never waits: when the disk is behind, or out of order, the object is dropped, and
    /// nothing is kept under `name`.
    pub fn put(&self, name: &ObjectName, object: DiskObject, since: Moment) {
        self.0.put(name, object, since);
    }

    /// Removes what is kept under `name`, for this run: the next one may find it again, to be revalidated.
    pub fn remove(&self, name: &ObjectName) {
        self.0.remove(name);
    }

    /// Returns what was counted since it was opened, and how it stands.
    #[must_use]
    pub fn reading(&self) -> DiskReading {
        self.0.reading()
    }

    /// Writes what is still waiting and gives the folder back; returns after some seconds, whatever the disk does.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

#[cfg(test)]
mod recovery_tests;
#[cfg(test)]
mod tests;

#[cfg(test)]
impl DiskTier {
    fn store(&self) -> std::sync::Arc<store::Store> {
        self.0.store()
    }
}
