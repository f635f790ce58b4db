//! What a failed attempt means, and what is done about it: the one place that decides. Rules 24 to 26.
//!
//! | the attempt failed of | what is done |
//! | --- | --- |
//! | no connection, a connection closed before an answer, 5xx | the same is sent again after a pause, twice at most, within the budget |
//! | `SlowDown`, 429, 503 | likewise, after a longer pause; not where the origin says `Retry-After` |
//! | ended credentials | newer ones are asked for and the request signed with them, once |
//! | clocks that differ | the origin's is learned and the request signed by it, once |
//! | another region | it is learned and the request signed for it, once |
//! | anything else: silence past the deadline, nonsense, a refusal, a missing key | nothing: it is the answer |
//!
//! Sent again is only what may be ([`Repeatable`]). A request whose body is gone is not, but what its refusal taught is
//! learned all the same, so that the client's own repeat succeeds.
//!
//! What is signed anew is sent only when the signature is another than before, so that these three can't go on for ever, and
//! needs no budget: a rotation of credentials fails every request that is under way at once, and none of that may show.

use super::retry::{self, Repeatable, RetryBounds};
use crate::clock::Timestamp;
use crate::s3::Region;
use crate::telemetry::RetryReason;
use std::time::Duration;

/// What an attempt failed of, as far as it matters for what comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// No connection could be had; nothing was sent.
    Unreachable,
    /// The connection was closed before the first byte of an answer.
    Closed,
    /// Nothing came until the deadline.
    Late,
    /// What came was no answer.
    Garbled,
    /// The origin says that it is broken.
    Broken,
    /// The origin asks for fewer requests.
    Throttled {
        /// When to come again, if it said.
        retry_after: Option<Duration>,
        /// Whether it is S3 that says so, or a 503 of whoever stands there.
        by: Refuser,
    },
    /// The credentials have ended, or are none.
    StaleCredentials,
    /// The origin's clock is another than the one that was signed by; what it shows, if it said.
    Skewed(Option<Timestamp>),
    /// The bucket is in this region.
    Elsewhere(Region),
    /// A working origin's last word.
    Settled,
    /// The client's body did not come to its end.
    Faulted,
    /// Nothing was sent, for reasons of the gateway's own.
    Unsent,
}

/// Who asks for fewer requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refuser {
    /// An S3 server that works.
    Server,
    /// Something in front of it, or one that does not work.
    Unknown,
}

/// What an attempt told of the origin's health, for the breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    Works,
    Fails,
    Unknown,
}

impl Cause {
    /// What this tells of the origin's health.
    pub(super) fn health(&self) -> Health {
        match self {
            Self::Unreachable | Self::Closed | Self::Late | Self::Garbled | Self::Broken => Health::Fails,
            Self::Throttled { by, .. } => match by {
                Refuser::Server => Health::Works,
                Refuser::Unknown => Health::Fails,
            },
            Self::StaleCredentials | Self::Skewed(_) | Self::Elsewhere(_) | Self::Settled => Health::Works,
            Self::Faulted | Self::Unsent => Health::Unknown,
        }
    }
}

/// What to do about a failed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Send the same again after this pause, if the budget allows.
    SendAgain(RetryReason, Duration),
    /// Ask for newer credentials and sign with those.
    RenewCredentials,
    /// Learn what the origin's clock shows and sign by it.
    LearnClock(Timestamp),
    /// Learn the bucket's region and sign for it.
    LearnRegion(Region),
    /// Nothing helps.
    GiveUp,
}

/// What one request has been through.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    repeats: u32,
    corrections: Vec<RetryReason>,
}

impl Course {
    /// Notes that the request is sent again.
    pub(super) fn note(&mut self, reason: RetryReason) {
        match reason {
            RetryReason::Credentials | RetryReason::Clock | RetryReason::Region => self.corrections.push(reason),
            RetryReason::Closed | RetryReason::Unreachable | RetryReason::Broken | RetryReason::Throttled => {
                self.repeats = self.repeats.saturating_add(1);
            }
        }
    }

    /// Decides about the next failure.
    pub(super) fn remedy(
        &self,
        repeatable: Repeatable,
        cause: &Cause,
        bounds: &RetryBounds,
        random: &mut fastrand::Rng,
    ) -> Remedy {
        let harmless = match repeatable {
            Repeatable::Always => true,
            Repeatable::Undone => *cause == Cause::Unreachable,
            Repeatable::Never => false,
        };
        let mut again = |reason, span| {
            if self.repeats < bounds.most && harmless {
                Remedy::SendAgain(reason, retry::pause(span, self.repeats, random))
            } else {
                Remedy::GiveUp
            }
        };
        let once = |reason, remedy| {
            if self.corrections.contains(&reason) {
                Remedy::GiveUp
            } else {
                remedy
            }
        };
        match cause {
            // Most often an idle connection that died unseen: another one serves at once.
            Cause::Closed if self.repeats == 0 => again(RetryReason::Closed, Duration::ZERO),
            Cause::Closed => again(RetryReason::Closed, bounds.pause),
            Cause::Unreachable => again(RetryReason::Unreachable, bounds.pause),
            Cause::Broken => again(RetryReason::Broken, bounds.pause),
            Cause::Throttled { retry_after: None, .. } => again(RetryReason::Throttled, bounds.busy_pause),
            Cause::StaleCredentials => once(RetryReason::Credentials, Remedy::RenewCredentials),
            Cause::Skewed(Some(origin)) => once(RetryReason::Clock, Remedy::LearnClock(*origin)),
            Cause::Elsewhere(region) => once(RetryReason::Region, Remedy::LearnRegion(region.clone())),
            Cause::Throttled {
                retry_after: Some(_), ..
            }
            | Cause::Skewed(None)
            | Cause::Late
            | Cause::Garbled
            | Cause::Settled
            | Cause::Faulted
            | Cause::Unsent => Remedy::GiveUp,
        }
    }
}

#[cfg(test)]
#[path = "remedy_tests.rs"]
mod tests;
