//! Asks an origin until there is an answer, or nothing helps any more. What helps is decided in `remedy.rs`.
//!
//! One deadline holds from the first attempt to the head of the last one's answer: a reader never waits longer because
//! something is tried again.

use super::attempt::{Failed, Question, Received};
use super::conditions::Conditions;
use super::error::FetchError;
use super::head::OriginHead;
use super::origin::OriginClient;
use super::outcome::OriginStatus;
use super::remedy::{Course, Remedy};
use super::request::Means;
use super::resume::{Errand, Resumption};
use super::state::OriginState;
use crate::clock::Timestamp;
use crate::credentials::Credentials;
use crate::resolve::Target;
use crate::route::Learned;
use crate::s3::{Operation, Region};
use crate::telemetry::RetryReason;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// One read of one object, from its first attempt on.
#[derive(Debug)]
pub(super) struct Pursuit<'a> {
    client: &'a OriginClient,
    state: &'a Arc<OriginState>,
    credentials: &'a Credentials,
    target: &'a Target,
    deadline: Instant,
    course: Course,
}

/// Whether there is a reason to ask again.
enum Hope {
    /// What failed may succeed now.
    Again,
    None,
}

impl<'a> Pursuit<'a> {
    pub(super) fn new(
        client: &'a OriginClient,
        state: &'a Arc<OriginState>,
        credentials: &'a Credentials,
        target: &'a Target,
    ) -> Self {
        Self {
            client,
            state,
            credentials,
            target,
            deadline: Instant::now() + client.settings().deadlines.head,
            course: Course::default(),
        }
    }

    /// Asks for the target under `conditions`.
    pub(super) async fn ask(&mut self, conditions: &Conditions) -> Result<Received, FetchError> {
        let mut before: Option<FetchError> = None;
        loop {
            let means = Means::now(self.credentials, self.target.permit().bucket(), self.client.clock())?;
            let question = Question {
                state: self.state,
                target: self.target,
                conditions,
                deadline: self.deadline,
            };
            let failed = match self.client.attempt(&means, question).await {
                Ok(received) => return Ok(received),
                Err(failed) => failed,
            };
            match (self.remedy(&means, &failed).await, before) {
                (Hope::Again, _) => before = Some(failed.error),
                // That a repeat was not let through says less than why there had to be one.
                (Hope::None, Some(before)) if failed.is_unsent() => return Err(before),
                (Hope::None, _) => return Err(failed.error),
            }
        }
    }

    /// What is asked to be done.
    pub(super) fn operation(&self) -> Operation {
        self.target.permit().operation()
    }

    /// How the body behind `head` is asked for from where it breaks off, if it can be.
    pub(super) fn resumption(self, status: OriginStatus, head: &OriginHead) -> Option<Resumption> {
        Resumption::of(status, head, || Errand {
            client: self.client.clone(),
            state: Arc::clone(self.state),
            credentials: self.credentials.clone(),
            target: self.target.clone(),
        })
    }

    async fn remedy(&mut self, means: &Means, failed: &Failed) -> Hope {
        let remedy = self.course.remedy(
            self.operation(),
            &failed.cause,
            &self.state.retry,
            &mut fastrand::Rng::new(),
        );
        match remedy {
            Remedy::GiveUp => Hope::None,
            Remedy::SendAgain(reason, after) => self.send_again(reason, after).await,
            Remedy::RenewCredentials => {
                let renewed = self.renew(means).await;
                self.noted(RetryReason::Credentials, renewed)
            }
            Remedy::LearnClock(origin) => {
                let learned = self.learn_clock(origin, means);
                self.noted(RetryReason::Clock, learned)
            }
            Remedy::LearnRegion(region) => {
                let learned = self.learn_region(&region, means);
                self.noted(RetryReason::Region, learned)
            }
        }
    }

    async fn send_again(&mut self, reason: RetryReason, after: Duration) -> Hope {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if after >= left || !self.state.may_repeat() {
            return Hope::None;
        }
        if !after.is_zero() {
            sleep(after).await;
        }
        self.noted(reason, Hope::Again)
    }

    /// Writes down that the request is sent again, where it is.
    fn noted(&mut self, reason: RetryReason, hope: Hope) -> Hope {
        if let Hope::Again = hope {
            self.course.note(reason);
            self.state.repeated(reason);
        }
        hope
    }

    async fn renew(&self, means: &Means) -> Hope {
        let renewed = timeout_at(self.deadline, self.credentials.renew_after(&means.snapshot)).await;
        match renewed {
            Ok(Ok(_newer)) => Hope::Again,
            Ok(Err(_)) | Err(_) => Hope::None,
        }
    }

    fn learn_clock(&self, origin: Timestamp, means: &Means) -> Hope {
        let (bucket, now) = (self.target.permit().bucket(), self.client.clock().now());
        match bucket.learn_offset(origin, now) {
            Learned::New => Hope::Again,
            // Another request learned it while this one was under way.
            Learned::Known if bucket.clock_offset(now) != means.offset => Hope::Again,
            Learned::Known | Learned::Refused => Hope::None,
        }
    }

    fn learn_region(&self, region: &Region, means: &Means) -> Hope {
        let bucket = self.target.permit().bucket();
        match bucket.learn_region(region) {
            Learned::New => Hope::Again,
            Learned::Known if bucket.place().generation != means.place.generation => Hope::Again,
            Learned::Known | Learned::Refused => Hope::None,
        }
    }
}
