//! Rule 18, at scale: fifty clients who may read nothing of each other, two hundred objects in each of two buckets, a hundred thousand
//! requests of every kind against a gateway that keeps, forgets, revalidates and evicts; and not one foreign byte.
//!
//! Every answer has to be, byte by byte and field by field, what one version of the very object calls for, and that version
//! must have been current within the bound that the asking route or rule allows, or later than the last write, purge or 404.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that can't go on ends"
)]
#![allow(clippy::similar_names, reason = "a shelf is not self, and what was seen no seed")]
#![allow(clippy::disallowed_methods, reason = "tests read the clock and the environment")]
#![allow(unreachable_pub, reason = "each file says what the others use")]

#[path = "../support/mod.rs"]
mod support;

mod gateway;
mod origin;
mod reader;
mod requests;
mod rules;
mod world;

use evergate::clock::{Clock, ManualClock};
use evergate::s3::{KeyPrefix, ObjectKey};
use gateway::Gateway;
use origin::{Mood, Origin};
use reader::Reader;
use requests::{Target, Targets, astray, spoiled, stable};
use rules::Conditions;
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use world::{CLIENTS, OBJECTS, SHELVES, SPACES, World};

const REQUESTS: u64 = 100_000;
const READERS: u64 = 16;
/// The world changes once in so many requests.
const TICK: u64 = 200;

/// How far the readers are.
struct Progress {
    begun: AtomicU64,
    readers: AtomicU64,
}

/// Counts a reader out, however it ends.
struct Reading<'a>(&'a Progress);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.readers.fetch_sub(1, Ordering::SeqCst);
        if thread::panicking() {
            // What is wrong is said once.
            self.0.begun.store(REQUESTS, Ordering::SeqCst);
        }
    }
}

#[tokio::test]
async fn rule_18_a_hundred_thousand_requests_see_no_foreign_byte() {
    let seed = std::env::var("EVERGATE_TEST_SEED");
    let seed = seed.map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    eprintln!("EVERGATE_TEST_SEED={seed}");
    let (clock, hands) = Clock::manual(Clock::system().now());
    let world = Arc::new(World::new(seed, clock.clone()));
    let origin = Origin::start(&world, seed);
    let gateway = Gateway::start(&format!("http://{}", origin.address), &clock);
    let begun = Instant::now();
    let clients: Arc<Vec<_>> = Arc::new((0..CLIENTS).map(|client| Targets::of(client, &world)).collect());
    let paths = Arc::new(stable(&world));
    eprintln!("signed after {:?}", begun.elapsed());
    let progress = Arc::new(Progress {
        begun: AtomicU64::new(0),
        readers: AtomicU64::new(READERS),
    });
    let readers: Vec<_> = (0..READERS)
        .map(|number| {
            let (clients, paths, progress) = (Arc::clone(&clients), Arc::clone(&paths), Arc::clone(&progress));
            let mut reader = Reader::new(gateway.address, &world, seed.wrapping_add(number));
            thread::spawn(move || {
                let _reading = Reading(&progress);
                while progress.begun.fetch_add(1, Ordering::SeqCst) < REQUESTS {
                    ask_something(&mut reader, &clients, &paths);
                }
                reader.seen
            })
        })
        .collect();
    change_the_world(&world, &hands, &gateway, &origin.mood, &progress, seed);
    let mut seen = BTreeMap::<String, u64>::new();
    for reader in readers {
        match reader.join() {
            Ok(counts) => {
                for (what, count) in counts {
                    *seen.entry(what).or_default() += count;
                }
            }
            Err(panic) => {
                eprintln!("it failed with EVERGATE_TEST_SEED={seed}");
                resume_unwind(panic)
            }
        }
    }
    eprintln!("{seen:#?}\nafter {:?}", begun.elapsed());
    assert_that_much_was_tried(&seen, &gateway, &origin);
}

