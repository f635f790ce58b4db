//! The write-progress deadline of one HTTP/2 stream.
//!
//! A client can read its socket, answer pings, and still never open a stream's window: the socket never blocks, and
//! hyper waits for ever. So each stream's task is guarded here: when its body has given a piece and none has been
//! asked for since, the client has not taken it. The stream is reset; the connection lives on.

use super::{Deadline, Limits, ListenerStats};
use hyper::rt::Executor;
use pin_project_lite::pin_project;
use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// Who waits for whom on one stream.
#[derive(Debug, Default)]
pub(super) struct StreamWatch {
    pieces: Cell<u64>,
    client_is_waited_for: Cell<bool>,
}

impl StreamWatch {
    /// The body was asked for more: the client took what there was.
    pub(super) fn waits_for_source(&self) {
        self.client_is_waited_for.set(false);
    }

    /// The body has given a piece.
    pub(super) fn waits_for_client(&self) {
        self.pieces.set(self.pieces.get().wrapping_add(1));
        self.client_is_waited_for.set(true);
    }

    /// How many pieces had been given when the wait for the client began; `None` when it is not waited for.
    fn waiting(&self) -> Option<u64> {
        self.client_is_waited_for.get().then(|| self.pieces.get())
    }
}

/// Runs hyper's HTTP/2 stream tasks on this thread, each under its guard. One per worker.
#[derive(Clone)]
pub(super) struct StreamExecutor(Rc<Shared>);

struct Shared {
    limit: Duration,
    stats: Arc<ListenerStats>,
    next: Cell<Option<Rc<StreamWatch>>>,
}

impl StreamExecutor {
    pub(super) fn new(limits: &Limits, stats: &Arc<ListenerStats>) -> Self {
        Self(Rc::new(Shared {
            limit: limits.write_progress,
            stats: Arc::clone(stats),
            next: Cell::default(),
        }))
    }

    /// Makes the watch of the stream that is being begun. hyper calls the service and hands the stream's task to its
    /// executor in one go, which is what ties the two together.
    pub(super) fn begin(&self) -> Rc<StreamWatch> {
        let watch = Rc::<StreamWatch>::default();
        self.0.next.set(Some(Rc::clone(&watch)));
        watch
    }
}

impl<F: Future<Output = ()> + 'static> Executor<F> for StreamExecutor {
    fn execute(&self, task: F) {
        match self.0.next.take() {
            Some(watch) => {
                tokio::task::spawn_local(Guarded {
                    task,
                    watch,
                    shared: Rc::clone(&self.0),
                    seen: None,
                    due: None,
                    timer: None,
                });
            }
            None => {
                tokio::task::spawn_local(task);
            }
        }
    }
}

pin_project! {
    /// Runs a stream's task; ends without it, which resets the stream, when the client takes nothing for the limit.
    struct Guarded<F> {
        #[pin]
        task: F,
        watch: Rc<StreamWatch>,
        shared: Rc<Shared>,
        seen: Option<u64>,
        due: Option<Instant>,
        // Set once and left alone while it is early: it is looked at when it fires, not moved with each piece.
        timer: Option<Pin<Box<Sleep>>>,
    }
}

impl<F: Future<Output = ()>> Future for Guarded<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if this.task.poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let waiting = this.watch.waiting();
        if waiting != *this.seen {
            *this.seen = waiting;
            // A limit past the end of time is none.
            *this.due = waiting.and_then(|_| Instant::now().checked_add(this.shared.limit));
        }
        let Some(due) = *this.due else {
            return Poll::Pending;
        };
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        loop {
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if timer.deadline() >= due {
                this.shared.stats.ended_by(Deadline::Write).add_one();
                return Poll::Ready(());
            }
            timer.as_mut().reset(due);
        }
    }
}
