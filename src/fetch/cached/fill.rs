//! One fetch for everybody who wants the object: detached from them, kept if it may be. Rules 19, 20 and 21.
//!
//! It runs on the worker whose reader asked first and goes on when that reader leaves. The origin is asked for the whole object
//! and without the readers' conditions, which are judged on what comes.

use super::ObjectCache;
use super::flight::{Flight, Landing};
use super::kept::{Kept, KeptObject};
use super::on_disk::{self, OnDisk};
use crate::cache::{BodyWriter, Exchange, Moment, ObjectName, SharedBody, StorageRules, Validity, WholeBody};
use crate::clock::Timestamp;
use crate::config::CachePolicy;
use crate::credentials::Credentials;
use crate::fetch::conditions::Conditions;
use crate::fetch::error::{FetchError, TransferError};
use crate::fetch::origin::{Asked, OriginClient, OriginResponse};
use crate::fetch::outcome::OriginStatus;
use crate::fetch::state::OriginState;
use crate::fetch::transfer::OriginBody;
use crate::resolve::Target;
use crate::telemetry::NotKept;
use http::HeaderMap;
use http_body::Frame;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// For how long it counts that there is no such object. An app that stores it a moment later should not wait.
const MISSING_FOR: Duration = Duration::from_secs(5);
/// For how long it counts that an object may not be kept.
const UNKEPT_FOR: Duration = Duration::from_mins(1);

/// What is fetched, for whom, and what for.
pub(super) struct Fill {
    pub(super) cache: Arc<ObjectCache>,
    pub(super) client: OriginClient,
    pub(super) state: Arc<OriginState>,
    pub(super) credentials: Credentials,
    pub(super) target: Target,
    pub(super) policy: CachePolicy,
    /// The largest object that is to be kept, in bytes.
    pub(super) most: u64,
    /// What is kept and past its freshness.
    pub(super) stale: Option<Arc<KeptObject>>,
    pub(super) lead: Lead,
}

/// The duty to land a flight. Dropping it ends the flight, landed or not.
pub(super) struct Lead {
    pub(super) cache: Arc<ObjectCache>,
    pub(super) name: ObjectName,
    pub(super) flight: Arc<Flight>,
    pub(super) since: Moment,
}

impl Lead {
    fn keep(&self, kept: Kept) {
        self.cache.store.insert(&self.name.as_query(), self.since, kept);
    }

    /// Ends the flight and lands it only then: whoever finds that the object has to be revalidated comes back at once, and
    /// would join this very flight again and again.
    fn leave(self, landing: Landing) {
        self.cache.flights.end(&self.name.as_query(), &self.flight);
        self.flight.land(landing);
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.flight.land(Landing::Abandoned);
        self.cache.flights.end(&self.name.as_query(), &self.flight);
    }
}

impl Fill {
    /// Fetches, keeps and tells. What may not be kept goes to `first`, the reader who asked first, if that still waits.
    pub(super) async fn run(mut self, first: oneshot::Sender<OriginResponse>) {
        let mut written = None;
        if self.stale.is_none() {
            match self.cache.look_on_disk(&self.lead.name).await {
                None => {}
                Some(OnDisk::Known(object)) => return self.lead.leave(Landing::OnDisk(object)),
                Some(OnDisk::Unvouched(object, fields)) => {
                    self.stale = Some(object);
                    written = Some(fields);
                }
            }
        }
        let _fetching = self.cache.metrics.fetches();
        let conditions = self
            .stale
            .as_ref()
            .map(|stale| stale.revalidation())
            .unwrap_or_default();
        let asked_at = self.cache.clock.now();
        let came = self.ask(&conditions).await;
        let exchange = Exchange {
            asked_at,
            answered_at: self.cache.clock.now(),
        };
        match came {
            Err(error) => self.refused(error, exchange.answered_at),
            Ok(Asked { response, headers }) => match (response.status(), &self.stale) {
                (OriginStatus::NotModified, Some(stale)) if stale.is_meant_by(response.head()) => {
                    let rules = StorageRules::from_headers(&headers);
                    let object = stale.vouched_for(response.head(), &rules, exchange);
                    if let Some(fields) = written {
                        let fields = on_disk::updated(fields, &headers);
                        let Lead { name, since, .. } = &self.lead;
                        self.cache.write_to_disk(name, *since, &fields, exchange, &object.body);
                    }
                    self.vouched(object, &rules);
                }
                // It vouches for another object than the one that it was asked about.
                (OriginStatus::NotModified, Some(_)) => self.cache.drop_entry(&self.lead.name),
                (OriginStatus::Ok, _) => self.came(response, headers, exchange, first).await,
                _ => {
                    let error = FetchError::BadGateway("an answer to a question that was not asked".into());
                    self.lead.flight.land(Landing::Refused(error));
                }
            },
        }
    }

