//! A write that is under way, and what it makes of what is kept.
//!
//! Nobody can tell when an origin takes a write over, nor whether one without an answer was. So what it concerns is forgotten when
//! an answer comes and once more when all of it is over, however it ends: at each end, whoever asks later asks the origin. A write that
//! ends before all of its answer is there may still be under way at an origin that has all of it; for a while it is forgotten again and
//! again. S3 says 200 to the completion of a multipart upload first, then white space, and writes meanwhile.
//!
//! A reload may open another space for the same bucket while the write is under way. So it concerns what the bucket's name stands for at
//! each end, not only what it stood for at the beginning.

use super::forgotten::Forgotten;
use super::name::Space;
use crate::telemetry::{ForgetCause, ForgetScope, ObjectCacheMetrics};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::sleep;

/// The pause before a write without an answer is forgotten for the second time; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// How many times more it is forgotten: for two minutes in all, longer than an origin works on what it has whole.
const TIMES: u32 = 7;
/// The writes without an answer that are remembered at once; of more, what is read just behind them stays as long as it is fresh.
static DOUBTS: Semaphore = Semaphore::const_new(1024);

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
    what: Arc<What>,
    metrics: Arc<ObjectCacheMetrics>,
    word: Word,
}

/// What a write is to.
#[derive(Debug)]
pub struct Written {
    /// The bucket's name at its origin.
    pub bucket: Box<str>,
    /// The spaces of that name, as its request knows them.
    pub spaces: Vec<Space>,
    /// What of it.
    pub scope: WriteScope,
}

#[derive(Debug)]
struct What {
    forgotten: Arc<Forgotten>,
    written: Written,
}

/// What the origin has said of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// Not all of it yet, or nothing at all.
    Open,
    /// Whether it was taken over.
    Given,
}

impl Forgetting {
    /// Takes what a write concerns.
    #[must_use]
    pub fn new(forgotten: Arc<Forgotten>, metrics: Arc<ObjectCacheMetrics>, written: Written) -> Self {
        Self {
            what: Arc::new(What { forgotten, written }),
            metrics,
            word: Word::Open,
        }
    }

    /// Forgets it, as of now: the origin begins to answer.
    pub fn forget(&self) {
        self.what.forget();
    }

    /// Forgets it for the last time: all of the answer is there.
    pub fn answered(mut self) {
        self.word = Word::Given;
    }

    fn doubt(&self) {
        let (Ok(runtime), Ok(place)) = (Handle::try_current(), DOUBTS.try_acquire()) else {
            return;
        };
        let what = Arc::clone(&self.what);
        runtime.spawn(async move {
            let _place = place;
            let mut pause = FIRST_PAUSE;
            for _ in 0..TIMES {
                sleep(pause).await;
                what.forget();
                pause = pause.saturating_mul(2);
            }
        });
    }
}

impl What {
    fn forget(&self) {
        let Written { bucket, spaces, scope } = &self.written;
        let now = self.forgotten.spaces_of(bucket);
        let later = now.iter().filter(|space| !spaces.contains(space));
        for space in spaces.iter().chain(later) {
            match scope {
                WriteScope::Keys(keys) => keys.iter().for_each(|key| self.forgotten.forget_key(space, key)),
                WriteScope::Bucket => self.forgotten.forget_prefix(space, ""),
            }
        }
    }
}

impl Drop for Forgetting {
    fn drop(&mut self) {
        self.what.forget();
        if self.word == Word::Open {
            self.doubt();
        }
        let scope = match self.what.written.scope {
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

    fn to(space: &Space, scope: WriteScope) -> Written {
        Written {
            bucket: "shelf".into(),
            spaces: vec![space.clone()],
            scope,
        }
    }

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
            let write = Forgetting::new(Arc::clone(&forgotten), Arc::clone(&metrics), to(&space, written));
            let before = forgotten.moment();
            write.forget();
            assert!(forgotten.is_forgotten(&query, before));
            let between = forgotten.moment();
            assert!(!forgotten.is_forgotten(&query, between));
            write.answered();
            assert!(forgotten.is_forgotten(&query, between));
        }
    }

    #[test]
    fn a_write_concerns_what_a_reload_has_made_of_its_bucket() {
        let [before, after] = ["files", "files"].map(Space::new);
        let key = ObjectKey::parse("a").unwrap();
        let (forgotten, metrics) = (Arc::new(Forgotten::new()), Arc::new(ObjectCacheMetrics::new()));
        let written = WriteScope::Keys(vec!["a".into()]);
        let write = Forgetting::new(Arc::clone(&forgotten), metrics, to(&before, written));
        forgotten.name_spaces(vec![("shelf".into(), after.clone()), ("other".into(), before.clone())]);
        let moment = forgotten.moment();
        write.answered();
        for space in [&before, &after] {
            let query = ObjectQuery {
                space,
                key: &key,
                version: None,
            };
            assert!(forgotten.is_forgotten(&query, moment));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_without_an_answer_is_forgotten_for_a_while_and_one_with_it_only_once() {
        let (space, key) = (Space::new("files"), ObjectKey::parse("a").unwrap());
        let query = ObjectQuery {
            space: &space,
            key: &key,
            version: None,
        };
        let (forgotten, metrics) = (Arc::new(Forgotten::new()), Arc::new(ObjectCacheMetrics::new()));
        let write = || {
            let written = to(&space, WriteScope::Keys(vec!["a".into()]));
            Forgetting::new(Arc::clone(&forgotten), Arc::clone(&metrics), written)
        };
        write().answered();
        let after = forgotten.moment();
        sleep(FIRST_PAUSE * 300).await;
        assert!(!forgotten.is_forgotten(&query, after));
        drop(write());
        for times in 0..TIMES {
            let between = forgotten.moment();
            assert!(!forgotten.is_forgotten(&query, between));
            sleep(FIRST_PAUSE * 2_u32.pow(times) + Duration::from_millis(10)).await;
            assert!(forgotten.is_forgotten(&query, between), "{times}");
        }
        let after = forgotten.moment();
        sleep(FIRST_PAUSE * 300).await;
        assert!(!forgotten.is_forgotten(&query, after), "it ends");
    }
}
