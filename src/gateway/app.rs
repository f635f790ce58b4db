//! Everything that one configuration runs by, built whole.

use super::link_ages::LinkAgesTable;
use super::per_bucket::{Known, PerBucket};
use crate::access::S3Access;
use crate::cache::{Forgetting, WriteScope, Written};
use crate::clock::Clock;
use crate::config::{BucketConfig, BucketId, Config, OriginConfig, ServerConfig};
use crate::fetch::{ObjectCache, OriginBounds};
use crate::presign::Presigner;
use crate::route::{Bucket, Route, RouteTable, S3Doors, StablePaths};
use crate::s3::BucketName;
use crate::telemetry::{AccessLog, AppReading, CredentialReading, Metrics, RouteMetrics, Telemetry};
use std::num::NonZeroUsize;
use std::sync::Arc;
use tokio::runtime::Handle;

/// The metrics' label of requests at S3 doors, alone and in front of a bucket's id. No route can be called so.
const S3_LABEL: &str = "s3";

/// What outlives every configuration and every app is built with.
#[derive(Clone, Debug)]
pub struct Furniture {
    /// The time of day.
    pub clock: Clock,
    /// Metrics, events and logs.
    pub telemetry: Telemetry,
    /// Where credentials are renewed.
    pub runtime: Handle,
    /// The bounds that origins are asked within.
    pub bounds: OriginBounds,
    /// What is kept of objects.
    pub objects: Arc<ObjectCache>,
    /// How many workers serve: fixed at the start, whatever a configuration that is loaded later says.
    pub workers: NonZeroUsize,
}

/// Why an app can't be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// The built-in origin does not run for this bucket.
    #[error(
        "bucket {0} is embedded, and this program runs no built-in origin (it was built without the feature `embedded`)"
    )]
    NotEmbedded(Box<str>),
    /// A route names a bucket that is not there, which the configuration rules out.
    #[error("a route names bucket number {0}, which is not there")]
    NoBucket(usize),
}

/// All handles of the running configuration. One for all workers; immutable, but for what the handles do inside.
#[derive(Debug)]
pub struct App {
    /// Which path leads where.
    pub(super) routes: RouteTable,
    /// And back from objects to paths.
    pub(super) stable_paths: StablePaths,
    /// By `Route::index`.
    pub(super) route_metrics: Vec<Arc<RouteMetrics>>,
    /// What S3 clients name, and who they are.
    pub(super) s3_doors: S3Doors,
    pub(super) s3_access: S3Access,
    /// Of requests at S3 doors that name no bucket of ours.
    pub(super) s3_metrics: Arc<RouteMetrics>,
    /// Of links honoured past their expiry.
    pub(super) link_ages: LinkAgesTable,
    /// By `Bucket::index`.
    pub(super) per_bucket: Vec<PerBucket>,
    /// Signs redirects.
    pub(super) presigner: Presigner,
    /// What is kept of objects.
    pub(super) objects: Arc<ObjectCache>,
    /// The largest object that `auto` streams, in bytes.
    pub(super) auto_limit: u64,
    /// One line a request.
    pub(super) access_log: AccessLog,
    /// The time of day.
    pub(super) clock: Clock,
    /// What is told to operators.
    pub(super) telemetry: Telemetry,
}

impl App {
    /// Builds the app of `config`. `embedded` is the server that stands in for embedded buckets; `previous` hands on its
    /// renewed credentials, so that a reload does not begin with none, and what it learned of its origins.
    ///
    /// # Errors
    /// When a bucket is embedded and `embedded` is `None`.
    pub fn build(
        config: &Config,
        embedded: Option<&ServerConfig>,
        furniture: &Furniture,
        previous: Option<&Self>,
    ) -> Result<Self, AppError> {
        let metrics = furniture.telemetry.metrics();
        let open = !config.clients.is_empty();
        let mut per_bucket: Vec<PerBucket> = Vec::with_capacity(config.buckets.len());
        for (index, bucket) in config.buckets.iter().enumerate() {
            let server = server_of(bucket, embedded)?;
            let s3_metrics = open.then(|| metrics.route(&format!("{S3_LABEL}:{}", bucket.id.as_str())));
            let known = Known {
                earlier: previous.map_or(&[][..], |app| &app.per_bucket),
                beside: &per_bucket,
            };
            let next = PerBucket::new(Bucket::new(index, bucket, server), server, s3_metrics, known, furniture);
            per_bucket.push(next);
        }
        let mut routes = Vec::with_capacity(config.routes.len());
        for (index, route) in config.routes.iter().enumerate() {
            let bucket = per_bucket.get(route.bucket).ok_or(AppError::NoBucket(route.bucket))?;
            routes.push((
                route.clone(),
                Arc::new(Route::new(index, route, Arc::clone(&bucket.bucket))),
            ));
        }
        let buckets: Vec<_> = per_bucket.iter().map(|per| Arc::clone(&per.bucket)).collect();
        let s3_doors = S3Doors::new(&config.s3, config.client_names(), &buckets);
        Ok(Self {
            link_ages: LinkAgesTable::new(config, metrics),
            s3_access: S3Access::new(config, &s3_doors, &buckets),
            s3_doors,
            s3_metrics: if open {
                metrics.route(S3_LABEL)
            } else {
                Arc::clone(metrics.unrouted())
            },
            route_metrics: routes.iter().map(|(_, route)| metrics.route(&route.label)).collect(),
            routes: RouteTable::new(routes),
            stable_paths: StablePaths::new(&config.routes),
            presigner: Presigner::for_workers(
                furniture.workers,
                per_bucket.iter().map(|per| per.credentials.clone()).collect(),
                config.url_cache,
                furniture.clock.clone(),
            ),
            per_bucket,
            objects: Arc::clone(&furniture.objects),
            auto_limit: config.auto_limit,
            access_log: furniture.telemetry.access_log(config.log),
            clock: furniture.clock.clone(),
            telemetry: furniture.telemetry.clone(),
        })
    }

