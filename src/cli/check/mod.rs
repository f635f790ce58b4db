//! `evergate check [--online] [FILE]`: judges a configuration without starting; with `--online`, by asking its origins too.
//!
//! The file is judged here, by `config/`. What the origins say: `online.rs` asks all buckets at once; `bucket.rs` leads
//! through the checks of one; `settle.rs` asks until the answer is about the object (`verdict.rs` reads answers),
//! `conclude.rs` and `objects.rs` say what it means; `remedy.rs` knows the line to change, `lines.rs` prints.

mod bucket;
mod conclude;
mod credentials;
mod identity;
mod keys;
mod lines;
mod objects;
mod online;
mod remedy;
mod settle;
mod trial;
mod verdict;

pub use online::{Online, OnlineError, check as check_online};

use super::{Exit, caching, doors, written};
use crate::clock::Clock;
use crate::config::{self, Config, Environment, FaultKind, Faults, Source, Warning};
use std::io::{self, Write};
use std::path::PathBuf;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The configuration.
    Offline,
    /// The configuration, then its origins.
    Online,
}

/// Runs the command. Takes the file as named on the command line; returns how it ends.
#[must_use]
pub fn run(file: Option<PathBuf>, depth: Depth) -> Exit {
    let env = Environment::of_process();
    let source = Source::find(file, &env);
    // Into memory first, so that the verdict is the exit code whoever reads along.
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = match depth {
        Depth::Offline => check(&source, &env, &mut out, &mut err).unwrap_or(Exit::Software),
        Depth::Online => match online(&source, &env, &mut out, &mut err) {
            Ok(exit) => exit,
            Err(error) => super::fail(Exit::Os, &error),
        },
    };
    // Nothing can be done about a closed terminal; the code still tells.
    let _ = io::stderr().write_all(&err);
    match written(&io::stdout().write_all(&out)) {
        Exit::Ok => exit,
        failed => failed,
    }
}

fn online(source: &Source, env: &Environment, out: &mut impl Write, err: &mut impl Write) -> Result<Exit, OnlineError> {
    let loaded = match config::load(source, env) {
        Ok(loaded) => loaded,
        Err(faults) => {
            write_faults(&faults, err)?;
            return Ok(exit(&faults));
        }
    };
    write_warnings(&loaded.warnings, err)?;
    confirm(source, &loaded.config, &loaded.warnings, out)?;
    let online = Online {
        loaded: &loaded,
        source,
        env,
        clock: &Clock::system(),
    };
    check_online(online, out)
}

/// Judges `source`: a short confirmation goes to `out`, faults and warnings go to `err`. Returns [`Exit::Ok`],
/// [`Exit::Config`] for faults, or [`Exit::NoInput`] when the file can't be read.
///
/// # Errors
/// Those of the writers.
pub fn check(source: &Source, env: &Environment, out: &mut impl Write, err: &mut impl Write) -> io::Result<Exit> {
    match config::load(source, env) {
        Ok(loaded) => {
            write_warnings(&loaded.warnings, err)?;
            confirm(source, &loaded.config, &loaded.warnings, out)?;
            Ok(Exit::Ok)
        }
        Err(faults) => {
            write_faults(&faults, err)?;
            Ok(exit(&faults))
        }
    }
}

/// Writes all faults, the warnings that came with them, and how many there are.
///
/// # Errors
/// Those of the writer.
pub fn write_faults(faults: &Faults, err: &mut impl Write) -> io::Result<()> {
    write_warnings(faults.warnings(), err)?;
    for fault in faults.faults() {
        writeln!(err, "error: {fault}\n")?;
    }
    writeln!(err, "{}", counted(faults.faults().len(), "fault"))
}

fn write_warnings(warnings: &[Warning], err: &mut impl Write) -> io::Result<()> {
    for warning in warnings {
        writeln!(err, "warning: {warning}\n")?;
    }
    Ok(())
}

/// Returns how a command ends that found these faults.
#[must_use]
pub fn exit(faults: &Faults) -> Exit {
    match faults.kind() {
        FaultKind::Unreadable => Exit::NoInput,
        FaultKind::Invalid => Exit::Config,
    }
}

fn confirm(source: &Source, config: &Config, warnings: &[Warning], out: &mut impl Write) -> io::Result<()> {
    match source {
        Source::File(path) => write!(out, "{} is fine: ", path.display())?,
        Source::Environment => write!(out, "the environment is fine: ")?,
    }
    let mut parts = vec![
        counted(config.buckets.len(), "bucket"),
        counted(config.routes.len(), "route"),
    ];
    for (number, what) in [(config.clients.len(), "client"), (config.refresh.len(), "refresh rule")] {
        if number > 0 {
            parts.push(counted(number, what));
        }
    }
    if !warnings.is_empty() {
        parts.push(counted(warnings.len(), "warning"));
    }
    writeln!(out, "{}", parts.join(", "))?;
    caching::write_routes(config, out)?;
    doors::write(config, out)?;
    caching::write_bounds(config, out)
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
