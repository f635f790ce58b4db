//! Asks an origin until there is an answer, or nothing helps any more. What helps is decided in `remedy.rs`.
//!
//! One deadline holds from the first attempt to the head of the last one's answer: a reader never waits longer because
//! something is tried again.

use super::amends::{Amends, Hope};
use super::attempt::{Question, Received};
use super::conditions::Conditions;
use super::error::FetchError;
use super::head::OriginHead;
use super::origin::OriginClient;
use super::outcome::OriginStatus;
use super::resume::{Errand, Resumption};
use super::retry::Repeatable;
use super::state::OriginState;
use crate::credentials::Credentials;
use crate::resolve::Target;
use crate::s3::Operation;
use std::sync::Arc;
use tokio::time::Instant;

/// One read of one object, from its first attempt on.
#[derive(Debug)]
pub(super) struct Pursuit<'a> {
    target: &'a Target,
    amends: Amends<'a>,
}

impl<'a> Pursuit<'a> {
    pub(super) fn new(
        client: &'a OriginClient,
        state: &'a Arc<OriginState>,
        credentials: &'a Credentials,
        target: &'a Target,
    ) -> Self {
        let deadline = Instant::now() + client.settings().deadlines.head;
        Self {
            target,
            amends: Amends::new(client, state, credentials, target.permit().bucket(), deadline),
        }
    }

    /// Asks for the target under `conditions`.
    pub(super) async fn ask(&mut self, conditions: &Conditions) -> Result<Received, FetchError> {
        let mut before: Option<FetchError> = None;
        loop {
            let means = self.amends.means()?;
            let question = Question {
                state: self.amends.state,
                target: self.target,
                conditions,
                deadline: self.amends.deadline,
            };
            let failed = match self.amends.client.attempt(&means, question).await {
                Ok(received) => return Ok(received),
                Err(failed) => failed,
            };
            let hope = Box::pin(self.amends.make(&means, &failed, Repeatable::Always)).await;
            match (hope, before) {
                (Hope::Again, _) => before = Some(failed.error),
                // That a repeat was not let through says less than why there had to be one.
                (Hope::TooLate | Hope::None, Some(before)) if failed.is_unsent() => return Err(before),
                (Hope::TooLate | Hope::None, _) => return Err(failed.error),
            }
        }
    }

    /// What is asked to be done.
    pub(super) fn operation(&self) -> Operation {
        self.target.permit().operation()
    }

    /// How the body behind `head` is asked for from where it breaks off, if it can be.
    pub(super) fn resumption(self, status: OriginStatus, head: &OriginHead) -> Option<Box<Resumption>> {
        Resumption::of(status, head, || Errand {
            client: self.amends.client.clone(),
            state: Arc::clone(self.amends.state),
            credentials: self.amends.credentials.clone(),
            target: self.target.clone(),
        })
    }
}
