//! What people are told of a load beside the figures of a report.

use super::options::Options;
use crate::load::{Follow, Outcome, Pace};
use crate::progress::time;
use std::fmt::{Display, Write};

/// Below this share of its cores a server was not busy, and a closed loop says nothing of what it can do.
const BUSY: f64 = 0.95;

/// Returns why requests failed, most frequent first: `status 503 (12), took too long (3)`.
pub(super) fn faults(outcome: &Outcome) -> String {
    let mut faults: Vec<_> = outcome.faults.iter().collect();
    faults.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let told: Vec<_> = faults
        .iter()
        .map(|(fault, count)| format!("{fault} ({count})"))
        .collect();
    told.join(", ")
}

/// Returns the figures for the terminal, a line each.
#[expect(clippy::cast_precision_loss, reason = "shown to people")]
pub(super) fn figures(outcome: &Outcome) -> String {
    let round = outcome.round();
    let seconds = round.seconds.max(f64::MIN_POSITIVE);
    let mut lines = Lines::default();
    lines.add(
        "requests",
        format!(
            "{:.0} a second, {} in {seconds:.1} s",
            round.answered as f64 / seconds,
            round.answered
        ),
    );
    let latency = round.latency;
    lines.add(
        "latency",
        format!(
            "p50 {}, p90 {}, p99 {}, p99.9 {}, longest {}",
            time(latency.p50),
            time(latency.p90),
            time(latency.p99),
            time(latency.p999),
            time(latency.max)
        ),
    );
    lines.add(
        "received",
        format!(
            "{:.1} MB, {:.1} MB a second",
            round.bytes as f64 / 1e6,
            round.bytes as f64 / 1e6 / seconds
        ),
    );
    let statuses: Vec<_> = outcome
        .statuses
        .iter()
        .map(|(status, count)| format!("{status} ({count})"))
        .collect();
    lines.add("statuses", statuses.join(", "));
    lines.add(
        "connections",
        format!("{} made, {} requests sent anew", outcome.connects, outcome.resent),
    );
    if outcome.followed > 0 {
        lines.add("followed", format!("{} redirects", outcome.followed));
    }
    if outcome.late > 0 {
        lines.add(
            "late",
            format!("{} requests were sent over 1 ms after they were due", outcome.late),
        );
    }
    if outcome.held_up > 0 {
        lines.add("beware", held_up(outcome));
    }
    if let Some(server) = round.server {
        let each = |micros: u64| micros as f64 / round.answered.max(1) as f64;
        lines.add(
            "server",
            format!(
                "{:.1} µs user and {:.1} µs system a request, {:.0} % of its cores, {:.1} MB resident, {:.1} MB at most",
                each(server.user_micros),
                each(server.system_micros),
                server.utilisation * 100.0,
                server.resident as f64 / 1e6,
                server.resident_peak as f64 / 1e6
            ),
        );
    }
    if !outcome.faults.is_empty() {
        lines.add("faults", faults(outcome));
    }
    lines.0
}

fn held_up(outcome: &Outcome) -> String {
    format!(
        "The load itself was late with {} requests: its cores were not its own, and latencies say as much of them as of the server.",
        outcome.held_up
    )
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, value: impl Display) {
        // Writing to a string can't fail.
        let _ = writeln!(self.0, "{name:<12} {value}");
    }
}

/// Returns what whoever reads the figures later must know.
pub(super) fn remarks(options: &Options, outcome: &Outcome) -> Vec<String> {
    let plan = &options.plan;
    let mut remarks = Vec::new();
    if plan.follow == Follow::Always {
        remarks.push("Redirects were followed: times are those to the object's last byte.".to_owned());
    }
    if let Some(reason) = options.unchecked {
        remarks.push(reason.to_owned());
    }
    if outcome.resent > 0 {
        let count = outcome.resent;
        remarks.push(format!(
            "{count} requests were sent anew, as browsers do, since their connection was closed under them."
        ));
    }
    if outcome.late > outcome.held_up {
        let count = outcome.late.saturating_sub(outcome.held_up);
        remarks.push(format!(
            "{count} requests were sent late: all connections were waiting for answers. Their waiting counts as latency."
        ));
    }
    if outcome.held_up > 0 {
        remarks.push(held_up(outcome));
    }
    if let Some(server) = outcome.server
        && plan.pace == Pace::Closed
        && server.utilisation < BUSY
    {
        remarks.push(format!(
            "The server used {:.0} % of its cores: the load was not enough to show what it can do.",
            server.utilisation * 100.0
        ));
    }
    if !outcome.faults.is_empty() {
        remarks.push(format!("What went wrong: {}.", faults(outcome)));
    }
    remarks
}
