//! What is asked: targets that open one object, and targets that must open nothing.

use crate::gateway::{Policy, Route, SPACE_NAMES, key_id, linked, routes, secret};
use crate::support::links::{Link, flipped};
use crate::world::{CLIENTS, OBJECTS, SHELVES, World};
use std::time::Duration;

/// A request target that opens one object.
#[derive(Clone, Debug)]
pub struct Target {
    pub method: &'static str,
    /// Path and query.
    pub text: String,
    /// Index of the object in the world.
    pub object: usize,
    /// Index of the bucket as it is configured.
    pub space: usize,
    pub policy: Option<Policy>,
    /// Whether a large object is redirected.
    pub redirects: bool,
    /// The number of the version that it names.
    pub version: Option<usize>,
    /// What it signs to be told as the object's language.
    pub language: Option<String>,
}

/// All targets of one client, made once: signing takes longer than the rest of a request.
pub struct Targets {
    pub reads: Vec<Target>,
    pub heads: Vec<Target>,
    pub writes: Vec<Target>,
    pub deletes: Vec<Target>,
    /// Signed as they should be, by somebody who may not.
    pub foreign: Vec<(&'static str, String)>,
}

const WEEK: Duration = Duration::from_hours(24 * 7);
const YEAR: Duration = Duration::from_hours(24 * 365);

fn path(shelf: usize, client: usize, nth: usize, world: &World, by_id: bool) -> String {
    let name = if by_id { SPACE_NAMES[shelf] } else { SHELVES[shelf] };
    format!("/{name}/{}", world.object(shelf, client, nth).key)
}

impl Targets {
    /// Signs for `client`.
    pub fn of(client: usize, world: &World) -> Self {
        let (id, secret) = (key_id(client), secret(client));
        let mut all = Self {
            reads: Vec::new(),
            heads: Vec::new(),
            writes: Vec::new(),
            deletes: Vec::new(),
            foreign: Vec::new(),
        };
        for (shelf, owner) in [(0, client), (1, (client + 1) % CLIENTS)] {
            for nth in 0..OBJECTS {
                let signed = |method, query: &str, ago, by_id| {
                    let path = path(shelf, owner, nth, world, by_id);
                    let mut link = Link::new(&id, &secret, &path);
                    (link.method, link.query) = (method, query);
                    if ago == Duration::ZERO {
                        link.expires = WEEK;
                    }
                    link.signed_ago(ago).v4()
                };
                let target = |method, text| Target {
                    method,
                    text,
                    object: world.object(shelf, owner, nth).index,
                    space: shelf,
                    policy: linked(shelf, owner, nth),
                    redirects: shelf == 1,
                    version: None,
                    language: None,
                };
                all.reads
                    .push(target("GET", signed("GET", "", Duration::ZERO, nth % 2 == 0)));
                if linked(shelf, owner, nth).is_some() || owner != 8 {
                    all.reads.push(target("GET", signed("GET", "", 2 * YEAR, nth % 2 == 1)));
                }
                let language = format!("y-{shelf}-{client}-{nth}");
                let query = format!("response-content-language={language}");
                all.reads.push(Target {
                    language: Some(language),
                    ..target("GET", signed("GET", &query, Duration::ZERO, true))
                });
                let version = (client + nth) % 4;
                all.reads.push(Target {
                    version: Some(version),
                    ..target(
                        "GET",
                        signed("GET", &format!("versionId=v{version}"), Duration::ZERO, true),
                    )
                });
                all.heads
                    .push(target("HEAD", signed("HEAD", "", Duration::ZERO, false)));
                if shelf == 0 {
                    all.writes.push(target("PUT", signed("PUT", "", Duration::ZERO, false)));
                    all.deletes
                        .push(target("DELETE", signed("DELETE", "", Duration::ZERO, true)));
                }
            }
        }
        all.sign_for_others(client, world);
        all
    }

