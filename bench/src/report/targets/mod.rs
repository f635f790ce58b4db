//! What the figures must reach, and whether they do. `table` holds the targets, `judge` looks them up in a report.
//!
//! Every target ends as reached, not reached, or not measured with the reason. A ratio is judged as it is shown, with two digits after
//! the point.

mod judge;
mod table;

use super::numbers;
use super::spread::Spread;
use crate::result::Report;
use serde::Serialize;

/// How every reason begins that says that a report is not about a target at all.
const ABSENT: &str = "the report has no";

/// How many repetitions a figure takes.
pub(super) const REPETITIONS: usize = 5;

/// One target and what a report says of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Judged {
    /// What is measured, in words.
    pub figure: &'static str,
    /// What it must reach: `≥ 1.10×`.
    pub target: String,
    /// What it is: `1.04×`; empty where nothing is known.
    pub value: String,
    /// The least and the greatest: `0.98–1.07×`; empty where there is only one.
    pub range: String,
    /// What came of it.
    pub verdict: Verdict,
    /// Why it is so, or what the value is made of.
    pub reason: String,
}

impl Judged {
    /// Whether the report holds nothing of it: a part that was not run, rather than one that went wrong.
    pub(super) fn is_absent(&self) -> bool {
        self.verdict == Verdict::NotMeasured && self.reason.starts_with(ABSENT)
    }
}

/// What came of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// It holds.
    Reached,
    /// It does not hold.
    NotReached,
    /// Nobody knows: nothing was measured, or what was measured says nothing.
    NotMeasured,
}

impl Verdict {
    /// The verdict for people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::NotReached => "not reached",
            Self::NotMeasured => "not measured",
        }
    }

    /// The class of its colour in the page.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::NotReached => "not-reached",
            Self::NotMeasured => "not-measured",
        }
    }

    /// The verdict as one sign, for where there is little room; always beside the words.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Reached => "✓",
            Self::NotReached => "✗",
            Self::NotMeasured => "–",
        }
    }
}

/// Judges every target by what a report says. Returns them in the order in which they are shown.
pub(super) fn judge(report: &Report) -> Vec<Judged> {
    table::TARGETS
        .iter()
        .map(|target| judge::target(report, target))
        .collect()
}

/// Whether a report says anything of any target. One of an operator's own deployment does not.
pub(super) fn concerned(judged: &[Judged]) -> bool {
    judged.iter().any(|judged| !judged.is_absent())
}

/// How long a micro bench may take, in nanoseconds and in words, if that is a target.
pub(super) fn limit(bench: &str) -> Option<(f64, String)> {
    table::TARGETS
        .iter()
        .find_map(|target| match (&target.measure, target.bound) {
            (Measure::Micro(name), Bound::AtMost(limit)) if *name == bench => {
                Some((limit, target.bound.words(target.unit)))
            }
            _ => None,
        })
}

/// One target.
struct Target {
    figure: &'static str,
    bound: Bound,
    unit: Unit,
    measure: Measure,
}

/// What a figure must reach.
#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    fn holds(self, value: f64, unit: Unit) -> bool {
        let value = if unit == Unit::Ratio {
            (value * 100.0).round() / 100.0
        } else {
            value
        };
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }

    fn words(self, unit: Unit) -> String {
        match self {
            Self::AtMost(0.0) => unit.words(0.0),
            Self::AtLeast(bound) => format!("≥ {}", numbers::round(&unit.words(bound))),
            Self::AtMost(bound) => format!("≤ {}", numbers::round(&unit.words(bound))),
        }
    }
}

/// What a figure is counted in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Ratio,
    Nanos,
    Bytes,
    PerMillion,
    Count,
}

impl Unit {
    fn words(self, value: f64) -> String {
        match self {
            Self::Ratio => numbers::ratio(value),
            Self::Nanos => numbers::nanos(value),
            Self::Bytes => numbers::bytes(value),
            Self::PerMillion => format!("{} per million", numbers::count(value.ceil())),
            Self::Count if value.fract().abs() < 1e-9 => numbers::count(value),
            Self::Count => format!("{value:.1}"),
        }
    }

    fn range(self, spread: Spread) -> String {
        numbers::span(&self.words(spread.min), &self.words(spread.max))
    }
}

/// Where a target's figure is found.
enum Measure {
    /// One figure divided by another.
    Beside { what: Quantity, of: Entry, beside: Entry },
    /// Memory of one process.
    Memory { what: Memory, of: Entry },
    /// A micro bench's time.
    Micro(&'static str),
    /// The most allocations of several micro benches.
    Allocations(&'static [&'static str]),
    /// A micro bench's time divided by another's.
    MicroBeside(&'static str, &'static str),
    /// Broken images of one way of showing them.
    Broken(&'static str),
}

/// What is divided.
#[derive(Clone, Copy)]
enum Quantity {
    /// Requests a second at saturation.
    Rate,
    /// CPU time of a request in user mode, at saturation.
    UserCpu,
    /// All CPU time of a request, at saturation.
    Cpu,
    /// The latency at p99.9, at a fixed rate.
    Tail,
}

/// Which memory.
#[derive(Clone, Copy)]
enum Memory {
    /// What came with the connections, for each of them.
    PerConnection,
    /// Of the whole process, at the end of a round.
    Resident,
    /// Of the whole process, the most.
    Peak,
}

/// A contender in a scenario.
#[derive(Clone, Copy)]
struct Entry {
    pick: Pick,
    who: &'static str,
}

/// Which scenario: the first whose name is this or begins with it and `-`, and whose load is this.
#[derive(Clone, Copy)]
struct Pick {
    name: &'static str,
    cores: Option<usize>,
    connections: Option<u64>,
    object: Option<u64>,
    pace: Pace,
}

/// How the load is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// As fast as answers come.
    Closed,
    /// At a fixed rate.
    Fixed,
    /// Either, since the figure is about memory.
    Any,
}

impl Pick {
    const fn new(name: &'static str, cores: usize, connections: u64) -> Self {
        Self {
            name,
            cores: Some(cores),
            connections: Some(connections),
            object: None,
            pace: Pace::Closed,
        }
    }

    const fn paced(name: &'static str) -> Self {
        Self {
            name,
            cores: None,
            connections: None,
            object: None,
            pace: Pace::Fixed,
        }
    }

    const fn idle() -> Self {
        Self {
            name: "idle",
            cores: None,
            connections: Some(10_000),
            object: None,
            pace: Pace::Any,
        }
    }

    const fn of(self, bytes: u64) -> Self {
        Self {
            object: Some(bytes),
            ..self
        }
    }
}
