//! Makes the object cache forget, by the names that operators and S3 servers give to buckets. What the purge and the events API of
//! the admin listener ask for.

use super::Running;
use super::app::App;
use super::per_bucket::PerBucket;
use crate::config::BucketId;
use crate::s3::{KeyPrefix, ObjectKey};

/// Forgets by whatever configuration runs. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Forget(Running);

impl Forget {
    /// Takes the app that runs.
    #[must_use]
    pub fn new(running: Running) -> Self {
        Self(running)
    }

    /// Returns the ids of all configured buckets.
    #[must_use]
    pub fn buckets(&self) -> Vec<BucketId> {
        let app = self.0.load();
        app.per_bucket.iter().map(|per| per.bucket.id.clone()).collect()
    }

    /// Returns how many configured buckets `bucket` stands for: by their id in the configuration, or by their name at the origin,
    /// which several may share.
    #[must_use]
    pub fn known(&self, bucket: &str) -> usize {
        named(&self.0.load(), bucket).count()
    }

    /// Forgets all versions of one object. Returns how many configured buckets it concerned, as [`Self::known`] counts them.
    #[allow(clippy::must_use_candidate, reason = "the count is for those who tell it")]
    pub fn key(&self, bucket: &str, key: &ObjectKey) -> usize {
        let app = self.0.load();
        named(&app, bucket).map(|per| forget_key(per, key)).count()
    }

    /// Forgets everything whose key begins with `prefix`; the empty one stands for the whole bucket. Returns how many configured
    /// buckets it concerned.
    #[allow(clippy::must_use_candidate, reason = "the count is for those who tell it")]
    pub fn prefix(&self, bucket: &str, prefix: &KeyPrefix) -> usize {
        let app = self.0.load();
        named(&app, bucket).map(|per| forget_prefix(per, prefix)).count()
    }
}

fn named<'a>(app: &'a App, bucket: &'a str) -> impl Iterator<Item = &'a PerBucket> {
    let of = move |per: &&PerBucket| per.bucket.id.as_str() == bucket || per.bucket.name.as_str() == bucket;
    app.per_bucket.iter().filter(of)
}

fn forget_key(_per: &PerBucket, _key: &ObjectKey) {
    // LEAD: forgotten.forget_key(&per.space, key.as_str())
}

fn forget_prefix(_per: &PerBucket, _prefix: &KeyPrefix) {
    // LEAD: forgotten.forget_prefix(&per.space, prefix.as_str())
}
