//! Does what helps against a failed attempt: waits, asks for newer credentials, learns the origin's clock or the bucket's
//! region. What helps is decided in `remedy.rs`.

use super::attempt::Failed;
use super::origin::OriginClient;
use super::remedy::{Course, Remedy};
use super::request::Means;
use super::retry::Repeatable;
use super::state::OriginState;
use crate::clock::Timestamp;
use crate::credentials::Credentials;
use crate::route::{Bucket, Learned};
use crate::s3::Region;
use crate::telemetry::RetryReason;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// One request's way through its failures.
#[derive(Debug)]
pub(super) struct Amends<'a> {
    pub(super) client: &'a OriginClient,
    pub(super) state: &'a Arc<OriginState>,
    pub(super) credentials: &'a Credentials,
    pub(super) bucket: &'a Arc<Bucket>,
    /// When it is too late for another attempt.
    pub(super) deadline: Instant,
    course: Course,
}

/// Whether there is a reason to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hope {
    /// What failed may succeed now, and is to be sent again.
    Again,
    /// What failed would succeed now, but can't be sent again.
    TooLate,
    /// None.
    None,
}

impl<'a> Amends<'a> {
    pub(super) fn new(
        client: &'a OriginClient,
        state: &'a Arc<OriginState>,
        credentials: &'a Credentials,
        bucket: &'a Arc<Bucket>,
        deadline: Instant,
    ) -> Self {
        Self {
            client,
            state,
            credentials,
            bucket,
            deadline,
            course: Course::default(),
        }
    }

    /// What the next attempt is signed with.
    pub(super) fn means(&self) -> Result<Means, crate::credentials::CredentialsUnavailable> {
        Means::now(self.credentials, self.bucket, self.client.clock())
    }

    /// Does what helps after an attempt by `means` has `failed`.
    pub(super) async fn make(&mut self, means: &Means, failed: &Failed, repeatable: Repeatable) -> Hope {
        let random = &mut fastrand::Rng::new();
        let remedy = self.course.remedy(repeatable, &failed.cause, &self.state.retry, random);
        let (reason, learned) = match remedy {
            Remedy::GiveUp => return Hope::None,
            Remedy::SendAgain(reason, after) => (reason, self.wait(after).await),
            Remedy::RenewCredentials => (RetryReason::Credentials, self.renew(means).await),
            Remedy::LearnClock(origin) => (RetryReason::Clock, self.learn_clock(origin, means)),
            Remedy::LearnRegion(region) => (RetryReason::Region, self.learn_region(&region, means)),
        };
        match (learned, repeatable) {
            (false, _) => Hope::None,
            (true, Repeatable::Never) => Hope::TooLate,
            (true, Repeatable::Always | Repeatable::Undone) => {
                self.course.note(reason);
                self.state.repeated(reason);
                Hope::Again
            }
        }
    }

    async fn wait(&self, pause: Duration) -> bool {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if pause >= left || !self.state.may_repeat() {
            return false;
        }
        if !pause.is_zero() {
            sleep(pause).await;
        }
        true
    }

    async fn renew(&self, means: &Means) -> bool {
        let renewed = timeout_at(self.deadline, self.credentials.renew_after(&means.snapshot)).await;
        matches!(renewed, Ok(Ok(_newer)))
    }

    fn learn_clock(&self, origin: Timestamp, means: &Means) -> bool {
        let now = self.client.clock().now();
        match self.bucket.learn_offset(origin, now) {
            Learned::New => true,
            // Another request learned it while this one was under way.
            Learned::Known => self.bucket.clock_offset(now) != means.offset,
            Learned::Refused => false,
        }
    }

    fn learn_region(&self, region: &Region, means: &Means) -> bool {
        match self.bucket.learn_region(region) {
            Learned::New => true,
            Learned::Known => self.bucket.place().generation != means.place.generation,
            Learned::Refused => false,
        }
    }
}
