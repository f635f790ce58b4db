//! One run of scenarios: everybody is started and checked, then measured in turn, round for round.

use super::cell::Cell;
use super::interrupted;
use super::options::{Options, say};
use super::scenario::Run;
use crate::contenders::{Contender, Ground, Origins};
use crate::error::BenchError;
use crate::origin::Object;
use crate::result;
use std::collections::BTreeSet;

/// So many rounds more are made at the most, of scenarios in which a server was not busy in some.
const MOST_MORE: usize = 3;

/// What all scenarios of a run share.
pub(super) struct Contest<'a> {
    /// What the contenders stand on.
    pub(super) ground: &'a Ground,
    /// The command line.
    pub(super) options: &'a Options,
    /// What is to be said beside the figures.
    pub(super) notes: &'a mut Notes,
    /// Of how many cores the servers are that have the most.
    pub(super) most_cores: usize,
}

/// What is to be said beside the figures; each thing once.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// What whoever reads the figures must know.
    pub(super) remarks: BTreeSet<String>,
    /// What failed: the figures of it are missing, those of all else are there.
    pub(super) failures: BTreeSet<String>,
}

impl Contest<'_> {
    /// Notes that one contender of a scenario failed, and says so at once.
    pub(super) fn fail(&mut self, scenario: &str, contender: Contender, error: &BenchError) {
        self.notes.fail(&format!("{scenario}: {contender}"), error);
    }
}

impl Notes {
    /// Notes that something failed, and says so at once.
    pub(super) fn fail(&mut self, what: &str, error: &BenchError) {
        let failure = format!("{what} failed: {error}");
        say(&failure);
        self.failures.insert(failure);
    }
}

/// Runs the scenarios of one file, and adds to the notes. Returns what was measured, however it ended.
pub(super) fn run(run: &Run, options: &Options, notes: &mut Notes) -> Vec<result::Scenario> {
    let mut cells = Vec::new();
    if let Err(error) = measure(run, options, notes, &mut cells) {
        let names: Vec<_> = run.scenarios.iter().map(|scenario| &*scenario.name).collect();
        notes.fail(&names.join(", "), &error);
    }
    cells.into_iter().map(Cell::into_report).collect()
}

fn measure<'a>(
    run: &'a Run,
    options: &Options,
    notes: &mut Notes,
    cells: &mut Vec<Cell<'a>>,
) -> Result<(), BenchError> {
    let folder = tempfile::Builder::new().prefix("evergate-bench-").tempdir();
    let folder = folder.map_err(|error| BenchError::said(format!("no temporary folder can be made: {error}")))?;
    let cores = options.origin_cores(run.server_cores());
    let origins = Origins::start(folder.path(), &cores, &files(run, options))?;
    let ground = origins.ground(folder.path(), &options.gateway)?;
    let mut contest = Contest {
        ground: &ground,
        options,
        notes,
        most_cores: run.server_cores(),
    };
    let measured = rounds(run, &mut contest, cells);
    // Everybody ends before the folder goes.
    cells.iter_mut().for_each(Cell::end);
    measured
}

fn rounds<'a>(run: &'a Run, contest: &mut Contest<'_>, cells: &mut Vec<Cell<'a>>) -> Result<(), BenchError> {
    for scenario in &run.scenarios {
        cells.push(Cell::prepare(scenario, contest)?);
    }
    for round in 0..contest.options.rounds {
        for cell in &mut *cells {
            interrupted()?;
            cell.round(round, contest)?;
        }
    }
    for _ in 0..MOST_MORE {
        for cell in &mut *cells {
            interrupted()?;
            cell.one_more(contest)?;
        }
    }
    Ok(())
}

/// What the unsigned origin must hold.
fn files(run: &Run, options: &Options) -> Vec<Object> {
    let asks = |contenders: &[Contender]| {
        let mut wanted = contenders.iter().filter(|contender| options.wants(**contender));
        wanted.any(|contender| contender.needs_plain_origin())
    };
    let sizes: BTreeSet<(usize, u64)> = run
        .scenarios
        .iter()
        .filter(|scenario| asks(&scenario.contenders))
        .map(|scenario| (scenario.objects.bytes, scenario.objects.count))
        .collect();
    let of = |(bytes, count): (usize, u64)| (0..count).map(move |number| Object::new(bytes, number));
    sizes.into_iter().flat_map(of).collect()
}
