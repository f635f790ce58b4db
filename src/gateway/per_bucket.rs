//! What the running app holds of one bucket, and what is written down of each request to its origin.

use super::app::Furniture;
use crate::clock::Timestamp;
use crate::config::{CredentialsConfig, ServerConfig};
use crate::credentials::{self, Credentials};
use crate::fetch::{Breaker, FetchError, OriginState};
use crate::presign::{Presigned, UrlCacheStatus};
use crate::route::Bucket;
use crate::s3::{Endpoint, Region};
use crate::telemetry::{AccessGuard, BucketMetrics, PlaceReading, RouteMetrics};
use std::sync::Arc;
use std::time::Duration;

/// What belongs to one bucket.
#[derive(Debug)]
pub(super) struct PerBucket {
    pub(super) bucket: Arc<Bucket>,
    pub(super) credentials: Credentials,
    pub(super) metrics: Arc<BucketMetrics>,
    /// Of requests at S3 doors; `None` while they are closed.
    pub(super) s3_metrics: Option<Arc<RouteMetrics>>,
    /// How its origin does.
    pub(super) origin: Arc<OriginState>,
    endpoint: Endpoint,
    /// Where `credentials` come from, and the region whose STS is asked: whether a reload can go on with them.
    source: CredentialsConfig,
    source_region: Region,
}

/// The buckets that a new one may go on from.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// Those of the app before.
    pub(super) earlier: &'a [PerBucket],
    /// Those of this app, so far.
    pub(super) beside: &'a [PerBucket],
}

impl<'a> Known<'a> {
    fn all(self) -> impl Iterator<Item = &'a PerBucket> + Clone {
        self.earlier.iter().chain(self.beside)
    }
}

impl PerBucket {
    /// Takes a bucket at its `server`, and goes on with what is `known` of both.
    pub(super) fn new(
        bucket: Bucket,
        server: &ServerConfig,
        s3_metrics: Option<Arc<RouteMetrics>>,
        known: Known<'_>,
        furniture: &Furniture,
    ) -> Self {
        let bucket = bucket.remembering(known.all().map(|per| &*per.bucket));
        let bucket = keeping_objects(bucket, server, known);
        let metrics = furniture.telemetry.metrics().bucket(bucket.id.as_str());
        Self {
            origin: origin_of(&bucket, &server.endpoint, &metrics, furniture, known),
            endpoint: server.endpoint.clone(),
            credentials: credentials_of(&bucket, server, furniture, &metrics, known),
            bucket: Arc::new(bucket),
            metrics,
            s3_metrics,
            source: server.credentials.clone(),
            source_region: server.region.clone(),
        }
    }

    /// Writes down what came of a request to the origin, and how long that `took`.
    pub(super) fn asked<T>(&self, came: &Result<T, FetchError>, took: Duration, trail: &mut AccessGuard) {
        trail.asked_origin(&self.metrics, took);
        self.origin.asked(came, took);
    }

    /// Counts a URL, unless it was signed for somebody else before.
    pub(super) fn count(&self, presigned: &Presigned) {
        if presigned.cache != UrlCacheStatus::Hit {
            self.metrics.presigned();
        }
    }

    pub(super) fn place_reading(&self, now: Timestamp) -> PlaceReading {
        PlaceReading {
            bucket: self.bucket.id.as_str().into(),
            clock_offset: self.bucket.clock_offset(now).seconds(),
            region_changes: self.bucket.place().generation,
        }
    }
}

/// Goes on with what is kept of a bucket that is still the same, and asked with the same credentials.
fn keeping_objects(bucket: Bucket, server: &ServerConfig, known: Known<'_>) -> Bucket {
    let same = |per: &&PerBucket| bucket.is_still(&per.bucket) && per.source.is_same_as(&server.credentials);
    match known.earlier.iter().find(same) {
        Some(earlier) => bucket.keeping_objects_of(&earlier.bucket),
        None => bucket,
    }
}

/// Goes on with the credentials of the app before, where the configuration still leads to them: a reload must not begin
/// with none, nor ask every source at once.
fn credentials_of(
    bucket: &Bucket,
    server: &ServerConfig,
    furniture: &Furniture,
    metrics: &Arc<BucketMetrics>,
    known: Known<'_>,
) -> Credentials {
    let same = |per: &&PerBucket| {
        per.bucket.id == bucket.id && per.source_region == server.region && per.source.is_same_as(&server.credentials)
    };
    let inherited = known.earlier.iter().find(same).map(|per| per.credentials.clone());
    inherited.unwrap_or_else(|| {
        let (clock, runtime) = (&furniture.clock, &furniture.runtime);
        credentials::start(&bucket.id, &server.region, &server.credentials, clock, metrics, runtime)
    })
}

/// What is known of a bucket's origin already; else a new record, with the breaker of its endpoint.
fn origin_of(
    bucket: &Bucket,
    endpoint: &Endpoint,
    metrics: &Arc<BucketMetrics>,
    furniture: &Furniture,
    known: Known<'_>,
) -> Arc<OriginState> {
    if let Some(same) = known.all().find(|other| bucket.is_still(&other.bucket)) {
        return Arc::clone(&same.origin);
    }
    let neighbour = known.all().find(|other| other.endpoint == *endpoint);
    let breaker = neighbour.map_or_else(
        || Breaker::new(furniture.bounds.breaker),
        |other| Arc::clone(other.origin.breaker()),
    );
    let events = furniture.telemetry.events().clone();
    OriginState::new(&furniture.bounds, breaker, Arc::clone(metrics), events)
}
