//! A reader on a connection that it keeps: asks, and judges what comes by what the world was meanwhile.

use crate::requests::Target;
use crate::rules::{Answer, Conditions};
use crate::support::wire::{Head, Wire};
use crate::world::{Horizon, Object, SHELVES, SPACES, Version, World};
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// No answer takes this long.
const PATIENCE: Duration = Duration::from_secs(40);
/// For how long somebody else's fetch may have been under way, by the clock that the test turns.
const UNDER_WAY: u64 = 120;

/// One reader, and what it has seen.
pub struct Reader {
    pub address: SocketAddr,
    pub world: Arc<World>,
    pub random: fastrand::Rng,
    pub seen: BTreeMap<String, u64>,
    wire: Option<Wire>,
}

/// An answer as it came.
#[derive(Debug)]
pub struct Reply {
    pub head: Head,
    pub body: Vec<u8>,
    /// Whether the connection broke before all of it was there.
    pub is_cut: bool,
}

impl Reply {
    /// That nothing in it is of any object.
    fn assert_without_object(&self, what: &str, world: &World) {
        if let Some(at) = self.body.iter().position(|byte| *byte >= 0x80) {
            let owner = world.owner_of(&self.body[at..]);
            panic!("{what}: a byte of {owner} in {:?}", self.head);
        }
        for name in [
            "etag",
            "content-language",
            "last-modified",
            "set-cookie",
            "x-amz-meta-owner",
            "x-amz-version-id",
        ] {
            assert_eq!(self.head.field(name), None, "{what}: {:?}", self.head);
        }
    }
}

impl Reader {
    pub fn new(address: SocketAddr, world: &Arc<World>, seed: u64) -> Self {
        Self {
            address,
            world: Arc::clone(world),
            random: fastrand::Rng::with_seed(seed),
            seen: BTreeMap::new(),
            wire: None,
        }
    }

    fn count(&mut self, what: &str) {
        if let Some(count) = self.seen.get_mut(what) {
            *count += 1;
        } else {
            self.seen.insert(what.to_owned(), 1);
        }
    }

    fn connected(&mut self) -> &mut Wire {
        let address = self.address;
        self.wire.get_or_insert_with(|| {
            let socket = TcpStream::connect(address).unwrap();
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            Wire::new(socket)
        })
    }

    /// Sends a request and returns its answer's head.
    fn head(&mut self, request: &[u8]) -> Head {
        for _ in 0..2 {
            let wire = self.connected();
            if wire.say(request)
                && let Some(head) = wire.head()
            {
                return head;
            }
            // It was closed after its last answer, perhaps.
            self.wire = None;
            self.count("connections lost");
        }
        panic!(
            "no answer to {}",
            String::from_utf8_lossy(&request[..request.len().min(300)])
        );
    }

    /// Sends a request and reads all of its answer.
    pub fn ask(&mut self, method: &str, target: &str, conditions: &Conditions, body: &[u8]) -> Reply {
        let request = request(method, target, conditions, body);
        let head = self.head(&request);
        let status = head.status();
        let length = match (method, status) {
            ("HEAD", _) | (_, 204 | 304) => 0,
            _ => {
                assert_eq!(head.field("transfer-encoding"), None, "{head:?}");
                head.length()
            }
        };
        let wire = self.wire.as_mut().unwrap();
        let body = wire.body(length);
        let is_cut = body.len() < length;
        assert!(is_cut || wire.is_quiet(), "more than was announced behind {head:?}");
        if is_cut || head.field("connection") == Some("close") {
            self.wire = None;
        }
        Reply { head, body, is_cut }
    }

    /// Asks, and goes away in the middle of the answer.
    pub fn abandon(&mut self, target: &Target) {
        let request = request(target.method, &target.text, &Conditions::default(), b"");
        if self.random.bool() {
            let head = self.head(&request);
            let some = self.random.usize(0..=head.length());
            let _ = self.wire.as_mut().unwrap().body(some);
        } else {
            self.connected().say(&request);
        }
        self.wire = None;
        self.count("abandoned");
    }

    /// Reads what a target opens.
    pub fn read(&mut self, target: &Target, conditions: &Conditions) {
        let world = Arc::clone(&self.world);
        let object = &world.objects[target.object];
        let now = world.clock.now().as_unix();
        let bound = target.policy.map_or(0, |policy| policy.bound(object.cache_control));
        let horizon = object.horizon(target.space, now, now - UNDER_WAY, bound);
        let reply = self.ask(target.method, &target.text, conditions, b"");
        let status = reply.head.status();
        let what = || format!("{target:?} {conditions:?} at {now}, within {bound}s, {horizon:?}");
        match status {
            502..=504 => {
                reply.assert_without_object(&what(), &world);
                self.count("failed");
            }
            302 if target.redirects => {
                let what = what();
                reply.assert_without_object(&what, &world);
                let path = format!("/{}/{}?", SHELVES[object.shelf], object.key);
                let location = reply.head.field("location").unwrap();
                assert!(location.contains(&path), "{what}: {location}");
                self.count("redirected");
            }
            _ => {
                let number = judge(&reply, target, conditions, object, horizon, &world, &what);
                // Rule 20: what the origin says is gone is not served any more, whatever was kept.
                let is_told_to_all = target.policy.is_some() && target.version.is_none() && conditions.range.is_none();
                if status == 404 && target.method == "GET" && is_told_to_all {
                    object.forbid_before(number, &[target.space]);
                }
                let used = reply.head.field("cache-status").unwrap_or("evergate; none");
                let used = used.split("; ").filter(|part| !part.starts_with("ttl")).skip(1);
                let used = used.collect::<Vec<_>>().join(" ");
                let cut = if reply.is_cut { " cut" } else { "" };
                self.count(&format!("{status}{cut} {used}"));
            }
        }
    }

