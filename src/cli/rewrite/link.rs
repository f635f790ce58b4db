//! One URL in the midst of something else: where it ends, what it says, and how it is spelled.
//!
//! What ends a URL is told by the bytes alone, so that it works in text, markup, JSON and dumps: blanks, control bytes,
//! quotes, angle brackets; behind its `?` parentheses, brackets and everything outside ASCII too, since signers encode all of that.

use super::token::{self, Token};

/// The end of a signature of version 4: so many hexadecimal digits.
const SIGNATURE_DIGITS: usize = 64;
/// What text puts behind a URL, and what no presigned URL ends in.
const PUNCTUATION: &[u8] = b".,;:~_@+-";

/// What looking at a URL's start came to.
#[derive(Debug)]
pub(super) enum Seen {
    /// A URL with a query, up to here.
    Link(usize),
    /// None.
    Nothing,
    /// It goes on behind what there is to see.
    Cut,
    /// It is longer than any presigned URL.
    TooLong,
}

/// How one character is spelled in a URL: everywhere alike, or it can't be replaced by anything.
#[derive(Clone, Copy, Debug, Default)]
struct Spelling {
    at: usize,
    length: usize,
    is_mixed: bool,
}

impl Spelling {
    fn note(&mut self, bytes: &[u8], at: usize, length: usize) {
        if self.length == 0 {
            (self.at, self.length) = (at, length);
        } else if self.length != length {
            self.is_mixed = true;
        // In one byte there is one way to write it.
        } else if length > 1 && bytes.get(self.at..self.at + length) != bytes.get(at..at + length) {
            self.is_mixed = true;
        }
    }
}

/// A URL as it reads without its spelling; reused from one to the next.
#[derive(Debug, Default)]
pub(super) struct Link {
    text: Vec<u8>,
    is_secure: bool,
    path: usize,
    query: usize,
    slash: Spelling,
    ampersand: Spelling,
    equals: Spelling,
    /// Where each parameter begins in `text`, and where its `=` stands, if it has one.
    parameters: Vec<(usize, Option<usize>)>,
    /// Where the separator in front of the last one stands in the bytes.
    separator_at: usize,
    is_trimmed: bool,
}

const AUTHORITY: u8 = 1;
const PATH: u8 = 2;
const QUERY: u8 = 4;

/// Which parts each byte may stand in as it is.
static PARTS: [u8; 256] = parts();

const fn parts() -> [u8; 256] {
    let mut parts = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation, reason = "it is below 256")]
        let b = byte as u8;
        parts[byte] = match b {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b':' => AUTHORITY | PATH | QUERY,
            b'[' | b']' => AUTHORITY | PATH,
            b'%' | b'~' | b'+' | b',' | b';' | b'@' => PATH | QUERY,
            b'!' | b'$' | b'(' | b')' | b'*' | 0x80.. => PATH,
            _ => 0,
        };
        byte += 1;
    }
    parts
}

impl Link {
    /// Reads the URL that starts at `start` of `bytes` and is shorter than `longest` bytes. `is_all` says that nothing comes
    /// behind `bytes`.
    pub(super) fn read(&mut self, bytes: &[u8], start: usize, longest: usize, is_all: bool) -> Seen {
        let Some(mut at) = self.begin(bytes, start) else {
            return Seen::Nothing;
        };
        let limit = start.saturating_add(longest);
        let mut part = AUTHORITY;
        let end = limit.min(bytes.len());
        loop {
            let run = bytes.get(at..end).unwrap_or_default();
            let length = plain(run, part);
            self.text.extend_from_slice(&run[..length]);
            at += length;
            if at >= limit {
                return Seen::TooLong;
            }
            if !is_all && is_cut(&bytes[at..]) {
                return Seen::Cut;
            }
            let (character, length) = match next(&bytes[at..], part) {
                Token::Character(character, length) => (character, length),
                Token::End => break,
            };
            match character {
                b'?' => {
                    part = QUERY;
                    self.query = self.text.len() + 1;
                    self.parameters.push((self.query, None));
                    self.separator_at = at;
                }
                b'/' => {
                    self.slash.note(bytes, at, length);
                    if part == AUTHORITY {
                        part = PATH;
                        self.path = self.text.len();
                    }
                }
                b'&' => {
                    self.ampersand.note(bytes, at, length);
                    if part == QUERY {
                        self.parameters.push((self.text.len() + 1, None));
                        self.separator_at = at;
                    }
                }
                _ => {
                    self.equals.note(bytes, at, length);
                    if let Some((_, equals @ None)) = self.parameters.last_mut() {
                        *equals = Some(self.text.len());
                    }
                }
            }
            self.text.push(character);
            at += length;
            if character == b'='
                && part == QUERY
                && self.text.ends_with(b"X-Amz-Signature=")
                && self.is_in_first_value()
            {
                let digits = bytes[at..]
                    .iter()
                    .take(SIGNATURE_DIGITS)
                    .take_while(|byte| byte.is_ascii_hexdigit());
                let digits = digits.count();
                self.text.extend_from_slice(&bytes[at..at + digits]);
                at += digits;
                if !is_all && is_cut(&bytes[at..]) {
                    return Seen::Cut;
                }
                if digits == SIGNATURE_DIGITS && ends_behind_signature(&bytes[at..]) {
                    return Seen::Link(at);
                }
            }
        }
        if part == QUERY {
            Seen::Link(self.trim(at))
        } else {
            Seen::Nothing
        }
    }

