//! What is counted at the admin listener's API: its calls, and what they brought.

use super::cells::Cells;
use super::family::{Definition, Kind, Sample};
use crate::telemetry::{ApiName, ApiResult, EventResult, LinkResult};
use prometheus::proto::MetricFamily;

/// The counts of the API.
#[derive(Debug)]
pub(in crate::telemetry) struct Api {
    calls: Cells<{ ApiName::ALL.len() * ApiResult::ALL.len() }>,
    links: Cells<{ LinkResult::ALL.len() }>,
    events: Cells<{ EventResult::ALL.len() }>,
}

impl Api {
    pub(super) fn new() -> Self {
        Self {
            calls: Cells::new(),
            links: Cells::new(),
            events: Cells::new(),
        }
    }

    pub(in crate::telemetry) fn called(&self, api: ApiName, result: ApiResult) {
        self.calls.add(slot(api, result), 1);
    }

    pub(in crate::telemetry) fn links(&self, result: LinkResult, links: u64) {
        self.links.add(result.index(), links);
    }

    pub(in crate::telemetry) fn events(&self, result: EventResult, events: u64) {
        self.events.add(result.index(), events);
    }
}

const fn slot(api: ApiName, result: ApiResult) -> usize {
    api.index() * ApiResult::ALL.len() + result.index()
}

static CALLS: Definition = Definition {
    name: "evergate_api_requests_total",
    kind: Kind::Counter,
    labels: &["api", "result"],
    help: "Requests to the API of the admin listener, by address and result.",
};
static LINKS: Definition = Definition {
    name: "evergate_api_links_total",
    kind: Kind::Counter,
    labels: &["result"],
    help: "Links that the refresh API was asked about, by result.",
};
static EVENTS: Definition = Definition {
    name: "evergate_api_events_total",
    kind: Kind::Counter,
    labels: &["result"],
    help: "Events of S3 servers that were posted to the events API, by result.",
};
pub(super) static ALL: [&Definition; 3] = [&CALLS, &LINKS, &EVENTS];

pub(super) fn collect(api: &Api) -> Vec<MetricFamily> {
    let calls = ApiName::ALL.iter().flat_map(|name| {
        let of = move |result: &ApiResult| {
            Sample::count(&[name.as_str(), result.as_str()], api.calls.sum(slot(*name, *result)))
        };
        ApiResult::ALL.iter().map(of)
    });
    let links = LinkResult::ALL
        .iter()
        .map(|result| Sample::count(&[result.as_str()], api.links.sum(result.index())));
    let events = EventResult::ALL
        .iter()
        .map(|result| Sample::count(&[result.as_str()], api.events.sum(result.index())));
    vec![CALLS.family(calls), LINKS.family(links), EVENTS.family(events)]
}
