//! One connection to an origin, driven by whoever uses it.
//!
//! hyper gives a connection's two halves: the one that sends requests, and the one that does all the work when it is polled.
//! The latter usually gets a task of its own. Here it is polled by the request that it serves, and then by that one's body: so
//! a byte that arrives wakes one task and not two, and nothing is done for an answer that nobody reads.

use super::bell::Bell;
use super::body::RequestBody;
use super::connect::Stream;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::task::unconstrained;

/// The most that is read at once, and the most of a head. A head has at most 100 fields, which hyper has room for without
/// asking for memory.
const MOST_READ: usize = 48 * 1024;

/// One connection.
pub(super) struct OriginConnection {
    origin: Box<str>,
    sender: SendRequest<RequestBody>,
    driver: Driver,
}

/// The half that does the work.
struct Driver {
    /// `None` once it has ended.
    connection: Option<Connection<Stream, RequestBody>>,
    bell: Arc<Bell>,
    /// The bell's.
    waker: Waker,
}

/// Why a request has no answer.
pub(super) enum Unanswered {
    /// Nothing of it was sent.
    Unsent(hyper::Error, Box<Request<RequestBody>>),
    /// It was, or may have been.
    Failed(hyper::Error),
}

impl OriginConnection {
    /// Speaks HTTP over `stream`, which leads to `origin`.
    pub(super) async fn new(origin: &str, stream: Stream) -> Result<Self, hyper::Error> {
        let (sender, connection) = http1::Builder::new().max_buf_size(MOST_READ).handshake(stream).await?;
        let bell = Arc::new(Bell::default());
        Ok(Self {
            origin: origin.into(),
            sender,
            driver: Driver {
                connection: Some(connection),
                waker: Waker::from(Arc::clone(&bell)),
                bell,
            },
        })
    }

    /// Sends `request` and returns with the head of the answer; the body behind it needs [`OriginConnection::drive`] to come.
    pub(super) async fn send(&mut self, request: Request<RequestBody>) -> Result<Response<Incoming>, Unanswered> {
        // Whatever this task has had of its share: only the connection knows when there is more for it to do, and wakes it.
        let mut answer = pin!(unconstrained(self.sender.try_send_request(request)));
        let driver = &mut self.driver;
        let answered = poll_fn(|context| {
            driver.drive(context);
            answer.as_mut().poll(&mut quietly())
        });
        answered.await.map_err(|mut error| match error.take_message() {
            Some(request) => Unanswered::Unsent(error.into_error(), Box::new(request)),
            None => Unanswered::Failed(error.into_error()),
        })
    }

    /// Where it leads: scheme, host and port.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Lets the connection do what it can do now.
    pub(super) fn drive(&mut self, context: &mut Context<'_>) {
        self.driver.drive(context);
    }

    /// Takes out with `poll` what the connection has brought.
    pub(super) fn take_out<T>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        self.driver.bell.muffled(|| poll(&mut quietly()))
    }

    /// Nobody uses it for now: what it rings for concerns no task, the next one's request included.
    pub(super) fn rest(&mut self) {
        self.driver.bell.rings_for_nobody();
    }

    /// Whether it can take a request: the one before was answered to the last byte, and the origin has not hung up.
    pub(super) fn is_free(&mut self) -> bool {
        self.driver.connection.is_some() && self.sender.is_ready()
    }
}

impl Driver {
    fn drive(&mut self, context: &mut Context<'_>) {
        self.bell.rings_for(context.waker());
        // A failure is told to the one who waits for the answer or the body; when it is gone, so is what is still queued.
        if let Some(connection) = &mut self.connection
            && Pin::new(connection)
                .poll(&mut Context::from_waker(&self.waker))
                .is_ready()
        {
            self.connection = None;
        }
    }
}

/// For what is polled right after the connection, which has woken whoever there is to wake.
pub(super) fn quietly() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

impl fmt::Debug for OriginConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OriginConnection")
            .field("origin", &self.origin)
            .field("ended", &self.driver.connection.is_none())
            .finish_non_exhaustive()
    }
}
