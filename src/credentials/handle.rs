//! The handle that the walk reads.

use super::cell::Cell;
use super::held::{CredentialsUnavailable, Held, Snapshot};
use super::renewal::{self, Pace};
use super::source::{Loaded, Source};
use crate::clock::{Clock, Timestamp};
use crate::config::BucketId;
use crate::sigv4::Credential;
use crate::telemetry::BucketMetrics;
use arc_swap::Guard;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// The longest that a request waits for a newer credential than the one that the origin refused.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The credentials of one bucket, as they are now. Cloning is cheap; dropping the last clone ends the renewal.
#[derive(Clone, Debug)]
pub struct Credentials {
    cell: Arc<Cell>,
    clock: Clock,
    renewal: Option<Arc<AbortOnDropHandle<()>>>,
}

impl Credentials {
    /// Holds `credential` for as long as it is valid; nothing renews it.
    #[must_use]
    pub fn fixed(bucket: &BucketId, credential: Credential, clock: &Clock) -> Self {
        Self::unrenewed(bucket, Snapshot::new(credential, "configuration"), clock)
    }

    /// Signs nothing, for a public bucket.
    #[must_use]
    pub fn anonymous(bucket: &BucketId, clock: &Clock) -> Self {
        Self::unrenewed(bucket, Snapshot::anonymous(), clock)
    }

    fn unrenewed(bucket: &BucketId, snapshot: Snapshot, clock: &Clock) -> Self {
        let cell = Cell::empty(bucket, "not loaded", None);
        cell.hold(snapshot);
        Self {
            cell: Arc::new(cell),
            clock: clock.clone(),
            renewal: None,
        }
    }

    /// Renews from `source`, beginning with `first` if there is one already.
    pub(super) fn renewed(
        bucket: &BucketId,
        first: Option<Loaded>,
        source: impl Source,
        (clock, pace): (&Clock, Pace),
        metrics: &Arc<BucketMetrics>,
        runtime: &Handle,
    ) -> Self {
        let waiting = "still waiting for the first answer of the source";
        let cell = Arc::new(Cell::empty(bucket, waiting, Some(Arc::clone(metrics))));
        if let Some(first) = first {
            cell.install(first);
        }
        let task = runtime.spawn(renewal::run(Arc::clone(&cell), Arc::new(source), clock.clone(), pace));
        Self {
            cell,
            clock: clock.clone(),
            renewal: Some(Arc::new(AbortOnDropHandle::new(task))),
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
        self.cell.load()
    }

    /// Returns a newer snapshot than `refused`, which the origin no longer takes: the one held by now, or the one that
    /// the source gives when it is asked at once. Waits for at most a second, however many wait; the source is asked
    /// once for all of them, and not again within seconds of its last answer.
    ///
    /// To be called on a tokio runtime with a timer.
    ///
    /// # Errors
    /// When there is none: the source gave the same again, failed, was asked a moment ago, or takes its time.
    pub async fn renew_after(&self, refused: &Snapshot) -> Result<Arc<Snapshot>, CredentialsUnavailable> {
        if let Some(newer) = self.newer_than(refused) {
            return Ok(newer);
        }
        if self.renewal.is_none() {
            return Err(self
                .cell
                .refusal("they stand in the configuration, and nothing renews them"));
        }
        let ticket = self.cell.demand.ask();
        let in_time = timeout(LONGEST_WAIT, self.cell.demand.served(ticket)).await;
        self.newer_than(refused).ok_or_else(|| {
            self.cell.refusal(match in_time {
                Ok(()) => "the source has no newer ones now",
                Err(_) => "no newer ones came within a second",
            })
        })
    }

    fn newer_than(&self, refused: &Snapshot) -> Option<Arc<Snapshot>> {
        self.current().ok().filter(|snapshot| snapshot.epoch != refused.epoch)
    }

    /// Whether there is something to sign with now.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.load().usable_at(self.clock.now()).is_ok()
    }

    /// Returns when the credential held ends, which may have been; `None` for never, and when there is none.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.cell.expires_at()
    }
}
