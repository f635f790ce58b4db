//! What is counted per bucket: presigning, its cache, the origin.

use super::cells::{Cells, Latency};
use super::family::{Definition, Kind, Sample};
use crate::telemetry::{CacheResult, OriginErrorKind};
use prometheus::proto::MetricFamily;
use std::sync::Arc;
use std::time::Duration;

const HITS: usize = 0;
const MISSES: usize = 1;
const PRESIGNS: usize = 2;
const RENEWED: usize = 3;
const RENEWAL_FAILED: usize = 4;
const ERRORS: usize = 5;

/// The handles of one bucket, resolved when the configuration is loaded.
#[derive(Debug)]
pub struct BucketMetrics {
    label: Arc<str>,
    counts: Cells<{ ERRORS + OriginErrorKind::ALL.len() }>,
    origin: Latency,
}

impl BucketMetrics {
    pub(super) fn new(label: &str) -> Self {
        Self {
            label: label.into(),
            counts: Cells::new(),
            origin: Latency::new(),
        }
    }

    /// The bucket's id.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Counts one answer of the signed-URL cache; a miss and `off` each stand for a URL made, so they count a presign too.
    pub fn url_cache(&self, result: CacheResult) {
        match result {
            CacheResult::Hit => self.counts.add(HITS, 1),
            CacheResult::Miss => {
                self.counts.add(MISSES, 1);
                self.counts.add(PRESIGNS, 1);
            }
            CacheResult::Off => self.counts.add(PRESIGNS, 1),
            CacheResult::None => {}
        }
    }

    /// Observes how long the origin took to answer with a head.
    pub fn origin_answered(&self, took: Duration) {
        self.origin.observe(took);
    }

    /// Counts one failed request to the origin.
    pub fn origin_failed(&self, kind: OriginErrorKind) {
        self.counts.add(ERRORS + kind.index(), 1);
    }

    /// Counts one renewal of the bucket's credentials.
    pub(in crate::telemetry) fn credentials_renewed(&self) {
        self.counts.add(RENEWED, 1);
    }

    /// Counts one failed renewal of the bucket's credentials.
    pub(in crate::telemetry) fn credentials_failed(&self) {
        self.counts.add(RENEWAL_FAILED, 1);
    }
}

static CACHE_HITS: Definition = Definition {
    name: "evergate_url_cache_hits_total",
    kind: Kind::Counter,
    labels: &["bucket"],
    help: "Signed URLs found in the cache and still good, by bucket.",
};
static CACHE_MISSES: Definition = Definition {
    name: "evergate_url_cache_misses_total",
    kind: Kind::Counter,
    labels: &["bucket"],
    help: "Signed URLs not found in the cache, by bucket.",
};
static URLS_PRESIGNED: Definition = Definition {
    name: "evergate_presigns_total",
    kind: Kind::Counter,
    labels: &["bucket"],
    help: "URLs signed, by bucket.",
};
static ORIGIN_DURATION: Definition = Definition {
    name: "evergate_origin_request_duration_seconds",
    kind: Kind::Histogram,
    labels: &["bucket"],
    help: "From a request to the origin to the head of its answer, by bucket.",
};
static ORIGIN_ERRORS: Definition = Definition {
    name: "evergate_origin_errors_total",
    kind: Kind::Counter,
    labels: &["bucket", "kind"],
    help: "Failed requests to the origin, by bucket and kind.",
};
static RENEWALS: Definition = Definition {
    name: "evergate_credential_renewals_total",
    kind: Kind::Counter,
    labels: &["bucket", "result"],
    help: "Renewals of a bucket's credentials, by bucket and result.",
};
pub(super) static ALL: [&Definition; 6] = [
    &CACHE_HITS,
    &CACHE_MISSES,
    &URLS_PRESIGNED,
    &ORIGIN_DURATION,
    &ORIGIN_ERRORS,
    &RENEWALS,
];

pub(super) fn collect(buckets: &[Arc<BucketMetrics>]) -> Vec<MetricFamily> {
    let counts = |definition: &Definition, slot| {
        let one = |bucket: &Arc<BucketMetrics>| Sample::count(&[bucket.label()], bucket.counts.sum(slot));
        definition.family(buckets.iter().map(one))
    };
    let errors = buckets.iter().flat_map(|bucket| {
        OriginErrorKind::ALL.iter().map(|kind| {
            let count = bucket.counts.sum(ERRORS + kind.index());
            Sample::count(&[bucket.label(), kind.as_str()], count)
        })
    });
    let renewals = buckets.iter().flat_map(|bucket| {
        [("ok", RENEWED), ("failed", RENEWAL_FAILED)]
            .map(|(result, slot)| Sample::count(&[bucket.label(), result], bucket.counts.sum(slot)))
    });
    let origin = buckets
        .iter()
        .map(|bucket| Sample::latency(&[bucket.label()], bucket.origin.read()));
    vec![
        counts(&CACHE_HITS, HITS),
        counts(&CACHE_MISSES, MISSES),
        counts(&URLS_PRESIGNED, PRESIGNS),
        ORIGIN_DURATION.family(origin),
        ORIGIN_ERRORS.family(errors),
        RENEWALS.family(renewals),
    ]
}
