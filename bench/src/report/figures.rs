//! A contender's rounds as figures: which rounds count, and what came of those that do.
//!
//! A server that had time to spare was held back by something else, mostly by the load. Its throughput says nothing, so at saturation
//! (closed loop) only rounds count in which it used 95 % of its cores. At a fixed rate it is meant to have time to spare. Scenarios about
//! memory have no throughput at all.

use super::numbers::real;
use super::spread::Spread;
use super::targets::REPETITIONS;
use crate::result::{Contender, Latency, Round, Scenario, ServerUse, Subject};

/// The part of its cores' time that a server must have used, for its throughput to say something.
pub(super) const BUSY: f64 = 0.95;

/// Where a percentile is found.
type Percentile = fn(&Latency) -> u64;

/// The percentiles that are shown, by their names and where to find them.
pub(super) const PERCENTILES: [(&str, Percentile); 5] = [
    ("p50", |latency| latency.p50),
    ("p90", |latency| latency.p90),
    ("p99", |latency| latency.p99),
    ("p99.9", |latency| latency.p999),
    ("max", |latency| latency.max),
];

/// Which rounds the figures are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// Every round counts.
    All,
    /// Some rounds were left out.
    Some {
        /// How many count.
        counted: usize,
    },
    /// No round counts; the figures are those of all of them, and are to be shown as such.
    Idle,
    /// What the server used is not known, so nobody can say whether its rounds count.
    Unknown,
}

/// How one contender did in one scenario.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    /// How many rounds there were.
    pub rounds: usize,
    /// Which of them the figures are of.
    pub basis: Basis,
    /// Requests of all rounds that were not answered as they should be.
    pub failed: u64,
    /// Answers of all rounds whose bytes were wrong.
    pub wrong: u64,
    /// The fewest answers of a round.
    pub answered: u64,
    /// Requests a second.
    pub rate: Option<Spread>,
    /// Body bytes a second.
    pub bytes: Option<Spread>,
    /// CPU time of a request in user mode, in microseconds.
    pub user: Option<Spread>,
    /// CPU time of a request, in microseconds.
    pub cpu: Option<Spread>,
    /// The latencies in the order of [`PERCENTILES`], in microseconds.
    pub latency: Option<[Spread; 5]>,
    /// The part of its cores that the server used, in all rounds.
    pub busy: Option<Spread>,
    /// Resident memory at the end of a round, in all rounds.
    pub resident: Option<Spread>,
    /// The most resident memory, in all rounds.
    pub peak: Option<Spread>,
    /// Resident memory that came with each connection, where that is what the scenario is about.
    pub each: Option<Spread>,
}

impl Figures {
    /// The figures of a contender that was measured in this scenario.
    pub(super) fn of(scenario: &Scenario, contender: &Contender) -> Self {
        let rounds = &contender.rounds;
        let (basis, counted) = counted(scenario, rounds);
        let of = |figure: &dyn Fn(&Round) -> Option<f64>| Spread::of(counted.iter().copied().filter_map(figure));
        let all = |figure: &dyn Fn(&Round) -> Option<f64>| Spread::of(rounds.iter().filter_map(figure));
        let resident = |round: &Round| round.server.map(|server| real(server.resident));
        let before = |round: &Round| round.server.and_then(|server| server.resident_before).map(real);
        let about = |subject| scenario.subject == subject;
        let answers = |spread: Option<Spread>| spread.filter(|_| about(Subject::Answers));
        let growth = |round: &Round| Some((resident(round)? - before(round)?).max(0.0));
        Self {
            rounds: rounds.len(),
            basis,
            failed: rounds.iter().map(|round| round.failed).sum(),
            wrong: rounds.iter().map(|round| round.wrong).sum(),
            answered: rounds.iter().map(|round| round.answered).min().unwrap_or_default(),
            rate: answers(of(&rate)),
            bytes: answers(of(&|round| rate(round).map(|_| real(round.bytes) / round.seconds))),
            user: answers(of(&user)),
            cpu: answers(of(&cpu)),
            latency: latency(&counted).filter(|_| about(Subject::Answers)),
            busy: all(&|round| round.server.map(|server| server.utilisation)),
            resident: all(&resident),
            peak: all(&|round| round.server.map(|server| real(server.resident_peak))),
            each: all(&growth)
                .filter(|_| about(Subject::Memory))
                .map(|growth| growth.times(real(scenario.connections.max(1)).recip())),
        }
    }

