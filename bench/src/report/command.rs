//! `evergate-bench report`: shows reports that were written before, as a table, as JSON, as a page.

use super::{ReportError, read, text, write_html, write_json, write_markdown};
use clap::{Args, ValueHint};
use std::io::{self, Write};
use std::path::PathBuf;

/// What `evergate-bench report` takes.
#[derive(Args, Debug)]
pub struct ReportArguments {
    /// Reports that `--json` has written. Several of one machine are shown as one.
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Write a page with charts, which needs no other file.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    html: Option<PathBuf>,
    /// Write the figures, and what came of the targets, as JSON.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    json: Option<PathBuf>,
    /// Write the machine, the targets and the broken images in short, as Markdown; `report.html` and `report.json` are taken to be
    /// beside it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    markdown: Option<PathBuf>,
}

impl ReportArguments {
    /// Runs the command: the table goes to standard output.
    ///
    /// # Errors
    /// When a report can't be read or written.
    pub fn run(&self) -> Result<(), ReportError> {
        let report = read(&self.files)?;
        if let Some(path) = &self.html {
            write_html(&report, path)?;
        }
        if let Some(path) = &self.json {
            write_json(&report, path)?;
        }
        if let Some(path) = &self.markdown {
            write_markdown(&report, path)?;
        }
        // A closed pipe, as `head` leaves it, is no fault.
        let _ = io::stdout().lock().write_all(text(&report).as_bytes());
        Ok(())
    }
}
