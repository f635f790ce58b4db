//! The walk: one request through the stations, in the order of the house. It forks once, by what the request offers as
//! proof of who sent it (rule 6): nothing, and it takes the stable door; a client's signature, and it takes the
//! presigned door or the S3 endpoint.

use super::app::App;
use super::{endpoint, presigned, stable};
use crate::access::{Authenticated, Denied};
use crate::fetch::OriginClient;
use crate::listener::{Inbound, Method, RequestBody};
use crate::respond::{Body, Failure};
use crate::route::Located;
use crate::sigv4::{Form, Presented, Received};
use crate::telemetry::{AccessGuard, CacheResult, Door, Outcome};
use http::Response;

/// What the walk came to, when it came to an object.
pub(super) struct Answered {
    pub(super) response: Response<Body>,
    pub(super) outcome: Outcome,
    pub(super) cache: CacheResult,
}

/// A request that a client is known to have signed, and what it names.
pub(super) struct Signed<'a> {
    pub(super) request: &'a Inbound,
    pub(super) presented: &'a Presented<'a>,
    pub(super) located: &'a Located,
    pub(super) authenticated: &'a Authenticated,
}

/// Leads `request` to its answer; `trail` hears of each station for the log and the metrics. `body` is the request's: doors
/// that read nothing of it drop it.
pub(super) async fn walk(
    app: &App,
    origin: &OriginClient,
    request: &Inbound,
    body: RequestBody,
    trail: &mut AccessGuard,
) -> Result<Answered, Failure> {
    if app.s3_access.is_closed() {
        return stable::walk(app, origin, request, trail).await;
    }
    let method = http::Method::from(request.method);
    let received = Received {
        method: &method,
        path: request.target.path(),
        query: request.target.query(),
        headers: &request.headers,
    };
    let presented = match Presented::of(received) {
        Ok(presented) => presented.map(Box::new),
        Err(error) => {
            let is_link = reads(request.method) && !is_signed_in_header(&request.headers);
            trail.routed(door(is_link), &app.s3_metrics);
            return Err(Denied::Presented(error).into());
        }
    };
    match presented {
        None => stable::walk(app, origin, request, trail).await,
        // Boxed, the proof too, so that the stable door does not pay for the room that this takes.
        Some(presented) => Box::pin(signed(app, origin, request, &presented, body, trail)).await,
    }
}

/// Leads a request that offers a client's signature to its door.
async fn signed(
    app: &App,
    origin: &OriginClient,
    request: &Inbound,
    presented: &Presented<'_>,
    body: RequestBody,
    trail: &mut AccessGuard,
) -> Result<Answered, Failure> {
    let is_link = presented.form() == Form::Query && reads(request.method);
    trail.routed(door(is_link), &app.s3_metrics);
    let path = presented.path();
    let public = || is_link && app.routes.public(&request.host, path).is_some();
    let located = match app.s3_doors.locate(&request.host, path) {
        Ok(located) => located,
        Err(_) if public() => return stable::walk(app, origin, request, trail).await,
        Err(error) => return Err(error.into()),
    };
    let metrics = located
        .configured()
        .map_or(&app.s3_metrics, |bucket| app.s3_metrics_of(bucket));
    trail.routed(door(is_link), metrics);

    let now = app.clock.now();
    let authenticated = match app.s3_access.authenticate(presented, &located, &request.host, now) {
        Ok(authenticated) => authenticated,
        Err(_) if public() => return stable::walk(app, origin, request, trail).await,
        Err(denied) => return Err(denied.into()),
    };
    if located.configured().is_none() && public() {
        return stable::walk(app, origin, request, trail).await;
    }
    trail.signed_by(&authenticated.client().name);
    let signed = Signed {
        request,
        presented,
        located: &located,
        authenticated: &authenticated,
    };
    let link = is_link.then(|| presigned::Link::of(presented, &located)).flatten();
    let Some(link) = link else {
        trail.routed(Door::Endpoint, metrics);
        // Boxed by itself: it takes ten times the room of a link.
        return Box::pin(endpoint::walk(app, origin, signed, body, trail)).await;
    };
    match link.judge(&app.s3_access, &authenticated, now) {
        Ok(permit) => presigned::walk(app, origin, signed, permit, trail).await,
        Err(_) if public() => stable::walk(app, origin, request, trail).await,
        Err(denied) => Err(denied.into()),
    }
}

/// The door of a request as it looks from outside. A link in a browser is told as a link until it is known who signed it,
/// whatever it asks for.
const fn door(is_link: bool) -> Door {
    if is_link { Door::Presigned } else { Door::Endpoint }
}

/// Whether an AWS proof, good or not, stands in the `Authorization` header: programs send that, links don't.
fn is_signed_in_header(headers: &http::HeaderMap) -> bool {
    let mut fields = headers.get_all(http::header::AUTHORIZATION).iter();
    fields.any(|field| {
        field
            .as_bytes()
            .get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"AWS"))
    })
}

fn reads(method: Method) -> bool {
    matches!(method, Method::Get | Method::Head)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size of what a call of `walk` makes, which is never called.
    fn room<'a, F>(
        _walk: impl FnOnce(&'a App, &'a OriginClient, &'a Inbound, RequestBody, &'a mut AccessGuard) -> F,
    ) -> usize {
        size_of::<F>()
    }

    #[test]
    fn an_answer_at_hand_does_not_pay_for_the_room_that_asking_an_origin_takes() {
        // hyper moves a request's whole walk about before it begins.
        assert!(room(walk) < 3072, "{} bytes", room(walk));
    }

    #[test]
    fn a_link_does_not_pay_for_the_room_that_the_endpoint_takes() {
        type Parts<'a> = (&'a App, &'a OriginClient, &'a Inbound, &'a Presented<'a>);
        fn room<'a, F>(_signed: impl FnOnce(Parts<'a>, RequestBody, &'a mut AccessGuard) -> F) -> usize {
            size_of::<F>()
        }
        let room =
            room(|(app, origin, request, presented), body, trail| signed(app, origin, request, presented, body, trail));
        // What the allocator has at hand for every thread.
        assert!(room <= 1024, "{room} bytes");
    }
}
