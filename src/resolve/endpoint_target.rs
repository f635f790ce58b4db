//! What exactly is asked of the origin for a client of the S3 endpoint.

use crate::access::EndpointPermit;
use http::{HeaderMap, Method};

/// One operation on a bucket or object, with its query and headers. It can be made only from an [`EndpointPermit`], and
/// carries it.
#[derive(Clone, Debug)]
pub struct EndpointTarget {
    permit: EndpointPermit,
    query: Vec<(Box<str>, Box<str>)>,
    headers: HeaderMap,
}

impl EndpointTarget {
    /// Takes what was permitted, the decoded query without what signing adds, and the allow-listed headers, which are
    /// signed and sent with the request: `content-type`, `x-amz-*` other than those that signing sets, `range`, `if-*`.
    #[must_use]
    pub fn new(permit: EndpointPermit, query: Vec<(Box<str>, Box<str>)>, headers: HeaderMap) -> Self {
        Self { permit, query, headers }
    }

    /// Returns the verdict that this target rests on.
    #[must_use]
    pub fn permit(&self) -> &EndpointPermit {
        &self.permit
    }

    /// Returns the method that it is sent with.
    #[must_use]
    pub fn method(&self) -> Method {
        self.permit.operation().method()
    }

    /// Returns the query parameters, decoded.
    #[must_use]
    pub fn query(&self) -> Vec<(&str, &str)> {
        self.query.iter().map(|(name, value)| (&**name, &**value)).collect()
    }

    /// Returns the headers to be signed and sent.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}
