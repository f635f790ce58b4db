//! The witness that a client may do one thing with one bucket or object of an origin.

use crate::route::Bucket;
use crate::s3::{Operation, Resource};
use http::Method;
use std::sync::Arc;

/// What a client of the S3 endpoint asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EndpointOperation {
    /// An operation that the gateway knows.
    Known(Operation),
    /// Any other (`?acl`, `?policy`…), by its method: for clients that may do everything.
    Other(Method),
}

impl EndpointOperation {
    /// The method that it is sent with.
    #[must_use]
    pub fn method(&self) -> Method {
        match self {
            Self::Known(operation) => operation.method(),
            Self::Other(method) => method.clone(),
        }
    }

    /// The operation, where the gateway knows it.
    #[must_use]
    pub fn known(&self) -> Option<Operation> {
        match self {
            Self::Known(operation) => Some(*operation),
            Self::Other(_) => None,
        }
    }
}

/// The witness that someone may do one operation on one bucket or object. Its constructor is private to this room;
/// [`EndpointPermit::operator`] is for tests, and `tests/rooms.rs` sees that no door calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointPermit {
    bucket: Arc<Bucket>,
    resource: Resource,
    operation: EndpointOperation,
}

impl EndpointPermit {
    pub(super) fn new(bucket: Arc<Bucket>, resource: Resource, operation: EndpointOperation) -> Self {
        Self {
            bucket,
            resource,
            operation,
        }
    }

    /// The permit of whoever runs the program and holds the credentials anyway: of its tests, so far.
    #[must_use]
    pub fn operator(bucket: Arc<Bucket>, resource: Resource, operation: EndpointOperation) -> Self {
        Self::new(bucket, resource, operation)
    }

    /// Returns the bucket.
    #[must_use]
    pub fn bucket(&self) -> &Arc<Bucket> {
        &self.bucket
    }

    /// Returns what of the bucket it is about.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Returns the operation.
    #[must_use]
    pub fn operation(&self) -> &EndpointOperation {
        &self.operation
    }
}
