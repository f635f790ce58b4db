//! Sends one target to its origin, signed in the `Authorization` header, and reads the answer's head.

use super::attempt::Received;
use super::client::HttpClient;
use super::conditions::Conditions;
use super::deadlines::OriginSettings;
use super::error::FetchError;
use super::head::OriginHead;
use super::outcome::OriginStatus;
use super::precondition::{self, Verdict};
use super::pursuit::Pursuit;
use super::state::OriginState;
use super::tls::OriginTls;
use super::transfer::{Length, OriginBody};
use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::resolve::Target;
use crate::s3::Operation;
use http::HeaderMap;
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
    head: Arc<OriginHead>,
    body: OriginBody,
}

/// What the origin has, and how it said so.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) response: OriginResponse,
    pub(super) headers: HeaderMap,
}

impl OriginClient {
    /// Makes the client of one worker thread; a request drives the connection that it uses (docs/adr/0010).
    #[must_use]
    pub fn new(settings: OriginSettings, tls: &OriginTls, clock: Clock) -> Self {
        Self {
            http: HttpClient::new(&settings, tls),
            slots: Arc::new(Semaphore::new(settings.max_in_flight)),
            settings,
            clock,
        }
    }

    /// How many transfers are under way.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.settings
            .max_in_flight
            .saturating_sub(self.slots.available_permits())
    }

    /// Asks the origin of `state` for `target` under `conditions`, again where that may help (`remedy.rs`); returns with the
    /// head of the answer, before any byte of the body. Cancelling (dropping the future) closes the connection in use.
    ///
    /// # Errors
    /// [`FetchError`] for everything but the statuses of [`OriginStatus`].
    pub async fn fetch(
        &self,
        state: &Arc<OriginState>,
        credentials: &Credentials,
        target: &Target,
        conditions: &Conditions,
    ) -> Result<OriginResponse, FetchError> {
        let asked = self.fetch_with_headers(state, credentials, target, conditions).await?;
        Ok(asked.response)
    }

    /// The same, with all fields of the answer's head, for what is judged of them but goes no further.
    pub(super) async fn fetch_with_headers(
        &self,
        state: &Arc<OriginState>,
        credentials: &Credentials,
        target: &Target,
        conditions: &Conditions,
    ) -> Result<Asked, FetchError> {
        let slot = Arc::clone(&self.slots)
            .try_acquire_owned()
            .map_err(|_| FetchError::Saturated)?;
        state.earn();
        let mut pursuit = Pursuit::new(self, state, credentials, target);
        let received = pursuit.ask(conditions).await?;
        if !is_other_object(&received, conditions) {
            return Ok(self.response(received, pursuit, conditions, slot));
        }
        // If-Range failed: the whole object, as it is now.
        let whole = conditions.without_range();
        let received = pursuit.ask(&whole).await?;
        if is_other_object(&received, &whole) {
            return Err(FetchError::BadGateway("a part without being asked for it".into()));
        }
        Ok(self.response(received, pursuit, &whole, slot))
    }

    fn response(
        &self,
        received: Received,
        pursuit: Pursuit<'_>,
        conditions: &Conditions,
        slot: OwnedSemaphorePermit,
    ) -> Asked {
        let Received {
            status,
            mut head,
            headers,
            mut body,
        } = received;
        let status = judged(status, conditions, &head);
        if status == OriginStatus::NotModified {
            Arc::make_mut(&mut head).complete_not_modified(conditions.if_none_match.as_ref());
        }
        let body = match (status, pursuit.operation()) {
            (OriginStatus::Ok | OriginStatus::Partial, Operation::GetObject) => {
                // A small one has come with its head, and can't break off any more.
                let has_come = body.has_come();
                OriginBody::new(
                    body,
                    head.content_length.map_or(Length::Unknown, Length::Exact),
                    self.settings.deadlines.stall,
                    (!has_come).then(|| pursuit.resumption(status, &head)).flatten(),
                    slot,
                )
            }
            _ => OriginBody::empty(),
        };
        Asked {
            response: OriginResponse { status, head, body },
            headers,
        }
    }

    pub(super) fn http(&self) -> &HttpClient {
        &self.http
    }

    pub(super) fn slots(&self) -> &Arc<Semaphore> {
        &self.slots
    }

    pub(super) fn settings(&self) -> &OriginSettings {
        &self.settings
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }
}

/// Whether a part is of another object than the one that `If-Range` named, or the origin says that it would be.
fn is_other_object(received: &Received, conditions: &Conditions) -> bool {
    match received.status {
        OriginStatus::Partial => !precondition::guard_holds(conditions, &received.head),
        OriginStatus::PreconditionFailed => conditions.range_guard.is_some(),
        _ => false,
    }
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
        self.status.complete_length(&self.head)
    }

    /// Takes the answer apart.
    #[must_use]
    pub fn into_parts(self) -> (OriginStatus, Arc<OriginHead>, OriginBody) {
        (self.status, self.head, self.body)
    }
}
