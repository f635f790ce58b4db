//! `evergate-bench compare`: the contest. Scenarios (`scenario`) are run file by file (`contest`), everybody in turn, round for round, so that
//! what the machine does meanwhile hits all alike; what came of it is a [`Report`].

mod cell;
mod contest;
mod idle;
pub(crate) mod machine;
mod options;
mod scenario;

pub use options::Arguments;

use crate::contenders::versions;
use crate::error::BenchError;
use crate::process::allow_open_files;
use crate::report::{ReportError, text, write_html, write_json};
use crate::result::Report;
use contest::Notes;
use evergate::clock::Clock;
use options::Options;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use tokio::signal::unix::{SignalKind, signal};

/// What every report says about how contenders were set up.
const REMARKS: [&str; 5] = [
    "The gateway runs with routing, access check, metrics and access log on; its logs go to /dev/null.",
    "nginx writes its access log to /dev/null, buffered (64 KiB, 1 s); HAProxy logs to standard output, which is /dev/null; Varnish logs to shared memory, which nobody reads; the ceilings log nothing.",
    "The gateway asks an origin of the bench's own that verifies each signature; nginx and Varnish ask nginx with static files, unsigned.",
    "The gateway's cache of signed URLs has 256 MiB; for cold keys and for refreshed links 1 MiB, so that nearly every URL is signed anew.",
    "Every body is checked to its last byte.",
];

/// Set when the program is told to end.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Runs the command; returns the report, shown and written already. What was asked for as JSON is written after each file of
/// scenarios, so that nothing that was measured is lost by what comes later.
///
/// # Errors
/// When the command line makes no sense or the report can't be written, before anything is measured; when something of it failed or
/// the program was told to end, after all else was shown and written.
pub fn run(arguments: Arguments) -> Result<Report, BenchError> {
    let options = Options::of(arguments)?;
    let mut runs = scenario::find(&options.scenarios)?;
    if options.quick {
        runs.iter_mut()
            .flat_map(|run| &mut run.scenarios)
            .for_each(scenario::Scenario::shrink);
    }
    let most = runs
        .iter()
        .flat_map(|run| &run.scenarios)
        .map(|scenario| scenario.connections)
        .max();
    allow_open_files(most.unwrap_or_default() as u64 + 1_000)?;
    catch_signals()?;
    if options.rounds > 0 {
        options::say(&format!("This takes about {}.", options.time(&runs)));
    }
    let mut notes = Notes::default();
    let mut report = Report {
        began: Clock::system().now().to_string(),
        machine: machine::read(),
        versions: versions(&options.gateway),
        ..Report::default()
    };
    for (place, run) in runs.iter().enumerate() {
        if interrupted().is_err() {
            break;
        }
        let mut scenarios = contest::run(run, &options, &mut notes);
        for scenario in &mut scenarios {
            scenario.run = format!("run {}", place + 1);
        }
        report.scenarios.extend(scenarios);
        // A report may be published, and where somebody keeps programs is nobody's business.
        let folder = options.gateway.parent().map(|folder| format!("{}/", folder.display()));
        let folder = folder.filter(|folder| folder.len() > 1).unwrap_or_default();
        let nameless = |failure: &String| match &*folder {
            "" => failure.clone(),
            folder => failure.replace(folder, ""),
        };
        report.remarks = notes.failures.iter().map(nameless).collect();
        report.remarks.extend(options.remarks(&runs));
        report.remarks.extend(REMARKS.map(str::to_owned));
        report.remarks.extend(notes.remarks.iter().cloned());
        if let Some(file) = &options.json {
            write_json(&report, file)?;
        }
    }
    write(&report, &options)?;
    interrupted()?;
    if notes.failures.is_empty() {
        return Ok(report);
    }
    let failures: Vec<_> = notes.failures.into_iter().collect();
    Err(BenchError::said(format!(
        "what could be measured is told; this could not be:\n{}",
        failures.join("\n")
    )))
}

/// Writes what was asked for; the table goes to standard output.
fn write(report: &Report, options: &Options) -> Result<(), ReportError> {
    if let Some(file) = &options.html {
        write_html(report, file)?;
    }
    // A closed pipe, as `head` leaves it, is no fault.
    let _ = io::stdout().lock().write_all(text(report).as_bytes());
    Ok(())
}

/// Fails once the program was told to end, so that whoever asks ends what it started.
fn interrupted() -> Result<(), BenchError> {
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Err(BenchError::said("interrupted"));
    }
    Ok(())
}

/// The shipped scenarios as reports show them, with how often each is repeated where that is often enough for every target.
#[cfg(test)]
pub(crate) fn shipped() -> Result<Vec<(crate::result::Scenario, usize)>, BenchError> {
    let runs = scenario::find(&["all".to_owned()])?;
    let mut shipped = Vec::new();
    for (place, run) in runs.iter().enumerate() {
        for scenario in &run.scenarios {
            let mut reported = scenario.reported();
            reported.run = format!("run {place}");
            let contender = |contender: &crate::contenders::Contender| crate::result::Contender {
                name: contender.to_string(),
                ..crate::result::Contender::default()
            };
            reported.contenders = scenario.contenders.iter().map(contender).collect();
            shipped.push((reported, scenario.rounds(usize::MAX)));
        }
    }
    Ok(shipped)
}

/// Listens for Ctrl-C and SIGTERM on a thread of its own, until the program ends.
fn catch_signals() -> Result<(), BenchError> {
    let failed = |error: std::io::Error| BenchError::said(format!("signals can't be caught: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    let (mut interrupt, mut terminate) = {
        let _guard = runtime.enter();
        let catch = |kind| signal(kind).map_err(failed);
        (catch(SignalKind::interrupt())?, catch(SignalKind::terminate())?)
    };
    let listener = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            INTERRUPTED.store(true, Ordering::Relaxed);
        });
    });
    listener.map(drop).map_err(failed)
}
