//! What is counted at the object cache: how it answered, what it kept and forgot, who waits for an origin.
//!
//! One for the program, as the cache outlives every configuration. How full it is, `object_readings.rs` tells.

use super::cells::Cells;
use super::family::{Definition, Kind, Sample};
use crate::telemetry::{EvictionCause, ForgetCause, ForgetScope, NotKept, ObjectResult, StaleReason};
use prometheus::proto::MetricFamily;
use std::sync::Arc;

const STORED: usize = 0;
const SERVED: usize = 1;
const FETCHES: usize = 2;
const FETCHING: usize = 3;
const JOINED: usize = 4;
const WAITING: usize = 5;
const REFUSED: usize = 6;
const RESULTS: usize = 7;
const STALE: usize = RESULTS + ObjectResult::ALL.len();
const NOT_STORED: usize = STALE + StaleReason::ALL.len();
const EVICTED: usize = NOT_STORED + NotKept::ALL.len();
const FORGOTTEN: usize = EVICTED + EvictionCause::ALL.len();
const ALL_COUNTS: usize = FORGOTTEN + ForgetCause::ALL.len() * ForgetScope::ALL.len();

/// The handles of the object cache.
#[derive(Debug)]
pub struct ObjectCacheMetrics {
    counts: Cells<ALL_COUNTS>,
}

impl ObjectCacheMetrics {
    /// Handles that no page shows; [`super::Metrics::objects`] gives those that one does.
    #[must_use]
    #[allow(
        clippy::new_without_default,
        reason = "counters are made on purpose, with their owner"
    )]
    pub fn new() -> Self {
        Self { counts: Cells::new() }
    }

    /// Counts one request that may use the cache, by what the cache did for it.
    pub fn answered(&self, result: ObjectResult) {
        self.counts.add(RESULTS + result.index(), 1);
    }

    /// Counts one request that was served past the object's freshness.
    pub fn served_stale(&self, reason: StaleReason) {
        self.counts.add(STALE + reason.index(), 1);
    }

    /// Counts body bytes that were handed to clients out of the cache, with no request to the origin for them.
    pub fn served(&self, bytes: u64) {
        self.counts.add(SERVED, bytes);
    }

    /// Counts one object that was kept.
    pub fn kept(&self) {
        self.counts.add(STORED, 1);
    }

    /// Counts one object that was fetched to be kept, and is not.
    pub fn not_kept(&self, reason: NotKept) {
        self.counts.add(NOT_STORED + reason.index(), 1);
    }

    /// Counts one question of the cache to an origin, which is under way until the guard is dropped.
    pub fn fetches(self: &Arc<Self>) -> UnderWay {
        self.counts.add(FETCHES, 1);
        UnderWay::new(self, FETCHING)
    }

    /// Counts one request that joins the fetch of another, and waits for it until the guard is dropped.
    pub fn joins(self: &Arc<Self>) -> UnderWay {
        self.counts.add(JOINED, 1);
        UnderWay::new(self, WAITING)
    }

    /// Counts one request that could not join a fetch, because as many as are allowed were waiting.
    pub fn waiter_refused(&self) {
        self.counts.add(REFUSED, 1);
    }

    /// Counts one object that left the memory.
    pub fn evicted(&self, cause: EvictionCause) {
        self.counts.add(EVICTED + cause.index(), 1);
    }

    /// Counts one order to forget, however many objects it meets: nobody looks for them.
    pub fn forgotten(&self, cause: ForgetCause, scope: ForgetScope) {
        self.counts.add(place_of(cause, scope), 1);
    }
}

const fn place_of(cause: ForgetCause, scope: ForgetScope) -> usize {
    FORGOTTEN + cause.index() * ForgetScope::ALL.len() + scope.index()
}

/// One fetch or one waiter, counted for as long as this lives.
#[derive(Debug)]
#[must_use = "it is counted only until this is dropped"]
pub struct UnderWay {
    of: Arc<ObjectCacheMetrics>,
    slot: usize,
}

