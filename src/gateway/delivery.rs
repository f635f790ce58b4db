//! How a permitted object reaches its reader: by a redirect, as a stream, or by its size. Shared by the stable and the
//! presigned door.

use super::app::App;
use super::per_bucket::PerBucket;
use super::walk::Answered;
use crate::access::{self, Permit};
use crate::config::{Delivery, InlinePolicy, OriginForbidden};
use crate::fetch::{Conditions, FetchError, OriginClient, OriginResponse, OriginStatus};
use crate::listener::Inbound;
use crate::presign::PresignError;
use crate::resolve::{Download, Overrides, Target};
use crate::respond::{self, Failure, View};
use crate::route::Routed;
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
        routed: &'a Routed,
        download: Option<&'a Download>,
    },
    /// The presigned door: what was signed.
    Signed { overrides: &'a Overrides },
}

impl Manner<'_> {
    /// What a redirect asks of the origin.
    fn redirected(&self, permit: Permit) -> Target {
        match self {
            Self::Route { download, .. } => Target::redirected(permit, *download),
            Self::Signed { overrides } => Target::new(permit, (*overrides).clone()),
        }
    }

    /// What a stream asks of the origin.
    fn streamed(&self, permit: Permit) -> Target {
        match self {
            Self::Route { .. } => Target::streamed(permit),
            Self::Signed { overrides } => Target::new(permit, overrides.choosing()),
        }
    }

    fn conditions(&self, request: &Inbound, permit: &Permit) -> Conditions {
        let conditions = Conditions::from_headers(&request.headers, permit.operation());
        match self {
            Self::Signed { overrides } if overrides.chooses_part() => conditions.of_part(),
            Self::Signed { .. } | Self::Route { .. } => conditions,
        }
    }

    fn fallback(&self, missing: &Permit) -> Option<Permit> {
        match self {
            Self::Route { routed, .. } => access::fallback(routed, missing),
            Self::Signed { .. } => None,
        }
    }

    /// What the reader sees when the origin refuses the gateway. Whoever holds a signature sees what S3 says.
    fn forbidden(&self) -> OriginForbidden {
        match self {
            Self::Route { routed, .. } => routed.route.origin_forbidden,
            Self::Signed { .. } => OriginForbidden::Forbidden,
        }
    }

    fn view<'a>(&'a self, permit: &'a Permit) -> View<'a> {
        let (key, audience) = (permit.key(), permit.audience());
        match self {
            Self::Route { routed, download } => View {
                key,
                audience,
                cache_control: routed.route.cache_control.as_ref(),
                inline: routed.route.inline,
                download: *download,
                overrides: None,
            },
            Self::Signed { overrides } => View {
                key,
                audience,
                cache_control: None,
                inline: InlinePolicy::Safe,
                download: None,
                overrides: Some(overrides),
            },
        }
    }
}

/// What was fetched: the object asked for, or the one that stands in for it.
struct Fetched {
    permit: Permit,
    response: OriginResponse,
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
        match delivery {
            Delivery::Redirect => self.redirect_or_stream(permit, trail).await,
            Delivery::Stream => self.stream(permit, trail).await,
            Delivery::Auto => self.auto(permit, trail).await,
        }
    }

    /// Sends the reader on. A URL under a credential or a permit that ends soon would die on its way: then the bytes go
    /// through the gateway (rule 25).
    async fn redirect_or_stream(&self, permit: Permit, trail: &mut AccessGuard) -> Result<Answered, Failure> {
        let target = self.manner.redirected(permit);
        match self.redirect(&target) {
            Err(PresignError::CredentialEndsSoon | PresignError::PermitEndsSoon) => {
                self.stream(target.permit().clone(), trail).await
            }
            result => result.map_err(|error| Failure::from(&error)),
        }
    }

    fn redirect(&self, target: &Target) -> Result<Answered, PresignError> {
        let presigned = self.app.presigner.presign(target)?;
        self.bucket.count(&presigned);
        Ok(Answered {
            response: respond::redirect(&presigned.url, presigned.cache, self.app.clock.now()),
            outcome: Outcome::Redirect,
            cache: presigned.cache.into(),
        })
    }

    async fn stream(&self, permit: Permit, trail: &mut AccessGuard) -> Result<Answered, Failure> {
        let fetched = self.fetch_or_fall_back(permit, trail).await?;
        Ok(self.pass_on(fetched))
    }

    /// Asks the origin for the object and decides by the head of its answer, so that a small object costs one round trip.
    async fn auto(&self, permit: Permit, trail: &mut AccessGuard) -> Result<Answered, Failure> {
        let fetched = self.fetch_or_fall_back(permit.clone(), trail).await?;
        let large = fetched
            .response
            .complete_length()
            .is_some_and(|length| length > self.app.auto_limit);
        if large && fetched.permit == permit {
            match self.redirect(&self.manner.redirected(permit)) {
                // Dropping what was fetched ends the transfer.
                Ok(answered) => return Ok(answered),
                // The bytes are at hand.
                Err(PresignError::CredentialEndsSoon | PresignError::PermitEndsSoon) => {}
                Err(error) => return Err(Failure::from(&error)),
            }
        }
        Ok(self.pass_on(fetched))
    }

    async fn fetch_or_fall_back(&self, permit: Permit, trail: &mut AccessGuard) -> Result<Fetched, Failure> {
        let fallback = self.manner.fallback(&permit);
        let conditions = self.manner.conditions(self.request, &permit);
        let found = self.fetch(permit.clone(), &conditions, trail).await;
        let (permit, found, stood_in) = match (found, fallback) {
            (Err(FetchError::Missing), Some(fallback)) => {
                let found = self.fetch(fallback.clone(), &conditions.for_stand_in(), trail).await;
                (fallback, found, true)
            }
            (found, _) => (permit, found, false),
        };
        let response = found.map_err(|error| Failure::of_fetch(&error, self.manner.forbidden()))?;
        let outcome = match response.status() {
            OriginStatus::Ok | OriginStatus::Partial if stood_in => Outcome::Fallback,
            OriginStatus::Ok => Outcome::Stream,
            OriginStatus::Partial => Outcome::Partial,
            OriginStatus::NotModified => Outcome::NotModified,
            OriginStatus::PreconditionFailed => Outcome::PreconditionFailed,
            OriginStatus::RangeNotSatisfiable => Outcome::RangeNotSatisfiable,
        };
        Ok(Fetched {
            permit,
            response,
            outcome,
        })
    }

    async fn fetch(
        &self,
        permit: Permit,
        conditions: &Conditions,
        trail: &mut AccessGuard,
    ) -> Result<OriginResponse, FetchError> {
        let target = self.manner.streamed(permit);
        let asked = Instant::now();
        let PerBucket {
            origin, credentials, ..
        } = self.bucket;
        let found = self.origin.fetch(origin, credentials, &target, conditions).await;
        self.bucket
            .asked(&found, asked.elapsed(), self.app.telemetry.events(), trail);
        found
    }

    fn pass_on(&self, fetched: Fetched) -> Answered {
        Answered {
            response: respond::stream(fetched.response, &self.manner.view(&fetched.permit)),
            outcome: fetched.outcome,
            cache: CacheResult::None,
        }
    }
}
