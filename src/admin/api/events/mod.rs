//! `POST /v1/events/s3`: what S3 servers tell of their objects, which the object cache then forgets. AWS "Event message structure",
//! docs/reference/purge-and-events-api.md.
//!
//! A sender must not repeat for ever what means nothing here: whatever is JSON is taken, and what is about no object of a configured
//! bucket is counted as ignored. It is the token that says who may post; messages of SNS are verified besides (`sns/`).

mod keys;
mod message;
mod sns;

pub use sns::SnsWeb;

use super::door::{Door, Terms, with};
use super::token::Schemes;
use super::{Reply, X_REQUEST_ID};
use crate::admin::answer::{self, page, problem};
use crate::clock::Clock;
use crate::gateway::Forget;
use crate::telemetry::{ApiName, ApiResult, Events, EventsTaken};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::Body;
use message::{Message, Posted};
use secrecy::SecretString;
use serde_json::{Value, json};
use sns::{Envelope, Heard, Sns};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

static TERMS: Terms = Terms {
    name: ApiName::Events,
    by_post: "Events are posted.",
    schemes: Schemes::BearerOrBasic,
    closed: "No events are taken, since there is no token for them: set `admin: { listen: …, events_token: ${EVERGATE_EVENTS_TOKEN} }` \
             in the configuration file, or, without a file, the variable EVERGATE_EVENTS_TOKEN; then restart the gateway.",
    unauthorized: "Show the token of `admin.events_token` as `Authorization: Bearer …`, or as the password of `Basic`.",
    // SNS sends its password only after a challenge with a realm.
    challenge: "Basic realm=\"evergate\"",
    places: 8,
    // Some senders drop what is refused once, so that a burst had better wait a little.
    queue: Duration::from_secs(2),
    largest: 1024 * 1024,
    too_large: "The body is larger than 1 MiB.",
};

/// The largest message of SNS, in bytes: AWS "Amazon SNS endpoints and quotas".
const SNS_LARGEST: usize = 256 * 1024;

/// The events API.
pub(super) type S3Events = Door<Tools>;

/// What events are answered with.
#[derive(Clone)]
pub(super) struct Tools {
    forget: Forget,
    sns: Arc<Sns>,
}

impl Tools {
    /// Takes what forgets, the topics of SNS that are listened to, and how SNS is asked.
    pub(super) fn new(forget: Forget, topics: &[Box<str>], web: Arc<dyn SnsWeb>, clock: Clock) -> Self {
        Self {
            forget,
            sns: Arc::new(Sns::new(topics, web, clock)),
        }
    }
}

/// Opens it to a token, or leaves it closed.
pub(super) fn open(tools: Option<(&SecretString, Tools)>, events: Events) -> S3Events {
    Door::new(&TERMS, tools, events)
}

/// Answers one request; its body may take `patience`. Both sides of the result are answers: what was asked for, and refusals.
pub(super) async fn answer<B>(door: &S3Events, request: Request<B>, patience: Duration) -> Result<Reply, Reply>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let admitted = door.admit(request, patience).await?;
    match Posted::parse(&admitted.body).map_err(|error| door.unreadable(&error))? {
        Posted::ByServer(message) => Ok(forget(&admitted.tools.forget, &message, door.events())),
        Posted::BySns => from_sns(door, admitted.tools, &admitted.body).await,
    }
}

async fn from_sns(door: &S3Events, tools: &Tools, body: &[u8]) -> Result<Reply, Reply> {
    if body.len() > SNS_LARGEST {
        let detail = "A message of SNS is no larger than 256 KiB.";
        return Err(door.refuse(ApiResult::BadRequest, StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let envelope = Envelope::parse(body).map_err(|error| door.unreadable(&error))?;
    let heard = tools.sns.hear(&envelope).await.map_err(|error| {
        let (result, status) = if error.may_pass() {
            (ApiResult::Unreachable, StatusCode::SERVICE_UNAVAILABLE)
        } else {
            (ApiResult::Unverified, StatusCode::FORBIDDEN)
        };
        door.events().api_refused_for(ApiName::Events, result, &error);
        problem(status, &error.to_string())
    })?;
    Ok(match heard {
        Heard::Message(text) => forget(&tools.forget, &Message::inside(text), door.events()),
        Heard::Subscribed(topic) => {
            door.events().sns_subscribed(topic);
            done(&json!({ "subscription": "confirmed" }))
        }
        Heard::Unsubscribed(topic) => {
            door.events().sns_unsubscribed(topic);
            done(&json!({ "subscription": "ended" }))
        }
    })
}

/// Forgets what a message names, in every way that its keys can be read.
fn forget(forget: &Forget, message: &Message, events: &Events) -> Reply {
    let mut taken = EventsTaken {
        forgotten: 0,
        ignored: message.others,
        id: fastrand::u64(..),
    };
    for object in &message.changed {
        let readings = keys::readings(&object.key);
        let buckets: usize = readings.iter().map(|key| forget.key(&object.bucket, key)).sum();
        let count = if buckets > 0 {
            &mut taken.forgotten
        } else {
            &mut taken.ignored
        };
        *count = count.saturating_add(1);
    }
    events.events_taken(&taken);
    let told = done(&json!({ "forgotten": taken.forgotten, "ignored": taken.ignored }));
    with(told, X_REQUEST_ID, &format!("{:016x}", taken.id))
}

fn done(told: &Value) -> Reply {
    page(StatusCode::OK, answer::JSON, format!("{told}\n"))
}
