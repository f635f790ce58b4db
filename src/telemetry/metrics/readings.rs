//! Values that live elsewhere and are read when somebody scrapes.

use super::family::{Definition, Kind, Sample};
use super::origins::{self, OriginReading};
use super::places::{self, PlaceReading};
use crate::clock::Timestamp;
use prometheus::proto::MetricFamily;
use std::sync::Arc;

/// What the running configuration's handles hold.
#[derive(Clone, Debug, Default)]
pub struct AppReading {
    /// The signed-URL cache; `None` when it is off.
    pub url_cache: Option<CacheReading>,
    /// The credentials, one a bucket.
    pub credentials: Vec<CredentialReading>,
    /// How the origins are dealt with, one a bucket.
    pub origins: Vec<OriginReading>,
    /// What origins have taught, one a bucket.
    pub places: Vec<PlaceReading>,
}

/// What a cache did since it was made, and how full it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheReading {
    /// Look-ups that found a value of use.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: u64,
    /// Entries held.
    pub entries: u64,
    /// The memory that it takes, its empty places included, in bytes.
    pub bytes: u64,
    /// The bound on `bytes`.
    pub limit_bytes: u64,
}

/// How a bucket's credentials stand.
#[derive(Clone, Debug)]
pub struct CredentialReading {
    /// The bucket's id.
    pub bucket: Arc<str>,
    /// Whether there is anything valid to sign with.
    pub valid: bool,
    /// When they end; `None` for never, or when there are none.
    pub expires_at: Option<Timestamp>,
}

/// What the public listener holds and what its bounds have done (rule 23).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerReading {
    /// Connections open now.
    pub open_connections: u64,
    /// The bound on them.
    pub connection_limit: u64,
    /// Connections accepted so far.
    pub accepted: u64,
    /// Connections turned away at the bound.
    pub refused: u64,
    /// Times that the system could not hand over a connection, such as for want of file descriptors.
    pub accept_errors: u64,
    /// TLS handshakes that failed, deadlines aside.
    pub failed_handshakes: u64,
    /// Heads that hyper refused: no request ever came of them.
    pub malformed_heads: u64,
    /// HTTP/2 connections told to go because their client gave up its requests one after the other.
    pub restless_connections: u64,
    /// Changed certificates taken into use.
    pub certificates_reloaded: u64,
    /// Changed certificates refused.
    pub certificates_rejected: u64,
    /// Deadlines that ran out: the listener's word for each, and how often. The words are the program's own.
    pub deadlines: Vec<(&'static str, u64)>,
}

