//! The access log: one line a request, written when the answer is complete.
//!
//! Lines go through a bounded buffer to a thread of their own. When whoever reads them is too slow, lines are
//! dropped and counted; a request never waits for its line (rules 23 and 28).

mod guard;
mod line;
mod raw_path;
mod text;
#[cfg(test)]
mod tests;

pub use guard::{AccessGuard, Answer, LoggedBody};
pub use line::{AccessRecord, AccessRequest};
pub use raw_path::RawPath;

use super::Metrics;
use crate::clock::Clock;
use crate::config::{AccessLogConfig, LogConfig, LogFormat};
use std::cell::RefCell;
use std::fmt;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::time::Instant;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};

/// The most lines that wait for the writing thread: at most 24 MiB, usually 2.
const LINES_LIMIT: usize = 4_096;
/// What is gathered before a write to the system, when lines come thick.
const WRITE_BYTES: usize = 64 * 1_024;

/// Where access lines go: one per process, whatever the configuration says on the way.
#[derive(Clone, Debug)]
pub struct AccessSink(Option<NonBlocking>);

/// Writes out what is buffered when dropped; keep it until the program ends.
#[derive(Debug)]
#[must_use = "lines are lost when the guard is dropped early"]
pub struct SinkGuard(#[allow(dead_code, reason = "held for its Drop")] Vec<WorkerGuard>);

impl SinkGuard {
    /// A guard of several sinks in one.
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub(super) fn of(guard: WorkerGuard) -> Self {
        Self(vec![guard])
    }
}

impl AccessSink {
    /// Lines go to standard output.
    pub fn stdout() -> (Self, SinkGuard) {
        Self::to(std::io::stdout())
    }

    /// Lines go to `writer`.
    pub fn to(writer: impl Write + Send + 'static) -> (Self, SinkGuard) {
        let (writer, guard) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(LINES_LIMIT)
            .thread_name("evergate-access-log")
            .finish(BufWriter::with_capacity(WRITE_BYTES, writer));
        (Self(Some(writer)), SinkGuard::of(guard))
    }

    /// Lines go nowhere.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }
}

/// The access log as one configuration wants it. Cloning is cheap.
#[derive(Clone)]
pub struct AccessLog(Arc<Inner>);

struct Inner {
    sink: Option<NonBlocking>,
    format: LogFormat,
    clock: Clock,
    metrics: Metrics,
}

impl AccessLog {
    pub(super) fn new(sink: &AccessSink, config: LogConfig, clock: Clock, metrics: Metrics) -> Self {
        let sink = match config.access {
            AccessLogConfig::On => sink.0.clone(),
            AccessLogConfig::Off => None,
        };
        if let Some(sink) = &sink {
            metrics.access_log_drops(sink.error_counter());
        }
        Self(Arc::new(Inner {
            sink,
            format: config.format,
            clock,
            metrics,
        }))
    }

    /// Begins to follow a request whose head was complete at `started`; it is in flight until the guard is dropped.
    #[must_use]
    pub fn open(&self, request: AccessRequest, started: Instant) -> AccessGuard {
        AccessGuard::new(self.clone(), request, started)
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Writes one line; `record` is given the time in milliseconds since the Unix epoch.
    fn write<'a>(&self, record: impl FnOnce(u64) -> AccessRecord<'a>) {
        // One buffer a thread: a line costs one allocation, the copy that the writing thread gets.
        thread_local!(static LINE: RefCell<String> = const { RefCell::new(String::new()) });
        let Some(sink) = &self.0.sink else { return };
        LINE.with_borrow_mut(|line| {
            line.clear();
            record(self.0.clock.now_unix_millis()).write(self.0.format, line);
            // A full buffer drops the line and counts it; it is not an error here.
            let _ = sink.clone().write_all(line.as_bytes());
        });
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLog")
            .field("format", &self.0.format)
            .finish_non_exhaustive()
    }
}
