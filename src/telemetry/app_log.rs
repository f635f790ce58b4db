//! The log of what the program itself does: tracing events to standard error, secrets taken out of every line.

use super::access_log::SinkGuard;
use super::redact::redact;
use super::{Metrics, access_log};
use crate::config::LogFormat;
use std::io::{self, IsTerminal as _, Write};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What is logged unless `EVERGATE_LOG` says otherwise.
pub const DEFAULT_FILTER: &str = "info";
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

/// Sends tracing events to standard error, in colour only on a terminal. `filter` is `EVERGATE_LOG`, or `None` for
/// [`DEFAULT_FILTER`]. Keep the guard until the program ends.
///
/// # Errors
/// When the filter makes no sense, or at a second call.
pub fn install_app_log(format: LogFormat, filter: Option<&str>, metrics: &Metrics) -> Result<SinkGuard, LogError> {
    let filter = EnvFilter::try_new(filter.unwrap_or(DEFAULT_FILTER))?;
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(LINES_LIMIT)
        .thread_name("evergate-log")
        .finish(io::stderr());
    metrics.app_log_drops(writer.error_counter());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Redacting(writer))
        .with_ansi(io::stderr().is_terminal());
    match format {
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
        LogFormat::Plain => builder.finish().try_init(),
    }
    .map_err(|_| LogError::Twice)?;
    Ok(access_log::SinkGuard::of(guard))
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
    fn no_event_carries_a_signature_out() {
        for json in [true, false] {
            let memory = Memory::default();
            let kept = memory.clone();
            let builder = tracing_subscriber::fmt().with_writer(move || Redacting(memory.clone()));
            let emit = || {
                tracing::error!(
                    url = "http://o/k?X-Amz-Signature=CANARY&x-amz-security-token=CANARY",
                    "origin says \"Signature: CANARY\""
                );
                tracing::error!("{:?}", "quoted ?Signature=CANARY\"");
            };
            if json {
                tracing::subscriber::with_default(builder.json().finish(), emit);
            } else {
                tracing::subscriber::with_default(builder.with_ansi(true).finish(), emit);
            }
            let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
            assert!(text.contains("[redacted]") && !text.contains("CANARY"), "{text}");
        }
    }

    #[test]
    fn a_bad_filter_is_named() {
        let metrics = Metrics::new(crate::clock::Clock::system()).unwrap();
        let error = install_app_log(LogFormat::Plain, Some("evergate=loud"), &metrics).unwrap_err();
        assert!(error.to_string().starts_with("EVERGATE_LOG: "), "{error}");
    }
}
