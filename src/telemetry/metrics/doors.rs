//! What is counted at the S3 doors: denials by reason, and how old the links are that were honoured past their expiry.

use super::cells::Cells;
use super::family::{Definition, Kind, Sample};
use super::lock;
use crate::telemetry::DenialReason;
use prometheus::proto::MetricFamily;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const DAY: u64 = 86_400;
/// Upper bounds of the age buckets in seconds: from a minute to ten years.
pub(super) const AGE_BOUNDS: [u64; 11] = [
    60,
    600,
    3_600,
    6 * 3_600,
    DAY,
    7 * DAY,
    30 * DAY,
    90 * DAY,
    365 * DAY,
    3 * 365 * DAY,
    10 * 365 * DAY,
];
const SUM: usize = AGE_BOUNDS.len() + 1;

/// The ages of one client's links into one bucket that were honoured past their expiry.
#[derive(Debug)]
pub struct LinkAges {
    client: Arc<str>,
    bucket: Arc<str>,
    cells: Cells<{ SUM + 1 }>,
}

/// What a histogram of ages holds at a scrape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AgesReading {
    /// Links up to each bound of [`AGE_BOUNDS`], cumulative.
    pub(super) cumulative: [u64; AGE_BOUNDS.len()],
    /// All links.
    pub(super) count: u64,
    /// The sum of their ages in seconds.
    pub(super) sum_seconds: u64,
}

impl LinkAges {
    /// The client's name.
    #[must_use]
    pub fn client(&self) -> &str {
        &self.client
    }

    /// The bucket's id.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Counts one honoured link.
    pub fn observe(&self, age: Duration) {
        let seconds = age.as_secs();
        let bucket = AGE_BOUNDS.partition_point(|bound| *bound < seconds);
        self.cells.add_each([(bucket, 1), (SUM, seconds)]);
    }

    fn read(&self) -> AgesReading {
        let mut count = 0_u64;
        let cumulative = std::array::from_fn(|slot| {
            count = count.wrapping_add(self.cells.sum(slot));
            count
        });
        AgesReading {
            cumulative,
            count: count.wrapping_add(self.cells.sum(AGE_BOUNDS.len())),
            sum_seconds: self.cells.sum(SUM),
        }
    }
}

/// A client's name and a bucket's id.
type Pair = (Arc<str>, Arc<str>);

/// The counts of the S3 doors.
#[derive(Debug)]
pub(super) struct Doors {
    denied: Cells<{ DenialReason::ALL.len() }>,
    ages: Mutex<BTreeMap<Pair, Arc<LinkAges>>>,
}

impl Doors {
    pub(super) fn new() -> Self {
        Self {
            denied: Cells::new(),
            ages: Mutex::default(),
        }
    }

    pub(super) fn denied(&self, reason: DenialReason) {
        self.denied.add(reason.index(), 1);
    }

    pub(super) fn ages(&self, client: &str, bucket: &str) -> Arc<LinkAges> {
        let (client, bucket): (Arc<str>, Arc<str>) = (client.into(), bucket.into());
        let mut ages = lock(&self.ages);
        let key = (Arc::clone(&client), Arc::clone(&bucket));
        let new = || {
            Arc::new(LinkAges {
                client,
                bucket,
                cells: Cells::new(),
            })
        };
        Arc::clone(ages.entry(key).or_insert_with(new))
    }

    /// Forgets what belongs to no client or no bucket any more.
    pub(super) fn retain(&self, clients: &[&str], buckets: &[&str]) {
        lock(&self.ages).retain(|(client, bucket), _| clients.contains(&&**client) && buckets.contains(&&**bucket));
    }
}

static DENIED: Definition = Definition {
    name: "evergate_denied_total",
    kind: Kind::Counter,
    labels: &["reason"],
    help: "Requests of S3 clients that were denied, by the exact reason.",
};
static AGES: Definition = Definition {
    name: "evergate_refreshed_link_age_seconds",
    kind: Kind::Histogram,
    labels: &["client", "bucket"],
    help: "How old the presigned links were that were honoured past their expiry, by client and bucket.",
};
pub(super) static ALL: [&Definition; 2] = [&DENIED, &AGES];

pub(super) fn collect(doors: &Doors) -> Vec<MetricFamily> {
    let denied = DenialReason::ALL
        .iter()
        .map(|reason| Sample::count(&[reason.as_str()], doors.denied.sum(reason.index())));
    let ages: Vec<_> = lock(&doors.ages).values().cloned().collect();
    let ages = ages
        .iter()
        .map(|ages| Sample::ages(&[ages.client(), ages.bucket()], ages.read()));
    vec![DENIED.family(denied), AGES.family(ages)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_falls_into_the_first_bucket_that_holds_it() {
        let doors = Doors::new();
        let ages = doors.ages("app", "files");
        for seconds in [0, 60, 61, 10 * 365 * DAY, 10 * 365 * DAY + 1] {
            ages.observe(Duration::from_secs(seconds));
        }
        let read = ages.read();
        assert_eq!((read.cumulative[0], read.cumulative[1]), (2, 3));
        assert_eq!((read.cumulative[10], read.count), (4, 5));
        assert_eq!(read.sum_seconds, 122 + 20 * 365 * DAY);
    }

    #[test]
    fn one_pair_has_one_histogram_until_a_reload_drops_it() {
        let doors = Doors::new();
        let first = doors.ages("app", "files");
        assert!(Arc::ptr_eq(&first, &doors.ages("app", "files")));
        doors.retain(&["app"], &["files"]);
        assert!(Arc::ptr_eq(&first, &doors.ages("app", "files")));
        doors.retain(&["other"], &["files"]);
        assert!(!Arc::ptr_eq(&first, &doors.ages("app", "files")));
    }
}
