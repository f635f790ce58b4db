//! The write-progress deadline of one HTTP/2 stream.
//!
//! A client can read its socket, answer pings, and still never open a stream's window: the socket never blocks, and
//! hyper waits for ever. So each stream's task is guarded here: when its body has given a piece and none has been
//! asked for since, the client has not taken it. The stream is reset; the connection lives on.

use super::{Deadline, Limits, ListenerStats};
use hyper::rt::Executor;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

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
pub(super) struct StreamExecutor {
    limit: Duration,
    stats: Arc<ListenerStats>,
    next: Rc<RefCell<Option<Rc<StreamWatch>>>>,
}

impl StreamExecutor {
    pub(super) fn new(limits: &Limits, stats: &Arc<ListenerStats>) -> Self {
        Self {
            limit: limits.write_progress,
            stats: Arc::clone(stats),
            next: Rc::default(),
        }
    }

    /// Makes the watch of the stream that is being begun. hyper calls the service and hands the stream's task to its
    /// executor in one go, which is what ties the two together.
    pub(super) fn begin(&self) -> Rc<StreamWatch> {
        let watch = Rc::<StreamWatch>::default();
        self.next.replace(Some(Rc::clone(&watch)));
        watch
    }
}

impl<F: Future<Output = ()> + 'static> Executor<F> for StreamExecutor {
    fn execute(&self, task: F) {
        match self.next.take() {
            Some(watch) => {
                let (limit, stats) = (self.limit, Arc::clone(&self.stats));
                tokio::task::spawn_local(guard(task, watch, limit, stats));
            }
            None => {
                tokio::task::spawn_local(task);
            }
        }
    }
}

/// Runs `task`; drops it, which resets its stream, when the client takes nothing for `limit`.
async fn guard(task: impl Future<Output = ()>, watch: Rc<StreamWatch>, limit: Duration, stats: Arc<ListenerStats>) {
    let mut task = pin!(task);
    let mut seen = None;
    let mut timer = None;
    poll_fn(move |cx| {
        if task.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let waiting = watch.waiting();
        if waiting.is_none() {
            timer = None;
        } else if timer.is_none() || waiting != seen {
            let due = Instant::now().checked_add(limit);
            timer = due.map(|due| Box::pin(sleep_until(due)));
        }
        seen = waiting;
        let Some(timer) = timer.as_mut() else {
            return Poll::Pending;
        };
        timer
            .as_mut()
            .poll(cx)
            .map(|()| stats.ended_by(Deadline::Write).add_one())
    })
    .await;
}
