//! The load: requests made at a pace, timed to their last byte, and checked.
//!
//! A [`Plan`] says what is asked for, how often, over which connections, and what a right answer is; [`run()`] does it and
//! returns an [`Outcome`]. Each load core has a thread of its own with a current-thread runtime and its share of the connections:
//! nothing is shared on the way of a request. An open loop times from when a request was *due*, not from when a connection was
//! free for it, so that a server that stalls is not asked less often (no coordinated omission).

mod choose;
mod expect;
mod follow;
mod judge;
mod lane;
mod ledger;
mod link;
mod outcome;
mod plan;
mod request;
mod run;
mod schedule;
mod target;
mod timer;
#[cfg(test)]
pub(crate) mod tests;

pub use expect::{Content, Digest, Expect, Status};
pub use outcome::{Fault, Outcome, Snapshot};
pub use plan::{Ask, Follow, Pace, Part, Pick, Plan, Protocol, Turn, Waiting, Watch};
pub use target::{Scheme, Target, TargetError};

pub use run::run;

use crate::process::ProcessError;

/// Why no load could be made. What servers do wrong is no error: it is in the [`Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The plan makes no sense.
    #[error("this load can't be made: {0}")]
    Plan(&'static str),
    /// The address of the target.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The cores, or the server's processes.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// Threads or runtimes could not be made.
    #[error("the load's own threads can't be started: {0}")]
    Threads(#[from] std::io::Error),
    /// The histograms.
    #[error("latencies can't be counted: {0}")]
    Histogram(#[from] hdrhistogram::CreationError),
    /// The same, of several threads.
    #[error("latencies can't be added up: {0}")]
    Sum(#[from] hdrhistogram::AdditionError),
    /// TLS could not be set up.
    #[error("TLS can't be set up: {0}")]
    Tls(#[from] rustls::Error),
}
