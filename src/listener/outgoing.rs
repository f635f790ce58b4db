//! An answer's body on its way out: keeps its request in flight, and tells the HTTP/2 stream guard who waits for whom.

use super::h2_stream::StreamWatch;
use super::watch::InFlight;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

/// What may lie unwatched, in bytes: a short answer is not worth a second frame.
const UNWATCHED: usize = 1024;

pin_project! {
    /// The service's body, wrapped. The request is in flight until this is dropped.
    pub(super) struct Outgoing<B> {
        #[pin]
        inner: B,
        piece: usize,
        rest: Bytes,
        stream: Option<Rc<StreamWatch>>,
        in_flight: InFlight,
    }
}

impl<B> Outgoing<B> {
    /// `stream` is given on HTTP/2 alone. There, data goes out in pieces of at most `piece` bytes: a piece that the
    /// crate `h2` has taken is out of the guard's sight, for good if it is the last one. So a chunk's last byte is a
    /// piece of its own: hyper hands it over only when the client's window has room for all that came before it, and a
    /// client that opens its window for one byte can't leave the rest lying here with nobody watching (CVE-2019-9517).
    pub(super) fn new(inner: B, in_flight: InFlight, stream: Option<Rc<StreamWatch>>, piece: usize) -> Self {
        Self {
            inner,
            piece,
            rest: Bytes::new(),
            stream,
            in_flight,
        }
    }
}

impl<B: Body<Data = Bytes>> Body for Outgoing<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let Some(stream) = this.stream else {
            return this.inner.poll_frame(cx);
        };
        if this.rest.is_empty() {
            stream.waits_for_source();
            let frame = match ready!(this.inner.poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                end => return Poll::Ready(end),
            };
            match frame.into_data() {
                Ok(data) => *this.rest = data,
                Err(other) => return Poll::Ready(Some(Ok(other))),
            }
        }
        stream.waits_for_client();
        let whole = this.rest.len().min(*this.piece);
        let ends_chunk = whole == this.rest.len() && whole > UNWATCHED;
        let piece = this
            .rest
            .split_to(if ends_chunk { whole.saturating_sub(1) } else { whole });
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        // Asked before the first frame, when nothing rests.
        self.inner.size_hint()
    }
}
