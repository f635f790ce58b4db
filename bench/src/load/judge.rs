//! The judge of one answer: looks at its head, sees every byte pass, and says what is wrong with it.

use super::{Content, Digest, Expect, Fault, Status};
use bytes::Bytes;
use crc_fast::CrcAlgorithm;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode, response};
use sha2::{Digest as _, Sha256};

/// What was made of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// For all of it.
    Whole,
    /// For these bytes, first and last, of so many.
    Range { first: u64, last: u64, length: u64 },
    /// For all of it, unless it is what was seen before.
    Changed,
}

/// What was seen of an object at an earlier answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) etag: Option<HeaderValue>,
    pub(super) length: u64,
    /// Its CRC-64, when the plan wants the same bytes each time.
    pub(super) crc: Option<u64>,
}

/// Judges the answer to one request, redirects on the way included.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    expect: &'a Expect,
    asked: Asked,
    method: &'a Method,
    seen: Option<&'a Seen>,
    first_status: Option<StatusCode>,
    /// How many answers there were: redirects, and the last one.
    answers: u32,
    status: StatusCode,
    headers: HeaderMap,
    sum: Sum,
    /// Bytes of the answer at hand, and of all.
    length: u64,
    total: u64,
}

/// What is made of a body's bytes.
#[derive(Debug)]
enum Sum {
    Nothing,
    Crc64(Box<crc_fast::Digest>),
    Sha256(Box<Sha256>),
    /// Compared byte for byte: what is still expected, and whether all was right.
    Same(Bytes, bool),
}

impl<'a> Judge<'a> {
    pub(super) fn new(expect: &'a Expect, asked: Asked, method: &'a Method, seen: Option<&'a Seen>) -> Self {
        Self {
            expect,
            asked,
            method,
            seen,
            first_status: None,
            answers: 0,
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            sum: Sum::Nothing,
            length: 0,
            total: 0,
        }
    }

    /// Takes an answer's head. What came of an answer before, as of a redirect that is followed, no longer counts.
    pub(super) fn head(&mut self, head: response::Parts) {
        self.first_status.get_or_insert(head.status);
        self.answers = self.answers.saturating_add(1);
        self.status = head.status;
        self.headers = head.headers;
        self.length = 0;
        self.sum = match (&self.expect.content, self.asked) {
            _ if !carries_content(self.status) => Sum::Nothing,
            (Content::Bytes(bytes), Asked::Range { first, last, .. }) if self.status == StatusCode::PARTIAL_CONTENT => {
                Sum::Same(part(bytes, first, last), true)
            }
            (_, Asked::Range { .. }) | (Content::Any | Content::Length(_), _) => Sum::Nothing,
            (Content::Bytes(bytes), _) => Sum::Same(bytes.clone(), true),
            (Content::Digest(_, Digest::Sha256(_)), _) => Sum::Sha256(Box::default()),
            (Content::Digest(_, Digest::Crc64(_)) | Content::Same, _) => {
                Sum::Crc64(Box::new(crc_fast::Digest::new(CrcAlgorithm::Crc64Nvme)))
            }
        };
    }

    /// Takes the next bytes of the body.
    pub(super) fn data(&mut self, data: &[u8]) {
        self.length = self.length.saturating_add(data.len() as u64);
        self.total = self.total.saturating_add(data.len() as u64);
        match &mut self.sum {
            Sum::Nothing => {}
            Sum::Crc64(digest) => digest.update(data),
            Sum::Sha256(digest) => digest.update(data),
            Sum::Same(left, right) => {
                let expected = left.split_to(data.len().min(left.len()));
                *right &= expected == data;
            }
        }
    }

    /// Returns how many answers have begun.
    pub(super) fn answers(&self) -> u32 {
        self.answers
    }

    /// Returns the status of the first answer.
    pub(super) fn first_status(&self) -> Option<StatusCode> {
        self.first_status
    }

    /// Returns the bytes of all answers.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Returns where a redirect leads, when the answer is one.
    pub(super) fn location(&self) -> Option<&HeaderValue> {
        self.headers.get(LOCATION).filter(|_| is_redirect(self.status))
    }

