//! The task that keeps one bucket's credentials valid: load, install, wait, one call at a time.

use super::handle::{Cell, Installed};
use super::source::{Source, SourceError};
use super::{events, schedule};
use crate::clock::{Clock, Timestamp};
use crate::sigv4::Credential;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

/// How the task keeps time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The longest that one load may take; rule 23.
    pub(super) deadline: Duration,
    /// How often a wait looks at the wall clock. A machine that slept for an hour renews at once.
    pub(super) look: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            // What AWS's SDKs give their chain, too.
            deadline: Duration::from_secs(5),
            look: Duration::from_secs(15),
        }
    }
}

/// Loads from `source` into `cell` for as long as it is polled, or until a credential without an end is held.
pub(super) async fn run<S: Source>(cell: Arc<Cell>, source: Arc<S>, clock: Clock, pace: Pace) {
    let mut failures = 0_u32;
    loop {
        let loaded = load(&source, pace.deadline).await;
        let now = clock.now();
        let wait = match loaded.and_then(|credential| refuse_ended(credential, now)) {
            Ok(credential) => {
                failures = 0;
                match install(&cell, credential, now) {
                    Some(wait) => wait,
                    None => return,
                }
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                let wait = schedule::after_failure(failures);
                note_failure(&cell, &error, now, wait);
                wait
            }
        };
        pass(wait, &clock, pace.look).await;
    }
}

/// Runs in a task of its own: the SDK may panic (no CA certificates, for one), and renewal must outlive that.
async fn load<S: Source>(source: &Arc<S>, deadline: Duration) -> Result<Credential, SourceError> {
    let source = Arc::clone(source);
    let call = AbortOnDropHandle::new(tokio::spawn(async move { source.load().await }));
    match timeout(deadline, call).await {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(_)) => Err(SourceError::new(
            "loading credentials failed inside the AWS SDK (are CA certificates installed?)",
        )),
        Err(_) => {
            let seconds = deadline.as_secs_f32();
            Err(SourceError::new(&format!(
                "no answer from the credential source within {seconds} s"
            )))
        }
    }
}

fn refuse_ended(credential: Credential, now: Timestamp) -> Result<Credential, SourceError> {
    match credential.expires_at() {
        Some(end) if end <= now => Err(SourceError::new(&format!(
            "the source gave credentials that ended {} s ago",
            now.since(end).as_secs()
        ))),
        _ => Ok(credential),
    }
}

fn install(cell: &Cell, credential: Credential, now: Timestamp) -> Option<Duration> {
    let wait = schedule::after_success(credential.expires_at(), now);
    let (key_id, expires_at) = (credential.access_key_id().clone(), credential.expires_at());
    match cell.install(credential) {
        Installed::New => events::loaded(cell.bucket(), &key_id, expires_at, wait),
        Installed::Same => events::unchanged(cell.bucket(), wait),
    }
    wait
}

fn note_failure(cell: &Cell, error: &SourceError, now: Timestamp, wait: Duration) {
    cell.note_failure(error.as_str());
    if cell.is_usable_at(now) {
        events::renewal_failed(cell.bucket(), error.as_str(), cell.expires_at(), wait);
    } else {
        events::unavailable(cell.bucket(), error.as_str(), wait);
    }
}

/// Waits until `wait` has passed by the wall clock or by the monotonic one, whichever is first: the one goes on
/// while the machine sleeps, the other when somebody sets the time back.
async fn pass(wait: Duration, clock: &Clock, look: Duration) {
    // Rounded up: the wall clock shows whole seconds.
    let wall = clock.now().plus(wait + Duration::from_millis(999));
    let monotonic = Instant::now() + wait;
    loop {
        let left = monotonic.saturating_duration_since(Instant::now());
        if left.is_zero() || clock.now() >= wall {
            return;
        }
        sleep(left.min(look)).await;
    }
}

#[cfg(test)]
mod tests;
