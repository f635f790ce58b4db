//! One request to the origin, up to the head of its answer or the reason why there is none.

use super::body::ResponseBody;
use super::conditions::Conditions;
use super::error::FetchError;
use super::head::OriginHead;
use super::origin::OriginClient;
use super::outcome::{self, Asked, OriginStatus};
use super::remedy::Cause;
use super::request::{Means, SignedRequest};
use super::state::{Line, OriginState};
use crate::resolve::Target;
use http::HeaderMap;
use std::sync::Arc;
use tokio::time::Instant;

/// The head of an answer, and the body still to come.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) status: OriginStatus,
    pub(super) head: Arc<OriginHead>,
    /// All of its fields, for what is judged of them but goes no further.
    pub(super) headers: HeaderMap,
    pub(super) body: ResponseBody,
}

/// Why there is none: for the one who asked, and for the one who decides what to do about it.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: FetchError,
    pub(super) cause: Cause,
}

impl Failed {
    pub(super) fn new(cause: Cause, error: FetchError) -> Self {
        Self { error, cause }
    }

    /// Nothing was sent.
    pub(super) fn unsent(error: impl Into<FetchError>) -> Self {
        Self::new(Cause::Unsent, error.into())
    }

    pub(super) fn is_unsent(&self) -> bool {
        self.cause == Cause::Unsent
    }
}

/// What is asked, of which origin, until when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) state: &'a Arc<OriginState>,
    pub(super) target: &'a Target,
    pub(super) conditions: &'a Conditions,
    pub(super) deadline: Instant,
}

impl OriginClient {
    /// Sends `question` once, signed by `means`, when its origin may be asked; what comes of it is the origin's record.
    pub(super) async fn attempt(&self, means: &Means, question: Question<'_>) -> Result<Received, Failed> {
        let Question {
            state,
            target,
            conditions,
            deadline,
        } = question;
        let admission = state.admit(Line::Quick, deadline).await.map_err(Failed::unsent)?;
        let method = &target.permit().operation().method();
        let asked = Asked { method, means };
        let request = SignedRequest::new(means, target, conditions).map_err(Failed::unsent)?;
        let received = self.receive(request, asked, question).await;
        match &received {
            Ok(_) => admission.answered(),
            Err(failed) => admission.failed(&failed.cause),
        }
        received
    }

    async fn receive(
        &self,
        request: SignedRequest,
        asked: Asked<'_>,
        question: Question<'_>,
    ) -> Result<Received, Failed> {
        let response = self.http().send(request, question.deadline).await?;
        let head = Arc::new(OriginHead::from_headers(response.headers()));
        let success = outcome::success(response.status(), question.conditions, &head);
        // What comes of a refusal is judged first: it may be the clock that was refused.
        if success.is_some() {
            let bucket = question.target.permit().bucket();
            bucket.confirm_offset(response.headers(), self.clock().now());
        }
        match success {
            Some(Ok(status)) => {
                let (parts, body) = response.into_parts();
                Ok(Received {
                    status,
                    head,
                    headers: parts.headers,
                    body,
                })
            }
            Some(Err(error)) => Err(Failed::new(Cause::Settled, error)),
            None => {
                let patience = self.settings().deadlines.error_body;
                let deadline = question.deadline.min(Instant::now() + patience);
                Err(Box::pin(outcome::failure(asked, response, deadline)).await)
            }
        }
    }
}
