//! The S3 endpoint: whatever else a client signs.

use super::app::App;
use super::walk::{Answered, Signed};
use crate::access::Denied;
use crate::fetch::OriginClient;
use crate::listener::RequestBody;
use crate::respond::Failure;
use crate::route::LocatedBucket;
use crate::telemetry::AccessGuard;

/// Leads a signed request to its answer.
#[allow(clippy::unused_async, reason = "its owner fills it in")]
pub(super) async fn walk(
    app: &App,
    origin: &OriginClient,
    signed: Signed<'_>,
    body: RequestBody,
    trail: &mut AccessGuard,
) -> Result<Answered, Failure> {
    let _ = (app, origin, body, trail);
    let _ = (signed.request, signed.presented, signed.authenticated);
    Err(match signed.located.bucket {
        LocatedBucket::Unknown(_) => Denied::UnknownBucket,
        LocatedBucket::Service | LocatedBucket::Configured(_) => Denied::NotAllowed,
    }
    .into())
}
