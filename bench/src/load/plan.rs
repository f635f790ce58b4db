//! The plan of a load: pure data, made by `run` from its options and by `compare` from a scenario.

use super::{Expect, LoadError, Target};
use crate::process::{Cores, Tree};
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

/// A load: whom it is for, what is asked, how, how fast, how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The server.
    pub target: Target,
    /// HTTP/1.1 or HTTP/2.
    pub protocol: Protocol,
    /// How many connections are held.
    pub connections: usize,
    /// As fast as the server answers, or at a fixed rate.
    pub pace: Pace,
    /// What is asked for, by weight.
    pub mix: Vec<Part>,
    /// After so many requests a connection is closed and a new one is made. `None`: never, unless the server wants it.
    pub requests_per_connection: Option<u64>,
    /// What is done about redirects.
    pub follow: Follow,
    /// How long the load lasts before it is measured.
    pub warm_up: Duration,
    /// How long it is measured.
    pub duration: Duration,
    /// The load ends early when so many requests were measured.
    pub most_requests: Option<u64>,
    /// How long a request may take, connecting and body included. One that takes longer has failed.
    pub timeout: Duration,
    /// What chance is made from: the same seed makes the same requests.
    pub seed: u64,
    /// The cores that the load's threads are pinned to, one thread each. `None`: a thread for each core there is, pinned to none.
    pub cores: Option<Cores>,
    /// What the load's threads do while no answer is there.
    pub waiting: Waiting,
    /// The server's processes, when they are on this machine: what they use while it is measured is read.
    pub server: Option<Watch>,
}

impl Plan {
    /// Makes a plan with the usual values: HTTP/1.1, closed loop, 64 connections, no churn, redirects not followed, 1 s warm-up,
    /// 5 s measured, 10 s to answer, pinned to no core, asleep while it waits, no server watched.
    #[must_use]
    pub fn new(target: Target, mix: Vec<Part>) -> Self {
        Self {
            target,
            protocol: Protocol::Http1,
            connections: 64,
            pace: Pace::Closed,
            mix,
            requests_per_connection: None,
            follow: Follow::Never,
            warm_up: Duration::from_secs(1),
            duration: Duration::from_secs(5),
            most_requests: None,
            timeout: Duration::from_secs(10),
            seed: 1,
            cores: None,
            waiting: Waiting::Asleep,
            server: None,
        }
    }

    /// Returns the load in words: `closed, 64 connections, HTTP/1.1`.
    #[must_use]
    pub fn describe(&self) -> String {
        let pace = match self.pace {
            Pace::Closed => "closed".to_owned(),
            Pace::Open { rate } => format!("open, {rate} requests a second"),
        };
        let protocol = match self.protocol {
            Protocol::Http1 => "HTTP/1.1".to_owned(),
            Protocol::Http2 { streams } => format!("HTTP/2, {streams} streams each"),
        };
        let churn = match self.requests_per_connection {
            None => String::new(),
            Some(requests) => format!(", {requests} requests a connection"),
        };
        format!("{pace}, {} connections, {protocol}{churn}", self.connections)
    }

    pub(super) fn check(&self) -> Result<(), LoadError> {
        let wrong = |reason| Err(LoadError::Plan(reason));
        if self.connections == 0 {
            return wrong("it needs at least one connection");
        }
        if self.requests_per_connection == Some(0) {
            return wrong("a connection has to carry at least one request");
        }
        if self.duration.is_zero() || self.timeout.is_zero() {
            return wrong("it needs a duration and a time to answer above zero");
        }
        if matches!(self.pace, Pace::Open { rate } if !(rate.is_finite() && rate > 0.0 && rate <= 10_000_000.0)) {
            return wrong("the rate has to be above 0 and at most 10,000,000 a second");
        }
        let fine = |share: f64| share.is_finite() && share >= 0.0;
        if !self.mix.iter().all(|part| fine(part.share)) || self.mix.iter().map(|part| part.share).sum::<f64>() <= 0.0 {
            return wrong("the mix needs shares of 0 or more, and one above 0");
        }
        if self.mix.iter().any(|part| part.asks.is_empty()) {
            return wrong("a part of the mix has nothing to ask for");
        }
        let zipf = |pick| matches!(pick, Pick::Zipf { exponent } if !fine(exponent));
        if self.mix.iter().any(|part| zipf(part.pick)) {
            return wrong("a zipf exponent has to be 0 or more");
        }
        Ok(())
    }
}

/// How connections are spoken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// One request at a time, connections kept alive.
    Http1,
    /// So many at once on each connection; in the clear with prior knowledge.
    Http2 {
        /// Streams that are open at once.
        streams: NonZeroUsize,
    },
}

/// What the threads of a load do while they wait for answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// They sleep, as programs do that have their cores in common with others.
    Asleep,
    /// They look again and again, which takes their cores whole. Over loopback, a server that answers somebody asleep is charged
    /// by its kernel for waking them: the slower it is, the more often. Over a network nobody pays that.
    Awake,
}

/// How fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// Each connection (or stream) asks again as soon as it was answered: how much a server can do.
    Closed,
    /// At a fixed rate, whatever the server does: how long people wait. Latency counts from when a request was due.
    Open {
        /// Requests a second, over all connections.
        rate: f64,
    },
}

/// One part of a mix.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its weight beside the others'.
    pub share: f64,
    /// What may be asked for, the most popular first.
    pub asks: Arc<[Ask]>,
    /// Which of them is next.
    pub pick: Pick,
    /// What is made of it.
    pub turn: Turn,
}

impl Part {
    /// Makes the only part of a mix, asked as it is.
    #[must_use]
    pub fn all(asks: impl Into<Arc<[Ask]>>, pick: Pick) -> Self {
        Self {
            share: 1.0,
            asks: asks.into(),
            pick,
            turn: Turn::AsIs,
        }
    }
}

/// Which of the asks is next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pick {
    /// The n-th is asked for in proportion to 1/n^exponent: a few are asked for often, most rarely. 0: all alike.
    Zipf {
        /// 1 is what Zipf found in words; caches see 0.6 to 1.1.
        exponent: f64,
    },
    /// One after the other over all connections, and from the start again: what was asked for before is asked for last.
    InOrder,
}

/// What is made of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is sent as it is.
    AsIs,
    /// It asks for a single range at random of the length that the content has (known, or seen before).
    Range,
    /// It names the ETag that was seen before in `If-None-Match`; the first time it is sent as it is.
    Conditional,
}

/// One request, ready made, and what a right answer is.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The method.
    pub method: Method,
    /// Path and query, sent byte for byte.
    pub path: PathAndQuery,
    /// Headers beside `Host`, which is the target's unless it is given here.
    pub headers: HeaderMap,
    /// The body, with a `Content-Length` when it is not empty.
    pub body: Bytes,
    /// What a right answer is.
    pub expect: Expect,
}

impl Ask {
    /// Makes a GET without headers of its own.
    #[must_use]
    pub fn get(path: PathAndQuery, expect: Expect) -> Self {
        Self {
            method: Method::GET,
            path,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            expect,
        }
    }
}

/// What is done about redirects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// They are answers like others.
    Never,
    /// What `Location` names is fetched over connections of its own, and the content is checked there. Latency counts to its
    /// last byte. At most five in a row.
    Always,
}

/// A server on this machine, to be watched.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// Its processes.
    pub tree: Tree,
    /// How many cores it may use.
    pub cores: usize,
}
