//! The bodies of one exchange with an origin.

use super::connection::OriginConnection;
use super::pool::Pool;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// What is sent along.
pub(super) type RequestBody = UnsyncBoxBody<Bytes, Box<dyn Error + Send + Sync>>;

/// No body; takes no memory.
pub(super) fn empty() -> RequestBody {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// What comes back. Dropping it closes the connection, unless all of it came.
#[derive(Debug)]
pub(super) struct ResponseBody(Source);

enum Source {
    Arriving { incoming: Incoming, borrowed: Borrowed },
    Read(Bytes),
}

/// A connection that goes back where it came from.
pub(super) struct Borrowed {
    connection: Option<Box<OriginConnection>>,
    pool: Arc<Pool>,
}

impl Borrowed {
    pub(super) fn new(connection: Box<OriginConnection>, pool: Arc<Pool>) -> Self {
        Self {
            connection: Some(connection),
            pool,
        }
    }

    fn give_back(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.put(connection);
        }
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl ResponseBody {
    pub(super) fn new(incoming: Incoming, borrowed: Borrowed) -> Self {
        Self(Source::Arriving { incoming, borrowed })
    }

    /// Whether all of it has come from the origin: then its connection waits for another request.
    pub(super) fn has_come(&mut self) -> bool {
        match &mut self.0 {
            Source::Read(_) => true,
            Source::Arriving { borrowed, .. } => borrowed.connection.as_mut().is_some_and(|it| it.is_free()),
        }
    }
}

impl Borrowed {
    /// Takes out of `incoming` what the connection has brought.
    fn take_out(&self, incoming: &mut Incoming) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &self.connection {
            Some(connection) => connection.take_out(|context| Pin::new(incoming).poll_frame(context)),
            None => Poll::Ready(None),
        }
    }
}

impl From<Bytes> for ResponseBody {
    fn from(bytes: Bytes) -> Self {
        Self(Source::Read(bytes))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.0 {
            Source::Read(bytes) => {
                let data = std::mem::take(bytes);
                Poll::Ready((!data.is_empty()).then(|| Ok(Frame::data(data))))
            }
            Source::Arriving { incoming, borrowed } => {
                let mut frame = borrowed.take_out(incoming);
                if frame.is_pending()
                    && let Some(connection) = &mut borrowed.connection
                {
                    connection.drive(context);
                    frame = borrowed.take_out(incoming);
                }
                if let Poll::Ready(None) = frame {
                    borrowed.give_back();
                }
                frame
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::Read(bytes) => bytes.is_empty(),
            Source::Arriving { incoming, .. } => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Read(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Source::Arriving { incoming, .. } => incoming.size_hint(),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arriving { .. } => "Arriving",
            Self::Read(_) => "Read",
        })
    }
}
