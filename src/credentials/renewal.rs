//! The task that keeps one bucket's credentials valid: load, install, wait, one call at a time.

use super::cell::{Cell, Installed};
use super::events::{self, Grumble};
use super::schedule::{self, Reserve};
use super::source::{Loaded, Source, SourceError};
use crate::clock::{Clock, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

/// How the task keeps time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The longest that one load may take while what is held is good for longer than that; rule 23.
    pub(super) deadline: Duration,
    /// The same with nothing valid: short, so that a call that was lost with its server does not hold up the next.
    pub(super) deadline_with_nothing: Duration,
    /// How often a wait looks at the wall clock. A machine that slept for an hour renews at once.
    pub(super) look: Duration,
    /// The least time between the end of a load and one that a request asks for. An origin that refuses everything
    /// must not become a storm at the source.
    pub(super) spacing: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(10),
            deadline_with_nothing: Duration::from_secs(4),
            look: Duration::from_secs(15),
            spacing: Duration::from_secs(5),
        }
    }
}

/// Loads from `source` into `cell` for as long as it is polled.
pub(super) async fn run<S: Source>(cell: Arc<Cell>, source: Arc<S>, clock: Clock, pace: Pace) {
    let mut failures = 0_u32;
    let mut grumble = Grumble::default();
    loop {
        let began = Instant::now();
        let deadline = match reserve(&cell, clock.now(), &*source) {
            Reserve::Nothing => pace.deadline_with_nothing,
            Reserve::For(left) => left.clamp(pace.deadline_with_nothing, pace.deadline),
            Reserve::Endless(_) => pace.deadline,
        };
        let loaded = load(&source, deadline).await;
        let now = clock.now();
        let wait = match loaded.and_then(|loaded| refuse_ended(loaded, now)) {
            Ok(loaded) => {
                failures = 0;
                install(&cell, loaded, now, source.look_again())
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                let wait = schedule::after_failure(failures, reserve(&cell, now, &*source), began.elapsed());
                note_failure(&cell, &error, now, wait, grumble.says(failures, &error));
                Some(wait)
            }
        };
        cell.demand.serve();
        pass(wait, &cell, &clock, pace).await;
    }
}

/// Runs in a task of its own: the SDK may panic (no CA certificates, for one), and renewal must outlive that.
async fn load<S: Source>(source: &Arc<S>, deadline: Duration) -> Result<Loaded, SourceError> {
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

fn refuse_ended(loaded: Loaded, now: Timestamp) -> Result<Loaded, SourceError> {
    match loaded.credential.expires_at() {
        Some(end) if end <= now => Err(SourceError::new(&format!(
            "the source ({}) gave credentials that ended {} s ago",
            loaded.provider,
            now.since(end).as_secs()
        ))),
        _ => Ok(loaded),
    }
}

fn reserve<S: Source>(cell: &Cell, now: Timestamp, source: &S) -> Reserve {
    match (cell.is_usable_at(now), cell.expires_at()) {
        (false, _) => Reserve::Nothing,
        (true, Some(end)) => Reserve::For(end.since(now)),
        (true, None) => Reserve::Endless(source.look_again().unwrap_or(Duration::MAX)),
    }
}

fn install(cell: &Cell, loaded: Loaded, now: Timestamp, look_again: Option<Duration>) -> Option<Duration> {
    let expires_at = loaded.credential.expires_at();
    let wait = schedule::after_success(expires_at, now, look_again);
    let (key_id, provider) = (loaded.credential.access_key_id().clone(), loaded.provider.clone());
    match cell.install(loaded) {
        Installed::New => {
            if let Some(metrics) = &cell.metrics {
                metrics.credentials_renewed();
            }
            events::loaded(cell.bucket(), &provider, &key_id, expires_at, wait);
        }
        Installed::Same => events::unchanged(cell.bucket(), wait),
    }
    wait
}

fn note_failure(cell: &Cell, error: &SourceError, now: Timestamp, wait: Duration, say: bool) {
    cell.note_failure(error.as_str());
    if let Some(metrics) = &cell.metrics {
        metrics.credential_renewal_failed();
    }
    if !say {
        return;
    }
    if cell.is_usable_at(now) {
        events::renewal_failed(cell.bucket(), error.as_str(), cell.expires_at(), wait);
    } else {
        events::unavailable(cell.bucket(), error.as_str(), wait);
    }
}

/// Waits until `wait` has passed (`None`: for ever), or until a request asks for a newer credential than the one held
/// and the last load is long enough ago; one that asks sooner is told that there is none.
async fn pass(wait: Option<Duration>, cell: &Cell, clock: &Clock, pace: Pace) {
    let loaded = Instant::now();
    let due = elapse(wait, clock, pace.look);
    tokio::pin!(due);
    loop {
        tokio::select! {
            () = &mut due => return,
            () = cell.demand.asked() => {
                if loaded.elapsed() >= pace.spacing {
                    return;
                }
                cell.demand.serve();
            }
        }
    }
}

/// Waits until `wait` has passed by the wall clock or by the monotonic one, whichever is first: the one goes on
/// while the machine sleeps, the other when somebody sets the time back.
async fn elapse(wait: Option<Duration>, clock: &Clock, look: Duration) {
    let Some(wait) = wait else {
        return std::future::pending().await;
    };
    // Rounded up: the wall clock shows whole seconds.
    let wall = clock.now().plus(wait + Duration::from_millis(999));
    let monotonic = Instant::now() + wait;
    loop {
        let turned = clock.turned();
        let left = monotonic.saturating_duration_since(Instant::now());
        if left.is_zero() || clock.now() >= wall {
            return;
        }
        tokio::select! {
            () = sleep(left.min(look)) => {}
            () = turned => {}
        }
    }
}

#[cfg(test)]
mod tests;