    /// Asks for what must be refused.
    pub fn be_refused(&mut self, method: &str, target: &str, conditions: &Conditions, allowed: &[u16]) {
        let body: &[u8] = if method == "PUT" { b"not to be written" } else { b"" };
        let reply = self.ask(method, target, conditions, body);
        let world = Arc::clone(&self.world);
        let what = format!("{method} {target} {conditions:?}");
        assert!(allowed.contains(&reply.head.status()), "{what}: {:?}", reply.head);
        assert!(!reply.is_cut, "{what}: {:?}", reply.head);
        reply.assert_without_object(&what, &world);
        self.count(&format!("refused {}", reply.head.status()));
    }

    /// Writes or deletes through the gateway. What anybody sees from then on is at least what it made of the object.
    pub fn write(&mut self, target: &Target) {
        let world = Arc::clone(&self.world);
        let object = &world.objects[target.object];
        let Ok(_turn) = object.turn.try_lock() else {
            return;
        };
        let next = object.current().0 + 1;
        let body = if target.method == "PUT" {
            object.body_of(next)
        } else {
            Vec::new()
        };
        let reply = self.ask(target.method, &target.text, &Conditions::default(), &body);
        let what = format!("{} {}", target.method, target.text);
        assert!(reply.body.iter().all(u8::is_ascii), "{what}: {:?}", reply.head);
        let (number, version) = object.current();
        match reply.head.status() {
            200 | 204 => assert_eq!(
                version.body.is_some(),
                target.method == "PUT",
                "{what}: {number} after {next}"
            ),
            502..=504 | 500 => {}
            status => panic!("{what}: {status} {:?}", reply.head),
        }
        object.forbid_before(number, &(0..SPACES).collect::<Vec<_>>());
        self.count(&format!("{} {}", target.method, reply.head.status()));
    }
}

fn request(method: &str, target: &str, conditions: &Conditions, body: &[u8]) -> Vec<u8> {
    let mut head = String::with_capacity(1024);
    head.push_str(method);
    head.push(' ');
    head.push_str(target);
    head.push_str(" HTTP/1.1\r\nHost: files.example.com\r\n");
    conditions.write(&mut head);
    if method == "PUT" {
        head.push_str("Content-Length: ");
        head.push_str(&body.len().to_string());
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    let mut request = head.into_bytes();
    request.extend_from_slice(body);
    request
}

/// That the answer is, to the byte, what one version that may be seen calls for; returns the oldest such.
fn judge(
    reply: &Reply,
    target: &Target,
    conditions: &Conditions,
    object: &Object,
    horizon: Horizon,
    world: &World,
    what: &dyn Fn() -> String,
) -> usize {
    let head = &reply.head;
    let is_joined = head
        .field("cache-status")
        .is_some_and(|said| said.ends_with("collapsed"));
    let first = match head.status() {
        404 => horizon.absent,
        _ if is_joined => horizon.joined,
        _ => horizon.kept,
    };
    let versions = match target.version {
        Some(number) => object
            .version(number)
            .map(|version| (number, version))
            .into_iter()
            .collect(),
        None => object.since(first),
    };
    let was_missing =
        |(_, version): &(usize, Arc<Version>)| version.since + 6 + UNDER_WAY >= world.clock.now().as_unix();
    if target.version.is_some() && versions.iter().all(was_missing) && head.status() == 404 {
        reply.assert_without_object(&what(), world);
        return 0;
    }
    let fits = |(_, version): &&(usize, Arc<Version>)| fits(reply, target, conditions, object, version);
    if let Some((number, _)) = versions.iter().find(fits) {
        if matches!(head.status(), 404 | 412 | 416) {
            assert!(reply.body.iter().all(u8::is_ascii), "{}: {head:?}", what());
        }
        return *number;
    }
    let known: Vec<_> = object
        .since(0)
        .into_iter()
        .map(|(at, version)| (at, version.etag.clone(), version.body.as_ref().map(Vec::len)))
        .collect();
    panic!(
        "{}: {head:?}{}, {} bytes, of {}; it may be one of {:?} of {known:?}",
        what(),
        if reply.is_cut { ", cut" } else { "" },
        reply.body.len(),
        world.owner_of(&reply.body),
        versions.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
    );
}

fn fits(reply: &Reply, target: &Target, conditions: &Conditions, object: &Object, version: &Version) -> bool {
    let head = &reply.head;
    let (answer, bytes) = version.answer(conditions);
    let length = version.body.as_ref().map_or(0, Vec::len);
    if head.status() != answer.status() {
        return false;
    }
    let has = |name: &str, value: &str| head.field(name) == Some(value);
    let has_range = head.field("content-range") == answer.content_range(length).as_deref();
    let has_validators = has("etag", &version.etag) && has("last-modified", &version.modified);
    let language = target.language.as_deref().unwrap_or(&object.language);
    match answer {
        Answer::Missing | Answer::Failed => head.field("etag").is_none(),
        Answer::Unsatisfiable => has_range,
        Answer::NotModified => has_validators,
        Answer::Whole | Answer::Part(..) => {
            let right_bytes = match (conditions.head, reply.is_cut) {
                (true, _) => reply.body.is_empty(),
                (false, true) => bytes.starts_with(&reply.body),
                (false, false) => bytes == reply.body,
            };
            has_validators
                && has_range
                && has("content-language", language)
                && head.length() == bytes.len()
                && right_bytes
                && !head
                    .fields
                    .iter()
                    .any(|(name, _)| name.starts_with("x-amz-meta") || name == "set-cookie")
        }
    }
}
