//! The log of what the program itself does: tracing events to standard error, secrets taken out of every line.

use super::events::TARGET;
use super::line_sink::{LineSink, SinkGuard};
use super::redact::redact;
use super::{Metrics, audit};
use crate::config::LogFormat;
use std::io::{self, IsTerminal as _, Write};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// What is logged unless `EVERGATE_LOG` says otherwise.
pub const DEFAULT_FILTER: &str = "info";
/// Crates whose debug lines hold canonical requests, whole answers of credential endpoints or header blocks: never
/// below info, whatever the filter says (rule 9).
const TALKATIVE: [&str; 3] = ["aws_", "s3s", "h2"];

/// Why the log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not in tracing's syntax.
    #[error("EVERGATE_LOG: {0}; write a level such as info, or evergate=debug,info")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// There is no thread to write with.
    #[error("the system gives no thread for the log: {0}")]
    System(#[from] io::Error),
    /// The program has a log already.
    #[error("the log is set up already")]
    Twice,
}

/// Whether a terminal is written to in colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Nobody is against it.
    Allowed,
    /// `NO_COLOR` is set (<https://no-color.org>), or the terminal knows no colours (`TERM=dumb`).
    Unwanted,
}

impl Colour {
    /// Takes what the variables `NO_COLOR` and `TERM` hold, if they hold anything.
    #[must_use]
    pub fn from_variables(no_color: Option<&str>, term: Option<&str>) -> Self {
        if no_color.is_some() || term == Some("dumb") {
            Self::Unwanted
        } else {
            Self::Allowed
        }
    }

    fn wanted(self, terminal: bool) -> bool {
        terminal && self == Self::Allowed
    }
}

/// Sends tracing events to standard error, in colour only on a terminal and where `colour` allows it. `filter` is
/// `EVERGATE_LOG`, or [`DEFAULT_FILTER`]. Keep the guard until the program ends.
///
/// # Errors
/// When the filter makes no sense, or at a second call.
pub fn install_app_log(
    format: LogFormat,
    filter: &str,
    colour: Colour,
    metrics: &Metrics,
) -> Result<SinkGuard, LogError> {
    let filter = EnvFilter::try_new(filter)?;
    let (sink, guard) = LineSink::to(io::stderr(), "evergate-log")?;
    metrics.app_log_drops(sink.dropped());
    subscriber(
        format,
        filter,
        Redacting(sink.clone()),
        colour.wanted(io::stderr().is_terminal()),
    )
    .try_init()
    .map_err(|_| LogError::Twice)?;
    // The filter stays what it is, so that one look is enough.
    let is_audited = tracing::enabled!(target: TARGET, Level::INFO, client, bucket, rule, age_seconds, id, path);
    if format == LogFormat::Json && is_audited {
        audit::write_to(&sink);
    }
    Ok(guard)
}

fn subscriber<W>(format: LogFormat, filter: EnvFilter, writer: W, ansi: bool) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(ansi);
    let layer = match format {
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
        LogFormat::Plain => layer.boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(filter.and(filter_fn(is_discreet))))
}

fn is_discreet(event: &Metadata<'_>) -> bool {
    *event.level() <= Level::INFO || !TALKATIVE.iter().any(|name| event.target().starts_with(name))
}

/// Makes writers that redact; tracing-subscriber hands each event over in one piece.
struct Redacting(LineSink);

impl Write for &Redacting {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let clean = redact(&text);
        self.0.line(|lines| lines.push_str(&clean));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Redacting {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::{Events, LinkRefreshed};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn colour_is_for_terminals_that_want_it() {
        let colour = Colour::from_variables;
        assert!(colour(None, Some("xterm")).wanted(true) && colour(None, None).wanted(true));
        assert!(!colour(None, Some("xterm")).wanted(false));
        assert!(!colour(Some("1"), Some("xterm")).wanted(true));
        assert!(!colour(None, Some("dumb")).wanted(true));
    }

    #[test]
    fn no_event_carries_a_signature_out() {
        for format in [LogFormat::Json, LogFormat::Plain] {
            let memory = Memory::default();
            let (sink, guard) = LineSink::to(memory.clone(), "test").unwrap();
            let emit = || {
                tracing::error!(
                    url = "http://o/k?X-Amz-Signature=CANARY&x-amz-security-token=CANARY",
                    "origin says \"Signature: CANARY\""
                );
                tracing::error!("{:?}", "quoted ?Signature=CANARY\"");
                tracing::trace!(target: "aws_sigv4::http_request", "a canonical request, CANARY");
                tracing::debug!(target: "aws_smithy_runtime", "<SecretAccessKey>CANARY</SecretAccessKey>");
            };
            let filter = EnvFilter::new("trace,aws_sigv4::http_request=trace");
            let subscriber = subscriber(format, filter, Redacting(sink), true);
            tracing::subscriber::with_default(subscriber, emit);
            drop(guard);
            let text = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
            assert!(text.contains("[redacted]") && !text.contains("CANARY"), "{text}");
        }
    }

    #[test]
    fn rule_13_an_audit_line_is_what_tracing_would_write() {
        let (clock, _) = crate::clock::Clock::manual(crate::clock::Timestamp::from_unix(1_763_836_496));
        let events = Events::new(clock.clone(), Metrics::new(clock.clone()).unwrap());
        let hostile = "/ü/\"\\\u{1}\n\u{7f}/k%3FX-Amz-Signature%3DCANARY%26x=token=\"CANARY\"";
        for (client, path) in [
            ("librechat", "/files/images/u42.png"),
            ("a \"b\" c\\ password: CANARY", hostile),
        ] {
            let honoured = LinkRefreshed {
                client,
                bucket: "files",
                rule: "images/",
                age: Duration::from_hours(26_280),
            };
            let memory = Memory::default();
            let (sink, guard) = LineSink::to(memory.clone(), "test").unwrap();
            let subscriber = subscriber(LogFormat::Json, EnvFilter::new("info"), Redacting(sink), false);
            tracing::subscriber::with_default(subscriber, || events.link_refreshed(&honoured, 0xabc, path));
            drop(guard);
            let traced = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
            let mut written = String::new();
            audit::write(&mut written, clock.now_unix_micros(), &honoured, 0xabc, path);
            let behind_time = |line: &str| line.split_once("Z\",").unwrap().1.to_owned();
            assert_eq!(behind_time(&written), behind_time(&traced));
            assert!(
                written.starts_with("{\"timestamp\":\"2025-11-22T18:34:56.000000Z\",") && !written.contains("CANARY")
            );
        }
    }

    #[test]
    fn a_bad_filter_is_named() {
        let metrics = Metrics::new(crate::clock::Clock::system()).unwrap();
        let error = install_app_log(LogFormat::Plain, "evergate=loud", Colour::Allowed, &metrics).unwrap_err();
        assert!(error.to_string().starts_with("EVERGATE_LOG: "), "{error}");
    }
}