    /// Reads scheme and slashes; returns where the authority begins.
    fn begin(&mut self, bytes: &[u8], start: usize) -> Option<usize> {
        *self = Self {
            text: std::mem::take(&mut self.text),
            parameters: std::mem::take(&mut self.parameters),
            ..Self::default()
        };
        self.text.clear();
        self.parameters.clear();
        let (scheme, slashes) = beginning(bytes.get(start..)?)?;
        self.is_secure = scheme.len() == "https:".len();
        self.text.extend_from_slice(scheme);
        let mut at = start + scheme.len();
        for length in slashes {
            self.slash.note(bytes, at, length);
            self.text.push(b'/');
            at += length;
        }
        self.path = self.text.len();
        Some(at)
    }

    /// Whether all of the last parameter is its name and a `=`.
    fn is_in_first_value(&self) -> bool {
        let last = self.parameters.last();
        last.is_some_and(|(start, equals)| {
            equals.is_some_and(|equals| equals + 1 == self.text.len() && equals - start == "X-Amz-Signature".len())
        })
    }

    /// Takes away what the surrounding text put behind the URL; returns where it then ends.
    fn trim(&mut self, mut end: usize) -> usize {
        let last = self.parameters.last().map_or(self.query, |(start, _)| *start);
        while self.text.len() > last && self.text.last().is_some_and(|byte| PUNCTUATION.contains(byte)) {
            self.text.pop();
            end -= 1;
            self.is_trimmed = true;
        }
        if self.text.len() == last && self.parameters.len() > 1 {
            self.parameters.pop();
            self.text.pop();
            end = self.separator_at;
        }
        end
    }

    /// Whether the scheme is `https`.
    pub(super) fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Host and port; `None` for bytes that are not UTF-8.
    pub(super) fn authority(&self) -> Option<&str> {
        let start = if self.is_secure { "https://" } else { "http://" }.len();
        str::from_utf8(self.text.get(start..self.path)?).ok()
    }

    /// The raw path; `None` for bytes that are not UTF-8.
    pub(super) fn path(&self) -> Option<&str> {
        str::from_utf8(self.text.get(self.path..self.query.checked_sub(1)?)?).ok()
    }

    /// The raw query.
    pub(super) fn query(&self) -> &str {
        self.text
            .get(self.query..)
            .and_then(|query| str::from_utf8(query).ok())
            .unwrap_or_default()
    }

