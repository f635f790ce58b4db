//! The stable door: a path that a route covers.

use super::app::App;
use super::delivery::{Errand, Manner};
use super::walk::Answered;
use crate::access;
use crate::fetch::OriginClient;
use crate::listener::{Inbound, Method};
use crate::resolve::Download;
use crate::respond::Failure;
use crate::s3::{DecodedPath, Operation};
use crate::telemetry::{AccessGuard, Door};

/// Leads `request` from the route table to its answer.
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
    let route = routed.route;
    let permit = access::decide(routed, operation);
    let bucket = app.per_bucket.get(permit.bucket().index).ok_or(Failure::Internal)?;
    let errand = Errand {
        app,
        origin,
        bucket,
        request,
        manner: Manner::Route {
            route,
            download: download.as_ref(),
        },
    };
    errand.deliver(permit, route.delivery, trail).await
}

/// What a stable path can be asked for: to be read.
fn reading(method: Method) -> Result<Operation, Failure> {
    match method {
        Method::Get => Ok(Operation::GetObject),
        Method::Head => Ok(Operation::HeadObject),
        Method::Post | Method::Put | Method::Delete | Method::Options => Err(Failure::MethodNotAllowed),
    }
}