    /// Says whether the answer, read to its end, was right. After a redirect that was followed it must bring the content.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn verdict(&self, followed: Followed) -> Result<(), Fault> {
        self.check_status(followed)?;
        if is_redirect(self.status) {
            return if self.headers.contains_key(LOCATION) {
                Ok(())
            } else {
                Err(Fault::Redirect)
            };
        }
        if !carries_content(self.status) {
            return Ok(());
        }
        if let Asked::Range { first, last, length } = self.asked {
            let told = self
                .headers
                .get(CONTENT_RANGE)
                .is_some_and(|range| *range == format!("bytes {first}-{last}/{length}"));
            if !told {
                return Err(Fault::Head);
            }
            return self.check_content(Some(last.saturating_sub(first).saturating_add(1)));
        }
        self.check_content(self.expect.content.length())
    }

    /// Returns what is to be remembered of the object, when the answer brought all of it.
    pub(super) fn to_remember(&self) -> Option<Seen> {
        let whole = self.status == StatusCode::OK && self.method == Method::GET;
        whole.then(|| Seen {
            etag: self.headers.get(ETAG).cloned(),
            length: self.length,
            crc: self.crc(),
        })
    }

    fn check_status(&self, followed: Followed) -> Result<(), Fault> {
        let status = self.status;
        let whole = status.is_success() && status != StatusCode::PARTIAL_CONTENT;
        let expected = match (self.expect.status, followed) {
            (Status::Object, Followed::No) => whole || is_redirect(status),
            (Status::Exactly(exactly), Followed::No) => status == exactly,
            // Where a redirect leads there must be the object, whatever was expected of the redirect.
            (_, Followed::Yes) => whole,
        };
        let right = match self.asked {
            Asked::Whole => expected,
            Asked::Changed => expected || status == StatusCode::NOT_MODIFIED,
            // A server that sends all of it did not do what it was asked.
            Asked::Range { .. } => status == StatusCode::PARTIAL_CONTENT || (expected && !status.is_success()),
        };
        if right {
            Ok(())
        } else {
            Err(Fault::Status(status.as_u16()))
        }
    }

    fn check_content(&self, expected: Option<u64>) -> Result<(), Fault> {
        let length = if self.method == Method::HEAD {
            self.told_length()
        } else {
            Some(self.length)
        };
        if expected.is_some_and(|expected| length != Some(expected)) {
            return Err(Fault::Length);
        }
        if self.method == Method::HEAD {
            return Ok(());
        }
        let right = match (&self.sum, &self.expect.content) {
            (Sum::Nothing, _) => true,
            (Sum::Same(left, right), _) => *right && left.is_empty(),
            (Sum::Sha256(digest), Content::Digest(_, Digest::Sha256(expected))) => {
                digest.as_ref().clone().finalize().as_slice() == expected
            }
            (Sum::Crc64(digest), Content::Digest(_, Digest::Crc64(expected))) => digest.finalize() == *expected,
            (Sum::Crc64(_), _) => self.is_as_seen(),
            (Sum::Sha256(_), _) => false,
        };
        if right { Ok(()) } else { Err(Fault::Bytes) }
    }

    /// Says whether the body is what was seen before. An object that says that it changed may.
    fn is_as_seen(&self) -> bool {
        let Some(seen) = self.seen else { return true };
        let changed = seen.etag.as_ref() != self.headers.get(ETAG);
        changed
            || seen
                .crc
                .is_none_or(|crc| self.crc() == Some(crc) && self.length == seen.length)
    }

    fn crc(&self) -> Option<u64> {
        match &self.sum {
            Sum::Crc64(digest) => Some(digest.finalize()),
            _ => None,
        }
    }

    fn told_length(&self) -> Option<u64> {
        self.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }
}

/// Whether a redirect was followed to this answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Followed {
    Yes,
    No,
}

/// Says whether it is a redirect that a client follows (RFC 9110 §15.4).
pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Says whether an answer with this status brings content that can be judged.
fn carries_content(status: StatusCode) -> bool {
    !is_redirect(status) && status != StatusCode::NOT_MODIFIED && status != StatusCode::NO_CONTENT
}

/// Returns the bytes from first to last, as far as there are any.
fn part(bytes: &Bytes, first: u64, last: u64) -> Bytes {
    let within = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    let (first, end) = (within(first), within(last.saturating_add(1)));
    bytes.slice(first.min(end)..end)
}
