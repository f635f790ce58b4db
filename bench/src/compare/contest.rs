//! One run of scenarios: everybody is started and checked, then measured in turn, round for round.

use super::cell::Cell;
use super::interrupted;
use super::options::Options;
use super::scenario::Run;
use crate::contenders::{Ground, Origins};
use crate::error::BenchError;
use crate::origin::Object;
use crate::result;
use std::collections::BTreeSet;

/// What all scenarios of a run share.
pub(super) struct Contest<'a> {
    /// What the contenders stand on.
    pub(super) ground: &'a Ground,
    /// The command line.
    pub(super) options: &'a Options,
    /// What whoever reads the figures must know; once each.
    pub(super) remarks: &'a mut BTreeSet<String>,
}

/// Runs the scenarios of one file, and adds to the remarks.
///
/// # Errors
/// When the gateway or an origin does not start or answers wrongly, the load can't be made, or the program is told to end.
pub(super) fn run(
    run: &Run,
    options: &Options,
    remarks: &mut BTreeSet<String>,
) -> Result<Vec<result::Scenario>, BenchError> {
    let folder = tempfile::Builder::new().prefix("evergate-bench-").tempdir();
    let folder = folder.map_err(|error| BenchError::said(format!("no temporary folder can be made: {error}")))?;
    let origins = Origins::start(folder.path(), &options.origin_cores, &files(run, options))?;
    let ground = origins.ground(folder.path(), &options.gateway)?;
    let mut contest = Contest {
        ground: &ground,
        options,
        remarks,
    };
    let mut cells = Vec::new();
    for scenario in &run.scenarios {
        cells.push(Cell::prepare(scenario, &mut contest)?);
    }
    for round in 0..options.rounds {
        for cell in &mut cells {
            interrupted()?;
            cell.round(round, &mut contest)?;
        }
    }
    Ok(cells.into_iter().map(Cell::into_report).collect())
}

/// What the unsigned origin must hold.
fn files(run: &Run, options: &Options) -> Vec<Object> {
    let asks = |contenders: &[crate::contenders::Contender]| {
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
