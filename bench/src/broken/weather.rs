//! What goes wrong at an origin: single requests that fail, and seconds in which nobody listens.
//!
//! A hiccup concerns one request, and the next for the same object is answered: a client that tries again gets its bytes. An
//! origin that fails again and again for one object is down, and that is what outages are for.

use super::lock;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// No object has two hiccups within this time.
const RESPITE: Duration = Duration::from_secs(2);

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
    began: AtomicBool,
    requests: AtomicU64,
    hiccups: AtomicU64,
    last: Mutex<HashMap<usize, Instant>>,
}

impl Weather {
    pub(super) fn new(every: u64) -> Self {
        Self {
            every,
            began: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            hiccups: AtomicU64::new(0),
            last: Mutex::default(),
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
        let nth = self.requests.fetch_add(1, Ordering::Relaxed);
        if nth % self.every != self.every - 1 {
            return None;
        }
        let now = Instant::now();
        let mut last = lock(&self.last);
        if last.get(&picture).is_some_and(|at| now.duration_since(*at) < RESPITE) {
            return None;
        }
        last.insert(picture, now);
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
    fn hiccups_are_of_every_kind_and_leave_an_object_alone_for_a_while() {
        let weather = Weather::new(3);
        assert!(
            (0..9).all(|number| weather.strike(number).is_none()),
            "all is calm before it begins"
        );
        weather.begin();
        let struck: Vec<_> = (0..12).filter_map(|number| weather.strike(number)).collect();
        assert_eq!(struck, KINDS);
        assert!((0..9).all(|_| weather.strike(2).is_none()));
        assert_eq!(weather.hiccups(), 4);
    }
}
