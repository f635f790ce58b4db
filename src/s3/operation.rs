//! S3 operations.

/// What a request does, in S3's own names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Read an object.
    GetObject,
    /// Read an object's head.
    HeadObject,
}

impl Operation {
    /// The HTTP method that this operation is sent with.
    #[must_use]
    pub fn method(self) -> http::Method {
        match self {
            Self::GetObject => http::Method::GET,
            Self::HeadObject => http::Method::HEAD,
        }
    }
}
