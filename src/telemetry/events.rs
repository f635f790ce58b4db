//! What happens to the program beside its requests: one function an event, each a log line and what it counts.
//!
//! The rooms for credentials and TLS tell their own events; the metrics page reads what they count.

mod api;

pub use api::{EventsTaken, LinksRenewed, Purged};

use super::metrics::{Attempt, COMMIT, Metrics, VERSION};
use super::{BucketMetrics, OriginErrorKind, audit, redact};
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What stands before each line; operators need not know which file it comes from.
pub(super) const TARGET: &str = "evergate";
/// The least time between two lines of an event that every request could raise.
const QUIET: Duration = Duration::from_secs(1);

/// How much of each a configuration has: buckets, routes, clients, refresh rules.
fn counts(config: &Config) -> [usize; 4] {
    [
        config.buckets.len(),
        config.routes.len(),
        config.clients.len(),
        config.refresh.len(),
    ]
}

/// Says what happens. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Events {
    clock: Clock,
    metrics: Metrics,
    origin_line: Arc<Seldom>,
    slowed_line: Arc<Seldom>,
    api_line: Arc<Seldom>,
}

/// An expired link that was honoured.
#[derive(Clone, Copy, Debug)]
pub struct LinkRefreshed<'a> {
    /// The name of the client that signed it.
    pub client: &'a str,
    /// The bucket's id.
    pub bucket: &'a str,
    /// The prefix of the refresh rule.
    pub rule: &'a str,
    /// How old it is.
    pub age: Duration,
}

impl Events {
    pub(super) fn new(clock: Clock, metrics: Metrics) -> Self {
        Self {
            clock,
            metrics,
            origin_line: Arc::default(),
            slowed_line: Arc::default(),
            api_line: Arc::default(),
        }
    }

    /// The program has its configuration and begins.
    pub fn started(&self, config: &Config) {
        let [buckets, routes, clients, refresh_rules] = counts(config);
        tracing::info!(
            target: TARGET, version = VERSION, commit = COMMIT, buckets, routes, clients, refresh_rules, "evergate starts"
        );
    }

    /// A listener takes connections; `what` is `public` or `admin`.
    pub fn listening(&self, what: &'static str, address: SocketAddr) {
        tracing::info!(target: TARGET, listener = what, %address, "listening");
    }

    /// Nothing new is taken, what is in flight may finish.
    pub fn draining(&self, deadline: Duration) {
        self.metrics.draining();
        tracing::info!(target: TARGET, deadline_seconds = deadline.as_secs(), "draining");
    }

    /// The program ends; `cut_off` connections did not finish in time.
    pub fn stopped(&self, cut_off: usize) {
        tracing::info!(target: TARGET, cut_off, "evergate stops");
    }

    /// A new configuration runs; `cause` says what it was loaded for.
    pub fn config_reloaded(&self, cause: &dyn Display, config: &Config) {
        self.metrics.config_reload(Attempt::Ok);
        let [buckets, routes, clients, refresh_rules] = counts(config);
        tracing::info!(target: TARGET, %cause, buckets, routes, clients, refresh_rules, "configuration reloaded");
    }

    /// A new configuration was refused; the old one goes on.
    pub fn config_rejected(&self, faults: &dyn Display) {
        self.metrics.config_reload(Attempt::Failed);
        tracing::error!(target: TARGET, %faults, "configuration rejected, the running one stays");
    }

    /// Something in the configuration is taken otherwise than it is written.
    pub fn config_warning(&self, warning: &dyn Display) {
        tracing::warn!(target: TARGET, %warning, "configuration");
    }

    /// A request to an origin failed; the line is written at most once a second, the metric counts each.
    ///
    /// `reason` holds no key, URL or signature: it is for the operator, not for one request.
    pub fn origin_failed(&self, bucket: &BucketMetrics, kind: OriginErrorKind, reason: &dyn Display) {
        bucket.origin_failed(kind);
        let Some(unsaid) = self.origin_line.say(self.clock.now()) else {
            return;
        };
        let (bucket, kind) = (bucket.label(), kind.as_str());
        let lines_left_out = (unsaid > 0).then_some(unsaid);
        tracing::warn!(target: TARGET, bucket, kind, %reason, lines_left_out, "the origin failed a request");
    }

    /// An expired link was honoured in request `id`: the audit line of rule 13, one for each. `path` is the link's own, raw; it
    /// is told as the access log tells it.
    pub fn link_refreshed(&self, honoured: &LinkRefreshed<'_>, id: u64, path: &str) {
        if let Some(sink) = audit::sink() {
            let now = self.clock.now_unix_micros();
            sink.line(|lines| audit::write(lines, now, honoured, id, path));
            return;
        }
        let LinkRefreshed {
            client,
            bucket,
            rule,
            age,
        } = honoured;
        let age_seconds = age.as_secs();
        let (id, path) = (format_args!("{id:016x}"), redact(path));
        tracing::info!(target: TARGET, client, bucket, rule, age_seconds, %id, %path, "{}", audit::HONOURED);
    }

    /// The breaker of a bucket's endpoint has opened: nothing is sent there `for_now`.
    pub fn origin_suspended(&self, bucket: &BucketMetrics, for_now: Duration) {
        bucket.origin_suspended();
        let (bucket, seconds) = (bucket.label(), for_now.as_secs_f32());
        tracing::warn!(target: TARGET, bucket, seconds, "the origin only fails; it is left in peace for a while");
    }

    /// A probe has found that the origin works again.
    pub fn origin_is_back(&self, bucket: &BucketMetrics) {
        tracing::info!(target: TARGET, bucket = bucket.label(), "the origin works again");
    }

    /// The origin has asked for fewer requests: `limit` at once are left. The line is written at most once a second.
    pub fn origin_slowed(&self, bucket: &BucketMetrics, limit: usize) {
        bucket.origin_slowed();
        let Some(unsaid) = self.slowed_line.say(self.clock.now()) else {
            return;
        };
        let bucket = bucket.label();
        tracing::warn!(target: TARGET, bucket, limit, unsaid, "the origin asks to slow down; fewer requests at once");
    }
}

/// Lets one line through per [`QUIET`] and counts the others.
#[derive(Debug, Default)]
struct Seldom {
    next: AtomicU64,
    unsaid: AtomicU64,
}

impl Seldom {
    /// Returns how many lines were left out since the last one, or `None` when this one is to be left out.
    fn say(&self, now: Timestamp) -> Option<u64> {
        let next = self.next.load(Ordering::Relaxed);
        let due = now.as_unix() >= next || now.plus(QUIET).as_unix() < next;
        let after = now.plus(QUIET).as_unix();
        let mine = due
            && self
                .next
                .compare_exchange(next, after, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if mine {
            return Some(self.unsaid.swap(0, Ordering::Relaxed));
        }
        self.unsaid.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_failures_says_one_line_a_second() {
        let seldom = Seldom::default();
        let at = Timestamp::from_unix;
        assert_eq!(seldom.say(at(10)), Some(0));
        assert_eq!(seldom.say(at(10)), None);
        assert_eq!(seldom.say(at(10)), None);
        assert_eq!(seldom.say(at(11)), Some(2));
        assert_eq!(seldom.say(at(5)), Some(0), "a clock set back does not silence it");
    }
}
