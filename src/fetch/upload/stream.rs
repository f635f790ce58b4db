//! A body that is verified while it is sent. Rule 14.
//!
//! The last piece is held back until all is verified. The origin was told the length, so it takes what it has for a part and
//! stores nothing when the rest does not come: an error here cuts its connection.

use super::intake::Intake;
use super::{UploadError, UploadFault};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The body of a request to the origin: [`UploadStream::length`] bytes or an error. Nothing of the client's body is read
/// before the first poll.
#[derive(Debug)]
pub struct UploadStream {
    /// `None` at the end.
    intake: Option<Box<Intake>>,
    /// The last piece that came.
    held: Option<Bytes>,
    /// The bytes that are not given out yet.
    left: u64,
    fault: UploadFault,
}

impl UploadStream {
    /// `length` must be more than zero: there would be no piece to hold back.
    pub(super) fn new(intake: Intake, length: u64, fault: UploadFault) -> Self {
        Self {
            intake: Some(Box::new(intake)),
            held: None,
            left: length,
            fault,
        }
    }

    /// The bytes that are still to come.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.left
    }

    fn give(&mut self, piece: Bytes) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        self.left = self.left.saturating_sub(piece.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

impl Body for UploadStream {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        let this = &mut *self;
        while let Some(intake) = &mut this.intake {
            match ready!(intake.poll_piece(context)) {
                Ok(Some(piece)) => {
                    if let Some(before) = this.held.replace(piece) {
                        return this.give(before);
                    }
                }
                Ok(None) => {
                    this.intake = None;
                    if let Some(last) = this.held.take() {
                        return this.give(last);
                    }
                }
                Err(error) => {
                    this.intake = None;
                    this.held = None;
                    this.fault.set(error);
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.intake.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
