//! The S3 endpoint: whatever else a client signs. Its own station is here; what becomes of a permitted request at the
//! origin is in `endpoint_errand.rs`.
//!
//! Nothing reads the request's body before the verdict, so that a client that waits for `100 Continue` is refused before it
//! sends a byte.

use super::app::App;
use super::endpoint_errand::Errand;
use super::walk::{Answered, Signed};
use crate::access::{EndpointOperation, EndpointVerdict};
use crate::fetch::OriginClient;
use crate::listener::{RequestBody, RequestId};
use crate::resolve::EndpointFields;
use crate::respond::endpoint::{self as answers, EndpointFault};
use crate::respond::headers::X_AMZ_REQUEST_ID;
use crate::respond::{Body, Failure};
use crate::route::Bucket;
use crate::s3::{BucketList, CopySource, Operation, Query};
use crate::telemetry::{AccessGuard, CacheResult, Outcome};
use http::Response;
use std::sync::Arc;

/// Leads a signed request to its answer.
pub(super) async fn walk(
    app: &App,
    origin: &OriginClient,
    signed: Signed<'_>,
    body: RequestBody,
    trail: &mut AccessGuard,
) -> Result<Answered, Failure> {
    let id = RequestId(trail.request().id);
    let query = signed.presented.query();
    let fields = EndpointFields::of(&signed.request.headers, query)?;
    let copy_from = fields.copy_from()?;
    let method = http::Method::from(signed.request.method);
    let copy = copy_from.as_ref().map_or(CopySource::Absent, |_| CopySource::Present);
    let pairs: Vec<_> = query.pairs().collect();
    let operation = Operation::of(&method, signed.located.subject, copy, &pairs)
        .map_or_else(|| EndpointOperation::Other(method.clone()), EndpointOperation::Known);
    let prefix = query.get("prefix").unwrap_or_default();
    let verdict = app
        .s3_access
        .endpoint(signed.authenticated, signed.located, operation, prefix)?;
    let errand = Errand {
        app,
        origin,
        signed,
        fields: &fields,
        method: &method,
        id,
    };
    let mut answered = match verdict {
        EndpointVerdict::ListBuckets(buckets) => own(list(&errand, &buckets, query)?),
        EndpointVerdict::Location(bucket) => own(answers::location(bucket.place().region.as_str())),
        EndpointVerdict::Created(bucket) => own(created(&errand, &bucket)?),
        EndpointVerdict::Forward(permit) => errand.forward(permit, copy_from.as_ref(), body, trail).await?,
        EndpointVerdict::DeleteEach(permit) => errand.delete_each(permit, body, trail).await?,
    };
    answered
        .response
        .headers_mut()
        .insert(X_AMZ_REQUEST_ID, id.header_value());
    Ok(answered)
}

fn own(response: Response<Body>) -> Answered {
    Answered {
        response,
        outcome: Outcome::Answered,
        cache: CacheResult::None,
    }
}

/// The most buckets of one page.
const MOST_BUCKETS: usize = 10_000;

/// ListBuckets, in the order of their names; a continuation token is the last name of the page before.
fn list(errand: &Errand<'_>, buckets: &[Arc<Bucket>], query: &Query<'_>) -> Result<Response<Body>, Failure> {
    let prefix = query.get("prefix");
    let after = query.get("continuation-token").unwrap_or_default();
    let region = query.get("bucket-region");
    let most = match query.get("max-buckets") {
        None => MOST_BUCKETS,
        Some(number) => number
            .parse()
            .ok()
            .filter(|most| (1..=MOST_BUCKETS).contains(most))
            .ok_or(EndpointFault::Argument)?,
    };
    let mut seen: Vec<(String, String)> = buckets
        .iter()
        .map(|bucket| {
            let name = errand.app.s3_doors.name_of(bucket).to_owned();
            (name, bucket.place().region.to_string())
        })
        .filter(|(name, at)| {
            name.starts_with(prefix.unwrap_or_default()) && **name > *after && region.is_none_or(|region| region == at)
        })
        .collect();
    seen.sort();
    let more = seen.len() > most;
    seen.truncate(most);
    let list = BucketList {
        owner: &errand.signed.authenticated.client().name,
        prefix,
        continuation_token: seen.last().filter(|_| more).map(|(name, _)| name.as_str()),
        buckets: seen
            .iter()
            .map(|(name, region)| (name.as_str(), region.as_str()))
            .collect(),
    };
    Ok(answers::bucket_list(&list))
}

/// CreateBucket of a bucket that is there: done in the first region, a conflict in every other, as S3 has it.
fn created(errand: &Errand<'_>, bucket: &Bucket) -> Result<Response<Body>, Failure> {
    if bucket.place().region.as_str() == "us-east-1" {
        Ok(answers::bucket_there(errand.signed.request.target.path()))
    } else {
        Err(EndpointFault::BucketThere.into())
    }
}