    /// How many rounds the figures are of.
    pub(super) fn counted(&self) -> usize {
        match self.basis {
            Basis::All => self.rounds,
            Basis::Some { counted } => counted,
            Basis::Idle | Basis::Unknown => 0,
        }
    }
}

/// A contender in a scenario.
pub(super) type Place<'a> = (&'a Scenario, &'a Contender);

/// The ratios of two contenders of one run, round by round: they were measured in turns, so what disturbed one mostly disturbed the
/// other. The median is that of the medians. `None` when one has no such figure.
pub(super) fn beside(one: Place<'_>, other: Place<'_>, figure: impl Fn(&Round) -> Option<f64>) -> Option<Spread> {
    let median = |(scenario, contender): Place<'_>| {
        let (_, counted) = counted(scenario, &contender.rounds);
        Spread::of(counted.into_iter().filter_map(&figure)).map(|spread| spread.median)
    };
    let median = median(one)? / median(other)?;
    let both = one.1.rounds.iter().zip(&other.1.rounds);
    let pairs = both.filter(|(round, beside)| counts(one.0, round) && counts(other.0, beside));
    let ends = Spread::of(pairs.filter_map(|(one, other)| Some(figure(one)? / figure(other)?)));
    let ends = ends.unwrap_or_else(|| Spread::exact(median));
    // Rounds left out on one side only may put the median outside of the pairs.
    median.is_finite().then(|| Spread {
        median,
        min: ends.min.min(median),
        max: ends.max.max(median),
    })
}

/// Requests answered in a second.
pub(super) fn rate(round: &Round) -> Option<f64> {
    (round.seconds > 0.0 && round.answered > 0).then(|| real(round.answered) / round.seconds)
}

/// CPU time in user mode of one request, in microseconds.
pub(super) fn user(round: &Round) -> Option<f64> {
    per_request(round, |server| server.user_micros)
}

/// The latency that 999 of 1,000 requests do not exceed, in microseconds.
pub(super) fn tail(round: &Round) -> Option<f64> {
    (round.latency.max > 0).then(|| real(round.latency.p999))
}

/// CPU time of one request, in microseconds.
pub(super) fn cpu(round: &Round) -> Option<f64> {
    per_request(round, |server| server.user_micros.saturating_add(server.system_micros))
}

fn per_request(round: &Round, micros: impl Fn(&ServerUse) -> u64) -> Option<f64> {
    // Requests that failed took their time as well.
    let requests = round.answered.saturating_add(round.failed).saturating_add(round.wrong);
    let server = round.server.filter(|_| requests > 0)?;
    Some(real(micros(&server)) / real(requests))
}

fn latency(rounds: &[&Round]) -> Option<[Spread; 5]> {
    let rounds = rounds.iter().filter(|round| round.latency.max > 0);
    let spreads = PERCENTILES.map(|(_, of)| Spread::of(rounds.clone().map(|round| real(of(&round.latency)))));
    let [Some(p50), Some(p90), Some(p99), Some(p999), Some(max)] = spreads else {
        return None;
    };
    Some([p50, p90, p99, p999, max])
}

/// Whether a round says something about how much the server can do.
fn counts(scenario: &Scenario, round: &Round) -> bool {
    scenario.rate.is_some()
        || scenario.subject == Subject::Memory
        || round.server.is_some_and(|server| server.utilisation >= BUSY)
}

/// Whether a few more rounds might make a figure of what is there: of somebody's rounds some count, and too few.
pub(crate) fn lacks_few(scenario: &Scenario) -> bool {
    scenario.contenders.iter().any(|contender| {
        let counted = contender.rounds.iter().filter(|round| counts(scenario, round)).count();
        contender.rounds.len() >= REPETITIONS && (1..REPETITIONS).contains(&counted)
    })
}

/// The rounds that count; all of them, if none does.
fn counted<'a>(scenario: &Scenario, rounds: &'a [Round]) -> (Basis, Vec<&'a Round>) {
    let counted: Vec<&Round> = rounds.iter().filter(|round| counts(scenario, round)).collect();
    let basis = match counted.len() {
        count if count == rounds.len() => Basis::All,
        0 if rounds.iter().all(|round| round.server.is_none()) => Basis::Unknown,
        0 => Basis::Idle,
        counted => Basis::Some { counted },
    };
    match basis {
        Basis::All | Basis::Some { .. } => (basis, counted),
        Basis::Idle | Basis::Unknown => (basis, rounds.iter().collect()),
    }
}
