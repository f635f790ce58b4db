//! Makes the object cache forget, by the names that operators and S3 servers give to buckets. What the purge and the events API of
//! the admin listener ask for.

use super::Running;
use super::app::App;
use super::per_bucket::PerBucket;
use crate::config::BucketId;
use crate::s3::{KeyPrefix, ObjectKey};
use crate::telemetry::{ForgetCause, ForgetScope};

/// Forgets by whatever configuration runs. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Forget {
    running: Running,
    cause: ForgetCause,
}

impl Forget {
    /// Takes the app that runs, and what the forgetting is counted as.
    #[must_use]
    pub fn new(running: Running, cause: ForgetCause) -> Self {
        Self { running, cause }
    }

    /// Returns the ids of all configured buckets.
    #[must_use]
    pub fn buckets(&self) -> Vec<BucketId> {
        let app = self.running.load();
        app.per_bucket.iter().map(|per| per.bucket.id.clone()).collect()
    }

    /// Returns how many configured buckets `bucket` stands for: by their id in the configuration, or by their name at the origin,
    /// which several may share.
    #[must_use]
    pub fn known(&self, bucket: &str) -> usize {
        named(&self.running.load(), bucket).count()
    }

    /// Forgets all versions of one object. Returns how many configured buckets it concerned, as [`Self::known`] counts them.
    #[allow(clippy::must_use_candidate, reason = "the count is for those who tell it")]
    pub fn key(&self, bucket: &str, key: &ObjectKey) -> usize {
        let app = self.running.load();
        let forget = |per: &PerBucket| app.objects.forgotten().forget_key(per.bucket.space(), key.as_str());
        let concerned = named(&app, bucket).map(forget).count();
        self.count(&app, concerned, ForgetScope::Key);
        concerned
    }

    /// Forgets everything whose key begins with `prefix`; the empty one stands for the whole bucket. Returns how many configured
    /// buckets it concerned.
    #[allow(clippy::must_use_candidate, reason = "the count is for those who tell it")]
    pub fn prefix(&self, bucket: &str, prefix: &KeyPrefix) -> usize {
        let app = self.running.load();
        let forgotten = app.objects.forgotten();
        let forget = |per: &PerBucket| forgotten.forget_prefix(per.bucket.space(), prefix.as_str());
        let concerned = named(&app, bucket).map(forget).count();
        self.count(&app, concerned, ForgetScope::Prefix);
        concerned
    }

    /// Counts an order, unless it meant nobody.
    fn count(&self, app: &App, concerned: usize, scope: ForgetScope) {
        if concerned > 0 {
            app.telemetry.metrics().objects().forgotten(self.cause, scope);
        }
    }
}

fn named<'a>(app: &'a App, bucket: &'a str) -> impl Iterator<Item = &'a PerBucket> {
    let of = move |per: &&PerBucket| per.bucket.id.as_str() == bucket || per.bucket.name.as_str() == bucket;
    app.per_bucket.iter().filter(of)
}
