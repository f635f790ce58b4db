//! The access log: one line a request, written when the answer is complete.
//!
//! Lines go through bounded buffers to a thread of their own (`line_sink.rs`). When whoever reads them is too slow,
//! lines are dropped and counted; a request never waits for its line (rules 23 and 28).

mod guard;
mod line;
mod raw_path;
#[cfg(test)]
mod tests;

pub use guard::{AccessGuard, Answer, LoggedBody};
pub use line::{AccessRecord, AccessRequest};
pub use raw_path::RawPath;

use super::Metrics;
use super::line_sink::{LineSink, SinkGuard};
use super::metrics::Handles;
use crate::clock::Clock;
use crate::config::{AccessLogConfig, LogConfig, LogFormat};
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;
use std::{fmt, io};

/// Where access lines go: one per process, whatever the configuration says on the way.
#[derive(Clone, Debug)]
pub struct AccessSink(Option<LineSink>);

impl AccessSink {
    /// Lines go to standard output.
    ///
    /// # Errors
    /// When the system gives no thread to write with.
    pub fn stdout() -> io::Result<(Self, SinkGuard)> {
        Self::to(std::io::stdout())
    }

    /// Lines go to `writer`.
    ///
    /// # Errors
    /// When the system gives no thread to write with.
    pub fn to(writer: impl Write + Send + 'static) -> io::Result<(Self, SinkGuard)> {
        let (sink, guard) = LineSink::to(writer, "evergate-access-log")?;
        Ok((Self(Some(sink)), guard))
    }

    /// Lines go nowhere.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }
}

/// The access log as one configuration wants it. Cloning is cheap.
#[derive(Clone)]
pub struct AccessLog(Arc<Handles<Writing>>);

/// What each request writes its line with.
#[derive(Clone)]
struct Writing {
    sink: Option<LineSink>,
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
            metrics.access_log_drops(sink.dropped());
        }
        Self(Arc::new(Handles::on(Writing {
            sink,
            format: config.format,
            clock,
            metrics,
        })))
    }

    /// Begins to follow a request whose head was complete at `started`; it is in flight until the guard is dropped.
    #[must_use]
    pub fn open(&self, request: AccessRequest, started: Instant) -> AccessGuard {
        AccessGuard::new(Arc::clone(self.0.mine()), request, started)
    }
}

impl Writing {
    /// Writes one line for a request that `ended` just now; `record` is given the time in milliseconds since the Unix epoch.
    fn write<'a>(&self, ended: Instant, record: impl FnOnce(u64) -> AccessRecord<'a>) {
        let Some(sink) = &self.sink else { return };
        let record = record(self.clock.unix_millis_at(ended));
        sink.line(|lines| record.write(self.format, lines));
    }
}

impl fmt::Debug for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writing").finish_non_exhaustive()
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLog")
            .field("format", &self.0.mine().format)
            .finish_non_exhaustive()
    }
}
