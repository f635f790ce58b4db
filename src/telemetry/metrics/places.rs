//! What origins have corrected: read when somebody scrapes.

use super::family::{Definition, Kind, Sample};
use prometheus::proto::MetricFamily;
use std::sync::Arc;

/// What one bucket's origin has taught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceReading {
    /// The bucket's id.
    pub bucket: Arc<str>,
    /// How many seconds the origin's clock is taken to be ahead of ours.
    pub clock_offset: i64,
    /// How often the bucket's region turned out to be another.
    pub region_changes: u32,
}

static CLOCK_OFFSET: Definition = Definition {
    name: "evergate_origin_clock_offset_seconds",
    kind: Kind::Gauge,
    labels: &["bucket"],
    help: "How far the origin's clock is ahead of ours, as learned when it refused our time, by bucket.",
};
static REGION_CHANGES: Definition = Definition {
    name: "evergate_bucket_region_changes",
    kind: Kind::Gauge,
    labels: &["bucket"],
    help: "How often the origin named another region than was signed for, by bucket.",
};
pub(super) static ALL: [&Definition; 2] = [&CLOCK_OFFSET, &REGION_CHANGES];

pub(super) fn of_places(places: &[PlaceReading]) -> Vec<MetricFamily> {
    #[allow(clippy::cast_precision_loss, reason = "an offset is at most a day")]
    let offset = |place: &PlaceReading| Sample::number(&[&place.bucket], place.clock_offset as f64);
    let changes = |place: &PlaceReading| Sample::count(&[&place.bucket], place.region_changes.into());
    vec![
        CLOCK_OFFSET.family(places.iter().map(offset)),
        REGION_CHANGES.family(places.iter().map(changes)),
    ]
}
