//! What is counted per bucket: presigning, and how the origin does.

use super::cells::{Cells, Latency};
use super::family::{Definition, Kind, Sample};
use crate::telemetry::OriginErrorKind;
use prometheus::proto::MetricFamily;
use std::sync::Arc;
use std::time::Duration;

const PRESIGNS: usize = 0;
const RENEWALS: usize = 1;
const FAILED_RENEWALS: usize = 2;
const ERRORS: usize = 3;

/// The handles of one bucket, resolved when the configuration is loaded.
#[derive(Debug)]
pub struct BucketMetrics {
    label: Arc<str>,
    counts: Cells<{ ERRORS + OriginErrorKind::ALL.len() }>,
    origin: Latency,
}

impl BucketMetrics {
    /// Handles that no page shows; [`super::Metrics::bucket`] gives those that one does.
    #[must_use]
    pub fn new(label: &str) -> Self {
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

    /// Counts one URL made; one found in the cache is not made.
    pub fn presigned(&self) {
        self.counts.add(PRESIGNS, 1);
    }

    /// Counts one credential taken into use.
    pub fn credentials_renewed(&self) {
        self.counts.add(RENEWALS, 1);
    }

    /// Counts one time that the source of credentials gave none.
    pub fn credential_renewal_failed(&self) {
        self.counts.add(FAILED_RENEWALS, 1);
    }

    /// Observes how long the origin took to answer with a head.
    pub fn origin_answered(&self, took: Duration) {
        self.origin.observe(took);
    }

    /// Counts one failed request to the origin.
    pub fn origin_failed(&self, kind: OriginErrorKind) {
        self.counts.add(ERRORS + kind.index(), 1);
    }
}

static URLS_PRESIGNED: Definition = Definition {
    name: "evergate_presigns_total",
    kind: Kind::Counter,
    labels: &["bucket"],
    help: "URLs signed, by bucket.",
};
static RENEWED: Definition = Definition {
    name: "evergate_credential_renewals_total",
    kind: Kind::Counter,
    labels: &["bucket", "result"],
    help: "Times that credentials were renewed, or could not be, by bucket and result.",
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
pub(super) static ALL: [&Definition; 4] = [&URLS_PRESIGNED, &RENEWED, &ORIGIN_DURATION, &ORIGIN_ERRORS];

pub(super) fn collect(buckets: &[Arc<BucketMetrics>]) -> Vec<MetricFamily> {
    let presigns = buckets
        .iter()
        .map(|bucket| Sample::count(&[bucket.label()], bucket.counts.sum(PRESIGNS)));
    let renewals = buckets.iter().flat_map(|bucket| {
        let of = |result, count| Sample::count(&[bucket.label(), result], bucket.counts.sum(count));
        [of("ok", RENEWALS), of("failed", FAILED_RENEWALS)]
    });
    let errors = buckets.iter().flat_map(|bucket| {
        OriginErrorKind::ALL.iter().map(|kind| {
            let count = bucket.counts.sum(ERRORS + kind.index());
            Sample::count(&[bucket.label(), kind.as_str()], count)
        })
    });
    let origin = buckets
        .iter()
        .map(|bucket| Sample::latency(&[bucket.label()], bucket.origin.read()));
    vec![
        URLS_PRESIGNED.family(presigns),
        RENEWED.family(renewals),
        ORIGIN_DURATION.family(origin),
        ORIGIN_ERRORS.family(errors),
    ]
}
