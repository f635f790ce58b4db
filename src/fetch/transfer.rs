//! The body of an origin's answer on its way to the client: chunk by chunk, never gathered.
//!
//! A chunk is asked for only when the client has room for it, so a slow client slows the origin down. The announced
//! length is enforced, silence has a deadline, and dropping the body ends the transfer. Where a body breaks off, the rest is
//! asked for once (`resume.rs`).

use super::body::ResponseBody;
use super::error::TransferError;
use super::resume::{Rest, Resumption};
use crate::cache::Forgetting;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::fmt;
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

impl Length {
    /// Whether there is more to come after so many bytes.
    fn is_missing_after(self, received: u64) -> bool {
        matches!(self, Self::Exact(length) if received < length)
    }
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
    /// The write that this is the answer to.
    wrote: Option<Box<Forgetting>>,
}

#[derive(Debug)]
struct Inner {
    source: Source,
    resumption: Option<Box<Resumption>>,
    stall: Duration,
    silence: Silence,
}

/// Where the next bytes come from.
enum Source {
    Flowing(ResponseBody),
    /// It broke off in this way, and the rest is being asked for.
    Resuming(Broken, Rest),
    /// It broke off in this way, and there is no rest.
    Over(Broken),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flowing(_) => "Flowing",
            Self::Resuming(..) => "Resuming",
            Self::Over(_) => "Over",
        })
    }
}

#[derive(Debug)]
enum Silence {
    /// Not waiting for the origin.
    Off(Option<Pin<Box<Sleep>>>),
    /// Waiting for the origin since the timer was set.
    On(Pin<Box<Sleep>>),
}

impl OriginBody {
    pub(super) fn new(
        body: ResponseBody,
        length: Length,
        stall: Duration,
        resumption: Option<Box<Resumption>>,
        slot: OwnedSemaphorePermit,
    ) -> Self {
        let inner = Inner {
            source: Source::Flowing(body),
            resumption,
            stall,
            silence: Silence::Off(None),
        };
        Self {
            inner: (length != Length::Exact(0)).then_some(inner),
            length,
            received: 0,
            _slot: Some(slot),
            wrote: None,
        }
    }

    /// A body without bytes.
    pub(super) fn empty() -> Self {
        Self {
            inner: None,
            length: Length::Exact(0),
            received: 0,
            _slot: None,
            wrote: None,
        }
    }

    /// The same body, the answer to a write that is over when the body is.
    #[must_use]
    pub(super) fn ending(mut self, wrote: Forgetting) -> Self {
        wrote.forget();
        if self.inner.is_some() {
            self.wrote = Some(Box::new(wrote));
        } else {
            wrote.answered();
        }
        self
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

    fn broken(&self, how: Broken) -> TransferError {
        let received = self.received;
        match how {
            Broken::Cut => TransferError::Truncated { received },
            Broken::Silent => TransferError::Stalled { received },
        }
    }
}

impl Inner {
    /// The next data, `None` at the end, which `received` of `length` tells from a cut.
    fn poll(
        &mut self,
        length: Length,
        received: u64,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Broken>>> {
        loop {
            let broken = match &mut self.source {
                Source::Flowing(body) => match ready!(flow(body, &mut self.silence, self.stall, context)) {
                    Ok(Some(data)) => return Poll::Ready(Some(Ok(data))),
                    Ok(None) if !length.is_missing_after(received) => return Poll::Ready(None),
                    Ok(None) => Broken::Cut,
                    Err(broken) => broken,
                },
                Source::Resuming(broken, rest) => {
                    let Some(body) = ready!(rest.as_mut().poll(context)) else {
                        let broken = *broken;
                        return self.end(broken, context);
                    };
                    self.source = Source::Flowing(body);
                    continue;
                }
                Source::Over(broken) => return Poll::Ready(Some(Err(*broken))),
            };
            let rest = self.resumption.take().and_then(|resumption| resumption.begin(received));
            let Some(rest) = rest else {
                return self.end(broken, context);
            };
            self.source = Source::Resuming(broken, rest);
        }
    }

    /// Ends the body; that is told in a moment: with an error, what hyper holds of the bytes before it would be lost.
    fn end<T>(&mut self, broken: Broken, context: &Context<'_>) -> Poll<T> {
        self.source = Source::Over(broken);
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The next data of `body`, `None` at its end.
fn flow(
    body: &mut ResponseBody,
    silence: &mut Silence,
    stall: Duration,
    context: &mut Context<'_>,
) -> Poll<Result<Option<Bytes>, Broken>> {
    loop {
        let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(context) else {
            ready!(silence.poll(stall, context));
            silence.stop();
            return Poll::Ready(Err(Broken::Silent));
        };
        silence.stop();
        match frame {
            None => return Poll::Ready(Ok(None)),
            Some(Err(_)) => return Poll::Ready(Err(Broken::Cut)),
            // Trailers of the origin are on no allow-list.
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) if !data.is_empty() => return Poll::Ready(Ok(Some(data))),
                _ => {}
            },
        }
    }
}

#[derive(Clone, Copy, Debug)]
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
        let result = match ready!(inner.poll(this.length, this.received, context)) {
            Some(Ok(data)) => this.account(&data).map(|()| Some(Frame::data(data))),
            Some(Err(how)) => Err(this.broken(how)),
            None => Ok(None),
        };
        if !matches!(result, Ok(Some(_))) {
            this.inner = None;
        }
        // One that breaks off is no word of what was written.
        if this.inner.is_none()
            && let Some(wrote) = this.wrote.take()
            && result.is_ok()
        {
            wrote.answered();
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

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn a_resumption_that_fails_at_once_ends_the_body() {
        let mut body = OriginBody {
            inner: Some(Inner {
                source: Source::Resuming(Broken::Cut, Box::pin(std::future::ready(None))),
                resumption: None,
                stall: Duration::from_secs(30),
                silence: Silence::Off(None),
            }),
            length: Length::Exact(10),
            received: 4,
            _slot: None,
            wrote: None,
        };
        let told = tokio::time::timeout(Duration::from_secs(20), body.frame()).await;
        let error = told.expect("it is told").expect("as an error").unwrap_err();
        assert_eq!(error, TransferError::Truncated { received: 4 });
        assert!(body.is_end_stream());
    }
}
