//! One connection to an origin, driven by whoever uses it.
//!
//! hyper gives a connection's two halves: the one that sends requests, and the one that does all the work when it is polled.
//! The latter usually gets a task of its own. Here it is polled by the request that it serves, and then by that one's body: so
//! a byte that arrives wakes one task and not two, and nothing is done for an answer that nobody reads.

use super::body::RequestBody;
use super::connect::Stream;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

/// The most that is read at once, and the most of a head.
const MOST_READ: usize = 64 * 1024;
/// The most fields of a head.
const MOST_FIELDS: usize = 128;

/// One connection.
pub(super) struct OriginConnection {
    origin: Box<str>,
    sender: SendRequest<RequestBody>,
    /// `None` once it has ended.
    driver: Option<Connection<Stream, RequestBody>>,
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
        let (sender, driver) = http1::Builder::new()
            .max_headers(MOST_FIELDS)
            .max_buf_size(MOST_READ)
            .handshake(stream)
            .await?;
        Ok(Self {
            origin: origin.into(),
            sender,
            driver: Some(driver),
        })
    }

    /// Sends `request` and returns with the head of the answer; the body behind it needs [`OriginConnection::drive`] to come.
    pub(super) async fn send(&mut self, request: Request<RequestBody>) -> Result<Response<Incoming>, Unanswered> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let driver = &mut self.driver;
        let answered = poll_fn(|context| {
            drive(driver, context);
            // With the waker, though only driving the connection brings an answer: when this task has had its share for now,
            // the answer says that it is not there yet.
            answer.as_mut().poll(context)
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
        drive(&mut self.driver, context);
    }

    /// Whether it can take a request: the one before was answered to the last byte, and the origin has not hung up.
    pub(super) fn is_free(&mut self) -> bool {
        self.driver.is_some() && self.sender.is_ready()
    }
}

fn drive(driver: &mut Option<Connection<Stream, RequestBody>>, context: &mut Context<'_>) {
    // A failure is told to the one who waits for the answer or the body; when it is gone, so is what is still queued.
    if let Some(connection) = driver
        && Pin::new(connection).poll(context).is_ready()
    {
        *driver = None;
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
            .field("ended", &self.driver.is_none())
            .finish_non_exhaustive()
    }
}
