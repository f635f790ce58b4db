//! What is counted once for the whole program: requests in flight, reloads, dropped log lines, the build.

use super::cells::Cells;
use super::family::{Definition, Kind, Sample};
use crate::clock::Timestamp;
use prometheus::proto::MetricFamily;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Whether something that is tried now and then worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::telemetry) enum Attempt {
    Ok,
    Failed,
}

#[derive(Debug)]
pub(super) struct Process {
    in_flight: Cells<1>,
    config: Attempts,
    draining: AtomicBool,
    started_at: Timestamp,
}

/// How often something worked, how often it failed, and when it last worked, in seconds since the epoch.
#[derive(Debug, Default)]
struct Attempts {
    ok: AtomicU64,
    failed: AtomicU64,
    last_ok: AtomicU64,
}

impl Attempts {
    fn count(&self, attempt: Attempt, now: Timestamp) {
        match attempt {
            Attempt::Ok => {
                self.ok.fetch_add(1, Ordering::Relaxed);
                self.last_ok.store(now.as_unix(), Ordering::Relaxed);
            }
            Attempt::Failed => {
                self.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn samples(&self) -> [Sample; 2] {
        [
            Sample::count(&["ok"], self.ok.load(Ordering::Relaxed)),
            Sample::count(&["failed"], self.failed.load(Ordering::Relaxed)),
        ]
    }
}

impl Process {
    /// The configuration that the program starts with counts as its first good one.
    pub(super) fn new(started_at: Timestamp) -> Self {
        let config = Attempts::default();
        config.last_ok.store(started_at.as_unix(), Ordering::Relaxed);
        Self {
            in_flight: Cells::new(),
            config,
            draining: AtomicBool::new(false),
            started_at,
        }
    }

    pub(super) fn request_began(&self) {
        self.in_flight.add(0, 1);
    }

    pub(super) fn request_ended(&self) {
        self.in_flight.take(0, 1);
    }

    pub(super) fn config_reload(&self, attempt: Attempt, now: Timestamp) {
        self.config.count(attempt, now);
    }

    pub(super) fn draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}

static IN_FLIGHT: Definition = Definition {
    name: "evergate_requests_in_flight",
    kind: Kind::Gauge,
    labels: &[],
    help: "Requests whose answer is not complete.",
};
static CONFIG_RELOADS: Definition = Definition {
    name: "evergate_config_reloads_total",
    kind: Kind::Counter,
    labels: &["result"],
    help: "Reloads of the configuration, by result; a failed one leaves the running configuration in place.",
};
static CONFIG_LOADED: Definition = Definition {
    name: "evergate_config_loaded_timestamp_seconds",
    kind: Kind::Gauge,
    labels: &[],
    help: "When the running configuration was loaded, in seconds since 1970.",
};
static DRAINING: Definition = Definition {
    name: "evergate_draining",
    kind: Kind::Gauge,
    labels: &[],
    help: "1 when the program finishes what is in flight and takes nothing new.",
};
static STARTED: Definition = Definition {
    name: "evergate_started_timestamp_seconds",
    kind: Kind::Gauge,
    labels: &[],
    help: "When the program started, in seconds since 1970.",
};
static LINES_DROPPED: Definition = Definition {
    name: "evergate_log_lines_dropped_total",
    kind: Kind::Counter,
    labels: &["log"],
    help: "Lines that a full log buffer dropped, by log.",
};
static BUILD: Definition = Definition {
    name: "evergate_build_info",
    kind: Kind::Gauge,
    labels: &["version", "commit", "rust"],
    help: "Always 1; the labels tell the version, the commit when the build named it, and the least Rust that builds it.",
};
pub(super) static ALL: [&Definition; 7] = [
    &IN_FLIGHT,
    &CONFIG_RELOADS,
    &CONFIG_LOADED,
    &DRAINING,
    &STARTED,
    &LINES_DROPPED,
    &BUILD,
];

/// The program's version, from Cargo.toml.
pub(in crate::telemetry) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit, when whoever builds sets `EVERGATE_COMMIT`; a build script would tie the binary to a checkout.
pub(in crate::telemetry) const COMMIT: &str = match option_env!("EVERGATE_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};

pub(super) fn collect(process: &Process, dropped: [(&str, u64); 2]) -> Vec<MetricFamily> {
    let gauge = |definition: &Definition, value| definition.family([Sample::count(&[], value)]);
    let loaded = process.config.last_ok.load(Ordering::Relaxed);
    let draining = u64::from(process.draining.load(Ordering::Relaxed));
    let build = [VERSION, COMMIT, env!("CARGO_PKG_RUST_VERSION")];
    vec![
        gauge(&IN_FLIGHT, process.in_flight.sum(0)),
        CONFIG_RELOADS.family(process.config.samples()),
        gauge(&CONFIG_LOADED, loaded),
        gauge(&DRAINING, draining),
        gauge(&STARTED, process.started_at.as_unix()),
        LINES_DROPPED.family(dropped.map(|(log, lines)| Sample::count(&[log], lines))),
        BUILD.family([Sample::count(&build, 1)]),
    ]
}