/// One request of any kind.
fn ask_something(reader: &mut Reader, clients: &[Targets], paths: &[Target]) {
    let random = &mut reader.random;
    // Some are asked for more than others, so that many ask for the same at once.
    let client = match random.u32(0..2) {
        0 => random.usize(0..5),
        _ => random.usize(0..CLIENTS),
    };
    let own = &clients[client];
    match random.u32(0..1000) {
        0..560 => {
            let target = pick(random, &own.reads);
            let conditions = conditions(&reader.world, target, random);
            reader.read(target, &conditions);
        }
        560..640 => {
            let mut target = pick(random, &own.heads).clone();
            if random.bool() {
                target = pick(random, &own.reads).clone();
                target.method = "HEAD";
            }
            let conditions = conditions(&reader.world, &target, random);
            reader.read(&target, &conditions);
        }
        640..800 => {
            let mut target = pick(random, paths).clone();
            if random.u32(0..8) == 0 {
                target.method = "HEAD";
            }
            let conditions = conditions(&reader.world, &target, random);
            reader.read(&target, &conditions);
        }
        800..900 => {
            let world = Arc::clone(&reader.world);
            let good = if random.bool() {
                pick(random, &own.reads)
            } else {
                pick(random, &own.heads)
            };
            let (method, text) = spoiled(good, &world, random);
            let conditions = conditions(&world, good, random);
            // A parameter that comes twice is refused before the signature is looked at.
            let doubled =
                text.matches("versionId=").count() > 1 || text.matches("response-content-language=").count() > 1;
            let status = if doubled { 400 } else { 403 };
            reader.be_refused(method, &text, &conditions, &[status]);
        }
        900..950 => {
            let (method, text) = pick(random, &own.foreign);
            reader.be_refused(method, text, &Conditions::default(), &[403]);
        }
        950..960 => {
            let text = astray(pick(random, paths), random);
            reader.be_refused("GET", &text, &Conditions::default(), &[400, 403, 404, 502, 503, 504]);
        }
        960..980 => {
            let target = pick(random, &own.reads);
            reader.abandon(target);
        }
        980..997 => {
            let target = pick(random, &own.writes);
            reader.write(target);
        }
        _ => {
            let target = pick(random, &own.deletes);
            reader.write(target);
        }
    }
}

fn pick<'a, T>(random: &mut fastrand::Rng, from: &'a [T]) -> &'a T {
    &from[random.usize(0..from.len())]
}

/// Conditions and ranges as readers send them, often with a tag that the object has or had.
fn conditions(world: &World, target: &Target, random: &mut fastrand::Rng) -> Conditions {
    let mut conditions = Conditions {
        head: target.method == "HEAD",
        ..Conditions::default()
    };
    let object = &world.objects[target.object];
    let (number, current) = object.current();
    let version = match target.version {
        Some(number) => object.version(number),
        None => object.version(number.saturating_sub(random.usize(0..3))),
    };
    let known = version.unwrap_or(current);
    let range = |random: &mut fastrand::Rng| {
        let (first, length) = (random.usize(0..5_000), random.usize(0..5_000));
        Some(match random.u32(0..12) {
            0..6 => format!("{}-{}", first / 2, first / 2 + length),
            6..8 => format!("{first}-"),
            8..10 => format!("-{}", length + 1),
            10 => format!("{}-{}", 200_000 + first, 210_000),
            _ => format!("0-{first},{}-", first + 10),
        })
    };
    match random.u32(0..100) {
        0..45 => {}
        45..70 => conditions.range = range(random),
        70..80 => conditions.if_none_match = Some(known.etag.clone()),
        80..83 => conditions.if_none_match = Some(format!("\"other\", {}", known.etag)),
        83..87 => conditions.if_match = Some(known.etag.clone()),
        87..90 => conditions.if_modified_since = Some(known.modified.clone()),
        90..97 => {
            conditions.if_range = Some(known.etag.clone());
            conditions.range = range(random);
        }
        _ => {
            conditions.if_match = Some(known.etag.clone());
            conditions.range = range(random);
        }
    }
    if conditions.head {
        (conditions.range, conditions.if_range) = (None, None);
    }
    conditions
}

/// Turns the clock, replaces objects behind the gateway's back, purges, and lets the origin fail, until the readers are done.
fn change_the_world(
    world: &World,
    hands: &ManualClock,
    gateway: &Gateway,
    mood: &Mood,
    progress: &Progress,
    seed: u64,
) {
    let mut random = fastrand::Rng::with_seed(seed ^ 0xc10c);
    let mut next = TICK;
    let mut outage = None;
    while progress.readers.load(Ordering::SeqCst) > 0 {
        if outage.is_some_and(|until| Instant::now() >= until) {
            mood.down.store(false, Ordering::Relaxed);
            outage = None;
        }
        if progress.begun.load(Ordering::SeqCst) < next {
            thread::sleep(Duration::from_millis(1));
            continue;
        }
        next += TICK;
        for _ in 0..random.u32(1..6) {
            replace_one(world, gateway, &mut random);
        }
        match random.u32(0..20) {
            0..5 => hands.advance(Duration::from_secs(random.u64(1..=12))),
            5 => {
                mood.down.store(true, Ordering::Relaxed);
                outage = Some(Instant::now() + Duration::from_millis(random.u64(20..120)));
            }
            6 => purge_a_prefix(world, gateway, &mut random),
            _ => {}
        }
    }
    mood.down.store(false, Ordering::Relaxed);
}

