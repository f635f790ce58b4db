//! A request's body with its deadlines (rule 23): for the next byte, and for the next 16 KiB, since a byte now and then would
//! hold a place at the origin for ever. Both run only while someone waits for bytes.

use super::{Deadline, Limits, ListenerStats};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// How many bytes [`Limits::body_pace`] is granted for.
const STEP: usize = 16 * 1024;

/// Why a request body ended early.
#[derive(Debug, thiserror::Error)]
pub enum RequestBodyError {
    /// The client sent no byte for [`Limits::body_progress`], or too few in [`Limits::body_pace`]: 408.
    #[error("the client stopped sending its request body")]
    Stalled,
    /// The connection broke, or the body's framing did: 400.
    #[error("the request body broke off: {0}")]
    Broken(#[from] hyper::Error),
}

/// The body of a request, unread.
#[derive(Debug, Default)]
pub struct RequestBody(Option<Box<Reading>>);

#[derive(Debug)]
struct Reading {
    incoming: Incoming,
    progress: Duration,
    pace: Duration,
    /// What is left of the pace for the step that is under way, in bytes and in time.
    step_bytes: usize,
    step_time: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
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
            progress: limits.body_progress,
            pace: limits.body_pace,
            step_bytes: STEP,
            step_time: limits.body_pace,
            waiting: None,
            stats: Arc::clone(stats),
            unread: Arc::clone(unread),
        })))
    }
}

impl Reading {
    /// So many bytes came, after a wait perhaps.
    fn came(&mut self, bytes: usize) {
        if let Some((begun, _)) = self.waiting.take() {
            self.step_time = self.step_time.saturating_sub(begun.elapsed());
        }
        self.step_bytes = self.step_bytes.saturating_sub(bytes);
        if self.step_bytes == 0 {
            (self.step_bytes, self.step_time) = (STEP, self.pace);
        }
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
                let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
                reading.came(data.map_or(0, Bytes::len));
                // The end of a chunked body is told by the frame that does not come.
                if frame.is_none() || reading.incoming.is_end_stream() {
                    reading.unread.store(false, Ordering::Relaxed);
                }
                Poll::Ready(frame.map(|frame| frame.map_err(RequestBodyError::Broken)))
            }
            Poll::Pending => {
                let patience = reading.progress.min(reading.step_time);
                let begin = || (Instant::now(), Box::pin(sleep(patience)));
                let (_, stalled) = reading.waiting.get_or_insert_with(begin);
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
