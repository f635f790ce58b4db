//! What is wrong with a configuration, said so that it can be put right: place, problem, remedy.

use super::mask;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where in the configuration something was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The configuration as a whole.
    Whole,
    /// A spot in the text: line and column from 1, in characters, and how many characters the caret marks.
    Text { line: usize, column: usize, width: usize },
    /// An environment variable.
    Variable(Arc<str>),
}

/// One fault or warning. Its `Display` is several lines: place and problem, the offending line with a caret, the remedy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    place: Place,
    problem: String,
    remedy: String,
    source: Arc<str>,
    excerpt: Option<String>,
}

/// Something that works but is probably not meant.
pub type Warning = Finding;

impl Finding {
    /// Takes what was found; `lines` is the text that `place` refers to, empty when there is none.
    pub(super) fn new(source: &Arc<str>, lines: &[&str], place: Place, problem: String, remedy: String) -> Self {
        let excerpt = match place {
            Place::Text { line, column, width } => Some(excerpt(lines, line, column, width)),
            Place::Whole | Place::Variable(_) => None,
        };
        Self {
            place,
            problem,
            remedy,
            source: Arc::clone(source),
            excerpt,
        }
    }

    /// The line in the file, from 1; `None` when it concerns a variable or the whole.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self.place {
            Place::Text { line, .. } => Some(line),
            Place::Whole | Place::Variable(_) => None,
        }
    }

    /// The column in characters, from 1; `None` when it concerns a variable or the whole.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        match self.place {
            Place::Text { column, .. } => Some(column),
            Place::Whole | Place::Variable(_) => None,
        }
    }

    /// What is wrong, in one clause.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// What to write or do instead.
    #[must_use]
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

/// The offending line behind its number, and a caret under the spot. Tabs stay tabs, so that the caret stays below; of
/// a long line only the part around the spot is shown.
fn excerpt(lines: &[&str], line: usize, column: usize, width: usize) -> String {
    const SHOWN: usize = 160;
    let text = mask::line(lines, line.saturating_sub(1));
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let before = column.saturating_sub(1);
    let cut = if text.chars().count() > SHOWN {
        before.saturating_sub(SHOWN / 2)
    } else {
        0
    };
    let text: String = text.chars().skip(cut).take(SHOWN).collect();
    let before = before - cut;
    let pad: String = (text.chars().map(|c| if c == '\t' { '\t' } else { ' ' }))
        .chain(std::iter::repeat(' '))
        .take(before)
        .collect();
    let room = text.chars().count().saturating_sub(before);
    let carets = "^".repeat(width.min(room).max(1));
    format!(
        "  {number} | {}\n  {margin} | {pad}{carets}\n",
        text.replace(|c: char| c.is_control() && c != '\t', "\u{fffd}")
    )
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Whole => write!(f, "{}", self.source)?,
            Place::Text { line, column, .. } => write!(f, "{}:{line}:{column}", self.source)?,
            Place::Variable(name) if !self.problem.contains(&**name) => write!(f, "{}: {name}", self.source)?,
            Place::Variable(_) => f.write_str(&self.source)?,
        }
        writeln!(f, ": {}", self.problem)?;
        if let Some(excerpt) = &self.excerpt {
            f.write_str(excerpt)?;
        }
        write!(f, "    {}", self.remedy)
    }
}

/// Why there is no configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The file can't be read.
    Unreadable,
    /// What it says can't be followed.
    Invalid,
}

/// All faults of a configuration, in the order of the text, and the warnings found on the way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Faults {
    kind: FaultKind,
    list: Vec<Finding>,
    warnings: Vec<Warning>,
    pub(super) files: Vec<PathBuf>,
}

impl Faults {
    /// Takes at least one fault, and the files that were read or looked for.
    pub(super) fn new(kind: FaultKind, list: Vec<Finding>, warnings: Vec<Warning>, files: Vec<PathBuf>) -> Self {
        Self {
            kind,
            list,
            warnings,
            files,
        }
    }

    /// Whether the file could not be read or could not be followed.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// The faults; never empty.
    #[must_use]
    pub fn faults(&self) -> &[Finding] {
        &self.list
    }

    /// Warnings found beside the faults.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Files that were read or looked for: a change in one of them may put things right.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.list.iter().enumerate() {
            let gap = if number == 0 { "" } else { "\n\n" };
            write!(f, "{gap}{fault}")?;
        }
        Ok(())
    }
}