fn replace_one(world: &World, gateway: &Gateway, random: &mut fastrand::Rng) {
    let client = if random.u32(0..3) == 0 {
        random.usize(0..3)
    } else {
        random.usize(0..CLIENTS)
    };
    let object = world.object(random.usize(0..SHELVES.len()), client, random.usize(0..OBJECTS));
    let Ok(_turn) = object.turn.try_lock() else {
        return;
    };
    let number = match random.u32(0..20) {
        0 => object.remove(&world.clock),
        _ => object.replace(&world.clock),
    };
    if random.u32(0..4) == 0 {
        let concerned = gateway
            .forget
            .key(SHELVES[object.shelf], &ObjectKey::parse(&object.key).unwrap());
        assert_eq!(concerned, if object.shelf == 0 { 2 } else { 1 });
        object.forbid_before(number, &(0..SPACES).collect::<Vec<_>>());
    }
}

fn purge_a_prefix(world: &World, gateway: &Gateway, random: &mut fastrand::Rng) {
    let (shelf, client) = (random.usize(0..SHELVES.len()), random.usize(0..CLIENTS));
    let prefix = if random.u32(0..4) == 0 {
        String::new()
    } else {
        format!("c{client:02}/")
    };
    let concerned = world
        .objects
        .iter()
        .filter(|object| object.shelf == shelf && object.key.starts_with(&prefix));
    let concerned: Vec<_> = concerned.map(|object| (object, object.current().0)).collect();
    gateway
        .forget
        .prefix(SHELVES[shelf], &KeyPrefix::parse(&prefix).unwrap());
    for (object, number) in concerned {
        object.forbid_before(number, &(0..SPACES).collect::<Vec<_>>());
    }
}

/// That every way through the cache was gone often: else the test has shown nothing.
fn assert_that_much_was_tried(seen: &BTreeMap<String, u64>, gateway: &Gateway, origin: &Origin) {
    let of = |what: &dyn Fn(&str) -> bool| {
        seen.iter()
            .filter(|(name, _)| what(name))
            .map(|(_, count)| count)
            .sum::<u64>()
    };
    let total: u64 = of(&|name| name != "connections lost");
    let failed = of(&|name| name == "failed");
    assert!(total >= REQUESTS * 98 / 100, "{total} requests");
    assert!(failed < REQUESTS / 10, "{failed} failed");
    let metric = |name: &str| gateway.metric(&format!("evergate_object_cache_{name}"));
    for (name, least) in [
        ("requests_total{result=\"hit\"}", 10_000),
        ("requests_total{result=\"miss\"}", 2_000),
        ("requests_total{result=\"stale\"}", 500),
        ("requests_total{result=\"revalidated\"}", 500),
        ("requests_total{result=\"joined\"}", 50),
        ("requests_total{result=\"negative\"}", 50),
        ("evictions_total{cause=\"size\"}", 500),
    ] {
        let value = metric(name);
        eprintln!("{name} {value}");
        assert!(value >= least, "{name} is {value}");
    }
    for status in [
        "200",
        "206",
        "304",
        "404",
        "412",
        "416",
        "302",
        "refused 403",
        "PUT 200",
        "DELETE 204",
    ] {
        let name = if status == "302" { "redirected" } else { status };
        let count = of(&|seen| seen.starts_with(name));
        assert!(count >= 50, "{name}: {count}");
    }
    let Mood { asked, failed, cut, .. } = &*origin.mood;
    let [asked, failed, cut] = [asked, failed, cut].map(|count| count.load(Ordering::Relaxed));
    eprintln!("the origin was asked {asked} times, failed {failed} times and cut {cut} answers");
    assert!(asked < REQUESTS && failed > 100 && cut > 50, "{asked}, {failed}, {cut}");
    let reading = gateway.objects.reading();
    eprintln!("{reading:?}");
}
