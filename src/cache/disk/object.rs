//! What the disk tier keeps: an object as its origin has it, and when it was asked for. Rule 18.

use crate::cache::{Exchange, Moment};
use bytes::Bytes;
use http::HeaderMap;

/// An object as its origin has it: never an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskObject {
    /// The fields of its head that are kept, `Cache-Control` and the like among them, so that its freshness can be judged again.
    pub fields: HeaderMap,
    /// When it came from the origin, or the origin said last that it is still current.
    pub exchange: Exchange,
    /// Its bytes.
    pub body: Bytes,
}

/// Which run of the program wrote an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenBy {
    /// This one, for the same space: whatever was forgotten since is known.
    ThisRun {
        /// The moment that was taken before the origin was asked.
        since: Moment,
    },
    /// An earlier one, or this one before the disk failed, or for a space that a reload has ended: nobody knows what was
    /// forgotten since. Use it only once revalidated.
    EarlierRun,
}

/// What was found under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskHit {
    /// The object.
    pub object: DiskObject,
    /// Which run wrote it.
    pub written: WrittenBy,
}
