//! The verdict: may this reader have this object? Third station of the walk.
//!
//! Imports everything up to `route/`. Only this room makes a [`Permit`]; every room behind it asks for one.

use crate::route::Bucket;
use crate::s3::{ObjectKey, Operation};
use std::sync::Arc;

/// The witness that someone may do one operation on one object. Private constructor: no verdict, no permit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    bucket: Arc<Bucket>,
    key: ObjectKey,
    operation: Operation,
    audience: Audience,
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
    /// The permit of the operator at the command line, who holds the credentials anyway.
    #[must_use]
    pub fn operator(bucket: Arc<Bucket>, key: ObjectKey, operation: Operation) -> Self {
        Self {
            bucket,
            key,
            operation,
            audience: Audience::Private,
        }
    }
    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &Arc<Bucket> {
        &self.bucket
    }
    /// The object.
    #[must_use]
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }
    /// The operation.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }
    /// Whom an answer may be stored for.
    #[must_use]
    pub fn audience(&self) -> Audience {
        self.audience
    }
}
