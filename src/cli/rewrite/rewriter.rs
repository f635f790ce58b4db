//! Finds presigned URLs in a stream of bytes and has each replaced or left; everything else passes as it is.
//!
//! A signature's name is searched for, since nothing else is as rare; from there the URL's start is looked for backwards.
//! One window of the stream is held in memory. What is surely done with is passed on at once, up to the last line break.

use super::link::{self, Link, Seen};
use super::presigned;
use super::replacement::Replacement;
use super::tally::{Left, Tally};
use crate::config::Config;
use crate::route::{LinkPlaces, Unplaced};
use crate::s3::{DecodedPath, ObjectKey, Scheme};
use aho_corasick::{AhoCorasick, Input, MatchKind};
use memchr::{memmem, memrchr};
use std::io::{self, ErrorKind, Read, Write};

/// What every presigned URL holds: of version 4 the signature, of version 2 the key that signed.
const MARKS: [&str; 2] = ["X-Amz-Signature", "AWSAccessKeyId"];
/// A mark may be cut short by so much at the end of what has been read.
const MARK: usize = 15;

/// How much is held in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The window, several times `longest`.
    pub(super) window: usize,
    /// The longest URL that is recognised, as it is spelled.
    pub(super) longest: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            window: 1024 * 1024,
            longest: 16 * 1024,
        }
    }
}

/// Why a stream could not be run through.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// Reading failed.
    #[error("can't read standard input: {0}")]
    Read(io::Error),
    /// Writing failed.
    #[error("can't write to standard output: {0}")]
    Write(io::Error),
}

