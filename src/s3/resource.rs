//! What of a bucket a request is about: the bucket itself, or one object in it.

use super::ObjectKey;

/// A bucket or an object in it. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// The bucket itself: lists, `?location`, `?delete`.
    Bucket,
    /// One object.
    Object(ObjectKey),
}

impl Resource {
    /// The object's key; `None` for the bucket.
    #[must_use]
    pub fn key(&self) -> Option<&ObjectKey> {
        match self {
            Self::Bucket => None,
            Self::Object(key) => Some(key),
        }
    }
}

impl From<ObjectKey> for Resource {
    fn from(key: ObjectKey) -> Self {
        Self::Object(key)
    }
}

impl From<&ObjectKey> for Resource {
    fn from(key: &ObjectKey) -> Self {
        Self::Object(key.clone())
    }
}
