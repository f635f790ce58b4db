//! The witness of a verdict.

use crate::clock::Timestamp;
use crate::route::Bucket;
use crate::s3::{ObjectKey, Operation};
use std::sync::Arc;

/// The witness that someone may do one operation on one object. Its constructor is private to this room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    bucket: Arc<Bucket>,
    key: ObjectKey,
    operation: Operation,
    audience: Audience,
    until: Option<Timestamp>,
}

/// Whom an answer may be stored for (rule 22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everyone may read it: shared caches may keep it.
    Public,
    /// Only the one who asked.
    Private,
}

impl Permit {
    pub(super) fn new(bucket: Arc<Bucket>, key: ObjectKey, operation: Operation, audience: Audience) -> Self {
        Self {
            bucket,
            key,
            operation,
            audience,
            until: None,
        }
    }

    /// The same permit, which ends at `until`.
    #[must_use]
    pub(super) fn ending(self, until: Timestamp) -> Self {
        Self {
            until: Some(until),
            ..self
        }
    }

    /// The permit of the operator at the command line, who holds the credentials anyway. Takes the bucket, the key and
    /// the operation that the URL shall be good for.
    #[must_use]
    pub fn operator(bucket: Arc<Bucket>, key: ObjectKey, operation: Operation) -> Self {
        Self::new(bucket, key, operation, Audience::Private)
    }

    /// Returns the bucket.
    #[must_use]
    pub fn bucket(&self) -> &Arc<Bucket> {
        &self.bucket
    }

    /// Returns the object's key.
    #[must_use]
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// Returns the operation.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Returns when it ends, by our clock; `None` for never. No URL may outlive it (rule 25).
    #[must_use]
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// Returns whom an answer may be stored for.
    #[must_use]
    pub fn audience(&self) -> Audience {
        self.audience
    }
}
