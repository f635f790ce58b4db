//! One worker: a thread with its own runtime, its own listening socket, its own service (DESIGN §4.11).
//!
//! Nothing of a request crosses threads. Workers share the counters, the TLS configuration and the connection cap.

use super::connection::serve_connection;
use super::h2_stream::StreamExecutor;
use super::reception::Reception;
use super::{Limits, ListenerStats, Service, tls};
use hyper::server::conn::{http1, http2};
use hyper_util::rt::TokioTimer;
use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

/// The first and the longest pause after an error of `accept`.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// What all connections of a worker share.
pub(super) struct Workplace<S> {
    pub(super) service: S,
    pub(super) reception: Reception,
    pub(super) tls: Option<tls::Current>,
    pub(super) http1: http1::Builder,
    pub(super) http2: http2::Builder<StreamExecutor>,
    pub(super) streams: StreamExecutor,
    pub(super) drain: Drain,
}

impl<S: Service> Workplace<S> {
    pub(super) fn new(service: S, reception: Reception, tls: Option<tls::Current>) -> Self {
        let streams = StreamExecutor::new(&reception.limits, &reception.stats);
        Self {
            service,
            tls,
            http1: http1_builder(&reception.limits),
            http2: http2_builder(&reception.limits, streams.clone()),
            reception,
            streams,
            drain: Drain::default(),
        }
    }
}

/// Small buffers; heads are timed by [`super::vigil`]; a client may close its sending half and still be answered.
/// hyper's own bound on the number of fields stays at 100, on the stack: ours is judged with the rest of the head.
fn http1_builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .half_close(true)
        .max_header_size(limits.head_bytes)
        .max_buf_size(limits.head_bytes.max(8 * 1024));
    builder
}

fn http2_builder(limits: &Limits, streams: StreamExecutor) -> http2::Builder<StreamExecutor> {
    let mut builder = http2::Builder::new(streams);
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.h2_ping)
        .keep_alive_timeout(limits.h2_ping)
        .max_concurrent_streams(limits.h2_streams)
        .initial_stream_window_size(limits.h2_stream_window)
        .initial_connection_window_size(limits.h2_connection_window)
        .max_send_buf_size(limits.h2_send_buffer)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(limits.h2_pending_resets)
        .max_local_error_reset_streams(limits.h2_error_resets);
    builder
}

/// Tells the connections of one worker that it drains, and counts those that are busy.
#[derive(Default)]
pub(super) struct Drain {
    on: Cell<bool>,
    begins: Notify,
    busy: Cell<usize>,
}

impl Drain {
    pub(super) fn is_on(&self) -> bool {
        self.on.get()
    }

    /// Waits until the drain begins.
    pub(super) async fn begun(&self) {
        let begins = self.begins.notified();
        if !self.is_on() {
            begins.await;
        }
    }

    pub(super) fn idle_mark(&self) -> BusyMark<'_> {
        BusyMark {
            drain: self,
            busy: false,
        }
    }

    fn begin(&self) {
        self.on.set(true);
        self.begins.notify_waiters();
    }
}

/// One connection's part in the count of busy ones.
pub(super) struct BusyMark<'a> {
    drain: &'a Drain,
    busy: bool,
}

impl BusyMark<'_> {
    pub(super) fn set(&mut self, busy: bool) {
        if busy == self.busy {
            return;
        }
        self.busy = busy;
        let count = self.drain.busy.get();
        self.drain.busy.set(if busy {
            count.saturating_add(1)
        } else {
            count.saturating_sub(1)
        });
    }
}

impl Drop for BusyMark<'_> {
    fn drop(&mut self) {
        self.set(false);
    }
}

/// Accepts and serves until told to drain, then waits up to the given grace. Returns how many connections were cut
/// with a request in flight. A handle that is dropped instead of drained cuts at once.
pub(super) async fn run<S: Service>(
    socket: std::net::TcpListener,
    place: Workplace<S>,
    max_connections: u64,
    drain: oneshot::Receiver<Duration>,
) -> io::Result<usize> {
    let socket = TcpListener::from_std(socket)?;
    let place = Rc::new(place);
    let connections = TaskTracker::new();
    let grace = tokio::select! {
        grace = drain => grace.unwrap_or(Duration::ZERO),
        () = accept(&socket, &place, max_connections, &connections) => Duration::ZERO,
    };
    drop(socket);
    place.drain.begin();
    connections.close();
    let all_gone = timeout(grace, connections.wait()).await.is_ok();
    Ok(if all_gone { 0 } else { place.drain.busy.get() })
}

/// Accepts for ever; errors are waited out.
///
/// Past the cap, a new connection is taken and closed at once. To leave it waiting would be worse: each worker has its
/// own queue, which the kernel goes on filling, so clients and load balancers would hang where they can be told to go
/// elsewhere.
async fn accept<S: Service>(
    socket: &TcpListener,
    place: &Rc<Workplace<S>>,
    max_connections: u64,
    connections: &TaskTracker,
) {
    let stats = &place.reception.stats;
    let mut pause = PAUSES.0;
    loop {
        match socket.accept().await {
            Ok((tcp, peer)) => {
                pause = PAUSES.0;
                stats.accepted.add_one();
                match Seat::take(stats, max_connections) {
                    Some(seat) => drop(connections.spawn_local(seated(seat, tcp, peer, Rc::clone(place)))),
                    None => turn_away(&tcp, stats),
                }
            }
            // The client was gone before it was taken in.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                stats.accept_errors.add_one();
                tracing::error!(%error, "can't accept connections, trying again");
                sleep(pause).await;
                pause = pause.saturating_mul(2).min(PAUSES.1);
            }
        }
    }
}

/// A reset leaves no TIME_WAIT behind and is the plainest way to say no.
fn turn_away(tcp: &TcpStream, stats: &ListenerStats) {
    stats.refused_at_cap.add_one();
    let _ = tcp.set_zero_linger();
}

async fn seated<S: Service>(_seat: Seat, tcp: TcpStream, peer: SocketAddr, place: Rc<Workplace<S>>) {
    serve_connection(tcp, peer, place).await;
}

/// One of the `max_connections` places.
struct Seat(Arc<ListenerStats>);

impl Seat {
    fn take(stats: &Arc<ListenerStats>, most: u64) -> Option<Self> {
        stats.open.take_place(most).then(|| Self(Arc::clone(stats)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.open.leave_place();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::Arrival;
    use bytes::Bytes;
    use http_body_util::Empty;

    struct Nobody;

    impl Service for Nobody {
        type Body = Empty<Bytes>;

        async fn call(&self, _: Arrival) -> http::Response<Self::Body> {
            http::Response::default()
        }
    }

    /// The size of what a call of `task` makes, which is never called.
    fn room<A, B, C, D, F>(_task: impl FnOnce(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn rule_23_a_connection_that_waits_is_small() {
        // What serves a request is in a box of its own, which goes when the connection is parked.
        let bytes = room(seated::<Nobody>);
        assert!(bytes <= 1280, "{bytes} bytes");
    }
}
