//! The lines of a scenario, as the terminal and the page both show them: who, in which order, with which figures, and what is to be said of
//! them.

use super::contender::{Look, look};
use super::figures::{self, BUSY, Basis, Figures, beside};
use super::numbers;
use super::spread::Spread;
use super::targets::REPETITIONS;
use crate::result::{Scenario, Subject};

/// One contender in a scenario.
pub(super) struct Row {
    /// How it is shown.
    pub look: Look,
    /// Its figures; `None` if it was not measured.
    pub figures: Option<Figures>,
    /// Evergate's throughput beside this one's; `None` for Evergate itself, and at a fixed rate, which is the same for all.
    pub beside: Option<Spread>,
}

impl Row {
    /// Whether its throughput says nothing.
    pub(super) fn idle(&self) -> bool {
        self.figures
            .as_ref()
            .is_some_and(|figures| figures.basis == Basis::Idle && figures.rate.is_some())
    }
}

/// The lines of a scenario in the order in which they are shown.
pub(super) fn rows(scenario: &Scenario) -> Vec<Row> {
    let ours = scenario.contenders.iter().find(|contender| {
        contender.name == "evergate" && scenario.rate.is_none() && scenario.subject == Subject::Answers
    });
    let mut rows: Vec<Row> = scenario
        .contenders
        .iter()
        .map(|contender| Row {
            look: look(&contender.name),
            figures: (!contender.rounds.is_empty()).then(|| Figures::of(scenario, contender)),
            beside: ours
                .filter(|ours| !std::ptr::eq(*ours, contender))
                .and_then(|ours| beside((scenario, ours), (scenario, contender), figures::rate)),
        })
        .collect();
    rows.sort_by_key(|row| row.look.rank);
    rows
}

/// What must be said below the figures of a scenario: who is missing and why, whose rounds do not all count.
pub(super) fn notes(scenario: &Scenario, rows: &[Row]) -> Vec<String> {
    let mut notes = Vec::new();
    for contender in &scenario.contenders {
        let label = look(&contender.name).label;
        match &contender.missing {
            Some(missing) => notes.push(format!("{label} is missing: {missing}.")),
            None if contender.rounds.is_empty() => notes.push(format!("{label} was not measured.")),
            None => {}
        }
    }
    for row in rows {
        if let Some((figures, Basis::Some { counted })) = row.figures.as_ref().map(|figures| (figures, figures.basis)) {
            let rounds = figures.rounds;
            let label = &row.look.label;
            notes.push(format!(
                "{label}: the figures are those of {counted} of {rounds} rounds; in the others it was busy for less than {} of its cores’ time.",
                numbers::share(BUSY)
            ));
        }
    }
    if rows.iter().any(Row::idle) {
        notes.push(format!(
            "† in no round was the server busy for {} of its cores’ time: something else held it back, and its throughput says nothing.",
            numbers::share(BUSY)
        ));
    }
    let fewest = rows
        .iter()
        .filter_map(|row| row.figures.as_ref())
        .map(|figures| figures.rounds)
        .min();
    if let Some(fewest) = fewest.filter(|fewest| *fewest < REPETITIONS && rows.len() > 1) {
        notes.push(format!(
            "Fewer than {REPETITIONS} repetitions ({fewest}): enough to look at, too few to judge by."
        ));
    }
    notes
}

/// How a scenario was run, in one line.
pub(super) fn conditions(scenario: &Scenario) -> String {
    let mut words = Vec::new();
    if !scenario.load.is_empty() {
        words.push(scenario.load.clone());
    }
    words.extend(
        scenario
            .object_bytes
            .map(|bytes| format!("objects of {}", numbers::object(bytes))),
    );
    match scenario.server_cores {
        0 => {}
        1 => words.push("1 server core".to_owned()),
        cores => words.push(format!("{cores} server cores")),
    }
    let rounds = scenario.contenders.iter().map(|contender| contender.rounds.len()).max();
    match rounds {
        None | Some(0) => {}
        Some(1) => words.push("1 round".to_owned()),
        Some(rounds) => words.push(format!("{rounds} rounds in turns")),
    }
    words.join(" · ")
}
