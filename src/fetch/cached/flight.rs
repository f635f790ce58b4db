//! One fetch, and those who wait for it. Rule 21.

use super::kept::KeptObject;
use crate::cache::SharedBody;
use crate::fetch::error::{FetchError, TransferError};
use crate::fetch::head::OriginHead;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// How many may wait for one fetch.
const MOST_WAITERS: usize = 16_384;

/// What came of asking the origin, for everybody who waits.
#[derive(Clone, Debug)]
pub(super) enum Landing {
    /// The origin vouches for what was kept.
    Vouched(Arc<KeptObject>),
    /// The object was on disk; whether it is fresh is each reader's to judge.
    OnDisk(Arc<KeptObject>),
    /// The object is arriving.
    Arriving {
        head: Arc<OriginHead>,
        age: Duration,
        body: Arc<SharedBody<TransferError>>,
    },
    /// It may not be kept, so that each has to ask; of this length, where that is known.
    Unkept(Option<u64>),
    /// The origin has none, or refuses.
    Refused(FetchError),
    /// The fetch ended without a word: its worker has ended.
    Abandoned,
}

/// A fetch that is under way.
#[derive(Debug)]
pub(super) struct Flight {
    landing: watch::Sender<Option<Landing>>,
    waiters: AtomicUsize,
}

impl Flight {
    pub(super) fn new() -> Self {
        Self {
            landing: watch::Sender::new(None),
            waiters: AtomicUsize::new(0),
        }
    }

    /// Tells everybody what came of it, once.
    pub(super) fn land(&self, landing: Landing) {
        self.landing.send_if_modified(|landed| {
            let first = landed.is_none();
            if first {
                *landed = Some(landing);
            }
            first
        });
    }

    /// Waits for what comes of it.
    ///
    /// # Errors
    /// [`FetchError::Saturated`] when as many as are allowed wait already.
    pub(super) async fn wait(&self) -> Result<Landing, FetchError> {
        let _place = Place::take(&self.waiters).ok_or(FetchError::Saturated)?;
        let mut landing = self.landing.subscribe();
        let landed = landing.wait_for(Option::is_some).await;
        // Whoever waits holds the flight, and with it the sender.
        Ok(landed
            .ok()
            .and_then(|landed| landed.clone())
            .unwrap_or(Landing::Abandoned))
    }
}

/// A place among those who wait.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiters: &'a AtomicUsize) -> Option<Self> {
        let place = Self(waiters);
        let before = waiters.fetch_add(1, Ordering::Relaxed);
        (before < MOST_WAITERS).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rule_21_waiters_are_bounded_and_all_hear_the_same() {
        let flight = Arc::new(Flight::new());
        let waiting: Vec<_> = (0..MOST_WAITERS)
            .map(|_| {
                let flight = Arc::clone(&flight);
                tokio::spawn(async move { flight.wait().await })
            })
            .collect();
        while flight.waiters.load(Ordering::Relaxed) < MOST_WAITERS {
            tokio::task::yield_now().await;
        }
        assert!(matches!(flight.wait().await, Err(FetchError::Saturated)));
        flight.land(Landing::Refused(FetchError::Missing));
        flight.land(Landing::Abandoned);
        for waiter in waiting {
            let landed = waiter.await.unwrap();
            assert!(matches!(landed, Ok(Landing::Refused(FetchError::Missing))));
        }
        assert!(flight.wait().await.is_ok(), "there is room again");
    }
}
