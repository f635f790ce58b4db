//! A document of the origin on its way to the client, under the client's own names.
//!
//! It is gathered, at most 16 MiB, and told when it is whole. What may come before its root goes on at once: while an origin
//! joins parts or copies, it sends white space, so that nobody takes the connection for dead.

use crate::fetch::{OriginBody, TransferError};
use crate::listener::RequestId;
use crate::s3::{ClientView, ErrorDocument};
use bytes::Bytes;
use http_body::{Body, Frame};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A list of 1,000 keys of 1,024 bytes, each of them three characters long in XML, is a quarter of it.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// A declaration says a version, an encoding and whether the document stands alone.
const LONGEST_DECLARATION: usize = 256;

/// A body that is gathered and told anew.
#[derive(Debug)]
pub struct Rewriting<S = OriginBody> {
    source: Option<S>,
    seen: Vec<u8>,
    /// How much of `seen` went on already.
    gone: usize,
    view: ClientView,
    path: Box<str>,
    id: RequestId,
}

impl<S: Body<Data = Bytes, Error = TransferError> + Unpin> Rewriting<S> {
    /// `path` and `id` are for a refusal that comes in the place of the document.
    pub(super) fn new(source: S, view: ClientView, path: &str, id: RequestId) -> Self {
        Self {
            source: Some(source),
            seen: Vec::new(),
            gone: 0,
            view,
            path: path.into(),
            id,
        }
    }

    pub(in crate::respond) fn is_end_stream(&self) -> bool {
        self.source.is_none()
    }

    pub(in crate::respond) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransferError>>> {
        loop {
            let Some(source) = &mut self.source else {
                return Poll::Ready(None);
            };
            let more = match ready!(Pin::new(source).poll_frame(context)) {
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    self.source = None;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    self.source = None;
                    let rest = self.whole();
                    return Poll::Ready(Some(rest.map(Frame::data)));
                }
            };
            if self.seen.len().saturating_add(more.len()) > MOST_BYTES {
                self.source = None;
                return Poll::Ready(Some(Err(TransferError::TooLong)));
            }
            self.seen.extend_from_slice(&more);
            let early = self.seen.get(self.gone..).unwrap_or_default();
            // Only where nothing else has come: else all of it goes on together, soon.
            // What went on was looked at then: an origin that sends a byte at a time is not read again for each of them.
            let fine = if self.gone == 0 { prologue(early) } else { white(early) };
            if fine == early.len() && !early.is_empty() {
                let early = Bytes::copy_from_slice(early);
                self.gone = self.seen.len();
                return Poll::Ready(Some(Ok(Frame::data(early))));
            }
        }
    }

    /// What is to be said of the rest, now that all of it is there.
    fn whole(&self) -> Result<Bytes, TransferError> {
        let received = self.seen.len() as u64;
        let garbled = || TransferError::Garbled { received };
        let xml = str::from_utf8(&self.seen).map_err(|_| garbled())?;
        if xml.trim().is_empty() {
            return Ok(Bytes::copy_from_slice(self.seen.get(self.gone..).unwrap_or_default()));
        }
        // An origin that has said 200 by then refuses in the document.
        if let Some(told) = ErrorDocument::parse(xml.trim_start().as_bytes()) {
            let own = ErrorDocument::new(&told.code_text, &told.message).to_xml(&self.path, &self.id.to_string());
            let from = if self.gone > 0 { own.find("<Error>") } else { None };
            return Ok(Bytes::from(own).slice(from.unwrap_or(0)..));
        }
        let seen = self.view.of(xml).map_err(|_| garbled())?;
        // Nothing in front of the root is ever changed.
        Ok(Bytes::from(seen).slice(self.gone..))
    }
}

/// How many bytes at the start are certain to stand in front of the root: the declaration and white space.
fn prologue(seen: &[u8]) -> usize {
    let declared = match seen.strip_prefix(b"<?xml") {
        Some(rest) => match rest.windows(2).take(LONGEST_DECLARATION).position(|end| end == b"?>") {
            Some(end) => b"<?xml".len().saturating_add(end).saturating_add(2),
            None => return 0,
        },
        None => 0,
    };
    declared.saturating_add(white(seen.get(declared..).unwrap_or_default()))
}

/// How many bytes at the start are white space.
fn white(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

#[cfg(test)]
#[path = "rewriting_tests.rs"]
mod tests;