    /// Whether every bucket has something to sign with now.
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        self.per_bucket.iter().all(|per| per.credentials.ready())
    }

    /// Returns each bucket's id, and why there is nothing to sign with, if so.
    #[must_use]
    pub fn readiness(&self) -> Vec<(BucketId, Option<String>)> {
        let of = |per: &PerBucket| {
            let reason = per
                .credentials
                .current()
                .err()
                .map(|unavailable| unavailable.to_string());
            (per.bucket.id.clone(), reason)
        };
        self.per_bucket.iter().map(of).collect()
    }

    /// Returns what a scrape of the metrics reads here.
    #[must_use]
    pub fn reading(&self) -> AppReading {
        let now = self.clock.now();
        let credentials = self.per_bucket.iter().map(|per| CredentialReading {
            bucket: per.bucket.id.as_str().into(),
            valid: per.credentials.ready(),
            expires_at: per.credentials.expires_at(),
        });
        AppReading {
            origins: self.per_bucket.iter().map(|per| per.origin.reading()).collect(),
            url_cache: self.presigner.cache_reading(),
            credentials: credentials.collect(),
            places: self.per_bucket.iter().map(|per| per.place_reading(now)).collect(),
        }
    }

    /// Returns what requests of `bucket` at S3 doors are counted by.
    pub(super) fn s3_metrics_of(&self, bucket: &Bucket) -> &Arc<RouteMetrics> {
        let per = self.per_bucket.get(bucket.index);
        per.and_then(|per| per.s3_metrics.as_ref()).unwrap_or(&self.s3_metrics)
    }

    /// Returns what a write to `bucket` makes of what is kept: of every bucket with that name at its origin, for two of them
    /// may be one there.
    pub(super) fn writing(&self, bucket: &BucketName, scope: WriteScope) -> Forgetting {
        let named = self.per_bucket.iter().filter(|per| per.bucket.name == *bucket);
        let spaces = named.map(|per| per.bucket.space().clone()).collect();
        let written = Written {
            bucket: bucket.as_str().into(),
            spaces,
            scope,
        };
        let metrics = self.telemetry.metrics().objects();
        Forgetting::new(Arc::clone(self.objects.forgotten()), metrics, written)
    }

    /// Makes the object cache know which buckets there are from now on.
    pub(super) fn name_spaces(&self) {
        let named = self.per_bucket.iter();
        let named = named.map(|per| (per.bucket.name.as_str().into(), per.bucket.space().clone()));
        self.objects.forgotten().name_spaces(named.collect());
    }

    /// Makes the metrics keep what this app counts by, and nothing else.
    pub(super) fn keep_labels(&self, metrics: &Metrics) {
        let of_buckets = self.per_bucket.iter().filter_map(|per| per.s3_metrics.as_ref());
        let routes = self.route_metrics.iter().chain(of_buckets).chain([&self.s3_metrics]);
        let routes: Vec<_> = routes.map(|route| route.label()).collect();
        let buckets: Vec<_> = self.per_bucket.iter().map(|per| per.bucket.id.as_str()).collect();
        let spaces: Vec<_> = self.per_bucket.iter().map(|per| per.bucket.space()).collect();
        self.objects.forgotten().retain(&spaces);
        metrics.retain(&routes, &buckets, &self.link_ages.clients());
    }
}

fn server_of<'a>(bucket: &'a BucketConfig, embedded: Option<&'a ServerConfig>) -> Result<&'a ServerConfig, AppError> {
    match &bucket.origin {
        OriginConfig::Server(server) => Ok(server),
        OriginConfig::Embedded(_) => embedded.ok_or_else(|| AppError::NotEmbedded(bucket.id.as_str().into())),
    }
}

#[cfg(test)]
#[path = "app_tests.rs"]
mod tests;
