//! What the demo's page service remembers, shared by all workers: the stored sets and the last answers.

use super::answers::{self, Answer};
use super::config::ROUTE;
use super::page::{Card, Page};
use super::service::DemoService;
use super::stored::{Stored, StoredSet};
use crate::clock::Clock;
use crate::embedded::samples;
use crate::listener::Service;
use askama::Template;
use http::{HeaderMap, StatusCode};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Signs a raw URL for a key.
type Sign = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The demo page and its memory; bounded by the number of samples and of stored sets.
pub struct Site {
    origin: SocketAddr,
    expiry: Duration,
    sign: Box<Sign>,
    clock: Clock,
    policy: String,
    paths: Vec<String>,
    stored: Mutex<Stored>,
    answers: Mutex<Vec<Option<Answer>>>,
}

impl Site {
    /// Takes the origin's address, how long raw URLs live, and what signs one for a key (see [`super::RawUrls::sign`]).
    #[must_use]
    pub fn new(
        origin: SocketAddr,
        expiry: Duration,
        clock: Clock,
        sign: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let paths: Vec<String> = samples()
            .iter()
            .map(|sample| format!("{ROUTE}{}", sample.file_name))
            .collect();
        Arc::new(Self {
            origin,
            expiry,
            sign: Box::new(sign),
            clock,
            policy: policy(origin),
            answers: Mutex::new(vec![None; paths.len()]),
            paths,
            stored: Mutex::default(),
        })
    }

    /// Puts the page in front of `inner`, which answers everything that is not the page's.
    pub fn in_front_of<S: Service>(self: &Arc<Self>, inner: S) -> DemoService<S> {
        DemoService::new(Arc::clone(self), inner)
    }

    /// `Content-Security-Policy` of the page: its own files, and pictures from the origin.
    pub(super) fn policy(&self) -> &str {
        &self.policy
    }

    /// Signs a new set of raw URLs and stores it; `None` when signing fails.
    pub(super) fn store(&self) -> Option<u64> {
        let signed = Instant::now();
        let urls = samples()
            .iter()
            .map(|sample| (self.sign)(&sample.key()))
            .collect::<Option<_>>()?;
        Some(locked(&self.stored).add(signed, urls))
    }

    /// The stored set of this number.
    pub(super) fn stored(&self, number: u64) -> Option<Arc<StoredSet>> {
        locked(&self.stored).get(number)
    }

    /// The page for one stored set, as seen from `site` (scheme and host).
    pub(super) fn page(&self, set: &StoredSet, site: &str) -> Result<String, askama::Error> {
        let cards: Vec<Card<'_>> = samples()
            .iter()
            .zip(&set.urls)
            .zip(&self.paths)
            .map(|((sample, raw), path)| Card {
                alt: sample.description,
                raw,
                path,
            })
            .collect();
        let first = cards.first();
        let stable_path = first.map_or(ROUTE, |card| card.path);
        Page {
            stored: set.number,
            life: &words(self.expiry),
            life_ms: millis(self.expiry).unsigned_abs(),
            left_ms: millis(self.expiry) - millis(set.signed.elapsed()),
            site,
            origin: &self.origin.to_string(),
            origin_port: self.origin.port(),
            raw_example: first.map_or("", |card| card.raw),
            stable_example: &format!("{site}{stable_path}"),
            stable_path,
            cards: &cards,
        }
        .render()
    }

    /// Which of the page's pictures a raw request path asks for.
    pub(super) fn picture(&self, path: &str) -> Option<usize> {
        self.paths.iter().position(|known| known == path)
    }

    /// Remembers the head of the gateway's answer for a picture.
    pub(super) fn remember(&self, picture: usize, status: StatusCode, headers: &HeaderMap) {
        if let Some(last) = locked(&self.answers).get_mut(picture) {
            *last = Some(Answer::read(status, headers, last.as_ref(), self.clock.now()));
        }
    }

    /// `/demo/state.json`
    pub(super) fn state(&self) -> String {
        let answers = locked(&self.answers);
        let known = self.paths.iter().zip(&*answers);
        answers::to_json(
            known.filter_map(|(path, answer)| Some((path.as_str(), answer.as_ref()?))),
            self.clock.now(),
        )
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

fn policy(origin: SocketAddr) -> String {
    format!(
        "default-src 'none'; img-src 'self' http://{origin}; style-src 'self'; script-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// `10 seconds`, `2m 30s`.
fn words(life: Duration) -> String {
    match life.as_secs() {
        1 => "1 second".into(),
        seconds @ 0..100 => format!("{seconds} seconds"),
        _ => humantime::format_duration(life).to_string(),
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Nothing here can be half changed by a panic, so that a poisoned lock is as good as any.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
