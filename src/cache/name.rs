//! What objects are kept under. Rule 18: the key names the bucket, the key's bytes and the version; there is no default key.
//!
//! An entry is the object as its origin has it, never an answer: signed `response-*` overrides say how it is told and are
//! applied to each answer anew, so that they are no part of the name.

use crate::s3::ObjectKey;
use moka::Equivalent;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// One bucket, as it is configured and asked: objects of two spaces never meet. Cloning gives the same space.
#[derive(Clone, Debug)]
pub struct Space {
    number: u64,
    name: Arc<str>,
}

impl Space {
    /// Opens a space of its own, whatever the name of others. The `name` tells buckets apart over restarts: the same for the
    /// same bucket at the same origin, another for any other.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            name: name.into(),
        }
    }

    /// Returns its number, good for as long as the program runs.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Returns its name, good over restarts.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl PartialEq for Space {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Space {}

impl Hash for Space {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

/// Which object is looked for; borrowed, so that a look-up allocates nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectQuery<'a> {
    /// The bucket.
    pub space: &'a Space,
    /// The object.
    pub key: &'a ObjectKey,
    /// The version that was asked for by its id; `None` for the current one.
    pub version: Option<&'a str>,
}

/// The name that one object is kept under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName {
    space: Space,
    key: ObjectKey,
    version: Option<Box<str>>,
}

impl ObjectName {
    /// Takes what is looked for.
    #[must_use]
    pub fn of(query: &ObjectQuery<'_>) -> Self {
        Self {
            space: query.space.clone(),
            key: query.key.clone(),
            version: query.version.map(Into::into),
        }
    }

    /// Returns the bytes that it takes.
    pub(super) fn weigh(&self) -> usize {
        size_of::<Self>() + self.key.as_str().len() + self.version.as_ref().map_or(0, |version| version.len())
    }

    /// Returns it as it is looked for.
    #[must_use]
    pub fn as_query(&self) -> ObjectQuery<'_> {
        ObjectQuery {
            space: &self.space,
            key: &self.key,
            version: self.version.as_deref(),
        }
    }
}

// As the query hashes, so that a borrowed name finds an owned one.
impl Hash for ObjectName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_query().hash(state);
    }
}

impl Equivalent<ObjectName> for ObjectQuery<'_> {
    fn equivalent(&self, name: &ObjectName) -> bool {
        *self == name.as_query()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher, RandomState};

    #[test]
    fn rule_18_bucket_key_and_version_tell_objects_apart() {
        let (one, other) = (Space::new("files"), Space::new("files"));
        let key = |text| ObjectKey::parse(text).unwrap();
        let (a, b) = (key("a"), key("b"));
        let query = |space, key, version| ObjectQuery { space, key, version };
        let all = [
            query(&one, &a, None),
            query(&other, &a, None),
            query(&one, &b, None),
            query(&one, &a, Some("1")),
            query(&one, &a, Some("")),
        ];
        let hasher = RandomState::new();
        for (at, query) in all.iter().enumerate() {
            let name = ObjectName::of(query);
            assert_eq!(hasher.hash_one(query), hasher.hash_one(&name));
            for (other, wrong) in all.iter().enumerate() {
                assert_eq!(wrong.equivalent(&name), at == other);
            }
        }
    }
}
