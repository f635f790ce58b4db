//! `POST /v1/purge`: makes the object cache forget keys, or everything below a prefix. docs/reference/purge-and-events-api.md.

mod call;

use super::door::{Door, Terms, with};
use super::token::Schemes;
use super::{Reply, X_REQUEST_ID};
use crate::admin::answer::{self, page};
use crate::config::BucketId;
use crate::gateway::Forget;
use crate::telemetry::{ApiName, ApiResult, Events, Purged};
use bytes::Bytes;
use call::{Call, CallError, What};
use http::{Request, StatusCode};
use http_body::Body;
use secrecy::SecretString;
use serde_json::json;
use std::error::Error;
use std::time::Duration;

static TERMS: Terms = Terms {
    name: ApiName::Purge,
    by_post: "The cache is purged by POST.",
    schemes: Schemes::Bearer,
    closed: super::CLOSED,
    unauthorized: super::UNAUTHORIZED,
    challenge: super::BEARER,
    places: 4,
    queue: Duration::from_secs(1),
    // 1,000 keys of 1 KiB, as long as JSON does not have to escape much of them.
    largest: 1024 * 1024,
    too_large: "The body is larger than 1 MiB; send the keys in several calls.",
};

/// The purge API.
pub(super) type Purge = Door<Forget>;

/// Opens it to a token, or leaves it closed.
pub(super) fn open(tools: Option<(&SecretString, Forget)>, events: Events) -> Purge {
    Door::new(&TERMS, tools, events)
}

/// Answers one request; its body may take `patience`. Both sides of the result are answers: what was asked for, and refusals.
pub(super) async fn answer<B>(door: &Purge, request: Request<B>, patience: Duration) -> Result<Reply, Reply>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let admitted = door.admit(request, patience).await?;
    let call = Call::parse(&admitted.body).map_err(|error| match error {
        CallError::Json(error) => door.unreadable(&error),
        other => door.refuse(ApiResult::BadRequest, StatusCode::BAD_REQUEST, &other.to_string()),
    })?;
    let forget = admitted.tools;
    let buckets = forget.known(&call.bucket);
    if buckets == 0 {
        return Err(unknown(door, &call.bucket, forget));
    }
    Ok(purge(forget, &call, buckets, door.events()))
}

fn purge(forget: &Forget, call: &Call, buckets: usize, events: &Events) -> Reply {
    let id = fastrand::u64(..);
    let mut purged = Purged {
        bucket: &call.bucket,
        buckets,
        keys: 0,
        prefix: None,
        id,
    };
    let told = match &call.what {
        What::Keys(keys) => {
            for key in keys {
                forget.key(&call.bucket, key);
            }
            purged.keys = keys.len() as u64;
            json!({ "buckets": buckets, "keys": keys.len() })
        }
        What::Prefix(prefix) => {
            forget.prefix(&call.bucket, prefix);
            purged.prefix = Some(prefix.as_str());
            json!({ "buckets": buckets, "prefix": prefix.as_str() })
        }
    };
    events.purged(&purged);
    let body = format!("{}\n", json!({ "purged": told }));
    with(
        page(StatusCode::OK, answer::JSON, body),
        X_REQUEST_ID,
        &format!("{id:016x}"),
    )
}

fn unknown(door: &Purge, bucket: &str, forget: &Forget) -> Reply {
    let configured = forget.buckets();
    let configured: Vec<_> = configured.iter().map(BucketId::as_str).collect();
    // Cut short: it is the caller's own text, and may be anything.
    let bucket: String = bucket.chars().take(64).collect();
    let detail = format!(
        "There is no bucket {bucket:?}. The configured ones are: {}.",
        configured.join(", ")
    );
    door.refuse(ApiResult::BucketUnknown, StatusCode::NOT_FOUND, &detail)
}
