//! Sends what a client of the S3 endpoint asks for to the origin, signed anew, and hands its answer back. AWS "Amazon S3
//! REST API: Actions".
//!
//! The answer is the client's, refusals too: which key is missing, which part is too small. Three kinds of it are not, and
//! become a [`FetchError`]: what concerns the gateway's own credentials, clock or idea of the bucket's region, which
//! is put right as for reads (`amends.rs`); that the origin is broken or asks for fewer requests; and what no S3 server says.
//!
//! A body is read from the client no faster than the origin takes it (`sending.rs`), its time is not counted as the origin's
//! (`watch.rs`), and what was begun of it can't be sent again: then the gateway learns what it can from a refusal, and leaves
//! it to the client to come again ([`FetchError::Corrected`]).

mod answer;
mod attempt;
mod content;
mod pace;
mod sending;
mod watch;

use super::amends::{Amends, Hope};
use super::error::FetchError;
use super::origin::OriginClient;
use super::state::OriginState;
use super::transfer::OriginBody;
use super::upload::Upload;
use crate::cache::Forgetting;
use crate::credentials::Credentials;
use crate::resolve::EndpointTarget;
use crate::s3::ErrorDocument;
use answer::Answer;
use attempt::{Errand, Refused};
use content::Content;
use http::{HeaderMap, StatusCode};
use pace::Pace;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

/// An origin's answer, for a client that speaks S3.
///
/// Dropping it ends the transfer and closes the origin's connection, unless the body is complete.
#[derive(Debug)]
pub struct Forwarded {
    /// What the origin said: 2xx, 304, 4xx but 401 and 429, 501 or 507.
    pub status: StatusCode,
    /// The origin's header fields as they came. Nothing of them may go on but by an allow-list (rule 16).
    pub headers: HeaderMap,
    /// Its body: empty for an answer to HEAD, all at hand for a refusal.
    pub body: OriginBody,
    /// The refusal, read from the body, where it is one that S3 gives. Some come with 200, behind white space: those are still
    /// in the body.
    pub refusal: Option<ErrorDocument>,
}

impl Forwarded {
    /// The same answer, to a write: what that concerns is forgotten now, and once more when the body is over; for a
    /// while, when the body is not waited for.
    #[must_use]
    pub fn ending(self, wrote: Forgetting) -> Self {
        // A refusal is read already, and its body goes nowhere.
        if !self.status.is_success() {
            wrote.answered();
            return self;
        }
        Self {
            body: self.body.ending(wrote),
            ..self
        }
    }
}

impl OriginClient {
    /// Asks the origin of `state` for `target` and sends `upload` with it; again, where that may help and is harmless. Returns
    /// with the head of the answer. Cancelling (dropping the future) closes the connection in use, so that the origin
    /// stores nothing of a body that is not whole.
    ///
    /// # Errors
    /// [`FetchError`] where there is no answer, and for answers that are none for the client; [`FetchError::Upload`] when it
    /// was the client's body that broke off or was not as announced.
    pub async fn forward(
        &self,
        state: &Arc<OriginState>,
        credentials: &Credentials,
        target: &EndpointTarget,
        upload: Upload,
    ) -> Result<Forwarded, FetchError> {
        let mut content = Content::new(upload);
        let pace = Pace::of(target, &content, &self.settings().deadlines);
        let begun = Instant::now();
        let slot = self.slot(begun + pace.turn).await?;
        state.earn();
        let deadline = begun + pace.turn + pace.patience;
        let errand = Errand { target, pace, deadline };
        let bucket = target.permit().bucket();
        let mut amends = Amends::new(self, state, credentials, bucket, deadline);
        let mut before: Option<FetchError> = None;
        loop {
            let admission = match state.admit(pace.line, deadline).await {
                Ok(admission) => admission,
                // That a repeat was not let through says less than why there had to be one.
                Err(error) => return Err(before.unwrap_or(error)),
            };
            // Only now: in the line credentials may have changed.
            let means = amends.means()?;
            let refused = match self.attempt_forward(admission, &means, errand, &mut content).await {
                Ok(answer) => return Ok(self.forwarded(answer, pace, slot)),
                Err(refused) => refused,
            };
            let Refused { failed, answer } = refused;
            let repeatable = content.repeatable(target);
            match (amends.make(&means, &failed, repeatable).await, answer) {
                (Hope::Again, _) => before = Some(failed.error),
                (Hope::TooLate, _) => return Err(FetchError::Corrected),
                // It may have been meant for the client after all.
                (Hope::None, Some(answer)) => return Ok(self.forwarded(answer, pace, slot)),
                (Hope::None, None) => return Err(failed.error),
            }
        }
    }

    /// Takes a slot, waiting for one until `deadline`.
    async fn slot(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, FetchError> {
        match timeout_at(deadline, Arc::clone(self.slots()).acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(FetchError::Saturated),
        }
    }

    fn forwarded(&self, answer: Answer, pace: Pace, slot: OwnedSemaphorePermit) -> Forwarded {
        let Answer {
            status,
            headers,
            body,
            length,
            refusal,
        } = answer;
        let stall = self.settings().deadlines.stall.max(pace.patience);
        Forwarded {
            status,
            headers,
            body: OriginBody::new(body, length, stall, None, slot),
            refusal,
        }
    }
}
