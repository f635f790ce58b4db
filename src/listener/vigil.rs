//! Running one hyper connection under its deadlines.
//!
//! One timer serves all of them, and it is set lazily: while requests come one after the other, each finds it set and
//! leaves it alone. When it fires, the phase says what it was for, and it is set again when that is not over yet.

use super::watch::{Phase, Protocol, Watch};
use super::worker::Drain;
use super::{Deadline, Limits};
use hyper_util::server::graceful::GracefulConnection;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How a stretch of a connection's life ended.
pub(super) enum Left {
    /// hyper is done with it; `Err` when the peer broke the protocol or the connection broke.
    Closed(hyper::Result<()>),
    /// HTTP/1, idle for [`Limits::park_after`]: the connection can be taken apart and its socket kept.
    Quiet,
    /// A deadline passed: the connection is to be dropped.
    Expired(Deadline),
}

/// Keeps the time of one connection's phases.
pub(super) struct Vigil<'a> {
    watch: &'a Watch,
    limits: &'a Limits,
    phase: Phase,
    since: Instant,
    /// The connection was told to end when its requests are answered.
    leaving: bool,
    /// It was told so because it was idle for too long.
    sent_away: bool,
    /// It was told so because its client gives up its requests one after the other.
    restless: bool,
}

impl<'a> Vigil<'a> {
    pub(super) fn new(watch: &'a Watch, limits: &'a Limits) -> Self {
        Self {
            phase: watch.phase(),
            watch,
            limits,
            since: Instant::now(),
            leaving: false,
            sent_away: false,
            restless: false,
        }
    }

    /// How much longer the connection may be idle; only meaningful while it is.
    pub(super) fn idle_left(&self) -> Duration {
        self.limits.idle.saturating_sub(self.since.elapsed())
    }

    /// Whether an HTTP/2 connection was told to go because it was idle.
    pub(super) fn sent_away(&self) -> bool {
        self.sent_away
    }

    /// Whether an HTTP/2 connection was told to go because its client gives up its requests one after the other.
    pub(super) fn restless(&self) -> bool {
        self.restless
    }

    /// Runs the connection until it closes, a deadline passes, or (HTTP/1) it has been quiet for a while.
    pub(super) async fn run<C>(&mut self, mut connection: Pin<&mut C>, drain: &Drain) -> Left
    where
        C: GracefulConnection<Error = hyper::Error>,
    {
        let mut timer = pin!(sleep_until(self.since));
        let mut armed = false;
        let mut busy = drain.idle_mark();
        let mut drained = pin!(drain.begun());
        let mut listening = false;
        poll_fn(move |cx| {
            loop {
                if let Poll::Ready(result) = connection.as_mut().poll(cx) {
                    return Poll::Ready(Left::Closed(result));
                }
                if !listening {
                    listening = true;
                    let _ = drained.as_mut().poll(cx);
                }
                self.restless |= self.watch.abandoned() > self.limits.h2_abandoned;
                // A client that goes on after GOAWAY, which it may put off by never answering the ping behind it.
                if self.watch.abandoned() / 2 > self.limits.h2_abandoned {
                    return Poll::Ready(Left::Closed(Ok(())));
                }
                if (drain.is_on() || self.restless) && !self.leaving {
                    self.leaving = true;
                    connection.as_mut().graceful_shutdown();
                    continue;
                }
                self.observe();
                busy.set(matches!(self.phase, Phase::Working | Phase::Blocked(_)));
                let Some((due, deadline)) = self.next_deadline() else {
                    return Poll::Pending;
                };
                if !armed || due < timer.deadline() {
                    timer.as_mut().reset(due);
                    armed = true;
                }
                if timer.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                armed = false;
                if timer.deadline() < due {
                    continue;
                }
                match (deadline, self.watch.protocol()) {
                    (Deadline::Idle, Protocol::Http1) => return Poll::Ready(Left::Quiet),
                    (Deadline::Idle, Protocol::Http2) if !self.leaving => {
                        // GOAWAY first; what the client may have sent meanwhile is still answered.
                        self.leaving = true;
                        self.sent_away = true;
                        self.since = due;
                        connection.as_mut().graceful_shutdown();
                    }
                    _ => return Poll::Ready(Left::Expired(deadline)),
                }
            }
        })
        .await
    }

    fn observe(&mut self) {
        let phase = self.watch.phase();
        if phase != self.phase {
            self.phase = phase;
            self.since = Instant::now();
        }
    }

    /// When something is to be done about the present phase, and about what.
    fn next_deadline(&self) -> Option<(Instant, Deadline)> {
        let (limit, deadline) = match self.phase {
            Phase::Working => return None,
            // A drain does not wait for a head as long as it would at other times.
            Phase::Head(_) if self.leaving => (self.limits.linger, Deadline::Head),
            Phase::Head(_) => (self.limits.head, Deadline::Head),
            Phase::Blocked(_) => (self.limits.write_progress, Deadline::Write),
            Phase::Idle(_) if self.watch.protocol() == Protocol::Http1 => (self.limits.park_after, Deadline::Idle),
            // After GOAWAY the client has as long to leave as it would have to read.
            Phase::Idle(_) if self.leaving => (self.limits.write_progress, Deadline::Idle),
            Phase::Idle(_) => (self.limits.idle, Deadline::Idle),
        };
        // A limit past the end of time is none.
        Some((self.since.checked_add(limit)?, deadline))
    }
}
