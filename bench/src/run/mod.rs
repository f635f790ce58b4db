//! `evergate-bench run`: load on a deployment that is there already, an operator's own.
//!
//! What is asked for comes from a list of keys (`keys`); the plan is made from the options (`options`). The command fails when
//! requests did, so that a script notices.

mod keys;
mod options;
mod told;
#[cfg(test)]
mod tests;

pub use options::Arguments;

use crate::error::BenchError;
use crate::load::{self, Outcome};
use crate::progress::Progress;
use crate::report;
use crate::result::{Contender, Report, Scenario};
use evergate::clock::Clock;
use options::Options;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs the command: makes the load, tells the figures on standard output, and writes the report where it was asked for.
///
/// # Errors
/// When the command line makes no sense, the load can't be made, a file can't be written, or a request was not answered as it
/// should be.
pub fn run(arguments: Arguments) -> Result<(), BenchError> {
    let options = Options::of(arguments)?;
    let began = Clock::system().now().to_string();
    let mut progress = Progress::until(options.plan.target.authority.as_str(), told_to_stop()?);
    let outcome = load::run(&options.plan, &mut |snapshot| progress.show(snapshot));
    progress.end();
    let outcome = outcome?;
    let report = report_of(&options, began, &outcome);
    let mut out = std::io::stdout().lock();
    // A reader that has seen enough is no fault.
    let _ = out.write_all(told::figures(&outcome).as_bytes());
    if let Some(file) = &options.json {
        report::write_json(&report, file)?;
    }
    if let Some(file) = &options.html {
        report::write_html(&report, file)?;
    }
    judge(&outcome)
}

/// Returns what is set by the first Ctrl-C: the load ends, and what was measured is told. The second one ends the program.
fn told_to_stop() -> Result<Arc<AtomicBool>, BenchError> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&stop);
    let start = || -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                while tokio::signal::ctrl_c().await.is_ok() {
                    if set.swap(true, Ordering::Relaxed) {
                        std::process::exit(130);
                    }
                }
            });
        })?;
        Ok(())
    };
    start().map_err(|source| BenchError::File {
        what: "signals can't be waited for".to_owned(),
        source,
    })?;
    Ok(stop)
}

fn report_of(options: &Options, began: String, outcome: &Outcome) -> Report {
    let plan = &options.plan;
    let contender = Contender {
        name: plan.target.authority.to_string(),
        rounds: vec![outcome.round()],
        ..Contender::default()
    };
    Report {
        began,
        machine: crate::compare::machine::read(),
        versions: vec![format!("evergate-bench {}", env!("CARGO_PKG_VERSION"))],
        remarks: told::remarks(options, outcome),
        scenarios: vec![Scenario {
            name: "run".to_owned(),
            title: options.title.clone(),
            load: plan.describe(),
            server_cores: plan.server.map_or(0, |server| server.cores),
            connections: plan.connections as u64,
            rate: options.rate,
            contenders: vec![contender],
            ..Scenario::default()
        }],
        ..Report::default()
    }
}

fn judge(outcome: &Outcome) -> Result<(), BenchError> {
    let faults = outcome.failed.saturating_add(outcome.wrong);
    match (faults, outcome.answered) {
        (0, 0) => Err(BenchError::said(
            "nothing was answered in the time that was measured: give it a longer --duration",
        )),
        (0, _) => Ok(()),
        (faults, answered) => Err(BenchError::said(format!(
            "{faults} of {} requests were not answered as they should be: {}",
            faults.saturating_add(answered),
            told::faults(outcome)
        ))),
    }
}
