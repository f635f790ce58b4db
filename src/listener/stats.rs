//! What the listener counts: every bound of rule 23 has a number that says how often it was met.

use crate::telemetry::ListenerReading;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that any worker may count up and anyone may read.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Returns the count so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes one of `most` places; `false` when all are taken.
    pub(super) fn take_place(&self, most: u64) -> bool {
        if self.0.fetch_add(1, Ordering::Relaxed) < most {
            return true;
        }
        self.leave_place();
        false
    }

    pub(super) fn leave_place(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The deadlines that end a connection or a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deadline {
    /// The TLS handshake took too long.
    Handshake,
    /// The head took too long after its first byte.
    Head,
    /// No request for too long.
    Idle,
    /// The client took no byte of its answer for too long.
    Write,
    /// The client sent no byte of its request body for too long.
    RequestBody,
}

impl Deadline {
    /// All of them, for whoever makes one metric of each.
    pub const ALL: [Self; 5] = [Self::Handshake, Self::Head, Self::Idle, Self::Write, Self::RequestBody];

    /// Returns the label of this deadline in metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Handshake => "tls_handshake",
            Self::Head => "request_head",
            Self::Idle => "idle",
            Self::Write => "write_progress",
            Self::RequestBody => "request_body_progress",
        }
    }
}

/// The listener's counters, shared by all workers.
#[derive(Debug, Default)]
pub struct ListenerStats {
    /// Connections open now, over all workers (a gauge).
    pub open: Counter,
    /// Connections taken in.
    pub accepted: Counter,
    /// Connections closed at once because `max_connections` were open.
    pub refused_at_cap: Counter,
    /// Errors of `accept` that were waited out, such as too many open files.
    pub accept_errors: Counter,
    /// TLS handshakes that failed, those past their deadline not counted.
    pub tls_failures: Counter,
    /// Changed certificate files that were taken into use.
    pub certificate_reloads: Counter,
    /// Changed certificate files that were refused; the old pair stayed.
    pub certificate_faults: Counter,
    /// HTTP/1 heads that hyper refused (400 or 431): no request ever came of them.
    pub malformed_heads: Counter,
    /// HTTP/2 connections that were told to go because their client gave up its requests one after the other.
    pub restless: Counter,
    handshake: Counter,
    head: Counter,
    idle: Counter,
    write: Counter,
    request_body: Counter,
}

impl ListenerStats {
    /// How often this deadline ended a connection, an HTTP/2 stream or a request body.
    #[must_use]
    pub fn ended_by(&self, deadline: Deadline) -> &Counter {
        match deadline {
            Deadline::Handshake => &self.handshake,
            Deadline::Head => &self.head,
            Deadline::Idle => &self.idle,
            Deadline::Write => &self.write,
            Deadline::RequestBody => &self.request_body,
        }
    }

    /// Returns what a scrape of the metrics reads here; `connection_limit` is the configured bound on `open`.
    #[must_use]
    pub fn reading(&self, connection_limit: u64) -> ListenerReading {
        ListenerReading {
            open_connections: self.open.get(),
            connection_limit,
            accepted: self.accepted.get(),
            refused: self.refused_at_cap.get(),
            accept_errors: self.accept_errors.get(),
            failed_handshakes: self.tls_failures.get(),
            malformed_heads: self.malformed_heads.get(),
            restless_connections: self.restless.get(),
            certificates_reloaded: self.certificate_reloads.get(),
            certificates_rejected: self.certificate_faults.get(),
            deadlines: Deadline::ALL
                .iter()
                .map(|deadline| (deadline.label(), self.ended_by(*deadline).get()))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_23_places_are_bounded_and_come_back() {
        let counter = Counter::default();
        assert!(counter.take_place(2));
        assert!(counter.take_place(2));
        assert!(!counter.take_place(2));
        assert_eq!(counter.get(), 2);
        counter.leave_place();
        assert!(counter.take_place(2));
    }
}
