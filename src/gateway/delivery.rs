//! How a permitted object reaches its reader: by a redirect, as a stream, or by its size. Shared by the stable and the
//! presigned door.

use super::app::App;
use super::per_bucket::PerBucket;
use super::walk::Answered;
use crate::access::{self, Permit};
use crate::clock::Timestamp;
use crate::config::{CachePolicy, Delivery, InlinePolicy, OriginForbidden};
use crate::fetch::{Conditions, FetchError, Found, ObjectResponse, OriginClient, OriginStatus, Want};
use crate::listener::Inbound;
use crate::presign::PresignError;
use crate::resolve::{Download, Overrides, Target};
use crate::respond::{self, Failure, View};
use crate::route::Route;
use crate::telemetry::{AccessGuard, CacheResult, Outcome};
use std::time::Instant;

/// A request that has passed the verdict, with what its delivery needs.
#[derive(Clone, Copy)]
pub(super) struct Errand<'a> {
    pub(super) app: &'a App,
    pub(super) origin: &'a OriginClient,
    pub(super) bucket: &'a PerBucket,
    pub(super) request: &'a Inbound,
    pub(super) manner: Manner<'a>,
}

/// What the door says about the answer.
#[derive(Clone, Copy)]
pub(super) enum Manner<'a> {
    /// The stable door: what the route says, and whether the reader asked to save the object.
    Route {
        route: &'a Route,
        download: Option<&'a Download>,
    },
    /// The presigned door: what was signed.
    Signed {
        overrides: &'a Overrides,
        cache: Option<&'a CachePolicy>,
    },
}

impl Manner<'_> {
    /// What a redirect asks of the origin.
    fn redirected(&self, permit: Permit) -> Target {
        match self {
            Self::Route { download, .. } => Target::redirected(permit, *download),
            Self::Signed { overrides, .. } => Target::new(permit, (*overrides).clone()),
        }
    }

    /// What a stream asks of the origin.
    fn streamed(&self, permit: Permit) -> Target {
        match self {
            Self::Route { .. } => Target::streamed(permit),
            Self::Signed { overrides, .. } => Target::new(permit, overrides.choosing()),
        }
    }

    /// For how long the object cache answers; `None` leaves it out.
    fn cache(&self) -> Option<&CachePolicy> {
        match self {
            Self::Route { route, .. } => route.cache.as_ref(),
            Self::Signed { cache, .. } => *cache,
        }
    }

    fn conditions(&self, request: &Inbound, permit: &Permit) -> Conditions {
        let conditions = Conditions::from_headers(&request.headers, permit.operation());
        match self {
            Self::Signed { overrides, .. } if overrides.chooses_part() => conditions.of_part(),
            Self::Signed { .. } | Self::Route { .. } => conditions,
        }
    }

    fn fallback(&self, missing: &Permit) -> Option<Permit> {
        match self {
            Self::Route { route, .. } => access::fallback(route, missing),
            Self::Signed { .. } => None,
        }
    }

    /// What the reader sees when the origin refuses the gateway. Whoever holds a signature sees what S3 says.
    fn forbidden(&self) -> OriginForbidden {
        match self {
            Self::Route { route, .. } => route.origin_forbidden,
            Self::Signed { .. } => OriginForbidden::Forbidden,
        }
    }

    fn view<'a>(&'a self, permit: &'a Permit, now: Timestamp) -> View<'a> {
        let (key, audience) = (permit.key(), permit.audience());
        match self {
            Self::Route { route, download } => View {
                key,
                audience,
                cache_control: route.cache_control.as_ref(),
                inline: route.inline,
                download: *download,
                overrides: None,
                now,
            },
            Self::Signed { overrides, .. } => View {
                key,
                audience,
                cache_control: None,
                inline: InlinePolicy::Safe,
                download: None,
                overrides: Some(overrides),
                now,
            },
        }
    }
}

/// What was found: the object asked for, or the one that stands in for it.
struct Brought {
    permit: Permit,
    object: ObjectResponse,
    outcome: Outcome,
}

