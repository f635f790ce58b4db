//! Keys of objects that surely do not exist.

use crate::s3::{KeyPrefix, ObjectKey};

/// Returns a key below `prefix` that nobody has ever used; `None` when the prefix is too long for that.
pub(super) fn missing(prefix: Option<&KeyPrefix>) -> Option<ObjectKey> {
    let prefix = prefix.map_or("", KeyPrefix::as_str);
    ObjectKey::parse(&format!("{prefix}.evergate-check-{:016x}", fastrand::u64(..))).ok()
}
