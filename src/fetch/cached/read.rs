//! Answers a permitted read from what is kept, or has the origin asked. RFC 9111 §4, RFC 5861; rules 18 to 21.

use super::ObjectCache;
use super::at_hand::{AtHand, fresh};
use super::fill::{Fill, Lead};
use super::flight::{Flight, Landing};
use super::kept::{Kept, KeptObject};
use super::part;
use super::response::{After, Asker, Before, CacheUse, ObjectBody, ObjectResponse};
use crate::cache::{Joined, ObjectName, ObjectQuery, Standing};
use crate::config::CachePolicy;
use crate::credentials::Credentials;
use crate::fetch::conditions::Conditions;
use crate::fetch::error::FetchError;
use crate::fetch::origin::{OriginClient, OriginResponse};
use crate::fetch::outcome::OriginStatus;
use crate::fetch::state::OriginState;
use crate::resolve::Target;
use crate::s3::Operation;
use crate::telemetry::{ObjectResult, StaleReason};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

/// How long a reader waits for an origin when there is an object that may stand in. Longer than an origin in health takes; an
/// outage that drops packets would otherwise cost every reader the whole deadline.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is to be read, and how. It rests on the permit within its target: nothing is looked up without one (rule 18).
#[derive(Clone, Copy, Debug)]
pub struct Want<'a> {
    /// The bucket's origin.
    pub state: &'a Arc<OriginState>,
    /// What it is asked with.
    pub credentials: &'a Credentials,
    /// The object.
    pub target: &'a Target,
    /// The reader's conditions.
    pub conditions: &'a Conditions,
    /// For how long the route or rule answers from what is kept.
    pub policy: &'a CachePolicy,
    /// The largest object that is of use here, in bytes.
    pub most: u64,
}

/// What a read comes to.
#[derive(Debug)]
pub enum Found {
    /// The object.
    Object(ObjectResponse),
    /// It has this many bytes, more than are of use or kept, as was learned not long ago. The origin was not asked.
    TooLarge(u64),
    /// There is no such object, as was learned up to 5 s ago. The origin was not asked.
    Missing,
}

impl Found {
    /// Whether the origin was waited for.
    #[must_use]
    pub fn has_waited(&self) -> bool {
        match self {
            Self::TooLarge(_) | Self::Missing => false,
            Self::Object(object) => !matches!(
                object.cache,
                CacheUse::Hit { .. }
                    | CacheUse::Stale {
                        reason: StaleReason::Revalidating,
                        ..
                    }
            ),
        }
    }
}

impl<'a> Want<'a> {
    /// What it is kept under; `None` for a part by its number, which is not kept.
    pub(super) fn query(&self) -> Option<ObjectQuery<'a>> {
        let overrides = self.target.overrides();
        let permit = self.target.permit();
        (!overrides.chooses_part()).then(|| ObjectQuery {
            space: permit.bucket().space(),
            key: permit.key(),
            version: overrides.get("versionId"),
        })
    }

    pub(super) fn operation(&self) -> Operation {
        self.target.permit().operation()
    }

    /// Whether the origin may be asked for the whole object for it. What is asked for a head or a part of a large object
    /// would be paid for by its owner.
    fn fills(&self) -> bool {
        self.operation() == Operation::GetObject && self.conditions.range.is_none()
    }
}

impl ObjectCache {
    /// Reads an object.
    ///
    /// # Errors
    /// [`FetchError`], as the origin's own answer is.
    pub async fn read(self: &Arc<Self>, client: &OriginClient, want: Want<'_>) -> Result<Found, FetchError> {
        let query = want.query();
        let found = match self.at_hand(want, query.as_ref()) {
            AtHand::Found(found) => Ok(found),
            // Boxed, since asking the origin takes some KiB of room, which would be moved about for each answer out of memory.
            AtHand::Asks(kept) => Box::pin(self.ask(client, want, query, kept)).await,
        };
        match &found {
            Ok(Found::Object(response)) => self.count(response),
            Ok(Found::TooLarge(_)) => self.metrics.answered(ObjectResult::Bypass),
            Ok(Found::Missing) => self.metrics.answered(ObjectResult::Negative),
            Err(_) => {}
        }
        found
    }

    /// Has the origin asked, for want of anything at hand or to have that revalidated.
    async fn ask(
        self: &Arc<Self>,
        client: &OriginClient,
        want: Want<'_>,
        query: Option<ObjectQuery<'_>>,
        kept: Option<Kept>,
    ) -> Result<Found, FetchError> {
        match (query, kept) {
            (Some(query), Some(Kept::Object(object))) => self.serve(client, want, query, object).await,
            (Some(query), None) if want.fills() => self.fly(client, want, query, None).await,
            _ => self.pass(client, want, None).await,
        }
    }