static CACHE_HITS: Definition = Definition {
    name: "evergate_url_cache_hits_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Signed URLs found in the cache and still good.",
};
static CACHE_MISSES: Definition = Definition {
    name: "evergate_url_cache_misses_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Signed URLs not found in the cache.",
};
static CACHE_ENTRIES: Definition = Definition {
    name: "evergate_url_cache_entries",
    kind: Kind::Gauge,
    labels: &[],
    help: "Signed URLs held in the cache.",
};
static CACHE_BYTES: Definition = Definition {
    name: "evergate_url_cache_bytes",
    kind: Kind::Gauge,
    labels: &[],
    help: "Memory that the cache of signed URLs takes, its empty places included, in bytes.",
};
static CACHE_LIMIT: Definition = Definition {
    name: "evergate_url_cache_limit_bytes",
    kind: Kind::Gauge,
    labels: &[],
    help: "The bound on it, in bytes.",
};
static CREDENTIAL_VALID: Definition = Definition {
    name: "evergate_credential_valid",
    kind: Kind::Gauge,
    labels: &["bucket"],
    help: "1 when there is something valid to sign with, else 0, by bucket.",
};
static CREDENTIAL_LEFT: Definition = Definition {
    name: "evergate_credential_left_seconds",
    kind: Kind::Gauge,
    labels: &["bucket"],
    help: "How long the credentials are still good, by bucket; absent when they never end.",
};
static OPEN: Definition = Definition {
    name: "evergate_open_connections",
    kind: Kind::Gauge,
    labels: &[],
    help: "Connections open at the public listener.",
};
static LIMIT: Definition = Definition {
    name: "evergate_connection_limit",
    kind: Kind::Gauge,
    labels: &[],
    help: "The bound on open connections.",
};
static ACCEPTED: Definition = Definition {
    name: "evergate_connections_accepted_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Connections accepted at the public listener.",
};
static REFUSED: Definition = Definition {
    name: "evergate_connections_refused_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Connections turned away because the bound was reached.",
};
static ACCEPT_ERRORS: Definition = Definition {
    name: "evergate_accept_errors_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Times that the system could not hand over a connection.",
};
static HANDSHAKES: Definition = Definition {
    name: "evergate_tls_handshake_failures_total",
    kind: Kind::Counter,
    labels: &[],
    help: "TLS handshakes that failed, those that ran out of time aside.",
};
static MALFORMED: Definition = Definition {
    name: "evergate_malformed_heads_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Request heads refused before they became a request.",
};
static RESTLESS: Definition = Definition {
    name: "evergate_restless_connections_total",
    kind: Kind::Counter,
    labels: &[],
    help: "HTTP/2 connections told to go because their client gave up its requests one after the other.",
};
static CERTIFICATES: Definition = Definition {
    name: "evergate_certificate_reloads_total",
    kind: Kind::Counter,
    labels: &["result"],
    help: "Reloads of the TLS certificate, by result.",
};
static DEADLINES: Definition = Definition {
    name: "evergate_deadlines_total",
    kind: Kind::Counter,
    labels: &["deadline"],
    help: "Deadlines of the public listener that ran out, by kind.",
};
pub(super) static ALL: [&Definition; 17] = [
    &CACHE_HITS,
    &CACHE_MISSES,
    &CACHE_ENTRIES,
    &CACHE_BYTES,
    &CACHE_LIMIT,
    &CREDENTIAL_VALID,
    &CREDENTIAL_LEFT,
    &OPEN,
    &LIMIT,
    &ACCEPTED,
    &REFUSED,
    &ACCEPT_ERRORS,
    &HANDSHAKES,
    &MALFORMED,
    &RESTLESS,
    &CERTIFICATES,
    &DEADLINES,
];

pub(super) fn of_app(reading: &AppReading, now: Timestamp) -> Vec<MetricFamily> {
    let one = |value: u64| Sample::count(&[], value);
    let cache = reading.url_cache;
    let left = |credential: &CredentialReading| {
        let end = if credential.valid { credential.expires_at? } else { now };
        Some(Sample::count(&[&credential.bucket], end.since(now).as_secs()))
    };
    let valid = |credential: &CredentialReading| Sample::count(&[&credential.bucket], u64::from(credential.valid));
    let mut families = vec![
        CACHE_HITS.family(cache.map(|cache| one(cache.hits))),
        CACHE_MISSES.family(cache.map(|cache| one(cache.misses))),
        CACHE_ENTRIES.family(cache.map(|cache| one(cache.entries))),
        CACHE_BYTES.family(cache.map(|cache| one(cache.bytes))),
        CACHE_LIMIT.family(cache.map(|cache| one(cache.limit_bytes))),
        CREDENTIAL_VALID.family(reading.credentials.iter().map(valid)),
        CREDENTIAL_LEFT.family(reading.credentials.iter().filter_map(left)),
    ];
    families.extend(origins::of_origins(&reading.origins));
    families.extend(places::of_places(&reading.places));
    families
}

pub(super) fn of_listener(reading: &ListenerReading) -> Vec<MetricFamily> {
    let one = |definition: &Definition, value| definition.family([Sample::count(&[], value)]);
    let certificates = [
        Sample::count(&["ok"], reading.certificates_reloaded),
        Sample::count(&["failed"], reading.certificates_rejected),
    ];
    let deadlines = reading.deadlines.iter();
    let deadlines = deadlines.map(|(deadline, count)| Sample::count(&[deadline], *count));
    vec![
        one(&OPEN, reading.open_connections),
        one(&LIMIT, reading.connection_limit),
        one(&ACCEPTED, reading.accepted),
        one(&REFUSED, reading.refused),
        one(&ACCEPT_ERRORS, reading.accept_errors),
        one(&HANDSHAKES, reading.failed_handshakes),
        one(&MALFORMED, reading.malformed_heads),
        one(&RESTLESS, reading.restless_connections),
        CERTIFICATES.family(certificates),
        DEADLINES.family(deadlines),
    ]
}
