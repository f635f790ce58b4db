//! What `check --online` prints: one line a check, and below it what to do about it.

use crate::cli::Exit;
use std::io::{self, Write};

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing; nothing is wrong.
    Info,
    /// It works, but not as well as it could.
    Warn,
    /// It does not work.
    Fail(Exit),
    /// It could not be asked, since something before it failed.
    Skip,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Fail(_) => "fail",
            Self::Skip => "skip",
        }
    }
}

/// What a check is about, in the order in which the lines stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Embedded,
    Credentials,
    Identity,
    Name,
    Connection,
    Tls,
    Clock,
    Signature,
    Region,
    PathStyle,
    Bucket,
    Read,
    Fallback,
    Cors,
    Deadline,
}

impl Subject {
    fn word(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Credentials => "credentials",
            Self::Identity => "identity",
            Self::Name => "name",
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Clock => "clock",
            Self::Signature => "signature",
            Self::Region => "region",
            Self::PathStyle => "path_style",
            Self::Bucket => "bucket",
            Self::Read => "read",
            Self::Fallback => "fallback",
            Self::Cors => "cors",
            Self::Deadline => "deadline",
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) subject: Subject,
    pub(super) level: Level,
    text: String,
    remedies: Vec<String>,
}

/// The checks of one bucket.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    heading: String,
    lines: Vec<Line>,
}

/// How many checks came out how, over all buckets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    checks: usize,
    warnings: usize,
    failures: usize,
    exit: Option<Exit>,
}

impl Lines {
    /// Begins with what the checks are of.
    pub(super) fn new(heading: String) -> Self {
        Self {
            heading,
            lines: Vec::new(),
        }
    }

    /// Adds a check; what is to be done about it may follow with [`Lines::remedy`].
    pub(super) fn add(&mut self, subject: Subject, level: Level, text: impl Into<String>) -> &mut Self {
        self.lines.push(Line {
            subject,
            level,
            text: text.into(),
            remedies: Vec::new(),
        });
        self
    }

    /// Says what to do about the check added last.
    pub(super) fn remedy(&mut self, text: impl Into<String>) -> &mut Self {
        if let Some(line) = self.lines.last_mut() {
            line.remedies.push(text.into());
        }
        self
    }

    /// Replaces all that was said about a subject.
    pub(super) fn replace(&mut self, subject: Subject, level: Level, text: impl Into<String>) {
        self.lines.retain(|line| line.subject != subject);
        self.add(subject, level, text);
    }

    /// Whether there is a check of this subject.
    pub(super) fn has(&self, subject: Subject) -> bool {
        self.lines.iter().any(|line| line.subject == subject)
    }

    /// Writes the lines in the order of their subjects.
    pub(super) fn write(&self, tally: &mut Tally, out: &mut impl Write) -> io::Result<()> {
        let mut lines: Vec<_> = self.lines.iter().collect();
        lines.sort_by_key(|line| line.subject);
        writeln!(out, "\n{}", self.heading)?;
        for line in lines {
            tally.count(line);
            let text = printable(&line.text);
            writeln!(out, "  {:4}  {:11}  {text}", line.level.word(), line.subject.word())?;
            for remedy in &line.remedies {
                writeln!(out, "          -> {}", printable(remedy))?;
            }
        }
        Ok(())
    }
}

/// Parts of a text may come from an origin: no control character of it reaches the terminal.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

impl Tally {
    fn count(&mut self, line: &Line) {
        match line.level {
            Level::Ok | Level::Info => self.checks += 1,
            Level::Warn => {
                self.checks += 1;
                self.warnings += 1;
            }
            Level::Fail(exit) => {
                self.checks += 1;
                self.failures += 1;
                self.exit.get_or_insert(exit);
            }
            Level::Skip => {}
        }
    }

    /// Writes how it went; returns the exit of the first failure.
    pub(super) fn finish(self, out: &mut impl Write) -> io::Result<Exit> {
        let counted = super::counted;
        let mut parts = vec![counted(self.checks, "check")];
        match self.failures {
            0 => parts.push("no failures".to_owned()),
            failures => parts.push(counted(failures, "failure")),
        }
        if self.warnings > 0 {
            parts.push(counted(self.warnings, "warning"));
        }
        writeln!(out, "\n{}", parts.join(", "))?;
        Ok(self.exit.unwrap_or(Exit::Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_in_order_and_the_first_failure_is_the_exit() {
        let mut lines = Lines::new("files: b at e".into());
        lines
            .add(Subject::Read, Level::Fail(Exit::NoPermission), "may not")
            .remedy("allow it");
        lines
            .add(Subject::Region, Level::Fail(Exit::Config), "wrong \u{1b}[31m")
            .remedy("one")
            .remedy("two");
        lines.add(Subject::Clock, Level::Warn, "late");
        lines.add(Subject::Cors, Level::Skip, "not asked");
        let (mut out, mut tally) = (Vec::new(), Tally::default());
        lines.write(&mut tally, &mut out).unwrap();
        assert_eq!(tally.finish(&mut out).unwrap(), Exit::Config);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\nfiles: b at e\n  warn  clock        late\n  fail  region       wrong \u{fffd}[31m\n          -> one\n          -> two\n  \
             fail  read         may not\n          -> allow it\n  skip  cors         not asked\n\n3 checks, 2 failures, 1 warning\n"
        );
    }
}
