//! The API of the admin listener: `POST /v1/refresh`, `POST /v1/purge`, `POST /v1/events/s3`.
//!
//! Each stands behind a `door.rs` of its own, with its token and its bounds: without a token it is closed. The first two go by
//! `admin.token`, the third by `admin.events_token`; neither opens the other.

mod door;
mod events;
mod list;
mod purge;
mod refresh;
mod token;

pub use events::SnsWeb;

use crate::clock::Clock;
use crate::config::AdminConfig;
use crate::gateway::links::Renewer;
use crate::gateway::{Forget, Running};
use crate::telemetry::{Events, ForgetCause};
use bytes::Bytes;
use events::S3Events;
use http::header::HeaderName;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use purge::Purge;
use refresh::Refresh;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// What a call is answered.
type Reply = Response<Full<Bytes>>;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is told by the APIs of `admin.token` while it is not set.
const CLOSED: &str = "The API is closed, since it has no token: set `admin: { listen: …, token: ${EVERGATE_ADMIN_TOKEN} }` in the \
                      configuration file, or, without a file, the variable EVERGATE_ADMIN_TOKEN; then restart the gateway.";
const UNAUTHORIZED: &str = "Show the token of `admin.token` as `Authorization: Bearer …`.";
const BEARER: &str = "Bearer realm=\"evergate\"";

/// What the API does its work with.
#[derive(Clone)]
pub struct ApiTools {
    /// What runs, whose object cache is to forget.
    pub running: Running,
    /// How Amazon SNS is asked for its certificates, and told that a subscription is wanted.
    pub sns: Arc<dyn SnsWeb>,
    /// What the age of messages is judged by.
    pub clock: Clock,
}

/// The API. Cloning gives another handle on the same one.
#[derive(Clone)]
pub struct Api {
    refresh: Refresh,
    purge: Purge,
    events: S3Events,
}

/// One address of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ApiAddress {
    Refresh,
    Purge,
    Events,
}

impl ApiAddress {
    /// The address that a path names.
    pub(super) fn at(path: &str) -> Option<Self> {
        match path {
            "/v1/refresh" => Some(Self::Refresh),
            "/v1/purge" => Some(Self::Purge),
            "/v1/events/s3" => Some(Self::Events),
            _ => None,
        }
    }
}

impl Api {
    /// Opens what `config` has a token for.
    #[must_use]
    pub fn new(config: &AdminConfig, tools: ApiTools, told: Events) -> Self {
        let (token, events_token) = (config.token.as_ref(), config.events_token.as_ref());
        let renewer = Renewer::new(tools.running.clone());
        let forget = |cause| Forget::new(tools.running.clone(), cause);
        let purge = forget(ForgetCause::Purge);
        let s3_events = events::Tools::new(forget(ForgetCause::Event), &config.sns_topics, tools.sns, tools.clock);
        Self {
            refresh: refresh::open(token.map(|token| (token, renewer)), told.clone()),
            purge: purge::open(token.map(|token| (token, purge)), told.clone()),
            events: events::open(events_token.map(|token| (token, s3_events)), told),
        }
    }

    /// An API that is closed.
    #[must_use]
    pub fn closed(told: Events) -> Self {
        Self {
            refresh: refresh::open(None, told.clone()),
            purge: purge::open(None, told.clone()),
            events: events::open(None, told),
        }
    }

    /// Answers a request to `address`; its body may take `patience`.
    pub(super) async fn answer<B>(&self, address: ApiAddress, request: Request<B>, patience: Duration) -> Reply
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let answered = match address {
            ApiAddress::Refresh => refresh::answer(&self.refresh, request, patience).await,
            ApiAddress::Purge => purge::answer(&self.purge, request, patience).await,
            ApiAddress::Events => events::answer(&self.events, request, patience).await,
        };
        answered.unwrap_or_else(|refusal| refusal)
    }
}