    /// Serves what is kept, if it may be.
    async fn serve(
        self: &Arc<Self>,
        client: &OriginClient,
        want: Want<'_>,
        query: ObjectQuery<'_>,
        object: Arc<KeptObject>,
    ) -> Result<Found, FetchError> {
        let now = self.clock.now();
        if let Some(response) = fresh(&object, want, now) {
            return Ok(Found::Object(response));
        }
        match object.validity.standing(want.policy, now) {
            Standing::WhileRevalidating { .. } => {
                if want.operation() == Operation::GetObject {
                    self.lead(client, want, query, Some(&object));
                }
                Ok(Found::Object(self.stale(want, &object, StaleReason::Revalidating)))
            }
            // A permit for the head is none for the whole, so that a head can't revalidate what is kept.
            _ if want.operation() == Operation::GetObject => self.fly(client, want, query, Some(object)).await,
            _ => self.pass(client, want, Some(object)).await,
        }
    }

    /// Asks the origin past the cache. `stale` stands in if that fails.
    async fn pass(
        &self,
        client: &OriginClient,
        want: Want<'_>,
        stale: Option<Arc<KeptObject>>,
    ) -> Result<Found, FetchError> {
        let asked = Instant::now();
        let fetching = client.fetch(want.state, want.credentials, want.target, want.conditions);
        let stands_in = |object: &&Arc<KeptObject>| object.validity.may_stand_in(want.policy, self.clock.now());
        let came = match stale.as_ref().filter(stands_in) {
            None => fetching.await,
            Some(object) => match timeout(PATIENCE, fetching).await {
                Ok(came) => came,
                Err(_) => return Ok(Found::Object(self.stale(want, object, StaleReason::Timeout))),
            },
        };
        want.state.asked(&came, asked.elapsed());
        match came {
            Ok(response) => Ok(Found::Object(response.into())),
            Err(error) => {
                if let (Some(query), FetchError::Missing | FetchError::Forbidden(_) | FetchError::MissingBucket) =
                    (want.query(), &error)
                {
                    self.drop_entry(&ObjectName::of(&query));
                    // What is still arriving was asked for before, and must not be kept after. Not in any case, since a number
                    // is taken for it: strangers ask for what is missing all day.
                    if self.flights.is_under_way(&query) {
                        self.forgotten.forget_key(query.space, query.key.as_str());
                    }
                }
                self.stand_in(want, stale.as_ref(), error)
            }
        }
    }

    /// Has the origin asked, once for everybody, and waits for what comes.
    async fn fly(
        self: &Arc<Self>,
        client: &OriginClient,
        want: Want<'_>,
        query: ObjectQuery<'_>,
        stale: Option<Arc<KeptObject>>,
    ) -> Result<Found, FetchError> {
        let (flight, first) = self.lead(client, want, query, stale.as_ref());
        let by = if first.is_some() { Asker::Own } else { Asker::Other };
        let _waiting = first.is_none().then(|| self.metrics.joins());
        let stands_in = |object: &&Arc<KeptObject>| object.validity.may_stand_in(want.policy, self.clock.now());
        let landing = match stale.as_ref().filter(stands_in) {
            None => flight.wait().await,
            Some(object) => match timeout(PATIENCE, flight.wait()).await {
                Ok(landing) => landing,
                // The fetch goes on, and ends what is kept if that is what the origin says.
                Err(_) => return Ok(Found::Object(self.stale(want, object, StaleReason::Timeout))),
            },
        };
        let before = if stale.is_some() {
            Before::Stale
        } else {
            Before::Nothing
        };
        match landing.inspect_err(|_| self.metrics.waiter_refused())? {
            Landing::Vouched(object) => {
                let age = object.validity.age(self.clock.now());
                let answer = object.answer(want.conditions, want.operation(), CacheUse::Revalidated { by, age });
                Ok(Found::Object(answer))
            }
            // Boxed, since it may have to be revalidated, which leads back here.
            Landing::OnDisk(object) if stale.is_none() => Box::pin(self.serve(client, want, query, object)).await,
            Landing::Arriving { head, age, body } => {
                let part = part::of(want.conditions, want.operation(), &head, body.length());
                let (from, end) = part.bytes;
                let after = After::Kept;
                Ok(Found::Object(ObjectResponse {
                    status: part.status,
                    head: part.head,
                    body: if from < end {
                        ObjectBody::Arriving(body.reader(from, end))
                    } else {
                        ObjectBody::Empty
                    },
                    cache: CacheUse::Fetched { by, before, after, age },
                }))
            }
            Landing::Unkept(length) => match (first.and_then(|mut first| first.try_recv().ok()), length) {
                (Some(response), _) if want.conditions.range.is_none() => {
                    Ok(Found::Object(own(response, want, before)))
                }
                (None, Some(length)) if length > self.most(want) => Ok(Found::TooLarge(length)),
                _ => self.pass(client, want, None).await,
            },
            Landing::Refused(error) => self.stand_in(want, stale.as_ref(), error),
            // From disk once: others may have it asked again and again, and each time would lie on top of the one before.
            Landing::OnDisk(_) | Landing::Abandoned => self.pass(client, want, stale).await,
        }
    }

