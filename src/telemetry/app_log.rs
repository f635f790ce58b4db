//! The log of what the program itself does: tracing events to standard error, secrets taken out of every line.

use super::access_log::SinkGuard;
use super::redact::redact;
use super::{Metrics, access_log};
use crate::config::LogFormat;
use std::io::{self, IsTerminal as _, Write};
use tracing::{Level, Metadata, Subscriber};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder};
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
/// The most lines that wait for the writing thread.
const LINES_LIMIT: usize = 1_024;

/// Why the log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not in tracing's syntax.
    #[error("EVERGATE_LOG: {0}; write a level such as info, or evergate=debug,info")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
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
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(LINES_LIMIT)
        .thread_name("evergate-log")
        .finish(io::stderr());
    metrics.app_log_drops(writer.error_counter());
    subscriber(
        format,
        filter,
        Redacting(writer),
        colour.wanted(io::stderr().is_terminal()),
    )
    .try_init()
    .map_err(|_| LogError::Twice)?;
    Ok(access_log::SinkGuard::of(guard))
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
#[derive(Clone)]
struct Redacting<W>(W);

impl<W: Write> Write for Redacting<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(redact(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<'a> MakeWriter<'a> for Redacting<NonBlocking> {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

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
            let kept = memory.clone();
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
            let subscriber = subscriber(format, filter, move || Redacting(memory.clone()), true);
            tracing::subscriber::with_default(subscriber, emit);
            let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
            assert!(text.contains("[redacted]") && !text.contains("CANARY"), "{text}");
        }
    }

    #[test]
    fn a_bad_filter_is_named() {
        let metrics = Metrics::new(crate::clock::Clock::system()).unwrap();
        let error = install_app_log(LogFormat::Plain, "evergate=loud", Colour::Allowed, &metrics).unwrap_err();
        assert!(error.to_string().starts_with("EVERGATE_LOG: "), "{error}");
    }
}
