//! Sends one target to its origin, signed in the `Authorization` header, and reads the answer's head.

use super::client::{ClientError, HttpClient};
use super::conditions::Conditions;
use super::deadlines::OriginSettings;
use super::error::FetchError;
use super::head::{ContentRange, OriginHead};
use super::outcome::{self, OriginStatus};
use super::precondition::{self, Verdict};
use super::request::SignedRequest;
use super::tls::OriginTls;
use super::transfer::{Length, OriginBody};
use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::resolve::Target;
use crate::s3::Operation;
use crate::sigv4::Signer;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One worker's way to all origins: a connection pool and its bounds. Cloning gives another handle on the same pool.
#[derive(Clone, Debug)]
pub struct OriginClient {
    http: HttpClient,
    settings: OriginSettings,
    slots: Arc<Semaphore>,
    clock: Clock,
}

/// What the origin has for the client: a status, the allow-listed head, the body still to come.
///
/// Dropping it ends the transfer and closes the origin's connection, unless the body is complete.
#[derive(Debug)]
pub struct OriginResponse {
    status: OriginStatus,
    head: OriginHead,
    body: OriginBody,
}

impl OriginClient {
    /// Makes the client of one worker thread; its connections are driven by the runtime that uses it.
    ///
    /// # Errors
    /// When reqwest refuses the set-up.
    pub fn new(settings: OriginSettings, tls: &OriginTls, clock: Clock) -> Result<Self, ClientError> {
        Ok(Self {
            http: HttpClient::new(&settings, tls)?,
            slots: Arc::new(Semaphore::new(settings.max_in_flight)),
            settings,
            clock,
        })
    }

    /// How many transfers are under way.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.settings
            .max_in_flight
            .saturating_sub(self.slots.available_permits())
    }

    /// Asks the origin for `target` under `conditions`; returns with the head of the answer, before any byte of the
    /// body. Cancelling (dropping the future) closes the connection in use.
    ///
    /// # Errors
    /// [`FetchError`] for everything but the statuses of [`OriginStatus`].
    pub async fn fetch(
        &self,
        credentials: &Credentials,
        target: &Target,
        conditions: &Conditions,
    ) -> Result<OriginResponse, FetchError> {
        let snapshot = credentials.current()?;
        let signer = &snapshot.signer;
        let slot = Arc::clone(&self.slots)
            .try_acquire_owned()
            .map_err(|_| FetchError::Saturated)?;
        match self.ask(signer, target, conditions, slot).await? {
            Asked::Answer(response) => Ok(*response),
            // If-Range failed: the whole object, as it is now.
            Asked::OtherObject(slot) => match self.ask(signer, target, &conditions.without_range(), slot).await? {
                Asked::Answer(response) => Ok(*response),
                Asked::OtherObject(_) => Err(FetchError::BadGateway("a part without being asked for it".into())),
            },
        }
    }

    async fn ask(
        &self,
        signer: &Signer,
        target: &Target,
        conditions: &Conditions,
        slot: OwnedSemaphorePermit,
    ) -> Result<Asked, FetchError> {
        let operation = target.permit().operation();
        let request = SignedRequest::new(signer, target, conditions, self.clock.now())?;
        let response = self.http.send(&request).await?;
        let mut head = OriginHead::from_headers(response.headers());
        let status = match outcome::success(response.status(), conditions, &head) {
            Some(status) => status?,
            None => return Err(outcome::failure(operation, response, &self.settings.deadlines).await),
        };
        let stale_part = match status {
            OriginStatus::Partial => !precondition::guard_holds(conditions, &head),
            OriginStatus::PreconditionFailed => conditions.range_guard.is_some(),
            _ => false,
        };
        if stale_part {
            return Ok(Asked::OtherObject(slot));
        }
        let status = judged(status, conditions, &head);
        if status == OriginStatus::NotModified {
            head.complete_not_modified(conditions.if_none_match.as_ref());
        }
        let body = match (status, operation) {
            (OriginStatus::Ok | OriginStatus::Partial, Operation::GetObject) => OriginBody::new(
                response.into_body(),
                head.content_length.map_or(Length::Unknown, Length::Exact),
                self.settings.deadlines.stall,
                slot,
            ),
            _ => OriginBody::empty(),
        };
        Ok(Asked::Answer(Box::new(OriginResponse { status, head, body })))
    }
}

enum Asked {
    Answer(Box<OriginResponse>),
    /// The part would be of another object than the one that `If-Range` named.
    OtherObject(OwnedSemaphorePermit),
}

fn judged(status: OriginStatus, conditions: &Conditions, head: &OriginHead) -> OriginStatus {
    match status {
        OriginStatus::Ok | OriginStatus::Partial => match precondition::judge(conditions, head) {
            Verdict::Proceed => status,
            Verdict::NotModified => OriginStatus::NotModified,
            Verdict::Failed => OriginStatus::PreconditionFailed,
        },
        settled => settled,
    }
}

impl OriginResponse {
    /// What the answer is.
    #[must_use]
    pub fn status(&self) -> OriginStatus {
        self.status
    }

    /// Its allow-listed head.
    #[must_use]
    pub fn head(&self) -> &OriginHead {
        &self.head
    }

    /// The whole object's length in bytes, known before any byte of the body: from `Content-Range` of a part, else from
    /// `Content-Length`. `None` when the origin does not say, and for 304 and 412.
    #[must_use]
    pub fn complete_length(&self) -> Option<u64> {
        match self.status {
            OriginStatus::Ok => self.head.content_length,
            OriginStatus::Partial | OriginStatus::RangeNotSatisfiable => {
                self.head.content_range.and_then(ContentRange::complete)
            }
            OriginStatus::NotModified | OriginStatus::PreconditionFailed => None,
        }
    }

    /// Takes the answer apart.
    #[must_use]
    pub fn into_parts(self) -> (OriginStatus, OriginHead, OriginBody) {
        (self.status, self.head, self.body)
    }
}
