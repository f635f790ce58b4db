//! What outlives a reload, and what buckets of one endpoint share.

use super::*;
use crate::access::Permit;
use crate::cache;
use crate::clock::Timestamp;
use crate::config::{self, Environment};
use crate::fetch::{ObjectCache, OriginState};
use crate::presign::UrlCacheStatus;
use crate::resolve::Target;
use crate::s3::{ObjectKey, Operation};
use crate::telemetry::AccessSink;
use std::fmt::Write;
use std::path::Path;

fn furniture() -> Furniture {
    let clock = Clock::manual(Timestamp::from_unix(1_800_000_000)).0;
    let telemetry = Telemetry::new(clock.clone(), AccessSink::none()).unwrap();
    let config = crate::config::ObjectCacheConfig::default();
    Furniture {
        objects: ObjectCache::new(&config, clock.clone(), telemetry.metrics().objects()),
        telemetry,
        clock,
        runtime: Handle::current(),
        bounds: OriginBounds::default(),
        workers: std::num::NonZeroUsize::MIN,
    }
}

fn app(buckets: &[(&str, &str, &str)], furniture: &Furniture, previous: Option<&App>) -> App {
    let mut text = "routes: []\nbuckets:\n".to_owned();
    for (id, endpoint, region) in buckets {
        let place = format!("name: shelf-{id}, region: {region}, endpoint: \"{endpoint}\", path_style: true");
        let _ = writeln!(text, "  {id}: {{ {place}, credentials: anonymous }}");
    }
    let loaded = config::parse(&text, Path::new("config.yaml"), &Environment::default());
    let config = loaded.unwrap_or_else(|faults| panic!("{faults}")).config;
    App::build(&config, None, furniture, previous).unwrap()
}

fn origins(app: &App) -> Vec<&Arc<OriginState>> {
    app.per_bucket.iter().map(|per| &per.origin).collect()
}

const ONE: &str = "http://one.example.com:9000";
const TWO: &str = "http://two.example.com:9000";

#[tokio::test]
async fn buckets_of_one_endpoint_share_its_breaker_and_nothing_else() {
    let app = app(
        &[
            ("a", ONE, "us-east-1"),
            ("b", ONE, "us-east-1"),
            ("c", TWO, "us-east-1"),
        ],
        &furniture(),
        None,
    );
    let [a, b, c] = origins(&app)[..] else { panic!("three") };
    assert!(Arc::ptr_eq(a.breaker(), b.breaker()) && !Arc::ptr_eq(a, b));
    assert!(!Arc::ptr_eq(a.breaker(), c.breaker()));
}

#[tokio::test]
async fn a_reload_keeps_what_is_known_of_buckets_that_stay_where_they_are() {
    let furniture = furniture();
    let before = app(
        &[
            ("a", ONE, "us-east-1"),
            ("b", ONE, "us-east-1"),
            ("c", TWO, "us-east-1"),
        ],
        &furniture,
        None,
    );
    // Another order, another region of one, another endpoint of the other.
    let after = app(
        &[
            ("c", ONE, "us-east-1"),
            ("b", ONE, "eu-west-1"),
            ("a", ONE, "us-east-1"),
        ],
        &furniture,
        Some(&before),
    );
    let [a, b, c] = origins(&before)[..] else {
        panic!("three")
    };
    let [new_c, new_b, new_a] = origins(&after)[..] else {
        panic!("three")
    };
    assert!(Arc::ptr_eq(a, new_a), "it has not moved");
    assert!(!Arc::ptr_eq(b, new_b) && !Arc::ptr_eq(c, new_c), "these have");
    for moved in [new_b, new_c] {
        assert!(Arc::ptr_eq(a.breaker(), moved.breaker()), "the endpoint is the same");
    }
}

/// What the cache of signed URLs says to a worker that asks twice for one object; a thread of its own, with or without a seat.
fn asked_twice(app: &App, seat: Option<usize>) -> UrlCacheStatus {
    let bucket = &app.per_bucket[0].bucket;
    let key = ObjectKey::parse("a.png").unwrap();
    let permit = Permit::operator(Arc::clone(bucket), key, Operation::GetObject);
    let target = Target::redirected(permit, None);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            seat.into_iter().for_each(cache::take_seat);
            let _first = app.presigner.presign(&target).unwrap();
            app.presigner.presign(&target).unwrap().cache
        });
        asking.join().unwrap()
    })
}

#[tokio::test]
async fn every_worker_of_the_start_keeps_urls_whatever_number_a_reload_names() {
    let furniture = Furniture {
        workers: NonZeroUsize::new(2).unwrap(),
        ..furniture()
    };
    let of = |workers: usize, previous: Option<&App>| {
        let place = format!("name: shelf, region: us-east-1, endpoint: \"{ONE}\", credentials: anonymous");
        let text = format!("workers: {workers}\nbuckets:\n  a: {{ {place} }}\nroutes: []\n");
        let loaded = config::parse(&text, Path::new("config.yaml"), &Environment::default());
        let config = loaded.unwrap_or_else(|faults| panic!("{faults}")).config;
        App::build(&config, None, &furniture, previous).unwrap()
    };
    let first = of(2, None);
    for app in [of(1, Some(&first)), of(8, Some(&first)), first] {
        for worker in [0, 1] {
            assert_eq!(asked_twice(&app, Some(worker)), UrlCacheStatus::Hit);
        }
        // Nobody's thread pushes nothing out of what workers keep.
        assert_eq!(asked_twice(&app, None), UrlCacheStatus::Miss);
    }
}
