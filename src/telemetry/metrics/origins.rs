//! How the gateway spares each bucket's origin now: read when somebody scrapes.

use super::family::{Definition, Kind, Sample};
use crate::telemetry::BreakerState;
use prometheus::proto::MetricFamily;
use std::sync::Arc;

/// The bounds that one bucket's origin is asked within, as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginReading {
    /// The bucket's id.
    pub bucket: Arc<str>,
    /// Its endpoint's breaker.
    pub breaker: BreakerState,
    /// How many requests may wait for an answer at once.
    pub concurrency_limit: u64,
    /// How many do.
    pub concurrency: u64,
    /// How many wait for a place among them.
    pub waiting: u64,
    /// How many uploads and other long requests may be under way at once.
    pub uploads_limit: u64,
    /// How many are.
    pub uploads: u64,
    /// How many wait for a place among them.
    pub uploads_waiting: u64,
    /// How many requests may be sent again now.
    pub retries_left: u64,
}

static BREAKER: Definition = Definition {
    name: "evergate_origin_breaker_state",
    kind: Kind::Gauge,
    labels: &["bucket", "state"],
    help: "1 for the state that the breaker of the bucket's endpoint is in, by bucket and state.",
};
static LIMIT: Definition = Definition {
    name: "evergate_origin_concurrency_limit",
    kind: Kind::Gauge,
    labels: &["bucket"],
    help: "How many requests may wait for the origin's answers at once, by bucket.",
};
static IN_USE: Definition = Definition {
    name: "evergate_origin_concurrency",
    kind: Kind::Gauge,
    labels: &["bucket"],
    help: "Requests that wait for the origin's answer, by bucket.",
};
static WAITING: Definition = Definition {
    name: "evergate_origin_concurrency_waiting",
    kind: Kind::Gauge,
    labels: &["bucket"],
    help: "Requests that wait until they may be sent to the origin, by bucket.",
};
static UPLOADS_LIMIT: Definition = Definition {
    name: "evergate_origin_uploads_limit",
    kind: Kind::Gauge,
    labels: &["bucket"],
    help: "How many uploads and other long requests may be under way to the origin at once, by bucket.",
};
static UPLOADS: Definition = Definition {
    name: "evergate_origin_uploads",
    kind: Kind::Gauge,
    labels: &["bucket"],
    help: "Uploads and other long requests under way to the origin, by bucket.",
};
static UPLOADS_WAITING: Definition = Definition {
    name: "evergate_origin_uploads_waiting",
    kind: Kind::Gauge,
    labels: &["bucket"],
    help: "Uploads and other long requests that wait until they may be sent to the origin, by bucket.",
};
static BUDGET: Definition = Definition {
    name: "evergate_origin_retry_budget",
    kind: Kind::Gauge,
    labels: &["bucket"],
    help: "How many requests to the origin may be sent again now, by bucket.",
};
pub(super) static ALL: [&Definition; 8] = [
    &BREAKER,
    &LIMIT,
    &IN_USE,
    &WAITING,
    &UPLOADS_LIMIT,
    &UPLOADS,
    &UPLOADS_WAITING,
    &BUDGET,
];

pub(super) fn of_origins(origins: &[OriginReading]) -> Vec<MetricFamily> {
    let each = |definition: &Definition, value: fn(&OriginReading) -> u64| {
        let sample = |origin: &OriginReading| Sample::count(&[&origin.bucket], value(origin));
        definition.family(origins.iter().map(sample))
    };
    let breakers = origins.iter().flat_map(|origin| {
        let state = |state: &BreakerState| {
            let holds = u64::from(origin.breaker == *state);
            Sample::count(&[&origin.bucket, state.as_str()], holds)
        };
        BreakerState::ALL.iter().map(state)
    });
    vec![
        BREAKER.family(breakers),
        each(&LIMIT, |origin| origin.concurrency_limit),
        each(&IN_USE, |origin| origin.concurrency),
        each(&WAITING, |origin| origin.waiting),
        each(&UPLOADS_LIMIT, |origin| origin.uploads_limit),
        each(&UPLOADS, |origin| origin.uploads),
        each(&UPLOADS_WAITING, |origin| origin.uploads_waiting),
        each(&BUDGET, |origin| origin.retries_left),
    ]
}
