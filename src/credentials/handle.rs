//! The handle that the walk reads, and the cell behind it that renewal writes.

use super::held::{CredentialsUnavailable, Held, Snapshot};
use super::renewal::{self, Pace};
use super::source::Source;
use crate::clock::{Clock, Timestamp};
use crate::config::BucketId;
use crate::sigv4::Credential;
use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

/// The credentials of one bucket, as they are now. Cloning is cheap; dropping the last clone ends the renewal.
#[derive(Clone, Debug)]
pub struct Credentials {
    cell: Arc<Cell>,
    clock: Clock,
    _renewal: Option<Arc<AbortOnDropHandle<()>>>,
}

impl Credentials {
    /// Holds `credential` for as long as it is valid; nothing renews it.
    #[must_use]
    pub fn fixed(bucket: &BucketId, credential: Credential, clock: &Clock) -> Self {
        let cell = Cell::empty(bucket, "not loaded");
        cell.install(credential);
        Self {
            cell: Arc::new(cell),
            clock: clock.clone(),
            _renewal: None,
        }
    }

    pub(super) fn renewed(bucket: &BucketId, source: impl Source, clock: &Clock, pace: Pace, runtime: &Handle) -> Self {
        let cell = Arc::new(Cell::empty(bucket, "still waiting for the first answer of the source"));
        let task = runtime.spawn(renewal::run(Arc::clone(&cell), Arc::new(source), clock.clone(), pace));
        Self {
            cell,
            clock: clock.clone(),
            _renewal: Some(Arc::new(AbortOnDropHandle::new(task))),
        }
    }

    /// Returns what is valid now. Never blocks, never allocates.
    ///
    /// # Errors
    /// When nothing was loaded yet, or what was has ended.
    pub fn current(&self) -> Result<Arc<Snapshot>, CredentialsUnavailable> {
        self.load().usable_at(self.clock.now()).cloned()
    }

    /// Returns what is held, without counting a reference: for the hot path, where every core reads the same
    /// snapshot. To be dropped within the request.
    #[must_use]
    pub fn load(&self) -> Guard<Arc<Held>> {
        self.cell.held.load()
    }

    /// Whether there is something to sign with now.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.load().usable_at(self.clock.now()).is_ok()
    }

    /// Returns when the credential held ends, which may have been; `None` for never, and when there is none.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.load().snapshot().and_then(|snapshot| snapshot.expires_at())
    }
}

/// What renewal writes and handles read.
#[derive(Debug)]
pub(super) struct Cell {
    bucket: Arc<str>,
    held: ArcSwap<Held>,
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
    fn empty(bucket: &BucketId, reason: &str) -> Self {
        let bucket = Arc::clone(&bucket.0);
        let refusal = CredentialsUnavailable {
            bucket: Arc::clone(&bucket),
            reason: reason.into(),
        };
        Self {
            bucket,
            held: ArcSwap::from_pointee(Held::Nothing(refusal)),
        }
    }

    /// The bucket's id.
    pub(super) fn bucket(&self) -> &str {
        &self.bucket
    }

    /// When the credential held ends.
    pub(super) fn expires_at(&self) -> Option<Timestamp> {
        self.held.load().snapshot().and_then(|snapshot| snapshot.expires_at())
    }

    /// Whether what is held is valid at `now`.
    pub(super) fn is_usable_at(&self, now: Timestamp) -> bool {
        self.held.load().usable_at(now).is_ok()
    }

    /// Puts `credential` in place of the one held, unless it is the same.
    pub(super) fn install(&self, credential: Credential) -> Installed {
        let held = self.held.load();
        if let Some(snapshot) = held.snapshot()
            && snapshot.signer.credential().is_same_as(&credential)
        {
            return Installed::Same;
        }
        let snapshot = Arc::new(Snapshot::new(credential));
        let refusal = self.refusal("the credentials held have ended");
        self.held.store(Arc::new(Held::Snapshot(snapshot, refusal)));
        Installed::New
    }

    /// Notes why a load failed. What is held stays; the reason is what callers hear once it has ended.
    pub(super) fn note_failure(&self, reason: &str) {
        let held = self.held.load();
        let next = match held.snapshot() {
            Some(snapshot) => {
                let reason = format!("the credentials held have ended, and renewing them failed: {reason}");
                Held::Snapshot(Arc::clone(snapshot), self.refusal(&reason))
            }
            None => Held::Nothing(self.refusal(reason)),
        };
        self.held.store(Arc::new(next));
    }

    fn refusal(&self, reason: &str) -> CredentialsUnavailable {
        CredentialsUnavailable {
            bucket: Arc::clone(&self.bucket),
            reason: reason.into(),
        }
    }
}
