//! Connections, driven by hand: whoever makes a request holds its connection, without a pool in between.
//!
//! With HTTP/1.1 the task that waits for an answer also turns the connection over, so that no other task has to be woken for
//! it. With HTTP/2 many tasks share a connection, which is a task of its own.

mod connect;
mod h1;
mod h2;

pub(super) use connect::Connector;
pub(super) use h1::Single;
pub(super) use h2::Shared;

use super::judge::Judge;
use super::{Fault, Target};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

/// The request bodies: ready made.
pub(super) type Body = Full<Bytes>;

/// A way to the target: an HTTP/1.1 connection, or a part in an HTTP/2 connection. Opened when it is needed.
#[derive(Debug)]
pub(super) enum Link {
    Single(Box<Single>),
    Shared(Shared),
}

/// How the connection stands over which a request will be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was made for this request.
    New,
    /// It has carried others: the server may be closing it right now.
    Used,
}

impl Link {
    /// Sees to it that there is a connection. Call it before each request.
    pub(super) async fn ensure(&mut self, connector: &Connector, target: &Target) -> Result<Standing, Fault> {
        match self {
            Self::Single(link) => link.ensure(connector, target).await,
            Self::Shared(link) => link.ensure(connector, target).await,
        }
    }

    /// Sends a request and shows `judge` the answer, to its last byte. After an error the connection can't be used any more.
    pub(super) async fn exchange(&mut self, request: Request<Body>, judge: &mut Judge<'_>) -> Result<(), Fault> {
        match self {
            Self::Single(link) => link.exchange(request, judge).await,
            Self::Shared(link) => link.exchange(request, judge).await,
        }
    }

    /// Gives the connection up: the next request gets a new one.
    pub(super) fn give_up(&mut self) {
        match self {
            Self::Single(link) => link.close(),
            Self::Shared(link) => link.give_up(),
        }
    }
}

/// Reads an answer to its last byte.
async fn read(response: Response<Incoming>, judge: &mut Judge<'_>) -> Result<(), Fault> {
    let (head, mut body) = response.into_parts();
    judge.head(head);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|_| Fault::Broken)?.into_data() {
            judge.data(&data);
        }
    }
    Ok(())
}
