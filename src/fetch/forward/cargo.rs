//! A body on its way to the origin: what of it is there to be sent again, and how far it has come.
//!
//! hyper takes the next piece when it has room for it, which is when the origin has taken the ones before. So it shows here
//! who is waited for: the client when a piece was asked for and is not there, the origin when none is asked for.

use crate::fetch::retry::Repeatable;
use crate::fetch::upload::{Upload, UploadBody, UploadError, UploadFault, UploadStream};
use crate::resolve::EndpointTarget;
use bytes::Bytes;
use http::header::{IF_MATCH, IF_NONE_MATCH};
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest, Sha256};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::Notify;
use tokio::time::Instant;

/// The most of a body at hand that is given out at once.
const PIECE: usize = 64 * 1024;

/// The body of one request, over all its attempts.
#[derive(Debug)]
pub(super) struct Shipment {
    hold: Hold,
    length: u64,
    sha256: Option<[u8; 32]>,
    fault: UploadFault,
}

#[derive(Debug)]
enum Hold {
    Empty,
    Full(Bytes),
    Stream(UploadStream),
    /// Something of it was given out, or may have been.
    Gone,
}

impl Shipment {
    pub(super) fn new(upload: Upload) -> Self {
        let (length, signed, fault) = (upload.length(), upload.sha256(), upload.fault());
        let hold = match upload.into_body() {
            UploadBody::Empty => Hold::Empty,
            UploadBody::Full(bytes) => Hold::Full(bytes),
            UploadBody::Stream(stream) => Hold::Stream(stream),
        };
        // What is at hand is signed, so that the origin checks it; a stream is, where its client has.
        let sha256 = match &hold {
            Hold::Empty => Some(Sha256::digest(b"").into()),
            Hold::Full(bytes) => Some(Sha256::digest(bytes).into()),
            Hold::Stream(_) | Hold::Gone => signed,
        };
        Self {
            hold,
            length,
            sha256,
            fault,
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn sha256(&self) -> Option<[u8; 32]> {
        self.sha256
    }

    pub(super) fn is_stream(&self) -> bool {
        matches!(self.hold, Hold::Stream(_) | Hold::Gone)
    }

    /// Whether a request for `target` with this body may be sent again.
    pub(super) fn repeatable(&self, target: &EndpointTarget) -> Repeatable {
        let conditional = |name| target.headers().contains_key(name);
        match self.hold {
            Hold::Gone => Repeatable::Never,
            // A write that is made only where nothing is, or that one object, has changed that if it was done.
            _ if !target.method().is_safe() && (conditional(IF_MATCH) || conditional(IF_NONE_MATCH)) => {
                Repeatable::Undone
            }
            _ => Repeatable::of(&target.method()),
        }
    }

    /// Hands the body out, and the means to follow it.
    pub(super) fn load(&mut self) -> (Option<reqwest::Body>, Voyage) {
        let content = match std::mem::replace(&mut self.hold, Hold::Gone) {
            Hold::Empty => {
                self.hold = Hold::Empty;
                None
            }
            Hold::Full(bytes) => {
                self.hold = Hold::Full(bytes.clone());
                Some(Content::Full(bytes))
            }
            Hold::Stream(stream) => Some(Content::Stream(stream)),
            Hold::Gone => None,
        };
        let voyage = Voyage::new(content, self.length, self.fault.clone());
        let body = (self.length > 0).then(|| reqwest::Body::wrap(Cargo(Arc::clone(&voyage.0))));
        (body, voyage)
    }

    /// The attempt is over: what nothing was taken of can be handed out again.
    pub(super) fn unload(&mut self, voyage: &Voyage) {
        let mut log = voyage.0.log();
        log.stop();
        if let (Hold::Gone, Some(Content::Stream(stream)), 0) = (&self.hold, log.content.take(), log.taken) {
            self.hold = Hold::Stream(stream);
        }
    }
}

/// How one attempt's body fares.
#[derive(Debug)]
pub(super) struct Voyage(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    log: Mutex<Log>,
    delivered: Notify,
    fault: UploadFault,
}

#[derive(Debug)]
struct Log {
    content: Option<Content>,
    length: u64,
    taken: u64,
    stage: Stage,
    orders: Orders,
    waker: Option<Waker>,
}

#[derive(Debug)]
enum Content {
    Full(Bytes),
    Stream(UploadStream),
}

/// Who is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The origin, to take the first or the next piece, since then.
    Origin(Instant),
    /// The client, to bring one.
    Client,
    /// The origin, to answer: it was given everything by then.
    Delivered(Instant),
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

impl Voyage {
    fn new(content: Option<Content>, length: u64, fault: UploadFault) -> Self {
        let now = Instant::now();
        let log = Log {
            content,
            length,
            taken: 0,
            stage: if length == 0 {
                Stage::Delivered(now)
            } else {
                Stage::Origin(now)
            },
            orders: Orders::GoOn,
            waker: None,
        };
        Self(Arc::new(Shared {
            log: Mutex::new(log),
            delivered: Notify::new(),
            fault,
        }))
    }

    pub(super) fn stage(&self) -> Stage {
        self.0.log().stage
    }

    /// Resolves when the body is given out, if it was not yet.
    pub(super) async fn delivered(&self) {
        self.0.delivered.notified().await;
    }

    /// What was wrong with the client's body.
    pub(super) fn fault(&self) -> Option<UploadError> {
        self.0.fault.get()
    }

    /// There is an answer, of which more than the head is wanted.
    pub(super) fn hold(&self) {
        self.0.log().orders = Orders::Hold;
    }
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn stop(&mut self) {
        self.orders = Orders::Stop;
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Ended>>> {
        match self.orders {
            Orders::GoOn => {}
            Orders::Hold => {
                self.waker = Some(context.waker().clone());
                return Poll::Pending;
            }
            Orders::Stop => return Poll::Ready(Some(Err(Ended))),
        }
        let frame = match &mut self.content {
            None => return Poll::Ready((self.taken < self.length).then_some(Err(Ended))),
            Some(Content::Full(bytes)) => {
                let piece = bytes.split_to(bytes.len().min(PIECE));
                Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
            }
            Some(Content::Stream(stream)) => Pin::new(stream).poll_frame(context),
        };
        let Poll::Ready(frame) = frame else {
            self.stage = Stage::Client;
            self.waker = Some(context.waker().clone());
            return Poll::Pending;
        };
        let piece = match frame {
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            Some(Err(_)) => {
                self.content = None;
                return Poll::Ready(Some(Err(Ended)));
            }
            None => Bytes::new(),
        };
        self.taken = self.taken.saturating_add(piece.len() as u64);
        // hyper would cut off in silence what is too much, and go on.
        if piece.is_empty() || self.taken > self.length {
            self.content = None;
            return Poll::Ready(Some(Err(Ended)));
        }
        let now = Instant::now();
        self.stage = Stage::Origin(now);
        if self.taken == self.length {
            self.stage = Stage::Delivered(now);
            self.content = None;
        }
        Poll::Ready(Some(Ok(piece)))
    }
}

/// The body ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request's body ended early")]
struct Ended;

/// The body as hyper sees it.
#[derive(Debug)]
struct Cargo(Arc<Shared>);

impl Body for Cargo {
    type Data = Bytes;
    type Error = Ended;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Ended>>> {
        let mut log = self.0.log();
        let polled = log.poll(context);
        if let Stage::Delivered(_) = log.stage {
            self.0.delivered.notify_one();
        }
        polled.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        let log = self.0.log();
        log.taken == log.length
    }

    fn size_hint(&self) -> SizeHint {
        let log = self.0.log();
        SizeHint::with_exact(log.length.saturating_sub(log.taken))
    }
}
