//! What became of the presigned URLs, counted: how many were replaced, and why the others were not.

use crate::config::Config;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

/// The most prefixes that are counted one by one: names of users may stand there, any number of them.
const MOST_PREFIXES: usize = 1_000;
/// The most that are printed.
const MOST_LINES: usize = 200;

/// Why a presigned URL was left as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// Nobody that the configuration knows is at its host.
    Host,
    /// Its bucket is none of the configuration.
    Bucket,
    /// It names no object.
    NoObject,
    /// Its key is refused.
    Key,
    /// It could be read in two ways.
    Ambiguous,
    /// Its signature is cut off, or is none.
    Signature,
    /// It is not about reading one object.
    NotForReading,
    /// It stands in another URL's query, encoded.
    Nested,
    /// It asks for something that a stable path does not have: a version, a part, other headers.
    Overrides,
    /// No route leads to the object.
    NoRoute,
    /// The client may not read the object.
    NotAllowed,
    /// No refresh rule would keep the new URL alive.
    NoRefresh,
    /// Clients have no name for the bucket.
    NoName,
    /// It is longer than any presigned URL.
    TooLong,
}

impl Left {
    /// What is said of `counted` such URLs.
    fn reason(self) -> &'static str {
        match self {
            Self::Host => "at hosts that the configuration does not know",
            Self::Bucket => "of buckets that are not in the configuration",
            Self::NoObject => "that name no object",
            Self::Key => "with keys that are refused",
            Self::Ambiguous => "that could be read in two ways",
            Self::Signature => "with a signature that is cut off",
            Self::NotForReading => "that are not for reading one object",
            Self::Nested => "encoded in other URLs",
            Self::Overrides => "that ask for a version, a part or other headers, which stable paths don't have",
            Self::NoRoute => "of objects that no route leads to",
            Self::NotAllowed => "of objects that the client may not read",
            Self::NoRefresh => "of objects whose links no refresh rule keeps alive",
            Self::NoName => "of buckets that clients have no name for",
            Self::TooLong => "that are longer than 16 KiB",
        }
    }
}

/// How many URLs were replaced and left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    replaced: u64,
    left: u64,
}

/// What became of all URLs of one run.
#[derive(Debug, Default)]
pub struct Tally {
    replaced: u64,
    left: BTreeMap<Left, u64>,
    /// By bucket, then by the first segment of the key.
    by_prefix: BTreeMap<usize, HashMap<Box<str>, Count>>,
    prefixes: usize,
    /// Of prefixes that came when there was no more room.
    others: Count,
}

impl Tally {
    /// Counts a URL of `key` in the bucket of this index, `None` for one that could not be placed.
    pub(super) fn count(&mut self, place: Option<(usize, &str)>, outcome: Result<(), Left>) {
        match outcome {
            Ok(()) => self.replaced += 1,
            Err(left) => *self.left.entry(left).or_default() += 1,
        }
        let Some((bucket, key)) = place else { return };
        let prefix = key
            .split_inclusive('/')
            .next()
            .filter(|first| first.ends_with('/'))
            .unwrap_or_default();
        let of_bucket = self.by_prefix.entry(bucket).or_default();
        let count = if let Some(count) = of_bucket.get_mut(prefix) {
            count
        } else if self.prefixes < MOST_PREFIXES {
            self.prefixes += 1;
            of_bucket.entry(prefix.into()).or_default()
        } else {
            &mut self.others
        };
        match outcome {
            Ok(()) => count.replaced += 1,
            Err(_) => count.left += 1,
        }
    }

    /// How many were replaced.
    #[must_use]
    pub fn replaced(&self) -> u64 {
        self.replaced
    }

    /// How many were left as they were for this reason.
    #[must_use]
    pub fn left(&self, reason: Left) -> u64 {
        self.left.get(&reason).copied().unwrap_or_default()
    }

    /// How many were left as they were.
    #[must_use]
    pub fn all_left(&self) -> u64 {
        self.left.values().sum()
    }

    /// Says how it went: `verb` is what was or would be done.
    ///
    /// # Errors
    /// Those of the writer.
    pub(super) fn write(&self, verb: &str, out: &mut impl Write) -> io::Result<()> {
        let left = self.all_left();
        let all = self.replaced + left;
        writeln!(out, "{} of {all} presigned URLs {verb}", self.replaced)?;
        if left > 0 {
            writeln!(out, "left as they are:")?;
        }
        for (reason, count) in &self.left {
            writeln!(out, "  {count} {}", reason.reason())?;
        }
        Ok(())
    }

    /// Says the counts by bucket and by the first segment of the key.
    ///
    /// # Errors
    /// Those of the writer.
    pub(super) fn write_by_prefix(&self, config: &Config, out: &mut impl Write) -> io::Result<()> {
        let mut lines: Vec<(usize, &str, Count)> = Vec::new();
        for (bucket, prefixes) in &self.by_prefix {
            lines.extend(prefixes.iter().map(|(prefix, count)| (*bucket, &**prefix, *count)));
        }
        if lines.is_empty() {
            return Ok(());
        }
        lines.sort_unstable_by_key(|(bucket, prefix, _)| (*bucket, *prefix));
        let mut rows = vec![["BUCKET", "PREFIX", "REPLACED", "LEFT"].map(String::from)];
        let row = |bucket: &str, prefix: &str, count: Count| {
            [
                bucket.to_owned(),
                prefix.to_owned(),
                count.replaced.to_string(),
                count.left.to_string(),
            ]
        };
        let mut others = self.others;
        for (place, (bucket, prefix, count)) in lines.into_iter().enumerate() {
            if place < MOST_LINES {
                let prefix = if prefix.is_empty() { "(no prefix)" } else { prefix };
                rows.push(row(crate::cli::doors::bucket(bucket, config), prefix, count));
            } else {
                others.replaced += count.replaced;
                others.left += count.left;
            }
        }
        if others != Count::default() {
            rows.push(row("", "(all others)", others));
        }
        writeln!(out)?;
        crate::cli::table::write(&rows, out)
    }
}
