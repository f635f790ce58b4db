//! What is counted at the admin listener's API: its calls, and the links that they brought.

use super::cells::Cells;
use super::family::{Definition, Kind, Sample};
use crate::telemetry::{ApiResult, LinkResult};
use prometheus::proto::MetricFamily;

/// The counts of the API.
#[derive(Debug)]
pub(super) struct Api {
    calls: Cells<{ ApiResult::ALL.len() }>,
    links: Cells<{ LinkResult::ALL.len() }>,
}

impl Api {
    pub(super) fn new() -> Self {
        Self {
            calls: Cells::new(),
            links: Cells::new(),
        }
    }

    pub(super) fn called(&self, result: ApiResult) {
        self.calls.add(result.index(), 1);
    }

    pub(super) fn links(&self, result: LinkResult, links: u64) {
        self.links.add(result.index(), links);
    }
}

static CALLS: Definition = Definition {
    name: "evergate_api_requests_total",
    kind: Kind::Counter,
    labels: &["result"],
    help: "Requests to the refresh API of the admin listener, by result.",
};
static LINKS: Definition = Definition {
    name: "evergate_api_links_total",
    kind: Kind::Counter,
    labels: &["result"],
    help: "Links that the refresh API was asked about, by result.",
};
pub(super) static ALL: [&Definition; 2] = [&CALLS, &LINKS];

pub(super) fn collect(api: &Api) -> Vec<MetricFamily> {
    let calls = ApiResult::ALL
        .iter()
        .map(|result| Sample::count(&[result.as_str()], api.calls.sum(result.index())));
    let links = LinkResult::ALL
        .iter()
        .map(|result| Sample::count(&[result.as_str()], api.links.sum(result.index())));
    vec![CALLS.family(calls), LINKS.family(links)]
}