    async fn ask(&self, conditions: &Conditions) -> Result<Asked, FetchError> {
        let asked = tokio::time::Instant::now();
        let came = self
            .client
            .fetch_with_headers(&self.state, &self.credentials, &self.target, conditions)
            .await;
        self.state.asked(&came, asked.elapsed());
        came
    }

    /// The origin has no object for us. What it says of the object ends what was kept; that it fails does not (rule 20).
    fn refused(&self, error: FetchError, now: Timestamp) {
        match error {
            FetchError::Missing => {
                let until = now.plus(self.policy.fresh_for.min(MISSING_FOR));
                self.cache.drop_entry(&self.lead.name);
                self.lead.keep(Kept::Missing(until));
            }
            FetchError::Forbidden(_) | FetchError::MissingBucket => self.cache.drop_entry(&self.lead.name),
            _ => {}
        }
        self.lead.flight.land(Landing::Refused(error));
    }

    fn vouched(&self, object: KeptObject, told: &StorageRules) {
        let object = Arc::new(object);
        match told.may_store() {
            Ok(()) => self.lead.keep(Kept::Object(Arc::clone(&object))),
            Err(reason) => {
                self.cache.drop_entry(&self.lead.name);
                self.cache.metrics.not_kept(reason.into());
            }
        }
        self.lead.flight.land(Landing::Vouched(object));
    }

    async fn came(
        self,
        response: OriginResponse,
        headers: HeaderMap,
        exchange: Exchange,
        first: oneshot::Sender<OriginResponse>,
    ) {
        let rules = StorageRules::from_headers(&headers);
        let validity = Validity::new(&rules, exchange);
        let (shared, writer) = match self.room(response.complete_length(), &rules) {
            Ok(room) => room,
            Err(reason) => return self.unkept(reason, response, first),
        };
        let (_, head, body) = response.into_parts();
        let head = Arc::new(Arc::unwrap_or_clone(head).kept());
        self.lead.flight.land(Landing::Arriving {
            head: Arc::clone(&head),
            age: validity.age(exchange.answered_at),
            body: shared,
        });
        if let Some(whole) = self.gather(body, writer).await {
            let Lead { name, since, .. } = &self.lead;
            let body = whole.bytes().clone();
            self.cache.write_to_disk(name, *since, &headers, exchange, &body);
            self.lead
                .keep(Kept::Object(Arc::new(KeptObject { head, validity, body })));
            if self.cache.forgotten.is_forgotten(&name.as_query(), *since) {
                self.cache.metrics.not_kept(NotKept::Forgotten);
            } else {
                self.cache.metrics.kept();
            }
        }
    }

    /// Finds room for an object that may be kept; tells why not, otherwise.
    fn room(&self, length: Option<u64>, rules: &StorageRules) -> Result<Room, NotKept> {
        rules.may_store()?;
        let length = length.ok_or(NotKept::Unsized)?;
        if length > self.most {
            return Err(NotKept::TooLarge);
        }
        // While it arrives its pieces lie here, and for a moment the whole beside them.
        let twice = length.saturating_mul(2);
        let lease = self.cache.budget.lease(twice).or_else(|| {
            self.cache.store.settle();
            self.cache.budget.lease(twice)
        });
        let abandoned = TransferError::Truncated { received: 0 };
        Ok(SharedBody::begin(length, lease.ok_or(NotKept::NoRoom)?, abandoned))
    }

    fn unkept(&self, reason: NotKept, response: OriginResponse, first: oneshot::Sender<OriginResponse>) {
        let (now, length) = (self.cache.clock.now(), response.complete_length());
        let fresh_for = self.policy.fresh_for;
        // What is there now is another object than the one that was kept, in memory or on disk.
        self.cache.drop_entry(&self.lead.name);
        match (reason, length) {
            (NotKept::TooLarge, Some(length)) => self.lead.keep(Kept::TooLarge(length, now.plus(fresh_for))),
            // There may be room for the next one.
            (NotKept::NoRoom, _) => {}
            _ => self.lead.keep(Kept::Unkept(now.plus(fresh_for.min(UNKEPT_FOR)))),
        }
        self.cache.metrics.not_kept(reason);
        // Before the others hear of it: the reader who asked first takes what comes with their word.
        let _ = first.send(response);
        self.lead.flight.land(Landing::Unkept(length));
    }

    /// Brings the body to all who wait, but for its last bytes; returns it whole.
    async fn gather(
        &self,
        mut body: OriginBody,
        mut writer: BodyWriter<TransferError>,
    ) -> Option<WholeBody<TransferError>> {
        while let Some(frame) = body.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => writer.write(data),
                Ok(Err(_)) => {}
                Err(error) => {
                    self.cache.metrics.not_kept(NotKept::Truncated);
                    writer.break_off(error);
                    return None;
                }
            }
        }
        writer.finish()
    }
}

type Room = (Arc<SharedBody<TransferError>>, BodyWriter<TransferError>);
