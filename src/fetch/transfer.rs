//! The body of an origin's answer on its way to the client: chunk by chunk, never gathered.
//!
//! A chunk is asked for only when the client has room for it, so a slow client slows the origin down. The announced
//! length is enforced, silence has a deadline, and dropping the body ends the transfer.

use super::error::TransferError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};

/// What is known of a body's length before it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// That many bytes, enforced.
    Exact(u64),
    /// The origin did not say; a cut may go unseen, so such a body is never stored.
    Unknown,
}

/// A streamed body. Dropping it closes the origin's connection unless the body was complete.
#[derive(Debug)]
pub struct OriginBody {
    inner: Option<Inner>,
    length: Length,
    received: u64,
    /// Held until the client has everything, not only until the origin has given it: what lies here in between takes
    /// memory, and the slots are its only bound over all clients.
    _slot: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
struct Inner {
    body: reqwest::Body,
    stall: Duration,
    silence: Silence,
}

#[derive(Debug)]
enum Silence {
    /// Not waiting for the origin.
    Off(Option<Pin<Box<Sleep>>>),
    /// Waiting for the origin since the timer was set.
    On(Pin<Box<Sleep>>),
}

impl OriginBody {
    pub(super) fn new(body: reqwest::Body, length: Length, stall: Duration, slot: OwnedSemaphorePermit) -> Self {
        let inner = Inner {
            body,
            stall,
            silence: Silence::Off(None),
        };
        Self {
            inner: (length != Length::Exact(0)).then_some(inner),
            length,
            received: 0,
            _slot: Some(slot),
        }
    }

    /// A body without bytes.
    pub(super) fn empty() -> Self {
        Self {
            inner: None,
            length: Length::Exact(0),
            received: 0,
            _slot: None,
        }
    }

    /// What was known of the length before the first byte.
    #[must_use]
    pub fn length(&self) -> Length {
        self.length
    }

    /// The bytes passed on so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Counts a chunk; takes the transfer for complete when the announced length is there.
    fn account(&mut self, data: &Bytes) -> Result<(), TransferError> {
        self.received = self.received.saturating_add(data.len() as u64);
        match self.length {
            Length::Exact(length) if self.received > length => Err(TransferError::TooLong),
            Length::Exact(length) if self.received == length => {
                self.inner = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What the end of the origin's body means here.
    fn end(&self) -> Result<(), TransferError> {
        match self.length {
            Length::Exact(length) if self.received < length => Err(self.broken(Broken::Cut)),
            _ => Ok(()),
        }
    }

    fn broken(&self, how: Broken) -> TransferError {
        let received = self.received;
        match how {
            Broken::Cut => TransferError::Truncated { received },
            Broken::Silent => TransferError::Stalled { received },
        }
    }
}

impl Inner {
    /// The next data, `None` at the end.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
                ready!(self.silence.poll(self.stall, context));
                return Poll::Ready(Some(Err(Broken::Silent)));
            };
            self.silence.stop();
            match frame {
                None => return Poll::Ready(None),
                Some(Err(_)) => return Poll::Ready(Some(Err(Broken::Cut))),
                // Trailers of the origin are on no allow-list.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Poll::Ready(Some(Ok(data))),
                    _ => {}
                },
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Broken {
    /// Silence past the deadline.
    Silent,
    /// The connection broke, or the framing did.
    Cut,
}

impl Silence {
    fn poll(&mut self, stall: Duration, context: &mut Context<'_>) -> Poll<()> {
        if let Self::Off(timer) = self {
            let deadline = Instant::now() + stall;
            let timer = match timer.take() {
                Some(mut timer) => {
                    timer.as_mut().reset(deadline);
                    timer
                }
                None => Box::pin(tokio::time::sleep_until(deadline)),
            };
            *self = Self::On(timer);
        }
        match self {
            Self::On(timer) => timer.as_mut().poll(context),
            Self::Off(_) => Poll::Pending,
        }
    }

    fn stop(&mut self) {
        if let Self::On(_) = self
            && let Self::On(timer) = std::mem::replace(self, Self::Off(None))
        {
            *self = Self::Off(Some(timer));
        }
    }
}

impl Body for OriginBody {
    type Data = Bytes;
    type Error = TransferError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransferError>>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else {
            return Poll::Ready(None);
        };
        let result = match ready!(inner.poll(context)) {
            Some(Ok(data)) => this.account(&data).map(|()| Some(Frame::data(data))),
            Some(Err(how)) => Err(this.broken(how)),
            None => this.end().map(|()| None),
        };
        if !matches!(result, Ok(Some(_))) {
            this.inner = None;
        }
        Poll::Ready(result.transpose())
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match (self.length, &self.inner) {
            (_, None) => SizeHint::with_exact(0),
            (Length::Exact(length), Some(_)) => SizeHint::with_exact(length.saturating_sub(self.received)),
            (Length::Unknown, Some(_)) => SizeHint::default(),
        }
    }
}
