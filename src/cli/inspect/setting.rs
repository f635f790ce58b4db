//! What a link is judged by, made from a configuration alone: no credentials, no origins, nothing that waits.

use super::finding::Finding;
use crate::access::S3Access;
use crate::clock::Timestamp;
use crate::config::{BucketConfig, Config, CredentialsConfig, OriginConfig, ServerConfig};
use crate::gateway::links::{Judge, LinkUrl};
use crate::route::{Bucket, Route, RouteTable, S3Doors, StablePaths};
use crate::s3::{AddressStyle, Endpoint, Region};
use std::sync::Arc;

/// The parts of one configuration that links are judged by.
pub(super) struct Setting<'a> {
    pub(super) config: &'a Config,
    pub(super) doors: S3Doors,
    pub(super) access: S3Access,
    pub(super) routes: RouteTable,
    pub(super) stable_paths: StablePaths,
}

impl<'a> Setting<'a> {
    /// Takes the configuration.
    pub(super) fn of(config: &'a Config) -> Self {
        let bucket =
            |(index, bucket): (usize, &BucketConfig)| Some(Arc::new(Bucket::new(index, bucket, &server(bucket)?)));
        let buckets: Vec<Arc<Bucket>> = config.buckets.iter().enumerate().filter_map(bucket).collect();
        let doors = S3Doors::new(&config.s3, config.client_names(), &buckets);
        let routes = config.routes.iter().enumerate().filter_map(|(index, route)| {
            let bucket = Arc::clone(buckets.get(route.bucket)?);
            Some((route.clone(), Arc::new(Route::new(index, route, bucket))))
        });
        Self {
            access: S3Access::new(config, &doors, &buckets),
            routes: RouteTable::new(routes),
            stable_paths: StablePaths::new(&config.routes),
            doors,
            config,
        }
    }

    /// Says what `url` is at `now`.
    pub(super) fn find(&self, url: &LinkUrl, now: Timestamp) -> Finding {
        Finding::of(self, url, &self.judge().judge(url, now), now)
    }

    /// What judges by this configuration.
    pub(super) fn judge(&self) -> Judge<'_> {
        Judge {
            doors: &self.doors,
            access: &self.access,
            routes: &self.routes,
        }
    }
}

/// The server of a bucket; of an embedded one, a stand-in for the one that only a running gateway has.
fn server(bucket: &BucketConfig) -> Option<ServerConfig> {
    match &bucket.origin {
        OriginConfig::Server(server) => Some(server.clone()),
        OriginConfig::Embedded(_) => Some(ServerConfig {
            endpoint: Endpoint::parse("http://127.0.0.1").ok()?,
            region: Region::parse("us-east-1").ok()?,
            style: AddressStyle::Path,
            credentials: CredentialsConfig::Anonymous,
        }),
    }
}
