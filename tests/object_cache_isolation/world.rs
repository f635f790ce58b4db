//! Every object, in every version that it has had: what the origin serves, and what answers are judged by.
//!
//! The bytes of a version are random, and each has its highest bit set. No other text in this test has such a byte, so that one in
//! a refusal is a foreign one, whoever's it is.

use crate::rules::{Answer, Conditions};
use evergate::clock::Clock;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, UNIX_EPOCH};

pub const CLIENTS: usize = 50;
pub const OBJECTS: usize = 4;
/// The buckets' names at the origin. The same keys are in both.
pub const SHELVES: [&str; 2] = ["shelf-a", "shelf-b"];
/// The buckets as they are configured: two of them are the same at the origin, under different credentials.
pub const SPACES: usize = 3;

/// One state of an object.
#[derive(Debug)]
pub struct Version {
    /// `None` where there is no such object.
    pub body: Option<Vec<u8>>,
    pub etag: String,
    pub modified: String,
    /// Since when it is the current one, in seconds of the gateway's clock.
    pub since: u64,
}

/// One object of one bucket at the origin.
pub struct Object {
    pub index: usize,
    pub shelf: usize,
    pub client: usize,
    pub nth: usize,
    pub key: String,
    /// Stored with it, and no other object's.
    pub language: String,
    pub cache_control: Option<&'static str>,
    /// Held by whoever replaces it.
    pub turn: Mutex<()>,
    state: Mutex<State>,
    seed: u64,
}

struct State {
    versions: Vec<Arc<Version>>,
    /// The oldest version that may be seen after a write, a purge, or an answer that there is none; by the space.
    floors: [usize; SPACES],
}

/// What an object may be found to be, as of the start of a request.
#[derive(Clone, Copy, Debug)]
pub struct Horizon {
    /// The oldest version that what is kept may have.
    pub kept: usize,
    /// The oldest version that somebody else's fetch may bring.
    pub joined: usize,
    /// The oldest version whose absence may be told.
    pub absent: usize,
}

impl Object {
    fn new(index: usize, seed: u64, clock: &Clock) -> Self {
        let (shelf, rest) = (index / (CLIENTS * OBJECTS), index % (CLIENTS * OBJECTS));
        let (client, nth) = (rest / OBJECTS, rest % OBJECTS);
        let side = if nth < 2 { "open" } else { "shut" };
        let object = Self {
            index,
            shelf,
            client,
            nth,
            key: format!("c{client:02}/{side}/{nth}"),
            language: format!("x-{shelf}-{client}-{nth}"),
            cache_control: match (client % 4, nth) {
                (0, 1) => Some("max-age=3"),
                (1, 1) => Some("no-cache"),
                (2, 1) => Some("no-store"),
                (3, 1) => Some("max-age=4, stale-while-revalidate=2, stale-if-error=3"),
                (_, 3) => Some("public, must-revalidate"),
                _ => None,
            },
            turn: Mutex::default(),
            state: Mutex::new(State {
                versions: Vec::new(),
                floors: [0; SPACES],
            }),
            seed,
        };
        object.replace(clock);
        object
    }

    /// What the version of this number is, if it is there.
    pub fn body_of(&self, number: usize) -> Vec<u8> {
        let mut random = self.random(number);
        let length = match (self.client % 5, self.nth) {
            (0, 2) => random.usize(48 * 1024..=64 * 1024),
            _ => random.usize(1024..=4096),
        };
        let mut body = vec![0; length];
        random.fill(&mut body);
        for byte in &mut body {
            *byte |= 0x80;
        }
        body
    }

