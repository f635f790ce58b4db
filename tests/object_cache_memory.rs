//! Rule 23: the object cache keeps its bounds, by what the kernel counts. An hour of churn in half a minute: far more objects than
//! fit, readers who hold bodies open long after they were evicted, readers who go away, purges, revalidations, objects that change.
//!
//! The gateway is the real program. What it holds beside what it held idle stays below the configured bound and 64 MiB at
//! every sample, and every byte that it answers is right.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that can't go on ends"
)]
#![allow(unreachable_pub, reason = "each file says what the others use")]
#![allow(clippy::similar_names, reason = "a shelf is no self")]

#[path = "support/mod.rs"]
mod support;

use socket2::{Domain, Socket, Type};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::evergate::{Evergate, wait_until};
use support::wire::{Head, Wire};

const MIB: u64 = 1024 * 1024;
/// What the cache is allowed to keep.
const MAX: u64 = 32 * MIB;
/// What it may hold beside that.
const BESIDE: u64 = 64 * MIB;
const KEYS: usize = 4_000;
const REQUESTS: u64 = 20_000;
const READERS: u64 = 12;
const SLOW_READERS: usize = 48;
/// How many objects each of them asks for at once.
const PIPELINED: usize = 8;
const TOKEN: &str = "canary-token-of-the-memory-test";

/// What the origin has: every object is a stretch of one block of random bytes.
struct Shelf {
    block: Vec<u8>,
    versions: Vec<AtomicU32>,
    asked: AtomicU64,
}

impl Shelf {
    fn new() -> Self {
        let mut block = vec![0; 16 << 20];
        fastrand::Rng::with_seed(5).fill(&mut block);
        Self {
            block,
            versions: (0..KEYS).map(|_| AtomicU32::new(0)).collect(),
            asked: AtomicU64::new(0),
        }
    }

    /// 1 KiB to 1 MiB, each order of size as often as the others; a few of exactly the most that is kept, and one byte more.
    fn length(number: usize) -> usize {
        let mut random = fastrand::Rng::with_seed(number as u64);
        match number % 100 {
            0 => 1 << 20,
            1 => (1 << 20) + 1,
            _ => (1024 << random.u32(0..10)) + random.usize(0..1024),
        }
    }

    fn body(&self, number: usize, version: u32) -> &[u8] {
        let seed = ((number as u64) << 32) | u64::from(version);
        let length = Self::length(number);
        let at = fastrand::Rng::with_seed(seed).usize(0..self.block.len() - length);
        &self.block[at..at + length]
    }

    /// The object that an entity tag names.
    fn tagged(&self, number: usize, etag: &str) -> &[u8] {
        let (named, version) = etag.trim_matches('"').split_once('-').unwrap();
        let version: u32 = version.parse().unwrap();
        assert_eq!(named.parse(), Ok(number), "the tag of another object");
        assert!(
            version <= self.versions[number].load(Ordering::SeqCst),
            "a version from the future"
        );
        self.body(number, version)
    }
}

fn origin(shelf: &Arc<Shelf>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let shelf = Arc::clone(shelf);
    thread::spawn(move || {
        for socket in listener.incoming() {
            let (mut wire, shelf) = (Wire::new(socket.unwrap()), Arc::clone(&shelf));
            thread::spawn(move || while serve(&mut wire, &shelf).is_some() {});
        }
    });
    address
}

fn number_of(path: &str) -> usize {
    path.rsplit_once('/').unwrap().1.parse().unwrap()
}