    /// The parameters as they stand in the query, names and values, encoded.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let next_starts = self.parameters.iter().skip(1).map(|(start, _)| start - 1);
        let ends = next_starts.chain([self.text.len()]);
        self.parameters.iter().zip(ends).map(|((start, equals), end)| {
            let equals = equals.unwrap_or(end).min(end);
            let value = self.text.get(equals + 1..end).unwrap_or_default();
            (self.text.get(*start..equals).unwrap_or_default(), value)
        })
    }

    /// Whether one character is spelled in several ways, so that nobody knows how a replacement would have to be.
    pub(super) fn is_mixed(&self) -> bool {
        [self.slash, self.ampersand, self.equals]
            .iter()
            .any(|spelling| spelling.is_mixed)
    }

    /// Whether what was taken away behind it could have been part of it: only the parameters that signers add are known to
    /// end in no punctuation.
    pub(super) fn is_end_unsure(&self) -> bool {
        const SURE: [&[u8]; 5] = [
            b"x-id",
            b"x-amz-checksum-mode",
            b"Expires",
            b"Signature",
            b"AWSAccessKeyId",
        ];
        let last = || self.parameters().last().map_or(&b""[..], |(name, _)| name);
        self.is_trimmed && !last().starts_with(b"X-Amz-") && !SURE.contains(&last())
    }

    /// Appends `text` as this URL, found in `bytes`, is spelled.
    pub(super) fn spell(&self, text: &str, bytes: &[u8], out: &mut Vec<u8>) {
        for byte in text.bytes() {
            let spelling = match byte {
                b'/' => self.slash,
                b'&' => self.ampersand,
                b'=' => self.equals,
                _ => Spelling::default(),
            };
            match bytes.get(spelling.at..spelling.at + spelling.length) {
                Some(spelled) if spelling.length > 0 => out.extend_from_slice(spelled),
                _ => out.push(byte),
            }
        }
    }
}

/// Counts the bytes that stand in this part as they are.
fn plain(run: &[u8], part: u8) -> usize {
    const STEP: usize = 8;
    let fits = |byte: &u8| PARTS[usize::from(*byte)] & part;
    // Several bytes a branch: they don't wait for each other.
    let steps = run
        .chunks_exact(STEP)
        .take_while(|step| step.iter().fold(part, |all, byte| all & fits(byte)) != 0)
        .count();
    let rest = run.get(steps * STEP..).unwrap_or_default();
    steps * STEP + rest.iter().take_while(|byte| fits(byte) != 0).count()
}

/// Whether a URL begins here, in some spelling.
pub(super) fn begins(bytes: &[u8]) -> bool {
    beginning(bytes).is_some()
}

/// Reads the scheme with its colon, and how many bytes each of the two slashes takes.
fn beginning(bytes: &[u8]) -> Option<(&[u8], [usize; 2])> {
    let length = match bytes {
        [b'h', b't', b't', b'p', b':', ..] => 5,
        [b'h', b't', b't', b'p', b's', b':', ..] => 6,
        _ => return None,
    };
    let (scheme, rest) = bytes.split_at_checked(length)?;
    let slash = |rest| match next(rest, AUTHORITY) {
        Token::Character(b'/', length) => Some(length),
        _ => None,
    };
    let first = slash(rest)?;
    let second = slash(rest.get(first..)?)?;
    Some((scheme, [first, second]))
}

/// Whether what comes next can't be told from these bytes alone.
fn is_cut(rest: &[u8]) -> bool {
    match rest.first() {
        None => true,
        Some(b'\\' | b'&') => rest.len() < token::LONGEST,
        Some(_) => false,
    }
}

/// Reads what is no plain byte of this part.
fn next(rest: &[u8], part: u8) -> Token {
    match rest.first() {
        Some(b'/') => Token::Character(b'/', 1),
        Some(b'\\') => token::backslash(rest),
        Some(b'&') if part != AUTHORITY => token::ampersand(rest),
        Some(b'&') => match token::ampersand(rest) {
            slash @ Token::Character(b'/', _) => slash,
            _ => Token::End,
        },
        Some(b'=') if part != AUTHORITY => Token::Character(b'=', 1),
        Some(b'?') if part == PATH => Token::Character(b'?', 1),
        _ => Token::End,
    }
}

/// Whether a URL is over behind a signature of full length: unless a parameter follows, or it is no signature.
fn ends_behind_signature(rest: &[u8]) -> bool {
    match rest.first() {
        Some(byte) if byte.is_ascii_alphanumeric() || *byte == b'%' => false,
        Some(b'&' | b'\\') => {
            let Token::Character(b'&', length) = next(rest, QUERY) else {
                return true;
            };
            !rest.get(length).is_some_and(u8::is_ascii_alphanumeric)
        }
        Some(_) | None => true,
    }
}
