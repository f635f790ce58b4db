//! A body on its way to the origin in one attempt, and how far it has come.
//!
//! hyper takes the next piece when it has room for it, which is when the origin has taken the ones before. So it shows here
//! who is waited for: the client when a piece was asked for and is not there, the origin when none is asked for.

use crate::fetch::body::RequestBody;
use crate::fetch::upload::{UploadError, UploadFault, UploadStream};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::Notify;
use tokio::time::Instant;

/// The most of a body at hand that is given out at once.
const PIECE: usize = 64 * 1024;

/// Follows a body that hyper has.
#[derive(Debug)]
pub(super) struct Sending(Arc<Shared>);

/// Where the body comes from.
#[derive(Debug)]
pub(super) enum Source {
    Full(Bytes),
    Stream(Box<UploadStream>),
}

/// Who is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The origin, to take the first or the next piece, since then.
    Origin(Instant),
    /// The client, to bring one.
    Client,
    /// The origin, to answer: it was given everything by then.
    Answer(Instant),
}

#[derive(Debug)]
struct Shared {
    progress: Mutex<Progress>,
    given_out: Notify,
    fault: UploadFault,
    streams: bool,
}

#[derive(Debug)]
struct Progress {
    source: Option<Source>,
    length: u64,
    taken: u64,
    stage: Stage,
    orders: Orders,
    waker: Option<Waker>,
}

/// What the one who waits for the answer wants of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Orders {
    GoOn,
    /// There is an answer: nothing more is asked of the client, and the connection stays until the answer is read.
    Hold,
    /// The connection may go.
    Stop,
}

impl Sending {
    /// Begins with `length` bytes from `source`, whose client leaves word in `fault`.
    pub(super) fn new(source: Option<Source>, length: u64, fault: UploadFault) -> Self {
        let now = Instant::now();
        let streams = matches!(source, Some(Source::Stream(_)));
        let progress = Progress {
            source,
            length,
            taken: 0,
            stage: if length == 0 {
                Stage::Answer(now)
            } else {
                Stage::Origin(now)
            },
            orders: Orders::GoOn,
            waker: None,
        };
        Self(Arc::new(Shared {
            progress: Mutex::new(progress),
            given_out: Notify::new(),
            fault,
            streams,
        }))
    }

    /// What hyper gets: the one body that this follows.
    pub(super) fn body(&self) -> RequestBody {
        SendingBody(Arc::clone(&self.0)).map_err(Into::into).boxed_unsync()
    }

    /// Whether it takes time that is none of the origin's.
    pub(super) fn streams(&self) -> bool {
        self.0.streams
    }

    pub(super) fn stage(&self) -> Stage {
        self.0.progress().stage
    }

    /// Resolves once all of the body is given out. To be awaited again only after a look at [`Sending::stage`].
    pub(super) async fn given_out(&self) {
        self.0.given_out.notified().await;
    }

    /// What was wrong with the client's body.
    pub(super) fn fault(&self) -> Option<UploadError> {
        self.0.fault.get()
    }

    /// There is the head of an answer.
    pub(super) fn hold(&self) {
        self.0.progress().orders = Orders::Hold;
    }

    /// The attempt is over. Returns the stream if nothing was taken of it.
    pub(super) fn stop(&self) -> Option<Box<UploadStream>> {
        let mut progress = self.0.progress();
        progress.orders = Orders::Stop;
        if let Some(waker) = progress.waker.take() {
            waker.wake();
        }
        match (progress.source.take(), progress.taken) {
            (Some(Source::Stream(stream)), 0) => Some(stream),
            _ => None,
        }
    }
}

impl Shared {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Ended>>> {
        match self.orders {
            Orders::GoOn => {}
            Orders::Hold => {
                self.waker = Some(context.waker().clone());
                return Poll::Pending;
            }
            Orders::Stop => return Poll::Ready(Some(Err(Ended))),
        }
        if self.taken == self.length {
            return Poll::Ready(None);
        }
        let piece = match &mut self.source {
            None => Bytes::new(),
            Some(Source::Full(bytes)) => bytes.split_to(bytes.len().min(PIECE)),
            Some(Source::Stream(stream)) => match Pin::new(&mut **stream).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
                Poll::Ready(Some(Err(_)) | None) => Bytes::new(),
                Poll::Pending => {
                    self.stage = Stage::Client;
                    self.waker = Some(context.waker().clone());
                    return Poll::Pending;
                }
            },
        };
        let taken = self.taken.saturating_add(piece.len() as u64);
        // hyper would cut off in silence what is too much, and take the rest for all.
        if piece.is_empty() || taken > self.length {
            self.source = None;
            return Poll::Ready(Some(Err(Ended)));
        }
        self.taken = taken;
        let now = Instant::now();
        self.stage = Stage::Origin(now);
        if taken == self.length {
            self.stage = Stage::Answer(now);
            self.source = None;
        }
        Poll::Ready(Some(Ok(piece)))
    }
}

/// The body ends before its end: the connection is cut, so that the origin can't take a part for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request's body ended early")]
struct Ended;

/// The body as hyper sees it.
#[derive(Debug)]
struct SendingBody(Arc<Shared>);

impl Body for SendingBody {
    type Data = Bytes;
    type Error = Ended;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Ended>>> {
        let mut progress = self.0.progress();
        let polled = progress.poll(context);
        if let Stage::Answer(_) = progress.stage {
            self.0.given_out.notify_one();
        }
        polled.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        let progress = self.0.progress();
        progress.taken == progress.length
    }

    fn size_hint(&self) -> SizeHint {
        let progress = self.0.progress();
        SizeHint::with_exact(progress.length.saturating_sub(progress.taken))
    }
}
