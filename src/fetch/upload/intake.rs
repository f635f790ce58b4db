//! The client's body, decoded and verified: piece by piece, and at its end the verdict.

use super::UploadError;
use super::announced::Announced;
use super::checks::Checks;
use crate::s3::Checksum;
use crate::sigv4::ChunkedDecoder;
use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A body that is being read. Keeps no more than the frame that is being taken apart.
#[derive(Debug)]
pub(super) struct Intake {
    source: BoxBody<Bytes, UploadError>,
    decoder: Option<ChunkedDecoder>,
    /// What is left of a frame while the decoder has not used it up.
    frame: Bytes,
    /// `None` once the body was judged.
    checks: Option<Checks>,
    length: Option<u64>,
    received: u64,
    trailer: Option<Checksum>,
}

impl Intake {
    pub(super) fn new<B>(body: B, announced: Announced) -> Self
    where
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<UploadError>,
    {
        let length = if announced.decoder.is_some() {
            announced.decoded_length
        } else {
            body.size_hint().exact()
        };
        Self {
            source: body.map_err(Into::into).boxed(),
            decoder: announced.decoder,
            frame: Bytes::new(),
            checks: Some(announced.checks),
            length,
            received: 0,
            trailer: None,
        }
    }

    /// The length of the decoded body in bytes, as far as it is known.
    pub(super) fn length(&self) -> Option<u64> {
        self.length
    }

    /// The next piece of the decoded body, never empty. `None` says that the body is whole and all that was announced of it
    /// is true.
    pub(super) fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, UploadError>> {
        loop {
            if let Some(piece) = self.decode()? {
                self.received = self.received.saturating_add(piece.len() as u64);
                if self.length.is_some_and(|length| self.received > length) {
                    return Poll::Ready(Err(UploadError::Incomplete));
                }
                if let Some(checks) = &mut self.checks {
                    checks.update(&piece);
                }
                return Poll::Ready(Ok(Some(piece)));
            }
            match ready!(Pin::new(&mut self.source).poll_frame(context)) {
                // HTTP's own trailers are no part of S3.
                Some(frame) => self.frame = frame?.into_data().unwrap_or_default(),
                None => return Poll::Ready(self.judge().map(|()| None)),
            }
        }
    }

    fn decode(&mut self) -> Result<Option<Bytes>, UploadError> {
        match &mut self.decoder {
            Some(decoder) => Ok(decoder.decode(&mut self.frame)?),
            None => Ok(Some(std::mem::take(&mut self.frame)).filter(|frame| !frame.is_empty())),
        }
    }

    fn judge(&mut self) -> Result<(), UploadError> {
        let trailer = match self.decoder.take() {
            Some(decoder) => decoder.finish()?,
            None => None,
        };
        if self.length.is_some_and(|length| self.received != length) {
            return Err(UploadError::Incomplete);
        }
        if let Some(checks) = self.checks.take() {
            self.trailer = checks.verify(trailer.as_deref())?;
        }
        Ok(())
    }

    /// Reads all of it into memory; returns it with the checksum that its trailer bore. More than `limit` bytes are
    /// `too_much`.
    pub(super) async fn whole(
        mut self,
        limit: u64,
        too_much: UploadError,
    ) -> Result<(Bytes, Option<Checksum>), UploadError> {
        // One frame, the usual case, is not copied.
        let mut first = Bytes::new();
        let mut gathered = BytesMut::new();
        while let Some(piece) = poll_fn(|context| self.poll_piece(context)).await? {
            if self.received > limit {
                return Err(too_much);
            }
            if first.is_empty() {
                first = piece;
                continue;
            }
            if gathered.is_empty() {
                gathered.extend_from_slice(&first);
            }
            gathered.extend_from_slice(&piece);
        }
        let whole = if gathered.is_empty() { first } else { gathered.freeze() };
        Ok((whole, self.trailer))
    }
}
