//! What is counted per route: requests, latencies, bytes.

use super::cells::{Cells, Latency};
use super::family::{Definition, Kind, Sample};
use super::lanes::{Handle, Handles};
use crate::telemetry::Outcome;
use prometheus::proto::MetricFamily;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The label of requests that no route covers. No route can be called so: paths start with `/`.
pub(super) const UNROUTED: &str = "none";

/// The handles of one route, resolved when the configuration is loaded. A request costs an array index and a
/// few additions to its own thread's lane.
#[derive(Debug)]
pub struct RouteMetrics(Handles<Arc<RouteCounts>>);

/// What a request holds on to until it is counted.
#[derive(Debug)]
pub(in crate::telemetry) struct RouteCounts {
    label: Arc<str>,
    /// Allocated when an outcome is first seen: most routes see a handful of them.
    outcomes: [OnceLock<Latency>; Outcome::ALL.len()],
    sent_bytes: Cells<1>,
}

impl RouteMetrics {
    pub(super) fn new(label: &str) -> Self {
        Self(Handles::on(Arc::new(RouteCounts {
            label: label.into(),
            outcomes: std::array::from_fn(|_| OnceLock::new()),
            sent_bytes: Cells::new(),
        })))
    }

    /// The route's label.
    #[must_use]
    pub fn label(&self) -> &str {
        self.counts().label()
    }

    /// Counts one answered request: how it ended, how long it took until its last byte, how many body bytes were sent.
    pub fn answered(&self, outcome: Outcome, took: Duration, sent_bytes: u64) {
        self.counts().answered(outcome, took, sent_bytes);
    }

    /// This thread's handle on the counts.
    pub(in crate::telemetry) fn counts(&self) -> &Arc<Handle<Arc<RouteCounts>>> {
        self.0.mine()
    }
}

impl RouteCounts {
    pub(in crate::telemetry) fn label(&self) -> &str {
        &self.label
    }

    pub(in crate::telemetry) fn answered(&self, outcome: Outcome, took: Duration, sent_bytes: u64) {
        if let Some(cell) = self.outcomes.get(outcome.index()) {
            cell.get_or_init(Latency::new).observe(took);
        }
        // A redirect sends none, and an addition costs an atomic operation.
        if sent_bytes > 0 {
            self.sent_bytes.add(0, sent_bytes);
        }
    }
}

pub(super) static REQUESTS: Definition = Definition {
    name: "evergate_requests_total",
    kind: Kind::Counter,
    labels: &["route", "outcome"],
    help: "Requests answered, by route and what became of them.",
};
pub(super) static DURATION: Definition = Definition {
    name: "evergate_request_duration_seconds",
    kind: Kind::Histogram,
    labels: &["route", "outcome"],
    help: "From a request's complete head to the last byte of its answer, by route and what became of it.",
};
pub(super) static SENT: Definition = Definition {
    name: "evergate_response_body_bytes_total",
    kind: Kind::Counter,
    labels: &["route"],
    help: "Body bytes handed to clients' connections, by route.",
};
pub(super) static ALL: [&Definition; 3] = [&REQUESTS, &DURATION, &SENT];

/// Every outcome of every route is counted from zero, so that the first one shows in a rate; histograms appear when used.
pub(super) fn collect(routes: &[Arc<RouteMetrics>]) -> Vec<MetricFamily> {
    let (mut requests, mut durations) = (Vec::new(), Vec::new());
    for route in routes {
        for outcome in Outcome::ALL {
            let labels = [route.label(), outcome.as_str()];
            let reading = route
                .counts()
                .outcomes
                .get(outcome.index())
                .and_then(|cell| Some(cell.get()?.read()));
            requests.push(Sample::count(
                &labels,
                reading.as_ref().map_or(0, |reading| reading.count),
            ));
            durations.extend(reading.map(|reading| Sample::latency(&labels, reading)));
        }
    }
    let sent = routes
        .iter()
        .map(|route| Sample::count(&[route.label()], route.counts().sent_bytes.sum(0)));
    vec![REQUESTS.family(requests), DURATION.family(durations), SENT.family(sent)]
}
