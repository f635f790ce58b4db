//! How long, how many, how bad.

use super::way::Way;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// What a run of the broken-image test is like.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The gateway's program.
    pub gateway: PathBuf,
    /// The ways of showing images, all at the same time.
    pub ways: Vec<Way>,
    /// Viewers of each way.
    pub viewers: usize,
    /// How long they watch.
    pub duration: Duration,
    /// For how many seconds stored links are good, each for another time.
    pub expiry: RangeInclusive<u64>,
    /// How long the presigned URLs live that the gateway redirects to.
    pub url_expiry: Duration,
    /// How long session credentials live.
    pub session: Duration,
    /// Of so many requests at an origin, one has a hiccup; 0 for none.
    pub hiccup_every: u64,
    /// No object has two hiccups within this time, so that whoever asks again is answered: for tests. None: chance alone decides.
    pub respite: Duration,
    /// Whether there are outages beside the hiccups.
    pub outages: Outages,
    /// How long an outage lasts.
    pub outage: Duration,
    /// From one outage to the next.
    pub outage_every: Duration,
    /// The longest that a viewer reads before scrolling down.
    pub reading: Duration,
    /// From one page to the next, unless the first takes longer.
    pub turn: Duration,
    /// How long a browser waits for an image.
    pub patience: Duration,
}

/// Whether there are seconds in which origins refuse connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outages {
    /// No.
    Never,
    /// At the origin of each way.
    Everywhere,
}

impl Plan {
    /// Seconds: links are good for 2 to 6 s, sessions live for 8 s, one request in 250 fails.
    #[must_use]
    pub fn quick(gateway: PathBuf) -> Self {
        Self {
            gateway,
            ways: Way::ALL.to_vec(),
            viewers: 8,
            duration: Duration::from_secs(20),
            expiry: 2..=6,
            url_expiry: Duration::from_secs(3),
            session: Duration::from_secs(8),
            hiccup_every: 250,
            respite: Duration::ZERO,
            outages: Outages::Never,
            outage: Duration::from_secs(1),
            outage_every: Duration::from_secs(6),
            reading: Duration::from_millis(800),
            turn: Duration::from_millis(1200),
            patience: Duration::from_secs(30),
        }
    }

    /// Minutes: links are good for 5 to 120 s, sessions live for 5 minutes, one request in 250 fails.
    #[must_use]
    pub fn full(gateway: PathBuf) -> Self {
        Self {
            viewers: 60,
            // One session ends within it.
            duration: Duration::from_mins(6),
            expiry: 5..=120,
            url_expiry: Duration::from_secs(5),
            session: Duration::from_mins(5),
            outage_every: Duration::from_mins(1),
            reading: Duration::from_secs(2),
            turn: Duration::from_secs(4),
            ..Self::quick(gateway)
        }
    }
}
