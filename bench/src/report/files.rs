//! Reports as files: read, joined, and written as JSON or as a page.

use super::targets::{self, Judged};
use super::{markdown, page, targets::judge};
use crate::result::Report;
use serde::Serialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why a report could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The file could not be read.
    #[error("{path} can't be read: {source}. Name a file that `--json` has written")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no JSON, or is not a report.
    #[error("{path} is no report of evergate-bench: {source}. Name a file that `--json` has written")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The file is JSON, and there is nothing in it.
    #[error(
        "{path} holds no figures: no scenarios, no broken-image test, no micro benches. Name a file that `--json` has written"
    )]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Reports of two machines can't be one.
    #[error(
        "{path} was measured on another machine ({other}) than the files before it ({first}). Make a report of each"
    )]
    Machines {
        /// The file.
        path: PathBuf,
        /// Its machine.
        other: String,
        /// The machine of the others.
        first: String,
    },
    /// The page or the JSON could not be made.
    #[error("the report can't be written as {what}: {reason}")]
    Render {
        /// `JSON` or `a page`.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// The file could not be written.
    #[error("{path} can't be written: {source}. Name a file in a folder that is there and that you may write to")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A report as it is written: with what came of the targets, which is worked out anew when it is read.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    targets: Vec<Judged>,
}

/// Reads reports and joins them: scenarios, broken-image tests and micro benches of all of them, in the order of the files. Each scenario
/// keeps the run that it came from, since only figures of one run may be compared.
///
/// # Errors
/// When a file can't be read, is no report, holds no figures, or was measured on another machine.
pub fn read(paths: &[PathBuf]) -> Result<Report, ReportError> {
    if let [path] = paths {
        return read_one(path);
    }
    let mut joined: Option<Report> = None;
    for path in paths {
        let report = read_one(path)?;
        match &mut joined {
            None => joined = Some(marked(report)),
            Some(joined) => join(joined, marked(report), path)?,
        }
    }
    Ok(joined.unwrap_or_default())
}

/// Writes a report as JSON, with what came of the targets.
///
/// # Errors
/// When the file can't be written.
pub fn write_json(report: &Report, path: &Path) -> Result<(), ReportError> {
    let judged = judge(report);
    let targets = if targets::concerned(&judged) {
        judged
    } else {
        Vec::new()
    };
    let mut text = serde_json::to_string_pretty(&Written { report, targets }).map_err(|error| ReportError::Render {
        what: "JSON",
        reason: error.to_string(),
    })?;
    text.push('\n');
    write(path, &text)
}

/// Writes a report as one page that needs no other file.
///
/// # Errors
/// When the file can't be written.
pub fn write_html(report: &Report, path: &Path) -> Result<(), ReportError> {
    let text = page::html(report).map_err(|error| ReportError::Render {
        what: "a page",
        reason: error.to_string(),
    })?;
    write(path, &text)
}

/// Writes a report in short, as Markdown, for a folder that holds its page and its JSON beside.
///
/// # Errors
/// When the file can't be written.
pub fn write_markdown(report: &Report, path: &Path) -> Result<(), ReportError> {
    write(path, &markdown::markdown(report))
}

fn write(path: &Path, text: &str) -> Result<(), ReportError> {
    fs::write(path, text).map_err(|source| ReportError::Write {
        path: path.to_owned(),
        source,
    })
}

fn read_one(path: &Path) -> Result<Report, ReportError> {
    let text = fs::read_to_string(path).map_err(|source| ReportError::Read {
        path: path.to_owned(),
        source,
    })?;
    let report: Report = serde_json::from_str(&text).map_err(|source| ReportError::Parse {
        path: path.to_owned(),
        source,
    })?;
    if report.scenarios.is_empty() && report.broken.is_empty() && report.micro.is_empty() {
        return Err(ReportError::Empty { path: path.to_owned() });
    }
    Ok(report)
}

/// With the beginning of its report before every scenario's run: two reports may call their runs the same.
fn marked(mut report: Report) -> Report {
    for scenario in &mut report.scenarios {
        let run = format!("{} {}", report.began, scenario.run);
        run.trim().clone_into(&mut scenario.run);
    }
    report
}

fn join(joined: &mut Report, report: Report, path: &Path) -> Result<(), ReportError> {
    // The micro benches do not look at the machine.
    let (first, other) = (&joined.machine.processor, &report.machine.processor);
    if !first.is_empty() && !other.is_empty() && first != other {
        return Err(ReportError::Machines {
            path: path.to_owned(),
            other: other.clone(),
            first: first.clone(),
        });
    }
    if first.is_empty() {
        joined.machine = report.machine;
    }
    if joined.began.is_empty() {
        joined.began = report.began;
    }
    for (all, more) in [
        (&mut joined.versions, report.versions),
        (&mut joined.remarks, report.remarks),
    ] {
        for line in more {
            if !all.contains(&line) {
                all.push(line);
            }
        }
    }
    joined.scenarios.extend(report.scenarios);
    joined.broken.extend(report.broken);
    joined.micro.extend(report.micro);
    Ok(())
}