    /// Links with a good signature to what is not this client's, and to what no rule revives.
    fn sign_for_others(&mut self, client: usize, world: &World) {
        let (id, secret) = (key_id(client), secret(client));
        for (nth, method) in ["GET", "GET", "HEAD", "PUT", "DELETE"].into_iter().enumerate() {
            for shelf in 0..SHELVES.len() {
                // Of the second bucket its own neighbour's objects are its own.
                let owner = (client + 7 + 5 * nth) % CLIENTS;
                let path = path(shelf, owner, nth % OBJECTS, world, nth % 2 == 0);
                let mut link = Link::new(&id, &secret, &path);
                (link.method, link.expires) = (method, WEEK);
                self.foreign.push((method, link.v4()));
            }
        }
        // The same key, in the bucket where it is another's.
        let path = path(1, client, client % OBJECTS, world, true);
        self.foreign.push(("GET", Link::new(&id, &secret, &path).v4()));
        // Someone whom nobody knows, and the right name with another's secret.
        let own = format!("/alpha/{}", world.object(0, client, 0).key);
        self.foreign
            .push(("GET", Link::new("EVGCLIENT99999999999", &secret, &own).v4()));
        let other = crate::gateway::secret((client + 1) % CLIENTS);
        self.foreign.push(("GET", Link::new(&id, &other, &own).v4()));
        if client == 8 {
            let path = format!("/alpha/{}", world.object(0, 8, 2).key);
            let dead = Link::new(&id, &secret, &path).signed_ago(YEAR).v4();
            self.foreign.push(("GET", dead));
        }
    }
}

/// A good target of somebody, made bad.
pub fn spoiled(target: &Target, world: &World, random: &mut fastrand::Rng) -> (&'static str, String) {
    let text = &target.text;
    let (path, query) = text.split_once('?').unwrap();
    let (name, key) = path[1..].split_once('/').unwrap();
    let text = match random.u32(0..8) {
        0 | 1 => flipped(text),
        2 | 3 => loop {
            // At another's object of the same bucket.
            let client = random.usize(0..CLIENTS);
            let other = &world.object(0, client, random.usize(0..OBJECTS)).key;
            if other != key {
                break format!("/{name}/{other}?{query}");
            }
        },
        4 => {
            let at = SPACE_NAMES
                .iter()
                .chain(&SHELVES)
                .position(|known| *known == name)
                .unwrap();
            let other = [SPACE_NAMES[1], SPACE_NAMES[0], "", SHELVES[1], SHELVES[0]][at];
            format!("/{other}/{key}?{query}")
        }
        5 => format!("{text}&versionId=v{}", random.u32(0..4)),
        6 => format!("{text}&response-content-language=z"),
        // Signed for one method, sent with another; a link to the whole opens the head, too.
        _ if target.method == "HEAD" => return ("GET", text.clone()),
        _ => return ("PUT", text.clone()),
    };
    (target.method, text)
}

/// What the stable paths open.
pub fn stable(world: &World) -> Vec<Target> {
    let mut targets = Vec::new();
    for route in routes() {
        let shelf = route.shelf();
        let Route {
            path,
            space,
            client,
            policy,
        } = route;
        for nth in 0..2 {
            targets.push(Target {
                method: "GET",
                text: format!("{path}{nth}"),
                object: world.object(shelf, client, nth).index,
                space,
                policy,
                redirects: false,
                version: None,
                language: None,
            });
        }
    }
    targets
}

/// Stable paths that lead out of what they open, or into nothing.
pub fn astray(target: &Target, random: &mut fastrand::Rng) -> String {
    let path = &target.text[..target.text.len() - 1];
    match random.u32(0..5) {
        0 => format!("{path}../shut/2"),
        1 => format!("{path}%2e%2e/shut/3"),
        2 => format!("{path}..%2fshut%2f2"),
        3 => format!("/a/c{:02}/shut/2", random.usize(0..CLIENTS)),
        _ => format!("{path}%2e%2e%2f%2e%2e%2fc00/shut/2"),
    }
}
