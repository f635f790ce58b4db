//! Looks routes up.
use super::Bucket;
use crate::config::{AccessConfig, Delivery, InlinePolicy, OriginForbidden};
use crate::s3::{KeyError, KeyPrefix, ObjectKey};
use http::HeaderValue;
use std::sync::Arc;

/// A stable path prefix and what it opens.
#[derive(Debug)]
pub struct Route {
    /// The path prefix as configured: the label in logs and metrics (rule 23: labels come from config).
    pub label: Arc<str>,
    /// The bucket behind it.
    pub bucket: Arc<Bucket>,
    /// What the keys start with.
    pub prefix: KeyPrefix,
    /// Who may read.
    pub access: AccessConfig,
    /// Redirect, stream, or by size.
    pub delivery: Delivery,
    /// `Cache-Control` of streamed answers.
    pub cache_control: Option<HeaderValue>,
    /// Served with 200 when the key is missing.
    pub fallback: Option<ObjectKey>,
    /// What a client sees when the origin refuses the gateway.
    pub origin_forbidden: OriginForbidden,
    /// Which types may be shown inline.
    pub inline: InlinePolicy,
}

/// A request that a route covers.
#[derive(Clone, Debug)]
pub struct Routed {
    /// The route.
    pub route: Arc<Route>,
    /// The object's key in the route's bucket.
    pub key: ObjectKey,
}

/// Why no route covers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// The path or the key is refused: 400.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// No route: 404.
    #[error("no route covers this path")]
    NoRoute,
}

/// All routes of the running configuration.
#[derive(Debug, Default)]
pub struct RouteTable {}