impl Errand<'_> {
    /// Brings what `permit` opens to its reader.
    pub(super) async fn deliver(
        &self,
        permit: Permit,
        delivery: Delivery,
        trail: &mut AccessGuard,
    ) -> Result<Answered, Failure> {
        // What asks an origin is boxed: the walk's future is moved about and held for each connection, and a redirect should
        // not pay for the room that this takes.
        let permit = match delivery {
            Delivery::Redirect => match self.redirect_or_permit(permit) {
                Ok(answered) => return answered,
                Err(permit) => permit,
            },
            Delivery::Stream => permit,
            Delivery::Auto => return Box::pin(self.auto(permit, trail)).await,
        };
        Box::pin(self.stream(permit, trail)).await
    }

    /// Sends the reader on. A URL under a credential or a permit that ends soon would die on its way: then the permit comes
    /// back, for the bytes to go through the gateway (rule 25).
    fn redirect_or_permit(&self, permit: Permit) -> Result<Result<Answered, Failure>, Permit> {
        let target = self.manner.redirected(permit);
        match self.redirect(&target) {
            Err(PresignError::CredentialEndsSoon | PresignError::PermitEndsSoon) => Err(target.permit().clone()),
            result => Ok(result.map_err(|error| Failure::from(&error))),
        }
    }

    fn redirect(&self, target: &Target) -> Result<Answered, PresignError> {
        let now = self.app.clock.now();
        let presigned = self.app.presigner.presign_at(target, now)?;
        self.bucket.count(&presigned);
        Ok(Answered {
            response: respond::redirect(&presigned.url, presigned.cache, now),
            outcome: Outcome::Redirect,
            cache: presigned.cache.into(),
        })
    }

    async fn stream(&self, permit: Permit, trail: &mut AccessGuard) -> Result<Answered, Failure> {
        let brought = self.read_or_fall_back(permit, u64::MAX, trail).await?;
        // Nothing is larger than that.
        brought.map(|brought| self.pass_on(brought)).ok_or(Failure::Internal)
    }

    /// Decides by the size: as it is known from before, or by the head of the origin's answer, so that a small object costs
    /// one round trip.
    async fn auto(&self, permit: Permit, trail: &mut AccessGuard) -> Result<Answered, Failure> {
        let read = self
            .read_or_fall_back(permit.clone(), self.app.auto_limit, trail)
            .await?;
        let is_large = |brought: &Brought| {
            let length = brought.object.complete_length();
            brought.permit == permit && length.is_some_and(|length| length > self.app.auto_limit)
        };
        let large = read.as_ref().is_none_or(is_large);
        if large {
            match self.redirect(&self.manner.redirected(permit.clone())) {
                // Dropping what was fetched ends the transfer.
                Ok(answered) => return Ok(answered),
                // The bytes are at hand, or are fetched all the same.
                Err(PresignError::CredentialEndsSoon | PresignError::PermitEndsSoon) => {}
                Err(error) => return Err(Failure::from(&error)),
            }
        }
        match read {
            Some(brought) => Ok(self.pass_on(brought)),
            None => self.stream(permit, trail).await,
        }
    }

    /// Reads the object, or what stands in for it when it is missing; `None` for one that is known to have more than `most`
    /// bytes, of which nothing is asked.
    async fn read_or_fall_back(
        &self,
        permit: Permit,
        most: u64,
        trail: &mut AccessGuard,
    ) -> Result<Option<Brought>, Failure> {
        let fallback = self.manner.fallback(&permit);
        let conditions = self.manner.conditions(self.request, &permit);
        let found = self.read(permit.clone(), &conditions, most, trail).await;
        let (permit, found, stood_in) = match (found, fallback) {
            (Err(FetchError::Missing), Some(fallback)) => {
                let conditions = conditions.for_stand_in();
                // Boxed: few objects are missing, and none shall pay for the room of two.
                let found = Box::pin(self.read(fallback.clone(), &conditions, u64::MAX, trail)).await;
                (fallback, found, true)
            }
            (found, _) => (permit, found, false),
        };
        let found = found.map_err(|error| Failure::of_fetch(&error, self.manner.forbidden()))?;
        let Some(object) = found else {
            return Ok(None);
        };
        let outcome = match object.status {
            OriginStatus::Ok | OriginStatus::Partial if stood_in => Outcome::Fallback,
            OriginStatus::Ok => Outcome::Stream,
            OriginStatus::Partial => Outcome::Partial,
            OriginStatus::NotModified => Outcome::NotModified,
            OriginStatus::PreconditionFailed => Outcome::PreconditionFailed,
            OriginStatus::RangeNotSatisfiable => Outcome::RangeNotSatisfiable,
        };
        Ok(Some(Brought {
            permit,
            object,
            outcome,
        }))
    }

    /// Reads an object, through the cache where there is a policy for it; `None` for one that is known to be larger than
    /// `most` bytes.
    async fn read(
        &self,
        permit: Permit,
        conditions: &Conditions,
        most: u64,
        trail: &mut AccessGuard,
    ) -> Result<Option<ObjectResponse>, FetchError> {
        let target = self.manner.streamed(permit);
        let Some(policy) = self.manner.cache() else {
            return self.fetch(&target, conditions, trail).await.map(Some);
        };
        let asked = Instant::now();
        let want = Want {
            state: &self.bucket.origin,
            credentials: &self.bucket.credentials,
            target: &target,
            conditions,
            policy,
            most,
        };
        let found = self.app.objects.read(self.origin, want).await;
        if found.as_ref().map_or(true, Found::has_waited) {
            trail.asked_origin(&self.bucket.metrics, asked.elapsed());
        }
        match found? {
            Found::Object(object) => Ok(Some(object)),
            Found::TooLarge(length) if length > most => Ok(None),
            Found::TooLarge(_) => self.fetch(&target, conditions, trail).await.map(Some),
            Found::Missing => Err(FetchError::Missing),
        }
    }

    async fn fetch(
        &self,
        target: &Target,
        conditions: &Conditions,
        trail: &mut AccessGuard,
    ) -> Result<ObjectResponse, FetchError> {
        let asked = Instant::now();
        let PerBucket {
            origin, credentials, ..
        } = self.bucket;
        // Boxed, since it takes some KiB of room, which would be moved about for each answer that needs nothing of the origin.
        let found = Box::pin(self.origin.fetch(origin, credentials, target, conditions)).await;
        self.bucket.asked(&found, asked.elapsed(), trail);
        found.map(Into::into)
    }

    fn pass_on(&self, brought: Brought) -> Answered {
        let cache = match self.manner.cache() {
            None => CacheResult::None,
            Some(_) => brought.object.cache.result().into(),
        };
        let view = self.manner.view(&brought.permit, self.app.clock.now());
        Answered {
            response: respond::stream(brought.object, &view),
            outcome: brought.outcome,
            cache,
        }
    }
}
