//! Looks a request's route up: its host first, then the longest prefix of its decoded path (rule 3).

use super::Bucket;
use crate::config::{AccessConfig, CachePolicy, Delivery, InlinePolicy, OriginForbidden, RouteConfig};
use crate::listener::Host;
use crate::s3::{DecodedPath, KeyError, KeyPrefix, ObjectKey, PathRest, without_port};
use foldhash::fast::RandomState;
use http::HeaderValue;
use std::collections::HashMap;
use std::sync::Arc;

/// A stable path prefix and what it opens.
#[derive(Debug)]
pub struct Route {
    /// Its place in [`crate::config::Config::routes`] and in every per-route table built from it.
    pub index: usize,
    /// Host and path as configured: the label in logs and metrics (rule 28: labels come from config).
    pub label: Arc<str>,
    /// The bucket behind it.
    pub bucket: Arc<Bucket>,
    /// What the keys start with.
    pub prefix: KeyPrefix,
    /// Who may read.
    pub access: AccessConfig,
    /// Redirect, stream, or by size.
    pub delivery: Delivery,
    /// `Cache-Control` of streamed answers; `None` leaves it to the origin.
    pub cache_control: Option<HeaderValue>,
    /// Served with 200 when the key is missing.
    pub fallback: Option<ObjectKey>,
    /// What a client sees when the origin refuses the gateway.
    pub origin_forbidden: OriginForbidden,
    /// Which types may be shown inline.
    pub inline: InlinePolicy,
    /// For how long the object cache answers; `None` keeps nothing.
    pub cache: Option<CachePolicy>,
}

impl Route {
    /// Takes a route's configuration, its place in the file and the bucket that it names.
    #[must_use]
    pub fn new(index: usize, config: &RouteConfig, bucket: Arc<Bucket>) -> Self {
        Self {
            index,
            label: format!("{}{}", config.host.as_deref().unwrap_or_default(), config.path).into(),
            bucket,
            prefix: config.prefix.clone(),
            access: config.access,
            delivery: config.delivery,
            cache_control: config.cache_control.clone(),
            fallback: config.fallback.clone(),
            origin_forbidden: config.origin_forbidden,
            inline: config.inline,
            cache: config.cache,
        }
    }
}

/// A request that a route covers.
#[derive(Clone, Debug)]
pub struct Routed<'a> {
    /// The route.
    pub route: &'a Route,
    /// The object's key in the route's bucket.
    pub key: ObjectKey,
}

/// Why no route covers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// The key is refused: 400.
    #[error("the key is refused: {0}")]
    Key(#[from] KeyError),
    /// No route, or nothing behind the route's path: 404. A path never lists (rule 4).
    #[error("no route covers this path")]
    NoRoute,
}

/// By names of the configuration. Requests only look up, so that nobody can fill it with names that collide.
type ByName<T> = HashMap<Box<str>, T, RandomState>;

/// All routes of the running configuration.
#[derive(Debug, Default)]
pub struct RouteTable {
    by_host: ByName<PathTable>,
    any_host: PathTable,
}

impl RouteTable {
    /// Takes every route with its configuration; the order means nothing. Config has refused ties, so the last of two
    /// equal ones, which can't come, would win.
    #[must_use]
    pub fn new(routes: impl IntoIterator<Item = (RouteConfig, Arc<Route>)>) -> Self {
        let mut table = Self::default();
        for (config, route) in routes {
            let paths = match config.host {
                Some(host) => table.by_host.entry(host).or_default(),
                None => &mut table.any_host,
            };
            paths.insert(config.path, route);
        }
        table
    }

    /// Finds the route of `path` at `host`: routes of the host with its port, then of the host alone, then those for
    /// every host; within each, the longest path wins.
    ///
    /// # Errors
    /// [`RouteError::NoRoute`] when nothing matches or nothing stands behind the route's path, [`RouteError::Key`] when
    /// the key is refused.
    pub fn route(&self, host: &Host, path: &DecodedPath<'_>) -> Result<Routed<'_>, RouteError> {
        let (route, rest) = self
            .of_host(host.as_str())
            .and_then(|paths| paths.find(path))
            .or_else(|| self.any_host.find(path))
            .ok_or(RouteError::NoRoute)?;
        // What stands exactly at a route's path is a folder to people and a listing to careless servers (rule 4).
        if rest.is_empty() {
            return Err(RouteError::NoRoute);
        }
        let key = ObjectKey::behind(&route.prefix, rest)?;
        Ok(Routed { route, key })
    }

    /// Finds the route of `path` at `host`, if everyone may read there. Then a link opens nothing, whatever its signature
    /// is worth.
    #[must_use]
    pub fn public(&self, host: &Host, path: &DecodedPath<'_>) -> Option<Routed<'_>> {
        let routed = self.route(host, path).ok()?;
        (routed.route.access == AccessConfig::Public).then_some(routed)
    }

    fn of_host(&self, host: &str) -> Option<&PathTable> {
        if self.by_host.is_empty() {
            return None;
        }
        self.by_host.get(host).or_else(|| self.by_host.get(without_port(host)))
    }
}

/// The routes of one host. `lengths` holds the distinct lengths of the paths, longest first, so that a look-up tries
/// as many prefixes as the configuration has lengths, however many slashes a request brings.
#[derive(Debug, Default)]
struct PathTable {
    routes: ByName<Arc<Route>>,
    lengths: Vec<usize>,
}

impl PathTable {
    fn insert(&mut self, path: Box<str>, route: Arc<Route>) {
        let at = self.lengths.binary_search_by(|length| path.len().cmp(length));
        if let Err(at) = at {
            self.lengths.insert(at, path.len());
        }
        self.routes.insert(path, route);
    }

    /// Returns the longest route whose path is a prefix of `path`, with the rest behind it.
    fn find<'p>(&self, path: &'p DecodedPath<'_>) -> Option<(&Arc<Route>, PathRest<'p>)> {
        self.lengths.iter().find_map(|&length| {
            let (prefix, rest) = path.split_behind_slash(length)?;
            Some((self.routes.get(prefix)?, rest))
        })
    }
}