/// Where the bytes go.
pub(super) trait Sink {
    /// Takes bytes that pass as they are.
    fn pass(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Takes what a URL was replaced by.
    fn replace(&mut self, old: &[u8], new: &[u8]) -> io::Result<()>;
    /// Passes on what was held back to be passed on together.
    fn flush(&mut self) -> io::Result<()>;
}

/// Writes what comes out.
pub(super) struct Out<W>(pub(super) W);

impl<W: Write> Sink for Out<W> {
    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
    fn replace(&mut self, _: &[u8], new: &[u8]) -> io::Result<()> {
        self.0.write_all(new)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Replaces presigned URLs of configured buckets.
#[derive(Debug)]
pub struct Rewriter {
    places: LinkPlaces,
    replacement: Replacement,
    marks: AhoCorasick,
    tally: Tally,
    bounds: Bounds,
}

impl Rewriter {
    /// Takes the configuration, and what URLs are replaced by; `gateway` is a further host that the gateway is reached at.
    ///
    /// # Errors
    /// None that an argument could cause.
    pub fn new(config: &Config, gateway: Option<&str>, replacement: Replacement) -> io::Result<Self> {
        let mut places = LinkPlaces::new(config);
        if let Some(host) = gateway {
            places.add_gateway(host, config);
        }
        let marks = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(MARKS);
        Ok(Self {
            places,
            replacement,
            marks: marks.map_err(io::Error::other)?,
            tally: Tally::default(),
            bounds: Bounds::default(),
        })
    }

    /// Holds less, or more, in memory.
    #[cfg(test)]
    pub(super) fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Copies `input` to `output`, with URLs replaced.
    ///
    /// # Errors
    /// Those of reader and writer.
    pub fn rewrite(&mut self, input: impl Read, output: impl Write) -> Result<(), RewriteError> {
        self.run(input, &mut Out(output))
    }

    /// What became of the URLs so far.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What became of them, to be taken away.
    #[cfg(test)]
    pub(super) fn tally_mut(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// Runs `input` through, into any sink.
    pub(super) fn run(&mut self, mut input: impl Read, sink: &mut impl Sink) -> Result<(), RewriteError> {
        let mut window = Window::new(self.bounds);
        while !window.is_all {
            window.read(&mut input).map_err(RewriteError::Read)?;
            let passed = self.search(&mut window, sink).and_then(|()| sink.flush());
            passed.map_err(RewriteError::Write)?;
        }
        Ok(())
    }

    /// Goes through what has been read, and passes on what is done with.
    fn search(&mut self, window: &mut Window, sink: &mut impl Sink) -> io::Result<()> {
        let mut link = Link::default();
        let mut new = Vec::new();
        loop {
            let bytes = window.bytes.get(..window.length).unwrap_or_default();
            let Some(found) = self.marks.find(Input::new(bytes).range(window.searched..)) else {
                window.searched = window.searched.max(bytes.len().saturating_sub(MARK - 1));
                break;
            };
            let mark = found.start();
            let reach = mark.saturating_sub(self.bounds.longest);
            let from = reach.max(window.floor).max(window.done);
            // Nothing in front of this mark needs to be looked at for the next one, whatever becomes of it.
            window.floor = found.end();
            let Some(start) = start_of_url(bytes, from, mark) else {
                window.searched = found.end();
                continue;
            };
            match link.read(bytes, start, self.bounds.longest, window.is_all) {
                Seen::Cut => {
                    window.searched = mark;
                    window.floor = from;
                    window.needed = Some(start);
                    break;
                }
                Seen::Link(end) if end > mark => {
                    new.clear();
                    if self.judge(&link, bytes, &mut new) {
                        sink.pass(&bytes[window.done..start])?;
                        sink.replace(&bytes[start..end], &new)?;
                        window.done = end;
                    }
                    window.searched = end;
                    window.floor = end;
                }
                Seen::TooLong => {
                    self.tally.count(None, Err(Left::TooLong));
                    window.searched = found.end();
                }
                Seen::Link(_) | Seen::Nothing => window.searched = found.end(),
            }
        }
        let settled = window.settled();
        sink.pass(window.bytes.get(window.done..settled).unwrap_or_default())?;
        window.done = settled;
        Ok(())
    }

    /// Judges a link; writes what replaces it into `new`, or returns false.
    fn judge(&mut self, link: &Link, bytes: &[u8], new: &mut Vec<u8>) -> bool {
        let mut place = None;
        let outcome = self
            .replacement_of(link, &mut place)
            .map(|text| link.spell(&text, bytes, new));
        self.tally
            .count(place.as_ref().map(|(bucket, key)| (*bucket, key.as_str())), outcome);
        outcome.is_ok()
    }

    /// Finds what replaces a link, and in `place` the object that it is about as soon as that is known.
    fn replacement_of(&self, link: &Link, place: &mut Option<(usize, ObjectKey)>) -> Result<String, Left> {
        let overrides = presigned::judge(link)?;
        let scheme = if link.is_secure() { Scheme::Https } else { Scheme::Http };
        let authority = link.authority().ok_or(Left::Host)?;
        let path = link.path().ok_or(Left::Key)?;
        let path = DecodedPath::decode(path).map_err(|_| Left::Key)?;
        let target = self
            .places
            .find(scheme, authority, &path)
            .map_err(|unplaced| match unplaced {
                Unplaced::Host => Left::Host,
                Unplaced::Bucket => Left::Bucket,
                Unplaced::NoObject => Left::NoObject,
                Unplaced::Ambiguous => Left::Ambiguous,
                Unplaced::Key(_) => Left::Key,
            })?;
        *place = target.buckets.first().map(|bucket| (*bucket, target.key.clone()));
        self.replacement.make(&target, &overrides)
    }
}

/// Finds the nearest start of a URL in front of `mark`, and not in front of `from`.
fn start_of_url(bytes: &[u8], from: usize, mark: usize) -> Option<usize> {
    let mut end = mark;
    loop {
        let start = from + memmem::rfind(bytes.get(from..end)?, b"http")?;
        if link::begins(bytes.get(start..mark)?) {
            return Some(start);
        }
        end = start;
    }
}

/// The part of the stream that is in memory. All places count from its start.
struct Window {
    bytes: Vec<u8>,
    /// How much of it has been read.
    length: usize,
    /// Whether the stream has ended.
    is_all: bool,
    /// Up to here it has been passed on.
    done: usize,
    /// Up to here no mark is left.
    searched: usize,
    /// No URL that is still to come begins in front of this.
    floor: usize,
    /// Where a URL begins whose end is not there yet.
    needed: Option<usize>,
    longest: usize,
}

impl Window {
    fn new(Bounds { window, longest }: Bounds) -> Self {
        Self {
            bytes: vec![0; window],
            length: 0,
            is_all: false,
            done: 0,
            searched: 0,
            floor: 0,
            needed: None,
            longest,
        }
    }

    /// Reads once; makes room first, when there is little.
    fn read(&mut self, input: &mut impl Read) -> io::Result<()> {
        if self.bytes.len() - self.length < self.bytes.len() / 4 {
            self.bytes.copy_within(self.done..self.length, 0);
            let moved = self.done;
            let back = |place: usize| place.saturating_sub(moved);
            (self.length, self.done) = (back(self.length), 0);
            (self.searched, self.floor) = (back(self.searched), back(self.floor));
        }
        self.needed = None;
        loop {
            match input.read(&mut self.bytes[self.length..]) {
                Ok(0) => self.is_all = true,
                Ok(read) => self.length += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }

    /// Up to where everything is decided: a URL that goes on can't begin before the last line break, nor further back than
    /// the longest one reaches.
    fn settled(&self) -> usize {
        if self.is_all {
            return self.length;
        }
        let reach = self.length.saturating_sub(self.longest).max(self.done);
        let tail = self.bytes.get(reach..self.length).unwrap_or_default();
        let settled = memrchr(b'\n', tail).map_or(reach, |at| reach + at + 1);
        self.needed.map_or(settled, |needed| settled.min(needed)).max(self.done)
    }
}
