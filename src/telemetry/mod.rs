//! What operators see: metrics, events, the access log, the application log.
//!
//! Imports everything up to `config/`. Other rooms count and tell through typed handles; no room but this one knows
//! a metric's name or a log line's shape. Nothing secret passes (`redact.rs`), nothing here makes a request wait
//! or fail (rule 28), and no client can add a label (rule 23).

mod access_log;
mod app_log;
mod audit;
mod events;
mod line_sink;
mod metrics;
mod outcome;
mod redact;
mod text;

pub use access_log::{AccessGuard, AccessLog, AccessRecord, AccessRequest, AccessSink, Answer, LoggedBody, RawPath};
pub use app_log::{Colour, DEFAULT_FILTER, LogError, install_app_log};
pub use events::{Events, EventsTaken, LinkRefreshed, LinksRenewed, Purged};
pub use line_sink::SinkGuard;
pub use metrics::{
    AppReading, BucketMetrics, CONTENT_TYPE, CacheReading, Cells, CredentialReading, DiskReading, LinkAges,
    ListenerReading, Metrics, ObjectCacheMetrics, ObjectCacheReading, OriginReading, PlaceReading, RouteMetrics,
    UnderWay,
};
pub use outcome::{
    ApiName, ApiResult, BreakerState, CacheResult, DenialReason, DiskState, Door, EventResult, EvictionCause,
    ForgetCause, ForgetScope, LinkResult, NotKept, ObjectResult, OriginErrorKind, Outcome, ResumeResult, RetryReason,
    StaleReason,
};
pub use redact::redact;

use crate::clock::Clock;
use crate::config::LogConfig;

/// All of telemetry in one handle; one per process, clones share it.
#[derive(Clone, Debug)]
pub struct Telemetry {
    clock: Clock,
    metrics: Metrics,
    events: Events,
    sink: AccessSink,
}

impl Telemetry {
    /// Makes the metrics, all at zero; access lines will go to `sink`.
    ///
    /// # Errors
    /// When two metric definitions clash, which a test rules out.
    pub fn new(clock: Clock, sink: AccessSink) -> Result<Self, prometheus::Error> {
        let metrics = Metrics::new(clock.clone())?;
        let events = Events::new(clock.clone(), metrics.clone());
        Ok(Self {
            clock,
            metrics,
            events,
            sink,
        })
    }

    /// The metrics.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The events.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// The access log as `config` wants it; made anew at each reload.
    #[must_use]
    pub fn access_log(&self, config: LogConfig) -> AccessLog {
        AccessLog::new(&self.sink, config, self.clock.clone(), self.metrics.clone())
    }
}
