//! The gateway in this process, with a clock that the test turns and a memory that does not hold half of the objects.

use crate::support::in_process::{InProcess, Setup, configured};
use crate::world::{CLIENTS, SHELVES};
use evergate::clock::Clock;
use evergate::config::ObjectCacheConfig;
use evergate::fetch::{BreakerBounds, ObjectCache};
use evergate::gateway::Forget;
use evergate::telemetry::ForgetCause;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// What `auto` redirects above, in bytes.
pub const AUTO_LIMIT: usize = 16 * 1024;
/// What the cache keeps at most: all objects together are three times that.
const MEMORY: u64 = 1536 * 1024;

/// For how long a route or rule answers from the cache, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub fresh: u64,
    pub revalidating: u64,
    pub failing: u64,
}

impl Policy {
    const fn new(fresh: u64, revalidating: u64, failing: u64) -> Self {
        Self {
            fresh,
            revalidating,
            failing,
        }
    }

    fn yaml(self) -> String {
        let Self {
            fresh,
            revalidating,
            failing,
        } = self;
        format!("cache: {{ fresh_for: {fresh}s, stale_while_revalidate: {revalidating}s, stale_if_error: {failing}s }}")
    }

    /// How old an answer may be, in seconds, for an object that is stored with this `Cache-Control`.
    pub fn bound(self, cache_control: Option<&str>) -> u64 {
        match cache_control {
            None => self.fresh + self.revalidating.max(self.failing),
            Some("max-age=3") => self.fresh.min(3) + self.revalidating.max(self.failing),
            Some("no-cache" | "no-store") => 0,
            Some("max-age=4, stale-while-revalidate=2, stale-if-error=3") => {
                self.fresh.min(4) + self.revalidating.min(2).max(self.failing.min(3))
            }
            Some("public, must-revalidate") => self.fresh,
            Some(other) => panic!("{other} is not thought of"),
        }
    }
}

/// The policy that links of the bucket with this index to this client's objects are answered by.
pub fn linked(shelf: usize, client: usize, nth: usize) -> Option<Policy> {
    match (shelf, client, nth) {
        (0, 7, _) | (0, 8, 2 | 3) => None,
        (0, 9, 0 | 1) => Some(Policy::new(1, 0, 0)),
        (0, ..) => Some(Policy::new(20, 30, 60)),
        _ => Some(Policy::new(8, 0, 40)),
    }
}

/// A stable path that opens the first two objects of a client.
#[derive(Clone, Debug)]
pub struct Route {
    pub path: String,
    pub space: usize,
    pub client: usize,
    pub policy: Option<Policy>,
}

impl Route {
    /// The index of the bucket at the origin.
    pub fn shelf(&self) -> usize {
        self.space % SHELVES.len()
    }
}

pub fn routes() -> Vec<Route> {
    let route = |letter: &str, space, client, policy| Route {
        path: format!("/{letter}/c{client:02}/"),
        space,
        client,
        policy,
    };
    let mut routes = Vec::new();
    for client in 0..CLIENTS {
        match client % 4 {
            0 | 2 => routes.push(route("a", 0, client, Some(Policy::new(5, 0, 100)))),
            1 => routes.push(route("a", 0, client, None)),
            _ => {}
        }
        if client % 3 == 0 {
            routes.push(route("b", 1, client, Some(Policy::new(2, 20, 0))));
        }
        if client % 5 == 0 {
            routes.push(route("g", 2, client, Some(Policy::new(30, 10, 0))));
        }
    }
    routes
}

/// The names of the buckets in the configuration; the last one is the first at the origin.
pub const SPACE_NAMES: [&str; 3] = ["alpha", "beta", "gamma"];

pub fn key_id(client: usize) -> String {
    format!("EVGCLIENT{client:011}")
}

pub fn secret(client: usize) -> String {
    format!("secret-of-client-{client:02}-that-nobody-else-has")
}