/// Serves one request; `None` ends the connection.
fn serve(wire: &mut Wire, shelf: &Shelf) -> Option<()> {
    let head = wire.head()?;
    shelf.asked.fetch_add(1, Ordering::Relaxed);
    let mut words = head.first_line.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let number = number_of(path);
    let version = shelf.versions[number].load(Ordering::SeqCst);
    let (etag, body) = (format!("\"{number}-{version}\""), shelf.body(number, version));
    if head.field("if-none-match") == Some(&*etag) {
        let message = format!("HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n");
        return wire.say(message.as_bytes()).then_some(());
    }
    let range = head
        .field("range")
        .filter(|_| head.field("if-range").is_none_or(|tag| tag == etag));
    let (status, range, part) = match range {
        None => ("200 OK", String::new(), body),
        Some(range) => {
            let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
            let first: usize = first.parse().unwrap();
            let end = last
                .parse()
                .map_or(body.len(), |last: usize| (last + 1).min(body.len()));
            let range = format!("Content-Range: bytes {first}-{}/{}\r\n", end - 1, body.len());
            ("206 Partial Content", range, &body[first..end])
        }
    };
    let length = part.len();
    let said = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{range}ETag: {etag}\r\nContent-Type: image/png\r\n\r\n"
    );
    if !wire.say(said.as_bytes()) {
        return None;
    }
    if method == "HEAD" {
        return Some(());
    }
    // In pieces, some of them small, as they come from afar.
    let mut random = fastrand::Rng::with_seed(shelf.asked.load(Ordering::Relaxed));
    let mut rest = part;
    while !rest.is_empty() {
        let most = if random.u32(0..8) == 0 { 700 } else { 128 * 1024 };
        let (piece, behind) = rest.split_at(rest.len().min(random.usize(1..=most)));
        if !wire.say(piece) {
            return None;
        }
        rest = behind;
    }
    Some(())
}

/// A number that is often a small one: some objects are asked for more than others.
fn any_key(random: &mut fastrand::Rng) -> usize {
    let share = random.f64();
    // Truncation is meant.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "of a share"
    )]
    let number = (share * share * share * KEYS as f64) as usize;
    number.min(KEYS - 1)
}

fn connect(address: SocketAddr) -> Wire {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    Wire::new(socket)
}

/// A connection whose kernel takes little ahead, so that what is not read stays in the gateway.
fn connect_narrow(address: SocketAddr) -> Wire {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    Wire::new(socket.into())
}

