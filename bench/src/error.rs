//! What the program says when a command can't do what it was asked: what happened, where, and what to do.

use crate::load::LoadError;
use crate::process::ProcessError;
use crate::report::ReportError;
use std::io;

/// Why a command ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The load could not be made.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A process could not be read or pinned.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A report could not be read, joined or written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A file could not be read or written. Takes what was tried, such as `report.json can't be written`.
    #[error("{what}: {source}")]
    File {
        /// What was tried.
        what: String,
        /// What the system says.
        source: io::Error,
    },
    /// Anything else, said in full.
    #[error("{0}")]
    Said(String),
}

impl BenchError {
    /// Makes an error of a whole sentence.
    pub fn said(what: impl Into<String>) -> Self {
        Self::Said(what.into())
    }
}
