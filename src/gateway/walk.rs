//! The walk: one request through the stations, in the order of the house.

use super::app::{App, PerBucket};
use crate::access::{self, Permit};
use crate::config::Delivery;
use crate::fetch::{Conditions, FetchError, OriginClient, OriginResponse, OriginStatus};
use crate::listener::{Inbound, Method};
use crate::presign::{PresignError, UrlCacheStatus};
use crate::resolve::{Download, Target};
use crate::respond::{self, Body, Failure, View};
use crate::route::Routed;
use crate::s3::{DecodedPath, Operation};
use crate::telemetry::{AccessGuard, CacheResult, Door, Outcome};
use http::Response;
use std::time::Instant;

/// What the walk came to, when it came to an object.
pub(super) struct Answered {
    pub(super) response: Response<Body>,
    pub(super) outcome: Outcome,
    pub(super) cache: CacheResult,
}

/// Leads `request` from the route table to its answer; `trail` hears of each station for the log and the metrics.
pub(super) async fn walk(
    app: &App,
    origin: &OriginClient,
    request: &Inbound,
    trail: &mut AccessGuard,
) -> Result<Answered, Failure> {
    let path = DecodedPath::decode(request.target.path())?;
    let routed = app.routes.route(&request.host, &path)?;
    trail.routed(
        Door::Stable,
        app.route_metrics.get(routed.route.index).ok_or(Failure::Internal)?,
    );
    let operation = reading(request.method)?;
    let download = Download::parse(request.target.query())?;
    let permit = access::decide(&routed, operation);
    let bucket = app.per_bucket.get(permit.bucket().index).ok_or(Failure::Internal)?;
    let errand = Errand {
        app,
        origin,
        bucket,
        routed: &routed,
        request,
        download: download.as_ref(),
    };
    match routed.route.delivery {
        Delivery::Redirect => errand.redirect_or_stream(permit, trail).await,
        Delivery::Stream => errand.stream(permit, trail).await,
        Delivery::Auto => errand.auto(permit, trail).await,
    }
}

/// What a stable path can be asked for: to be read.
fn reading(method: Method) -> Result<Operation, Failure> {
    match method {
        Method::Get => Ok(Operation::GetObject),
        Method::Head => Ok(Operation::HeadObject),
        Method::Post | Method::Put | Method::Delete | Method::Options => Err(Failure::MethodNotAllowed),
    }
}

/// A request that has passed the verdict, with what its delivery needs.
#[derive(Clone, Copy)]
struct Errand<'a> {
    app: &'a App,
    origin: &'a OriginClient,
    bucket: &'a PerBucket,
    routed: &'a Routed,
    request: &'a Inbound,
    download: Option<&'a Download>,
}

/// What was fetched: the object asked for, or the one that stands in for it.
struct Fetched {
    permit: Permit,
    response: OriginResponse,
    outcome: Outcome,
}

impl Errand<'_> {
    /// Sends the reader on. A URL signed with a credential that ends soon would die on its way: then the bytes go through
    /// the gateway (rule 25).
    async fn redirect_or_stream(&self, permit: Permit, trail: &mut AccessGuard) -> Result<Answered, Failure> {
        let target = Target::redirected(permit, self.download);
        match self.redirect(&target) {
            Err(PresignError::CredentialEndsSoon) => self.stream(target.permit().clone(), trail).await,
            result => result.map_err(|error| Failure::from(&error)),
        }
    }

    fn redirect(&self, target: &Target) -> Result<Answered, PresignError> {
        let presigned = self.app.presigner.presign(target)?;
        let cache = match presigned.cache {
            UrlCacheStatus::Hit => CacheResult::Hit,
            UrlCacheStatus::Miss => CacheResult::Miss,
            UrlCacheStatus::Off => CacheResult::Off,
        };
        if cache != CacheResult::Hit {
            self.bucket.metrics.presigned();
        }
        Ok(Answered {
            response: respond::redirect(&presigned.url, presigned.cache, self.app.clock.now()),
            outcome: Outcome::Redirect,
            cache,
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
            match self.redirect(&Target::redirected(permit, self.download)) {
                // Dropping what was fetched ends the transfer.
                Ok(answered) => return Ok(answered),
                // The bytes are at hand.
                Err(PresignError::CredentialEndsSoon) => {}
                Err(error) => return Err(Failure::from(&error)),
            }
        }
        Ok(self.pass_on(fetched))
    }

    async fn fetch_or_fall_back(&self, permit: Permit, trail: &mut AccessGuard) -> Result<Fetched, Failure> {
        let fallback = access::fallback(self.routed, &permit);
        let conditions = Conditions::from_headers(&self.request.headers, permit.operation());
        let found = self.fetch(permit.clone(), &conditions, trail).await;
        let (permit, found, stood_in) = match (found, fallback) {
            (Err(FetchError::Missing), Some(fallback)) => {
                let found = self.fetch(fallback.clone(), &conditions.for_stand_in(), trail).await;
                (fallback, found, true)
            }
            (found, _) => (permit, found, false),
        };
        let response = found.map_err(|error| Failure::of_fetch(&error, self.routed.route.origin_forbidden))?;
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
        let target = Target::streamed(permit);
        let asked = Instant::now();
        let PerBucket {
            origin, credentials, ..
        } = self.bucket;
        let found = self.origin.fetch(origin, credentials, &target, conditions).await;
        let took = asked.elapsed();
        trail.asked_origin(&self.bucket.metrics, took);
        match &found {
            Ok(_) | Err(FetchError::Missing) => self.bucket.metrics.origin_answered(took),
            Err(error) => self.tell(error),
        }
        found
    }

    fn tell(&self, error: &FetchError) {
        if let Some(kind) = error.kind() {
            self.app
                .telemetry
                .events()
                .origin_failed(&self.bucket.metrics, kind, error);
        }
    }

    fn pass_on(&self, fetched: Fetched) -> Answered {
        let route = &self.routed.route;
        let view = View {
            key: fetched.permit.key(),
            audience: fetched.permit.audience(),
            cache_control: route.cache_control.as_ref(),
            inline: route.inline,
            download: self.download,
        };
        Answered {
            response: respond::stream(fetched.response, &view),
            outcome: fetched.outcome,
            cache: CacheResult::None,
        }
    }
}