fn ask(wire: &mut Wire, method: &str, route: &str, number: usize, fields: &str) -> Option<Head> {
    let request = format!("{method} /{route}/{number} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    wire.say(request.as_bytes()).then(|| wire.head()).flatten()
}

/// Many requests of every kind, one after another.
fn churn(address: SocketAddr, admin: SocketAddr, shelf: &Shelf, left: &AtomicU64, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut wire = connect(address);
    let take = |left: u64| left.checked_sub(1);
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
        let number = any_key(&mut random);
        let route = if random.u32(0..4) == 0 { "brief" } else { "long" };
        match random.u32(0..1000) {
            0..5 => {
                purge(admin, &mut random);
                continue;
            }
            5..30 => {
                shelf.versions[number].fetch_add(1, Ordering::SeqCst);
                continue;
            }
            30..70 => {
                // Gone in the middle, or before anything.
                let mut gone = connect_narrow(address);
                if random.bool() {
                    let head = ask(&mut gone, "GET", route, number, "").unwrap();
                    let some = random.usize(0..=head.length());
                    let _ = gone.body(some.min(64 * 1024));
                } else {
                    gone.say(format!("GET /{route}/{number} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
                }
                continue;
            }
            70..120 => {
                let head = ask(&mut wire, "HEAD", route, number, "").unwrap();
                assert_eq!(head.length(), Shelf::length(number), "{head:?}");
                continue;
            }
            _ => {}
        }
        let length = Shelf::length(number);
        let (first, last) = (random.usize(0..length), random.usize(0..length));
        let fields = match random.u32(0..10) {
            0 if first <= last => format!("Range: bytes={first}-{last}\r\n"),
            1 => {
                let version = shelf.versions[number].load(Ordering::SeqCst);
                format!("If-None-Match: \"{number}-{version}\"\r\n")
            }
            _ => String::new(),
        };
        let head = ask(&mut wire, "GET", route, number, &fields).unwrap();
        let expected = shelf.tagged(
            number,
            head.field("etag").unwrap_or_else(|| panic!("{number}: {head:?}")),
        );
        let expected = match head.status() {
            200 => expected,
            206 => &expected[first..=last],
            304 => continue,
            _ => panic!("{number}: {head:?}"),
        };
        assert!(wire.body(expected.len()) == expected, "{number}: {head:?}");
        assert_eq!(head.length(), expected.len(), "{number}: {head:?}");
    }
}

fn purge(admin: SocketAddr, random: &mut fastrand::Rng) {
    let what = match random.u32(0..20) {
        0 => r#"{"bucket":"files","prefix":"o/"}"#.to_owned(),
        _ => format!(r#"{{"bucket":"files","keys":["o/{}"]}}"#, any_key(random)),
    };
    let length = what.len();
    let request = format!(
        "POST /v1/purge HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: \
         application/json\r\nContent-Length: {length}\r\n\r\n{what}"
    );
    let mut wire = connect(admin);
    assert!(wire.say(request.as_bytes()));
    let head = wire.head().unwrap();
    assert!((200..300).contains(&head.status()), "{head:?}");
}

/// A reader who has asked for several large objects at once (RFC 9112 §9.3.2), and is in the middle of one. Of a single one the
/// kernel would take all, and the gateway would have none left to hold.
struct Slow<'a> {
    wire: Wire,
    asked: Vec<usize>,
    rest: &'a [u8],
}

impl<'a> Slow<'a> {
    fn begin(address: SocketAddr, random: &mut fastrand::Rng) -> Self {
        let large = |_| loop {
            let number = random.usize(0..KEYS);
            if Shelf::length(number) > 400 * 1024 {
                return number;
            }
        };
        let asked: Vec<_> = (0..PIPELINED).map(large).collect();
        let mut wire = connect_narrow(address);
        for number in asked.iter().rev() {
            assert!(wire.say(format!("GET /long/{number} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()));
        }
        Self { wire, asked, rest: &[] }
    }

    /// Reads a little; `None` when there is no more.
    fn step(&mut self, shelf: &'a Shelf) -> Option<()> {
        if self.rest.is_empty() {
            let number = self.asked.pop()?;
            let head = self.wire.head().unwrap();
            assert_eq!(head.status(), 200, "{head:?}");
            self.rest = shelf.tagged(number, head.field("etag").unwrap());
        }
        let (some, behind) = self.rest.split_at(self.rest.len().min(24 * 1024));
        assert!(self.wire.body(some.len()) == some, "a body that was held open");
        self.rest = behind;
        Some(())
    }
}

/// Holds many large bodies open and takes a little of each, until `ended`. Returns how many readers came to their end.
fn read_slowly(address: SocketAddr, shelf: &Shelf, ended: &AtomicBool) -> u64 {
    let mut random = fastrand::Rng::with_seed(77);
    let mut readers: Vec<Slow> = Vec::new();
    let mut whole = 0;
    while !ended.load(Ordering::SeqCst) {
        if readers.len() < SLOW_READERS {
            readers.push(Slow::begin(address, &mut random));
            continue;
        }
        let at = random.usize(0..readers.len());
        if readers[at].step(shelf).is_none() {
            whole += 1;
            readers.swap_remove(at);
        } else if random.u32(0..1_000) == 0 {
            readers.swap_remove(at);
        }
        thread::sleep(Duration::from_micros(200));
    }
    whole
}

/// The value of one line of the metrics page.
fn metric(page: &str, name: &str) -> u64 {
    let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("no {name} in\n{page}")).parse().unwrap()
}

fn metrics(admin: SocketAddr) -> String {
    let mut wire = connect(admin);
    assert!(wire.say(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"));
    let head = wire.head().unwrap();
    String::from_utf8(wire.body(head.length())).unwrap()
}

#[test]
#[allow(clippy::too_many_lines, reason = "one story")]
fn rule_23_memory_stays_in_its_bounds_through_an_hour_of_churn() {
    let shelf = Arc::new(Shelf::new());
    let endpoint = format!("http://{}", origin(&shelf));
    let yaml = format!(
        "workers: 4\nobject_cache: {{ max: 32MiB, max_object_size: 1MiB }}\nbuckets:\n  files: {{ name: files, region: us-east-1, \
         endpoint: '{endpoint}', path_style: true, credentials: {{ access_key_id: AKID, secret_access_key: '${{SECRET}}' }} \
         }}\nroutes:\n  - {{ path: /long/, bucket: files, prefix: o/, access: public, delivery: stream, cache: {{ fresh_for: 1h \
         }} }}\n  - {{ path: /brief/, bucket: files, prefix: o/, access: public, delivery: stream, cache: {{ fresh_for: 1s, \
         stale_while_revalidate: 1s }} }}\n"
    );
    let environment = [("SECRET", "canary-secret-access-key"), ("ADMIN_TOKEN", TOKEN)];
    let gateway = Evergate::start_with(&yaml, &environment);
    let (address, admin) = (gateway.address, gateway.admin);
    let idle = gateway.held();
    let begun = Instant::now();
    let (left, ended) = (Arc::new(AtomicU64::new(REQUESTS)), Arc::new(AtomicBool::new(false)));
    let readers: Vec<_> = (0..READERS)
        .map(|seed| {
            let (shelf, left) = (Arc::clone(&shelf), Arc::clone(&left));
            thread::spawn(move || churn(address, admin, &shelf, &left, seed))
        })
        .collect();
    let slow = {
        let (shelf, ended) = (Arc::clone(&shelf), Arc::clone(&ended));
        thread::spawn(move || read_slowly(address, &shelf, &ended))
    };
    let (mut peak, mut peak_leased, mut samples) = (0, 0, 0_u32);
    while readers.iter().any(|reader| !reader.is_finished()) && !slow.is_finished() {
        let held = gateway.held().saturating_sub(idle);
        peak = peak.max(held);
        if samples % 8 == 0 {
            let page = metrics(admin);
            let of = |name: &str| metric(&page, &format!("evergate_object_cache_{name}"));
            let (kept, leased) = (of("bytes"), of("leased_bytes"));
            peak_leased = peak_leased.max(leased);
            assert!(kept <= MAX, "{kept} bytes kept");
            assert!(leased <= of("leased_limit_bytes"), "{leased} bytes leased");
            if samples % 40 == 0 {
                eprintln!(
                    "{:?}: held {} KiB, kept {} KiB, leased {} KiB, {} entries",
                    begun.elapsed(),
                    held >> 10,
                    kept >> 10,
                    leased >> 10,
                    of("entries")
                );
            }
        }
        samples += 1;
        thread::sleep(Duration::from_millis(25));
    }
    ended.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.join().unwrap();
    }
    let held_open = slow.join().unwrap();
    let took = begun.elapsed();
    wait_until("every body that nobody reads to be given back", || {
        metric(&metrics(admin), "evergate_object_cache_leased_bytes") <= MAX
    });
    let page = metrics(admin);
    let of = |name: &str| metric(&page, &format!("evergate_object_cache_{name}"));
    eprintln!(
        "idle {} KiB, peak {} KiB more, {} KiB in the end; leased at most {} KiB, {} in the end; {samples} samples in {took:?}; {held_open} read slowly to the end; the origin was asked {} times",
        idle >> 10,
        peak >> 10,
        gateway.held().saturating_sub(idle) >> 10,
        peak_leased >> 10,
        of("leased_bytes") >> 10,
        shelf.asked.load(Ordering::Relaxed),
    );
    for line in page.lines().filter(|line| line.starts_with("evergate_object_cache")) {
        eprintln!("{line}");
    }
    // At every sample, and so at the highest.
    assert!(
        peak <= MAX + BESIDE,
        "{} MiB held beside what it holds idle",
        peak >> 20
    );
    assert!(of("evictions_total{cause=\"size\"}") > 1_000);
    assert!(of("requests_total{result=\"hit\"}") > 1_000);
    assert!(of("requests_total{result=\"revalidated\"}") + of("requests_total{result=\"stale\"}") > 50);
    assert!(of("bytes") <= MAX && of("entries") > 0);
    assert!(peak_leased > MAX, "nobody held an evicted body open: {peak_leased}");
}
