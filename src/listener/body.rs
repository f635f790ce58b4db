//! A request's body with its progress deadline (rule 23).

use super::{Deadline, Limits, ListenerStats};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// Why a request body ended early.
#[derive(Debug, thiserror::Error)]
pub enum RequestBodyError {
    /// The client sent no byte for [`Limits::body_progress`]: 408.
    #[error("the client stopped sending its request body")]
    Stalled,
    /// The connection broke, or the body's framing did: 400.
    #[error("the request body broke off: {0}")]
    Broken(#[from] hyper::Error),
}

/// The body of a request, unread. The deadline runs only while someone waits for bytes.
#[derive(Debug, Default)]
pub struct RequestBody(Option<Box<Reading>>);

#[derive(Debug)]
struct Reading {
    incoming: Incoming,
    limit: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    stats: Arc<ListenerStats>,
    unread: Arc<AtomicBool>,
}

impl RequestBody {
    /// A body without bytes.
    #[must_use]
    pub fn empty() -> Self {
        Self(None)
    }

    /// `unread` is set until the body's end has come.
    pub(super) fn new(
        incoming: Incoming,
        limits: &Limits,
        stats: &Arc<ListenerStats>,
        unread: &Arc<AtomicBool>,
    ) -> Self {
        if incoming.is_end_stream() {
            return Self::empty();
        }
        unread.store(true, Ordering::Relaxed);
        Self(Some(Box::new(Reading {
            incoming,
            limit: limits.body_progress,
            stalled: None,
            stats: Arc::clone(stats),
            unread: Arc::clone(unread),
        })))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = RequestBodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RequestBodyError>>> {
        let Some(reading) = self.0.as_deref_mut() else {
            return Poll::Ready(None);
        };
        match Pin::new(&mut reading.incoming).poll_frame(cx) {
            Poll::Ready(frame) => {
                reading.stalled = None;
                // The end of a chunked body is told by the frame that does not come.
                if frame.is_none() || reading.incoming.is_end_stream() {
                    reading.unread.store(false, Ordering::Relaxed);
                }
                Poll::Ready(frame.map(|frame| frame.map_err(RequestBodyError::Broken)))
            }
            Poll::Pending => {
                let limit = reading.limit;
                let stalled = reading.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
                if stalled.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                reading.stats.ended_by(Deadline::RequestBody).add_one();
                // Dropping the rest tells hyper that nobody wants it.
                self.0 = None;
                Poll::Ready(Some(Err(RequestBodyError::Stalled)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(|reading| reading.incoming.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.0
            .as_ref()
            .map_or(SizeHint::with_exact(0), |reading| reading.incoming.size_hint())
    }
}
