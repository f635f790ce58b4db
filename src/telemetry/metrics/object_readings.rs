//! How full the object cache is, in memory and on disk: read when somebody scrapes.

use super::family::{Definition, Kind, Sample};
use crate::telemetry::DiskState;
use prometheus::proto::MetricFamily;

/// What the object cache holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectCacheReading {
    /// Objects in memory.
    pub entries: u64,
    /// Their weight in bytes.
    pub bytes: u64,
    /// The bound on `bytes`.
    pub limit_bytes: u64,
    /// Bytes of all bodies that are alive: kept, arriving, or being sent after they left the cache.
    pub leased_bytes: u64,
    /// The bound on `leased_bytes`.
    pub leased_limit_bytes: u64,
    /// The disk tier; `None` when there is none.
    pub disk: Option<DiskReading>,
}

/// What the disk tier did since it was opened, how full it is and how it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskReading {
    /// Look-ups that found an object.
    pub hits: u64,
    /// Look-ups that did not, for whatever reason.
    pub misses: u64,
    /// Objects that were found damaged, and were misses.
    pub damaged: u64,
    /// Objects written.
    pub written: u64,
    /// Bytes of them on disk.
    pub written_bytes: u64,
    /// Objects that were not written: the disk was behind or out of order, or they were too large.
    pub dropped: u64,
    /// Reads that failed or were late, writes that failed, and times that it could not be opened again.
    pub errors: u64,
    /// Bytes that the folder takes on disk, as of some seconds ago.
    pub bytes: u64,
    /// The bound on `bytes`.
    pub limit_bytes: u64,
    /// Bytes that wait to be written.
    pub waiting_bytes: u64,
    /// How it stands.
    pub state: DiskState,
}

static ENTRIES: Definition = Definition {
    name: "evergate_object_cache_entries",
    kind: Kind::Gauge,
    labels: &[],
    help: "Objects held in the memory of the object cache.",
};
static BYTES: Definition = Definition {
    name: "evergate_object_cache_bytes",
    kind: Kind::Gauge,
    labels: &[],
    help: "Weight of the objects held in the memory of the object cache.",
};
static LIMIT: Definition = Definition {
    name: "evergate_object_cache_limit_bytes",
    kind: Kind::Gauge,
    labels: &[],
    help: "The bound on the weight of the objects in memory.",
};
static LEASED: Definition = Definition {
    name: "evergate_object_cache_leased_bytes",
    kind: Kind::Gauge,
    labels: &[],
    help: "Bytes of all bodies of the object cache that are kept, arriving or being sent.",
};
static LEASED_LIMIT: Definition = Definition {
    name: "evergate_object_cache_leased_limit_bytes",
    kind: Kind::Gauge,
    labels: &[],
    help: "The bound on the bytes of all bodies that are kept, arriving or being sent.",
};
static DISK_HITS: Definition = Definition {
    name: "evergate_object_cache_disk_hits_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Objects found on the disk of the object cache.",
};
static DISK_MISSES: Definition = Definition {
    name: "evergate_object_cache_disk_misses_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Objects not found on the disk of the object cache, damaged ones included.",
};
static DISK_WRITTEN: Definition = Definition {
    name: "evergate_object_cache_disk_written_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Objects written to the disk of the object cache.",
};
static DISK_WRITTEN_BYTES: Definition = Definition {
    name: "evergate_object_cache_disk_written_bytes_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Bytes written to the disk of the object cache.",
};
static DISK_DROPPED: Definition = Definition {
    name: "evergate_object_cache_disk_dropped_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Objects not written to the disk of the object cache: it was behind or out of order.",
};
static DISK_ERRORS: Definition = Definition {
    name: "evergate_object_cache_disk_errors_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Reads and writes of the object cache's disk that failed, and objects that were damaged there.",
};
static DISK_BYTES: Definition = Definition {
    name: "evergate_object_cache_disk_bytes",
    kind: Kind::Gauge,
    labels: &[],
    help: "Bytes that the object cache holds on disk.",
};
static DISK_LIMIT: Definition = Definition {
    name: "evergate_object_cache_disk_limit_bytes",
    kind: Kind::Gauge,
    labels: &[],
    help: "The bound on the bytes that the object cache holds on disk.",
};
static DISK_WAITING: Definition = Definition {
    name: "evergate_object_cache_disk_waiting_bytes",
    kind: Kind::Gauge,
    labels: &[],
    help: "Bytes of objects that wait to be written to the disk of the object cache.",
};
static DISK_STATE: Definition = Definition {
    name: "evergate_object_cache_disk_state",
    kind: Kind::Gauge,
    labels: &["state"],
    help: "How the disk of the object cache stands: 1 for the state that holds.",
};
pub(super) static ALL: [&Definition; 15] = [
    &ENTRIES,
    &BYTES,
    &LIMIT,
    &LEASED,
    &LEASED_LIMIT,
    &DISK_HITS,
    &DISK_MISSES,
    &DISK_WRITTEN,
    &DISK_WRITTEN_BYTES,
    &DISK_DROPPED,
    &DISK_ERRORS,
    &DISK_BYTES,
    &DISK_LIMIT,
    &DISK_WAITING,
    &DISK_STATE,
];

pub(super) fn of_objects(reading: &ObjectCacheReading) -> Vec<MetricFamily> {
    let one = |definition: &Definition, value| definition.family([Sample::count(&[], value)]);
    let disk = |definition: &Definition, value: fn(DiskReading) -> u64| {
        definition.family(reading.disk.map(|disk| Sample::count(&[], value(disk))))
    };
    let states = reading.disk.into_iter().flat_map(|disk| {
        let state = move |state: &DiskState| Sample::count(&[state.as_str()], u64::from(disk.state == *state));
        DiskState::ALL.iter().map(state)
    });
    vec![
        one(&ENTRIES, reading.entries),
        one(&BYTES, reading.bytes),
        one(&LIMIT, reading.limit_bytes),
        one(&LEASED, reading.leased_bytes),
        one(&LEASED_LIMIT, reading.leased_limit_bytes),
        disk(&DISK_HITS, |disk| disk.hits),
        disk(&DISK_MISSES, |disk| disk.misses),
        disk(&DISK_WRITTEN, |disk| disk.written),
        disk(&DISK_WRITTEN_BYTES, |disk| disk.written_bytes),
        disk(&DISK_DROPPED, |disk| disk.dropped),
        disk(&DISK_ERRORS, |disk| disk.errors.saturating_add(disk.damaged)),
        disk(&DISK_BYTES, |disk| disk.bytes),
        disk(&DISK_LIMIT, |disk| disk.limit_bytes),
        disk(&DISK_WAITING, |disk| disk.waiting_bytes),
        DISK_STATE.family(states),
    ]
}