    fn random(&self, number: usize) -> fastrand::Rng {
        let mixed = self.seed ^ ((self.index as u64) << 32) ^ number as u64;
        fastrand::Rng::with_seed(mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn install(&self, clock: &Clock, body: impl FnOnce(usize) -> Option<Vec<u8>>) -> usize {
        let mut state = self.lock();
        let number = state.versions.len();
        let modified = 1_600_000_000 + self.index as u64 * 100_000 + number as u64;
        state.versions.push(Arc::new(Version {
            body: body(number),
            etag: format!("\"{:016x}-{number}\"", self.random(number).u64(..) ^ 1),
            modified: httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(modified)),
            since: clock.now().as_unix(),
        }));
        number
    }

    /// Puts the next version in the place of the last; returns its number.
    pub fn replace(&self, clock: &Clock) -> usize {
        self.install(clock, |number| Some(self.body_of(number)))
    }

    /// Removes the object; returns the number of its absence.
    pub fn remove(&self, clock: &Clock) -> usize {
        self.install(clock, |_| None)
    }

    /// The version of this number.
    pub fn version(&self, number: usize) -> Option<Arc<Version>> {
        self.lock().versions.get(number).cloned()
    }

    /// The number of the current version, and the version.
    pub fn current(&self) -> (usize, Arc<Version>) {
        let state = self.lock();
        (state.versions.len() - 1, Arc::clone(state.versions.last().unwrap()))
    }

    /// From now on nothing older than version `number` may be seen through `spaces`.
    pub fn forbid_before(&self, number: usize, spaces: &[usize]) {
        let mut state = self.lock();
        for space in spaces {
            state.floors[*space] = state.floors[*space].max(number);
        }
    }

    /// What may be found through `space` at `now` by somebody who may be told what was so `bound` seconds ago, or half a minute ago
    /// where another has asked.
    pub fn horizon(&self, space: usize, now: u64, joined: u64, bound: u64) -> Horizon {
        let state = self.lock();
        let floor = state.floors[space];
        // The clock shows whole seconds: what ended in this one may have been asked for before it did.
        let at = |moment: u64| {
            let ended = |number: usize| state.versions.get(number + 1).map(|next| next.since);
            (floor..state.versions.len())
                .find(|number| ended(*number).is_none_or(|end| end >= moment))
                .unwrap_or(floor)
        };
        Horizon {
            kept: at(now.saturating_sub(bound)),
            joined: at(joined.min(now).saturating_sub(bound)),
            absent: at(joined.min(now).saturating_sub(6)),
        }
    }

    /// The versions from `first` up to now, with their numbers.
    pub fn since(&self, first: usize) -> Vec<(usize, Arc<Version>)> {
        let state = self.lock();
        let from = first.min(state.versions.len());
        (from..).zip(state.versions[from..].iter().cloned()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Version {
    /// What RFC 9110 has a server answer, with the bytes of the answer.
    pub fn answer(&self, conditions: &Conditions) -> (Answer, &[u8]) {
        let Some(body) = &self.body else {
            return (Answer::Missing, &[]);
        };
        let answer = conditions.judge(&self.etag, &self.modified, body.len());
        let bytes = match answer {
            Answer::Whole => &body[..],
            Answer::Part(first, end) => &body[first..end],
            _ => &[],
        };
        (answer, bytes)
    }
}

/// All objects, and the clock that everybody reads.
pub struct World {
    pub objects: Vec<Object>,
    pub clock: Clock,
}

impl World {
    pub fn new(seed: u64, clock: Clock) -> Self {
        let objects = (0..SHELVES.len() * CLIENTS * OBJECTS)
            .map(|index| Object::new(index, seed, &clock))
            .collect();
        Self { objects, clock }
    }

    pub fn object(&self, shelf: usize, client: usize, nth: usize) -> &Object {
        &self.objects[(shelf * CLIENTS + client) * OBJECTS + nth]
    }

    /// Finds an object by the path that the origin is asked for.
    pub fn by_path(&self, path: &str) -> Option<&Object> {
        let (bucket, key) = path.strip_prefix('/')?.split_once('/')?;
        let shelf = SHELVES.iter().position(|name| *name == bucket)?;
        let client = key.get(1..3)?.parse().ok().filter(|client| *client < CLIENTS)?;
        let nth = key.get(key.len() - 1..)?.parse().ok().filter(|nth| *nth < OBJECTS)?;
        Some(self.object(shelf, client, nth)).filter(|object| object.key == key)
    }

    /// Whose bytes these are, for whoever has to find out how they came there.
    pub fn owner_of(&self, bytes: &[u8]) -> String {
        let needle = &bytes[..bytes.len().min(24)];
        for object in &self.objects {
            for (number, version) in object.since(0) {
                let body = version.body.as_deref().unwrap_or_default();
                if let Some(at) = body.windows(needle.len().max(1)).position(|window| window == needle) {
                    let (shelf, key) = (SHELVES[object.shelf], &object.key);
                    return format!("{shelf}/{key}, version {number}, from byte {at}");
                }
            }
        }
        "nobody".into()
    }
}
