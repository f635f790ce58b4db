//! A write that is under way, and what it makes of what is kept.
//!
//! Nobody can tell when an origin takes a write over, nor whether one without an answer was. So what it concerns is forgotten when
//! an answer comes and once more when all of it is over, however it ends: at each end, whoever asks later asks the origin. A write that
//! ends without an answer may still be under way at an origin that has all of it; for a while it is forgotten again and again.

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

#[derive(Debug)]
struct What {
    forgotten: Arc<Forgotten>,
    spaces: Vec<Space>,
    written: WriteScope,
}

/// What the origin has said of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// Nothing yet, or nothing at all.
    None,
    /// Whether it was taken over.
    Answered,
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
            what: Arc::new(What {
                forgotten,
                spaces,
                written,
            }),
            metrics,
            word: Word::None,
        }
    }

    /// The same, once the origin has answered: it is forgotten as of now, and once more when it is dropped.
    #[must_use]
    pub fn answered(mut self) -> Self {
        self.what.forget();
        self.word = Word::Answered;
        self
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
        self.what.forget();
        if self.word == Word::None {
            self.doubt();
        }
        let scope = match self.what.written {
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
            let write = write.answered();
            assert!(forgotten.is_forgotten(&query, before));
            let between = forgotten.moment();
            assert!(!forgotten.is_forgotten(&query, between));
            drop(write);
            assert!(forgotten.is_forgotten(&query, between));
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
            Forgetting::new(
                Arc::clone(&forgotten),
                Arc::clone(&metrics),
                vec![space.clone()],
                WriteScope::Keys(vec!["a".into()]),
            )
        };
        drop(write().answered());
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
