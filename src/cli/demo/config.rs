//! The demo's configuration, in code: one embedded bucket, one public route that redirects.

use crate::config::{
    AccessConfig, AccessLogConfig, BucketConfig, BucketId, Config, Delivery, InlinePolicy, ListenerConfig, LogConfig,
    LogFormat, OriginConfig, OriginForbidden, RouteConfig, S3Config, UrlCacheConfig,
};
use crate::embedded::SAMPLE_PREFIX;
use crate::s3::{BucketName, KeyPrefix};
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The bucket's name, in the configuration and at the origin.
pub const BUCKET: &str = "samples";
/// The stable paths' prefix.
pub const ROUTE: &str = "/avatars/";

/// Returns the configuration of a demo that listens on `listen`, whose URLs live for `expiry` (1 s to 7 days) and whose pictures
/// are in the folder `data`. No admin listener and no access log: the page's own polling would drown everything else.
///
/// # Errors
/// None that an argument could cause: the names above are as valid as any.
pub fn config(listen: SocketAddr, expiry: Duration, data: PathBuf) -> Result<Config, Box<dyn Error + Send + Sync>> {
    let bucket = BucketConfig {
        id: BucketId(BUCKET.into()),
        name: BucketName::parse(BUCKET)?,
        url_expiry: expiry,
        origin: OriginConfig::Embedded(data),
    };
    let route = RouteConfig {
        cache: None,
        host: None,
        path: ROUTE.into(),
        bucket: 0,
        prefix: KeyPrefix::parse(SAMPLE_PREFIX)?,
        access: AccessConfig::Public,
        delivery: Delivery::Redirect,
        cache_control: None,
        fallback: None,
        origin_forbidden: OriginForbidden::NotFound,
        inline: InlinePolicy::Safe,
    };
    Ok(Config {
        object_cache: crate::config::ObjectCacheConfig::default(),
        listener: ListenerConfig {
            address: listen,
            tls: None,
            trusted_proxies: Vec::new(),
            max_connections: 1024,
            workers: None,
            drain: Duration::from_secs(2),
        },
        admin: None,
        buckets: vec![bucket],
        routes: vec![route],
        s3: S3Config::default(),
        clients: Vec::new(),
        refresh: Vec::new(),
        url_cache: UrlCacheConfig::MaxBytes(1024 * 1024),
        auto_limit: 1024 * 1024,
        log: LogConfig {
            format: LogFormat::Plain,
            access: AccessLogConfig::Off,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_route_leads_to_the_samples() {
        let config = config(([127, 0, 0, 1], 0).into(), Duration::from_secs(10), "data".into()).unwrap();
        let route = config.routes.first().unwrap();
        assert_eq!(route.prefix.as_str(), SAMPLE_PREFIX);
        assert_eq!(config.buckets.get(route.bucket).unwrap().name.as_str(), BUCKET);
    }
}