impl UnderWay {
    fn new(of: &Arc<ObjectCacheMetrics>, slot: usize) -> Self {
        of.counts.add(slot, 1);
        Self {
            of: Arc::clone(of),
            slot,
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.of.counts.take(self.slot, 1);
    }
}

static REQUESTS: Definition = Definition {
    name: "evergate_object_cache_requests_total",
    kind: Kind::Counter,
    labels: &["result"],
    help: "Requests that may use the object cache, by what it did for them.",
};
static SERVED_STALE: Definition = Definition {
    name: "evergate_object_cache_stale_total",
    kind: Kind::Counter,
    labels: &["reason"],
    help: "Requests that were served past the object's freshness, by reason.",
};
static SERVED_BYTES: Definition = Definition {
    name: "evergate_object_cache_served_bytes_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Body bytes handed to clients out of the object cache.",
};
static KEPT: Definition = Definition {
    name: "evergate_object_cache_stored_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Objects that were kept in the object cache.",
};
static NOT_KEPT: Definition = Definition {
    name: "evergate_object_cache_not_stored_total",
    kind: Kind::Counter,
    labels: &["reason"],
    help: "Objects that were fetched and not kept in the object cache, by reason.",
};
static FETCHED: Definition = Definition {
    name: "evergate_object_cache_fetches_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Questions of the object cache to origins, revalidations included.",
};
static FETCHES_NOW: Definition = Definition {
    name: "evergate_object_cache_fetches_in_flight",
    kind: Kind::Gauge,
    labels: &[],
    help: "Questions of the object cache to origins that are under way.",
};
static JOINS: Definition = Definition {
    name: "evergate_object_cache_joined_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Requests that joined a fetch of the object cache which another one had begun.",
};
static WAITERS: Definition = Definition {
    name: "evergate_object_cache_waiters",
    kind: Kind::Gauge,
    labels: &[],
    help: "Requests that wait for a fetch of the object cache which another one had begun.",
};
static WAITERS_REFUSED: Definition = Definition {
    name: "evergate_object_cache_waiters_refused_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Requests that could not join a fetch of the object cache because too many were waiting.",
};
static EVICTIONS: Definition = Definition {
    name: "evergate_object_cache_evictions_total",
    kind: Kind::Counter,
    labels: &["cause"],
    help: "Objects that left the memory of the object cache, by cause.",
};
static ORDERS: Definition = Definition {
    name: "evergate_object_cache_forgotten_total",
    kind: Kind::Counter,
    labels: &["cause", "scope"],
    help: "Times that the object cache was told to forget, by cause and by how much at once.",
};
pub(super) static ALL: [&Definition; 12] = [
    &REQUESTS,
    &SERVED_STALE,
    &SERVED_BYTES,
    &KEPT,
    &NOT_KEPT,
    &FETCHED,
    &FETCHES_NOW,
    &JOINS,
    &WAITERS,
    &WAITERS_REFUSED,
    &EVICTIONS,
    &ORDERS,
];

pub(super) fn collect(objects: &ObjectCacheMetrics) -> Vec<MetricFamily> {
    let one = |definition: &Definition, slot| definition.family([Sample::count(&[], objects.counts.sum(slot))]);
    let word = |word: &str, slot| Sample::count(&[word], objects.counts.sum(slot));
    let orders = ForgetCause::ALL.iter().flat_map(|cause| {
        ForgetScope::ALL.iter().map(|scope| {
            let count = objects.counts.sum(place_of(*cause, *scope));
            Sample::count(&[cause.as_str(), scope.as_str()], count)
        })
    });
    vec![
        REQUESTS.family(
            ObjectResult::ALL
                .iter()
                .map(|result| word(result.as_str(), RESULTS + result.index())),
        ),
        SERVED_STALE.family(
            StaleReason::ALL
                .iter()
                .map(|reason| word(reason.as_str(), STALE + reason.index())),
        ),
        one(&SERVED_BYTES, SERVED),
        one(&KEPT, STORED),
        NOT_KEPT.family(
            NotKept::ALL
                .iter()
                .map(|reason| word(reason.as_str(), NOT_STORED + reason.index())),
        ),
        one(&FETCHED, FETCHES),
        one(&FETCHES_NOW, FETCHING),
        one(&JOINS, JOINED),
        one(&WAITERS, WAITING),
        one(&WAITERS_REFUSED, REFUSED),
        EVICTIONS.family(
            EvictionCause::ALL
                .iter()
                .map(|cause| word(cause.as_str(), EVICTED + cause.index())),
        ),
        ORDERS.family(orders),
    ]
}