fn yaml(endpoint: &str) -> String {
    let mut yaml = format!("admin: off\nworkers: 3\nauto_limit: {AUTO_LIMIT}B\nbuckets:\n");
    for (space, name) in SPACE_NAMES.iter().enumerate() {
        let shelf = SHELVES[space % SHELVES.len()];
        writeln!(
            yaml,
            "  {name}: {{ name: {shelf}, region: us-east-1, endpoint: '{endpoint}', path_style: true, credentials: \
             {{ access_key_id: AKID{space}, secret_access_key: '${{SECRET}}' }} }}"
        )
        .unwrap();
    }
    yaml.push_str("clients:\n");
    for client in 0..CLIENTS {
        let (id, next) = (key_id(client), (client + 1) % CLIENTS);
        writeln!(
            yaml,
            "  - {{ access_key_id: {id}, secret_access_key: '${{SECRET{client}}}', allow: [{{ bucket: alpha, prefix: c{client:02}/, \
             operations: [read, write, delete] }}, {{ bucket: beta, prefix: c{next:02}/, operations: [read] }}] }}"
        )
        .unwrap();
    }
    let cached = |shelf, client, nth| linked(shelf, client, nth).unwrap().yaml();
    writeln!(
        yaml,
        "refresh:\n  - {{ bucket: alpha, prefix: '', max_age: 3650d, delivery: stream, {} }}\n  - {{ bucket: alpha, prefix: \
         c07/, max_age: 3650d, delivery: stream }}\n  - {{ bucket: alpha, prefix: c08/shut/, max_age: 0s, delivery: stream \
         }}\n  - {{ bucket: alpha, prefix: c09/open/, max_age: 3650d, delivery: stream, {} }}\n  - {{ bucket: beta, prefix: \
         '', max_age: 3650d, delivery: auto, {} }}\nroutes:",
        cached(0, 0, 0),
        cached(0, 9, 0),
        cached(1, 0, 0)
    )
    .unwrap();
    for Route {
        path,
        space,
        client,
        policy,
    } in routes()
    {
        let (bucket, cache) = (
            SPACE_NAMES[space],
            policy.map_or(String::new(), |policy| format!(", {}", policy.yaml())),
        );
        writeln!(
            yaml,
            "  - {{ path: {path}, bucket: {bucket}, prefix: c{client:02}/open/, access: public, delivery: stream{cache} }}"
        )
        .unwrap();
    }
    yaml
}

/// A gateway at work. Ended when dropped.
pub struct Gateway {
    pub address: SocketAddr,
    pub forget: Forget,
    pub objects: Arc<ObjectCache>,
    inner: InProcess,
}

impl Gateway {
    /// Starts one in front of the origin at `endpoint`.
    pub fn start(endpoint: &str, clock: &Clock) -> Self {
        let secrets: Vec<_> = (0..CLIENTS)
            .map(|client| (format!("SECRET{client}"), secret(client)))
            .collect();
        let secrets = secrets.iter().map(|(name, secret)| (&**name, &**secret));
        let mut config = configured(&yaml(endpoint), secrets.chain([("SECRET", "not-a-secret")]));
        config.object_cache = ObjectCacheConfig {
            max_bytes: MEMORY,
            max_object_bytes: MEMORY / 8,
            disk: None,
        };
        let mut setup = Setup::by(clock);
        // An outage shall be over soon, and an origin that asks to slow down shall not stop the test.
        setup.bounds.breaker = BreakerBounds {
            failures: 10,
            open: Duration::from_millis(30),
            longest_open: Duration::from_millis(60),
        };
        setup.bounds.concurrency.least = 64;
        let inner = setup.start(&config);
        Self {
            address: inner.address,
            forget: Forget::new(inner.running.clone(), ForgetCause::Purge),
            objects: Arc::clone(&inner.furniture.objects),
            inner,
        }
    }

    /// The value of one line of the metrics page.
    pub fn metric(&self, line: &str) -> u64 {
        self.inner.metric(line)
    }
}
