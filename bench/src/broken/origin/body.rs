//! What an origin answers with, to its end or not.

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The connection is to end: hyper closes it when a body or an answer fails.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut off")]
pub(super) struct Cut;

/// A body that may end before its end.
#[derive(Debug)]
pub(super) struct Bytewise {
    pub(super) bytes: Bytes,
    /// Where the connection ends.
    pub(super) cut_at: Option<usize>,
    /// So often more it is asked in vain before it is cut off, so that hyper sends what it has.
    pauses: u8,
}

impl Bytewise {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self {
            bytes,
            cut_at: None,
            pauses: 4,
        }
    }
}

impl Body for Bytewise {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        Poll::Ready(match self.cut_at {
            Some(0) if self.pauses > 0 => {
                self.pauses -= 1;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Some(0) => Some(Err(Cut)),
            Some(at) => {
                self.cut_at = Some(0);
                let at = at.min(self.bytes.len());
                let part = self.bytes.split_to(at);
                Some(Ok(Frame::data(part)))
            }
            None if self.bytes.is_empty() => None,
            None => Some(Ok(Frame::data(std::mem::take(&mut self.bytes)))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.cut_at.is_none() && self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.bytes.len()).unwrap_or_default())
    }
}
