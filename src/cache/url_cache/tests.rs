//! What the signed-URL cache tells apart, forgets, bounds and counts.

use super::*;

#[derive(Clone, Debug, PartialEq)]
struct Value(Vec<u8>);

impl Weigh for Value {
    fn weigh(&self) -> usize {
        size_of::<Self>() + self.0.len()
    }
}

fn cache(max_bytes: u64) -> UrlCache<Value> {
    UrlCache::new(max_bytes, NonZeroUsize::MIN)
}

fn query(key: &ObjectKey) -> UrlQuery<'_> {
    UrlQuery {
        bucket: 0,
        generation: 0,
        epoch: 1,
        operation: Operation::GetObject,
        key,
        overrides: &[],
    }
}

#[test]
fn every_part_of_the_key_tells_entries_apart() {
    let cache = cache(1 << 20);
    let (key, other) = (ObjectKey::parse("a").unwrap(), ObjectKey::parse("b").unwrap());
    let asked = query(&key);
    cache.insert(&asked, Value(vec![1]));
    let overrides = [("versionId", Box::from(""))];
    let different = [
        UrlQuery { bucket: 1, ..asked },
        UrlQuery { epoch: 2, ..asked },
        UrlQuery { generation: 1, ..asked },
        UrlQuery {
            operation: Operation::HeadObject,
            ..asked
        },
        UrlQuery { key: &other, ..asked },
        UrlQuery {
            overrides: &overrides,
            ..asked
        },
    ];
    for query in different {
        assert_eq!(cache.get(&query, |_| true), None, "{query:?}");
    }
    assert_eq!(cache.get(&asked, |_| true), Some(Value(vec![1])));
    assert_eq!((cache.reading().hits, cache.reading().misses), (1, 6));
}

#[test]
fn what_may_not_be_used_any_more_is_a_miss() {
    let cache = cache(1 << 20);
    let key = ObjectKey::parse("a").unwrap();
    cache.insert(&query(&key), Value(vec![]));
    assert_eq!(cache.get(&query(&key), |_| false), None);
    assert_eq!((cache.reading().hits, cache.reading().misses), (0, 1));
}

#[test]
fn bytes_are_bounded_and_counted() {
    let cache = cache(100_000);
    for n in 0..1000 {
        let key = ObjectKey::parse(&format!("images/u{n}.png")).unwrap();
        cache.insert(&query(&key), Value(vec![0; 600]));
        assert!(cache.reading().bytes <= 100_000, "{n}: {:?}", cache.reading());
    }
    let stats = cache.reading();
    assert!((50..=120).contains(&stats.entries), "{stats:?}");
    assert!(stats.bytes / stats.entries > 800, "{stats:?}");
    assert_eq!(held(&cache, 1000), stats.entries);
}

#[test]
fn what_takes_more_bytes_than_others_leaves_room_for_fewer() {
    let cache = cache(100_000);
    for n in 0..1000 {
        let key = ObjectKey::parse(&format!("images/u{n}.png")).unwrap();
        cache.insert(&query(&key), Value(vec![0; if n < 500 { 100 } else { 20_000 }]));
        assert!(cache.reading().bytes <= 100_000, "{n}: {:?}", cache.reading());
    }
    assert!((1..=4).contains(&cache.reading().entries), "{:?}", cache.reading());
    assert_eq!(held(&cache, 1000), cache.reading().entries);
    let key = ObjectKey::parse("images/larger-than-all.png").unwrap();
    let before = cache.reading().bytes;
    cache.insert(&query(&key), Value(vec![0; 200_000]));
    assert_eq!(cache.reading().bytes, before);
}

/// How many of the first so many keys are found.
fn held(cache: &UrlCache<Value>, keys: usize) -> u64 {
    let found = (0..keys).filter(|n| {
        let key = ObjectKey::parse(&format!("images/u{n}.png")).unwrap();
        cache.get(&query(&key), |_| true).is_some()
    });
    u64::try_from(found.count()).unwrap()
}

#[test]
fn what_is_asked_for_again_and_again_stays() {
    let cache = cache(1 << 20);
    let popular: Vec<_> = (0..50)
        .map(|n| ObjectKey::parse(&format!("popular/{n}")).unwrap())
        .collect();
    let mut found = 0;
    for n in 0..10_000 {
        let key = ObjectKey::parse(&format!("images/u{n}.png")).unwrap();
        cache.insert(&query(&key), Value(vec![0; 600]));
        let key = &popular[n % popular.len()];
        if cache.get(&query(key), |_| true).is_some() {
            found += 1;
        } else {
            cache.insert(&query(key), Value(vec![0; 600]));
        }
    }
    assert!(found > 9_900, "{found}");
}

#[test]
fn what_is_put_in_again_is_held_once() {
    let cache = cache(1 << 20);
    let key = ObjectKey::parse("a").unwrap();
    cache.insert(&query(&key), Value(vec![1; 100]));
    let first = cache.reading().bytes;
    cache.insert(&query(&key), Value(vec![2; 150]));
    assert_eq!((cache.reading().entries, cache.reading().bytes), (1, first + 50));
    assert_eq!(cache.get(&query(&key), |_| true), Some(Value(vec![2; 150])));
}

#[test]
fn an_empty_cache_holds_nothing_and_still_works() {
    for none in [0, 1, 63, 64] {
        let cache = cache(none);
        let key = ObjectKey::parse("a").unwrap();
        cache.insert(&query(&key), Value(vec![]));
        assert_eq!(cache.get(&query(&key), |_| true), None);
        assert_eq!((cache.reading().entries, cache.reading().bytes <= none), (0, true));
    }
}

#[test]
fn each_worker_keeps_its_own_and_no_other_thread_does() {
    let cache: UrlCache<Value> = UrlCache::new(1 << 20, NonZeroUsize::new(2).unwrap());
    let key = ObjectKey::parse("a").unwrap();
    let asks = |worker: Option<usize>| {
        let seen = || {
            if let Some(worker) = worker {
                take_seat(worker);
            }
            let seen = cache.get(&query(&key), |_| true).is_some();
            cache.insert(&query(&key), Value(vec![]));
            seen
        };
        std::thread::scope(|scope| scope.spawn(seen).join().unwrap())
    };
    for (worker, seen) in [
        (Some(0), false),
        (None, false),
        (None, false),
        (Some(1), false),
        (Some(0), true),
        (Some(1), true),
        (Some(2), false),
        (Some(2), false),
    ] {
        assert_eq!(asks(worker), seen, "{worker:?}");
    }
    assert_eq!(cache.reading().entries, 2);
}

#[test]
fn threads_that_share_a_table_lose_no_count() {
    let cache: UrlCache<Value> = UrlCache::new(1 << 20, NonZeroUsize::new(2).unwrap());
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let cache = &cache;
            scope.spawn(move || {
                take_seat(thread % 2);
                for n in 0..2_000 {
                    let key = ObjectKey::parse(&format!("{}/{}", thread % 3, n % 700)).unwrap();
                    let wanted = Value(key.as_str().into());
                    match cache.get(&query(&key), |_| true) {
                        Some(found) => assert_eq!(found, wanted),
                        None => cache.insert(&query(&key), wanted),
                    }
                }
            });
        }
    });
    let stats = cache.reading();
    assert_eq!(stats.hits + stats.misses, 16_000);
    assert!(stats.bytes <= stats.limit_bytes, "{stats:?}");
}
