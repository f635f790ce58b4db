//! What goes wrong at an origin: single requests that fail, and seconds in which nobody listens.
//!
//! A hiccup concerns one request, whoever sent it and whatever came before: chance alone decides, so that a repeat may fail as well.
//! An origin that fails again and again is down, and that is what outages are for.

use super::lock;
use fastrand::Rng;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hiccup {
    /// `503 SlowDown`.
    SlowDown,
    /// `500 InternalError`.
    InternalError,
    /// Half of the body, then the connection ends.
    Cut,
    /// The connection ends before an answer.
    Closed,
}

const KINDS: [Hiccup; 4] = [Hiccup::SlowDown, Hiccup::Cut, Hiccup::InternalError, Hiccup::Closed];

/// The weather at one origin.
#[derive(Debug)]
pub(super) struct Weather {
    /// Of so many requests, one has a hiccup; 0 for none.
    every: u64,
    /// No object has two hiccups within this time.
    respite: Duration,
    began: AtomicBool,
    hiccups: AtomicU64,
    fate: Mutex<Fate>,
}

#[derive(Debug)]
struct Fate {
    chance: Rng,
    last: HashMap<usize, Instant>,
}

impl Weather {
    /// One of `every` requests has a hiccup, by chance, and no object has two within `respite`.
    pub(super) fn new(every: u64, respite: Duration) -> Self {
        Self {
            every,
            respite,
            began: AtomicBool::new(false),
            hiccups: AtomicU64::new(0),
            fate: Mutex::new(Fate {
                chance: Rng::with_seed(every),
                last: HashMap::new(),
            }),
        }
    }

    /// From now on it is bad; before, all is calm.
    pub(super) fn begin(&self) {
        self.began.store(true, Ordering::Relaxed);
    }

    /// What becomes of a request for the picture of this number; `None`: it is answered.
    pub(super) fn strike(&self, picture: usize) -> Option<Hiccup> {
        if self.every == 0 || !self.began.load(Ordering::Relaxed) {
            return None;
        }
        let mut fate = lock(&self.fate);
        if fate.chance.u64(0..self.every) > 0 {
            return None;
        }
        if !self.respite.is_zero() {
            let now = Instant::now();
            let last = fate.last.get(&picture);
            if last.is_some_and(|at| now.duration_since(*at) < self.respite) {
                return None;
            }
            fate.last.insert(picture, now);
        }
        let hiccups = self.hiccups.fetch_add(1, Ordering::Relaxed);
        let kind = usize::try_from(hiccups).unwrap_or_default() % KINDS.len();
        Some(KINDS[kind])
    }

    /// How many there were.
    pub(super) fn hiccups(&self) -> u64 {
        self.hiccups.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hiccups_are_of_every_kind_and_as_frequent_as_is_said() {
        let weather = Weather::new(50, Duration::ZERO);
        assert!(
            (0..1_000).all(|_| weather.strike(1).is_none()),
            "all is calm before it begins"
        );
        weather.begin();
        let struck: Vec<_> = (0..10_000).filter_map(|_| weather.strike(1)).collect();
        assert_eq!(struck[..4], KINDS);
        assert!((150..250).contains(&struck.len()), "{}", struck.len());
        assert_eq!(weather.hiccups(), struck.len() as u64);
    }

    #[test]
    fn objects_may_be_left_alone_for_a_while() {
        let weather = Weather::new(1, Duration::from_mins(1));
        weather.begin();
        assert!(weather.strike(2).is_some());
        assert!((0..9).all(|_| weather.strike(2).is_none()));
        assert!(weather.strike(3).is_some());
    }
}
