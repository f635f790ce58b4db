//! What renewal writes and handles read.

use super::demand::Demand;
use super::held::{CredentialsUnavailable, Held, Snapshot};
use super::source::Loaded;
use crate::clock::Timestamp;
use crate::config::BucketId;
use crate::telemetry::BucketMetrics;
use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;

/// One bucket's credentials, as held now.
#[derive(Debug)]
pub(super) struct Cell {
    bucket: Arc<str>,
    held: ArcSwap<Held>,
    /// Who waits for a newer one.
    pub(super) demand: Demand,
    /// Counts renewals; `None` where there are none.
    pub(super) metrics: Option<Arc<BucketMetrics>>,
}

/// Whether an installed credential differs from the one held before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Installed {
    /// A new epoch has begun.
    New,
    /// It is the same credential.
    Same,
}

impl Cell {
    /// Holds nothing, for this reason.
    pub(super) fn empty(bucket: &BucketId, reason: &str, metrics: Option<Arc<BucketMetrics>>) -> Self {
        let bucket: Arc<str> = bucket.as_str().into();
        let refusal = CredentialsUnavailable {
            bucket: Arc::clone(&bucket),
            reason: reason.into(),
        };
        Self {
            bucket,
            held: ArcSwap::from_pointee(Held::Nothing(refusal)),
            demand: Demand::new(),
            metrics,
        }
    }

    /// The bucket's id.
    pub(super) fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What is held.
    pub(super) fn load(&self) -> Guard<Arc<Held>> {
        self.held.load()
    }

    /// When the credential held ends.
    pub(super) fn expires_at(&self) -> Option<Timestamp> {
        self.load().snapshot().and_then(|snapshot| snapshot.expires_at())
    }

    /// Whether what is held is valid at `now`.
    pub(super) fn is_usable_at(&self, now: Timestamp) -> bool {
        self.load().usable_at(now).is_ok()
    }

    /// Puts what was loaded in place of what is held, unless it is the same.
    pub(super) fn install(&self, loaded: Loaded) -> Installed {
        let Loaded { credential, provider } = loaded;
        let held = self.load();
        let same = held
            .snapshot()
            .and_then(|snapshot| snapshot.signing.credential())
            .is_some_and(|held| held.is_same_as(&credential));
        if same {
            return Installed::Same;
        }
        self.hold(Snapshot::new(credential, &provider));
        Installed::New
    }

    /// Puts `snapshot` in place of what is held.
    pub(super) fn hold(&self, snapshot: Snapshot) {
        let refusal = self.refusal("the credentials held have ended");
        self.held.store(Arc::new(Held::Snapshot(Arc::new(snapshot), refusal)));
    }

    /// Notes why a load failed. What is held stays; the reason is what callers hear once it has ended.
    pub(super) fn note_failure(&self, reason: &str) {
        let held = self.load();
        let next = match held.snapshot() {
            Some(snapshot) => {
                let reason = format!("the credentials held have ended, and renewing them failed: {reason}");
                Held::Snapshot(Arc::clone(snapshot), self.refusal(&reason))
            }
            None => Held::Nothing(self.refusal(reason)),
        };
        self.held.store(Arc::new(next));
    }

    /// Makes a refusal for this bucket.
    pub(super) fn refusal(&self, reason: &str) -> CredentialsUnavailable {
        CredentialsUnavailable {
            bucket: Arc::clone(&self.bucket),
            reason: reason.into(),
        }
    }
}