    /// Joins the fetch of an object, or begins it; who begins it gets what may not be kept.
    fn lead(
        self: &Arc<Self>,
        client: &OriginClient,
        want: Want<'_>,
        query: ObjectQuery<'_>,
        stale: Option<&Arc<KeptObject>>,
    ) -> (Arc<Flight>, Option<oneshot::Receiver<OriginResponse>>) {
        let (flight, since) = match self.flights.join(&query, Flight::new) {
            Joined::Waits(flight) => return (flight, None),
            Joined::Leads(flight, since) => (flight, since),
        };
        let lead = Lead {
            cache: Arc::clone(self),
            name: ObjectName::of(&query),
            flight: Arc::clone(&flight),
            since,
        };
        let fill = Fill {
            cache: Arc::clone(self),
            client: client.clone(),
            state: Arc::clone(want.state),
            credentials: want.credentials.clone(),
            target: want.target.clone(),
            policy: *want.policy,
            most: self.most(want),
            stale: stale.cloned(),
            lead,
        };
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(fill.run(sender));
        (flight, Some(receiver))
    }

    /// Serves `stale` in the place of an error, where rule 20 allows it.
    fn stand_in(
        &self,
        want: Want<'_>,
        stale: Option<&Arc<KeptObject>>,
        error: FetchError,
    ) -> Result<Found, FetchError> {
        match (stale, failure(&error)) {
            (Some(object), Some(reason)) if object.validity.may_stand_in(want.policy, self.clock.now()) => {
                Ok(Found::Object(self.stale(want, object, reason)))
            }
            _ => Err(error),
        }
    }

    fn stale(&self, want: Want<'_>, object: &KeptObject, reason: StaleReason) -> ObjectResponse {
        let now = self.clock.now();
        let by = match object.validity.standing(want.policy, now) {
            Standing::Fresh { .. } => Duration::ZERO,
            Standing::WhileRevalidating { stale_by } | Standing::Stale { stale_by } => stale_by,
        };
        let age = object.validity.age(now);
        self.metrics.served_stale(reason);
        object.answer(want.conditions, want.operation(), CacheUse::Stale { by, age, reason })
    }

    /// The largest object that is kept for `want`, in bytes.
    pub(super) fn most(&self, want: Want<'_>) -> u64 {
        want.most.min(self.max_object_bytes)
    }

    fn count(&self, response: &ObjectResponse) {
        self.metrics.answered(response.cache.result());
        if let ObjectBody::Kept(bytes) = &response.body {
            self.metrics.served(bytes.len() as u64);
        }
    }
}

/// The answer to the reader who asked first, which is not kept.
fn own(response: OriginResponse, want: Want<'_>, before: Before) -> ObjectResponse {
    let response = ObjectResponse::from(response);
    let whole = response.head.content_length.unwrap_or(u64::MAX);
    let part = part::of(want.conditions, want.operation(), &response.head, whole);
    ObjectResponse {
        status: part.status,
        body: if part.status == OriginStatus::Ok {
            response.body
        } else {
            ObjectBody::Empty
        },
        cache: CacheUse::Fetched {
            by: Asker::Own,
            before,
            after: After::Passed,
            age: Duration::ZERO,
        },
        head: part.head,
    }
}

/// Whether `error` is the origin's failure, rather than what it has to say (rule 20).
fn failure(error: &FetchError) -> Option<StaleReason> {
    match error {
        FetchError::Unreachable(_) => Some(StaleReason::Unreachable),
        FetchError::Timeout(_) => Some(StaleReason::Timeout),
        FetchError::Broken(_) | FetchError::BadGateway(_) => Some(StaleReason::BadAnswer),
        FetchError::Throttled { .. } => Some(StaleReason::Throttled),
        FetchError::HeldBack => Some(StaleReason::HeldBack),
        FetchError::Suspended { .. } => Some(StaleReason::Suspended),
        FetchError::Credentials(_) => Some(StaleReason::NoCredentials),
        FetchError::Missing
        | FetchError::MissingBucket
        | FetchError::Forbidden(_)
        | FetchError::Saturated
        | FetchError::Upload(_)
        | FetchError::Corrected
        | FetchError::NotAsSigned => None,
    }
}
