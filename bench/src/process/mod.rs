//! The processes of a server: which cores they may use, and what they used.
//!
//! Linux alone: everything is read from `/proc` (proc(5)) and set with `sched_setaffinity(2)`.

mod cores;
mod files;
mod pin;
mod stat;
mod tree;

pub use cores::Cores;
pub use files::allow_open_files;
pub use pin::{on_cores, pin, pin_this_thread};
pub use tree::{Tree, Usage};

use std::io;

/// Why a process could not be read or pinned.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// There is no such process (any more).
    #[error("process {pid} is gone: {source}")]
    Gone {
        /// Its number.
        pid: u32,
        /// What the system says.
        source: io::Error,
    },
    /// A list of cores is not one.
    #[error("`{0}` names no cores: write numbers and ranges, such as 0,2-3")]
    NotCores(String),
    /// The machine does not have what was asked for.
    #[error("{wanted} cores were asked for, and {available} may be used here: ask for fewer, or widen the affinity")]
    TooFewCores {
        /// How many were asked for.
        wanted: usize,
        /// How many there are.
        available: usize,
    },
    /// The kernel refused.
    #[error("a thread can't be pinned to cores {cores}: {source}")]
    Affinity {
        /// Which cores.
        cores: Cores,
        /// What the system says.
        source: io::Error,
    },
    /// The program did not start.
    #[error("{program} can't be started: {source}")]
    Start {
        /// Its name.
        program: String,
        /// What the system says.
        source: io::Error,
    },
    /// The kernel refused to let this process open so many files.
    #[error("{wanted} files can't be open at once, {most} is the limit here: raise it with `ulimit -Hn`")]
    TooManyFiles {
        /// How many were asked for.
        wanted: u64,
        /// The hard limit.
        most: u64,
    },
}
