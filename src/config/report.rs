//! Where validation writes down what it finds, so that it can go on and find the rest.

use super::environment::Environment;
use super::faults::{FaultKind, Faults, Finding, Place};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is wrong with one value, and what to do about it; the caller knows where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) problem: String,
    pub(super) remedy: String,
}

impl Wrong {
    /// Takes the problem, in one clause, and what to write or do instead.
    pub(super) fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }
}

/// The most faults, and the most warnings, that one reading writes down: more than anybody reads at once.
const MAX_FINDINGS: usize = 100;

/// Faults, warnings and watched files of one reading.
pub(super) struct Report<'a> {
    source: Arc<str>,
    lines: Vec<&'a str>,
    folder: PathBuf,
    env: &'a Environment,
    faults: Vec<Finding>,
    warnings: Vec<Finding>,
    files: Vec<PathBuf>,
}

impl<'a> Report<'a> {
    /// Takes the name that findings start with, the text that they repeat, and the folder that relative paths start at.
    pub(super) fn new(source: &str, text: &'a str, folder: &Path, env: &'a Environment) -> Self {
        Self {
            source: source.into(),
            lines: text.lines().collect(),
            // Joining "./data" to "" keeps it readable and relative.
            folder: folder.strip_prefix(".").unwrap_or(folder).to_owned(),
            env,
            faults: Vec::new(),
            warnings: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The environment that `${…}` reads.
    pub(super) fn env(&self) -> &'a Environment {
        self.env
    }

    /// Writes down a fault.
    pub(super) fn fault(&mut self, at: &Place, problem: impl Into<String>, remedy: impl Into<String>) {
        self.wrong(at, Wrong::new(problem, remedy));
    }

    /// Writes down a fault in one value.
    pub(super) fn wrong(&mut self, at: &Place, wrong: Wrong) {
        if self.faults.len() < MAX_FINDINGS {
            let finding = self.finding(at, wrong);
            self.faults.push(finding);
        }
    }

    /// Writes down a warning.
    pub(super) fn warn(&mut self, at: &Place, problem: impl Into<String>, remedy: impl Into<String>) {
        if self.warnings.len() < MAX_FINDINGS {
            let finding = self.finding(at, Wrong::new(problem, remedy));
            self.warnings.push(finding);
        }
    }

    /// Tells whether a fault was found so far.
    pub(super) fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// How many faults were found so far.
    pub(super) fn faults(&self) -> usize {
        self.faults.len()
    }

    fn finding(&self, at: &Place, wrong: Wrong) -> Finding {
        Finding::new(&self.source, &self.lines, at.clone(), wrong.problem, wrong.remedy)
    }

    /// Returns a path as written in the configuration, from the folder that relative ones start at.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Notes a file whose change means that the configuration has to be read again.
    pub(super) fn watch(&mut self, file: PathBuf) {
        if !self.files.contains(&file) {
            self.files.push(file);
        }
    }

    /// Ends the reading: `config` with warnings and watched files, or the faults.
    pub(super) fn finish<T>(mut self, config: Option<T>) -> Result<(T, Vec<Finding>, Vec<PathBuf>), Faults> {
        // An aliased node is read once for each use; saying it once is enough.
        for findings in [&mut self.faults, &mut self.warnings] {
            findings.sort();
            findings.dedup();
        }
        match config {
            Some(config) if self.faults.is_empty() => Ok((config, self.warnings, self.files)),
            _ => {
                if self.faults.is_empty() {
                    self.fault(
                        &Place::Whole,
                        "no configuration could be made",
                        "please report this: the reason was not written down",
                    );
                }
                Err(Faults::new(FaultKind::Invalid, self.faults, self.warnings, self.files))
            }
        }
    }
}
