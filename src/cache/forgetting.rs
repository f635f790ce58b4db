//! A write that is under way, and what it makes of what is kept.
//!
//! Nobody can tell when an origin takes a write over, nor whether one without an answer was. So what it concerns is forgotten when
//! an answer comes and once more when all of it is over, however it ends: at each end, whoever asks later asks the origin.

use super::forgotten::Forgotten;
use super::name::Space;
use crate::telemetry::{ForgetCause, ForgetScope, ObjectCacheMetrics};
use std::sync::Arc;

/// What a write concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteScope {
    /// These objects, all of their versions.
    Keys(Vec<Box<str>>),
    /// Whatever is in the bucket.
    Bucket,
}

/// Forgets what a write concerns when it is dropped.
#[derive(Debug)]
pub struct Forgetting {
    forgotten: Arc<Forgotten>,
    metrics: Arc<ObjectCacheMetrics>,
    spaces: Vec<Space>,
    written: WriteScope,
}

impl Forgetting {
    /// Takes what a write to the bucket of these spaces concerns.
    #[must_use]
    pub fn new(
        forgotten: Arc<Forgotten>,
        metrics: Arc<ObjectCacheMetrics>,
        spaces: Vec<Space>,
        written: WriteScope,
    ) -> Self {
        Self {
            forgotten,
            metrics,
            spaces,
            written,
        }
    }

    /// Forgets it, as of now.
    pub fn forget(&self) {
        for space in &self.spaces {
            match &self.written {
                WriteScope::Keys(keys) => keys.iter().for_each(|key| self.forgotten.forget_key(space, key)),
                WriteScope::Bucket => self.forgotten.forget_prefix(space, ""),
            }
        }
    }
}

impl Drop for Forgetting {
    fn drop(&mut self) {
        self.forget();
        let scope = match self.written {
            WriteScope::Keys(_) => ForgetScope::Key,
            WriteScope::Bucket => ForgetScope::Prefix,
        };
        self.metrics.forgotten(ForgetCause::Write, scope);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::ObjectQuery;
    use crate::s3::ObjectKey;

    #[test]
    fn a_write_is_forgotten_when_it_is_answered_and_when_it_is_over() {
        let (space, key) = (Space::new("files"), ObjectKey::parse("a").unwrap());
        let query = ObjectQuery {
            space: &space,
            key: &key,
            version: None,
        };
        let (forgotten, metrics) = (Arc::new(Forgotten::new()), Arc::new(ObjectCacheMetrics::new()));
        for written in [WriteScope::Keys(vec!["a".into()]), WriteScope::Bucket] {
            let write = Forgetting::new(
                Arc::clone(&forgotten),
                Arc::clone(&metrics),
                vec![space.clone()],
                written,
            );
            let before = forgotten.moment();
            write.forget();
            assert!(forgotten.is_forgotten(&query, before));
            let between = forgotten.moment();
            assert!(!forgotten.is_forgotten(&query, between));
            drop(write);
            assert!(forgotten.is_forgotten(&query, between));
        }
    }
}
