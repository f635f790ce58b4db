//! A bar that says how a load goes: rate, latencies and faults, live. Quiet when standard error is no terminal.

use crate::load::Snapshot;
use indicatif::{ProgressBar, ProgressStyle};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is shown, whether it grows or not.
const BAR: &str = "{prefix} {bar:30} {msg}";

/// Shows one load.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    stop: Option<Arc<AtomicBool>>,
}

impl Progress {
    /// Begins a bar for a load that is called `name`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        // On standard error; hidden when that is no terminal.
        let bar = ProgressBar::new(1_000);
        // The template is a constant that the tests read.
        if let Ok(style) = ProgressStyle::with_template(BAR) {
            bar.set_style(style.progress_chars("━╸ "));
        }
        bar.set_prefix(name.to_owned());
        Self { bar, stop: None }
    }

    /// The same, ending the load as soon as `stop` is set: by a signal, as a rule.
    #[must_use]
    pub fn until(name: &str, stop: Arc<AtomicBool>) -> Self {
        Self {
            stop: Some(stop),
            ..Self::new(name)
        }
    }

    /// Shows how it goes. Made to be called by [`load::run`](crate::load::run); returns whether the load goes on.
    pub fn show(&mut self, snapshot: &Snapshot) -> ControlFlow<()> {
        self.bar.set_position(thousandths(snapshot));
        self.bar.set_message(line(snapshot));
        match &self.stop {
            Some(stop) if stop.load(Ordering::Relaxed) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// How much of the load is over.
fn thousandths(snapshot: &Snapshot) -> u64 {
    let total = snapshot.total.as_millis().max(1);
    let passed = snapshot.elapsed.as_millis().saturating_mul(1_000) / total;
    u64::try_from(passed).unwrap_or(u64::MAX).min(1_000)
}

fn line(snapshot: &Snapshot) -> String {
    let latency = &snapshot.latency;
    let mut line = format!(
        "{:.0}/s  {:.1} MB/s  p50 {}  p99 {}  p99.9 {}",
        snapshot.rate,
        snapshot.bytes_per_second / 1e6,
        time(latency.p50),
        time(latency.p99),
        time(latency.p999),
    );
    if snapshot.warming_up {
        line.push_str("  warming up");
    }
    if snapshot.faults > 0 {
        line = format!("{line}  {} FAILED", snapshot.faults);
    }
    line
}

/// Writes microseconds with three digits or more: `820 µs`, `12.3 ms`, `1.50 s`.
#[expect(clippy::cast_precision_loss, reason = "shown to people")]
pub(crate) fn time(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.1} ms", micros as f64 / 1e3),
        _ => format!("{:.2} s", micros as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::Latency;
    use std::time::Duration;

    fn snapshot(faults: u64) -> Snapshot {
        Snapshot {
            elapsed: Duration::from_secs(3),
            total: Duration::from_secs(12),
            warming_up: false,
            rate: 81_234.5,
            bytes_per_second: 2_500_000.0,
            faults,
            latency: Latency {
                p50: 820,
                p90: 900,
                p99: 12_340,
                p999: 1_500_000,
                max: 2_000_000,
            },
        }
    }

    #[test]
    fn a_line_says_how_it_goes() {
        assert_eq!(
            line(&snapshot(0)),
            "81234/s  2.5 MB/s  p50 820 µs  p99 12.3 ms  p99.9 1.50 s"
        );
        assert!(line(&snapshot(3)).ends_with("  3 FAILED"));
        assert_eq!(thousandths(&snapshot(0)), 250);
    }

    #[test]
    fn the_template_is_one_and_the_load_ends_when_it_is_told_to() {
        assert!(ProgressStyle::with_template(BAR).is_ok());
        let stop = Arc::new(AtomicBool::new(false));
        let mut progress = Progress::until("x", Arc::clone(&stop));
        assert!(progress.show(&snapshot(0)).is_continue());
        stop.store(true, Ordering::Relaxed);
        assert!(progress.show(&snapshot(0)).is_break());
        progress.end();
    }
}
