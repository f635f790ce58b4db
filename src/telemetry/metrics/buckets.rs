//! What is counted per bucket: presigning, and how the origin does.

use super::cells::{Cells, Latency};
use super::family::{Definition, Kind, Sample};
use crate::telemetry::{OriginErrorKind, ResumeResult, RetryReason};
use prometheus::proto::MetricFamily;
use std::sync::Arc;
use std::time::Duration;

const PRESIGNS: usize = 0;
const RENEWALS: usize = 1;
const FAILED_RENEWALS: usize = 2;
const BREAKER_OPENED: usize = 3;
const SLOWED: usize = 4;
const RETRIES_REFUSED: usize = 5;
const ERRORS: usize = 6;
const RETRIES: usize = ERRORS + OriginErrorKind::ALL.len();
const RESUMPTIONS: usize = RETRIES + RetryReason::ALL.len();
const ALL_COUNTS: usize = RESUMPTIONS + ResumeResult::ALL.len();

/// The handles of one bucket, resolved when the configuration is loaded.
#[derive(Debug)]
pub struct BucketMetrics {
    label: Arc<str>,
    counts: Cells<ALL_COUNTS>,
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

    /// Counts one request that was sent to the origin again.
    pub fn origin_retried(&self, reason: RetryReason) {
        self.counts.add(RETRIES + reason.index(), 1);
    }

    /// Counts one request or body that could have been asked for again, had the budget not been spent.
    pub fn origin_retry_refused(&self) {
        self.counts.add(RETRIES_REFUSED, 1);
    }

    /// Counts one body that broke off and was asked for from there on.
    pub fn origin_resumed(&self, how: ResumeResult) {
        self.counts.add(RESUMPTIONS + how.index(), 1);
    }

    /// Counts one lowering of the concurrency.
    pub fn origin_slowed(&self) {
        self.counts.add(SLOWED, 1);
    }

    /// Counts one opening of the breaker by a request of this bucket.
    pub fn origin_suspended(&self) {
        self.counts.add(BREAKER_OPENED, 1);
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
static ORIGIN_RETRIES: Definition = Definition {
    name: "evergate_origin_retries_total",
    kind: Kind::Counter,
    labels: &["bucket", "reason"],
    help: "Requests that were sent to the origin again, by bucket and reason.",
};
static RETRIES_OVER_BUDGET: Definition = Definition {
    name: "evergate_origin_retries_refused_total",
    kind: Kind::Counter,
    labels: &["bucket"],
    help: "Requests and bodies that were not asked for again because the retry budget was spent, by bucket.",
};
static ORIGIN_RESUMPTIONS: Definition = Definition {
    name: "evergate_origin_resumptions_total",
    kind: Kind::Counter,
    labels: &["bucket", "result"],
    help: "Bodies that broke off and were asked for from there on, by bucket and result.",
};
static SLOWDOWNS: Definition = Definition {
    name: "evergate_origin_concurrency_lowered_total",
    kind: Kind::Counter,
    labels: &["bucket"],
    help: "Times that the origin's wish for fewer requests lowered the concurrency, by bucket.",
};
static OPENINGS: Definition = Definition {
    name: "evergate_origin_breaker_opened_total",
    kind: Kind::Counter,
    labels: &["bucket"],
    help: "Times that the breaker opened, failed probes included, by the bucket whose request did it.",
};
pub(super) static ALL: [&Definition; 9] = [
    &URLS_PRESIGNED,
    &RENEWED,
    &ORIGIN_DURATION,
    &ORIGIN_ERRORS,
    &ORIGIN_RETRIES,
    &RETRIES_OVER_BUDGET,
    &ORIGIN_RESUMPTIONS,
    &SLOWDOWNS,
    &OPENINGS,
];

pub(super) fn collect(buckets: &[Arc<BucketMetrics>]) -> Vec<MetricFamily> {
    let one = |definition: &Definition, slot: usize| {
        let sample = |bucket: &Arc<BucketMetrics>| Sample::count(&[bucket.label()], bucket.counts.sum(slot));
        definition.family(buckets.iter().map(sample))
    };
    let each = |definition: &Definition, slot: usize, words: &[&str]| {
        let of_bucket = |bucket: &Arc<BucketMetrics>| {
            let sample =
                |(place, word): (usize, &&str)| Sample::count(&[bucket.label(), word], bucket.counts.sum(slot + place));
            words.iter().enumerate().map(sample).collect::<Vec<_>>()
        };
        definition.family(buckets.iter().flat_map(of_bucket))
    };
    let renewals = buckets.iter().flat_map(|bucket| {
        let of = |result, count| Sample::count(&[bucket.label(), result], bucket.counts.sum(count));
        [of("ok", RENEWALS), of("failed", FAILED_RENEWALS)]
    });
    let origin = buckets
        .iter()
        .map(|bucket| Sample::latency(&[bucket.label()], bucket.origin.read()));
    vec![
        one(&URLS_PRESIGNED, PRESIGNS),
        RENEWED.family(renewals),
        ORIGIN_DURATION.family(origin),
        each(
            &ORIGIN_ERRORS,
            ERRORS,
            &OriginErrorKind::ALL
                .iter()
                .map(|kind| kind.as_str())
                .collect::<Vec<_>>(),
        ),
        each(
            &ORIGIN_RETRIES,
            RETRIES,
            &RetryReason::ALL
                .iter()
                .map(|reason| reason.as_str())
                .collect::<Vec<_>>(),
        ),
        one(&RETRIES_OVER_BUDGET, RETRIES_REFUSED),
        each(
            &ORIGIN_RESUMPTIONS,
            RESUMPTIONS,
            &ResumeResult::ALL.iter().map(|how| how.as_str()).collect::<Vec<_>>(),
        ),
        one(&SLOWDOWNS, SLOWED),
        one(&OPENINGS, BREAKER_OPENED),
    ]
}
