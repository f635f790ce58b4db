//! What the signed-URL cache tells apart, forgets, bounds and counts.

use super::*;

#[derive(Debug, PartialEq)]
struct Value(Vec<u8>);

impl Weigh for Value {
    fn weigh(&self) -> usize {
        size_of::<Self>() + self.0.len()
    }
}

fn cache(max_bytes: u64) -> UrlCache<Value> {
    UrlCache::new(max_bytes, Duration::from_mins(15))
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
    cache.insert(&asked, Arc::new(Value(vec![1])));
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
    assert_eq!(cache.get(&asked, |_| true), Some(Arc::new(Value(vec![1]))));
    assert_eq!((cache.reading().hits, cache.reading().misses), (1, 6));
}

#[test]
fn what_may_not_be_used_any_more_is_a_miss() {
    let cache = cache(1 << 20);
    let key = ObjectKey::parse("a").unwrap();
    cache.insert(&query(&key), Arc::new(Value(vec![])));
    assert_eq!(cache.get(&query(&key), |_| false), None);
    assert_eq!((cache.reading().hits, cache.reading().misses), (0, 1));
}

#[test]
fn bytes_are_bounded_and_counted() {
    let cache = cache(100_000);
    for n in 0..1000 {
        let key = ObjectKey::parse(&format!("images/u{n}.png")).unwrap();
        cache.insert(&query(&key), Arc::new(Value(vec![0; 600])));
    }
    cache.entries.run_pending_tasks();
    let stats = cache.reading();
    assert!(stats.bytes <= 100_000, "{stats:?}");
    assert!((50..=100).contains(&stats.entries), "{stats:?}");
    assert!(stats.bytes / stats.entries > 1000, "{stats:?}");
}

#[test]
fn an_empty_cache_holds_nothing_and_still_works() {
    let cache = cache(0);
    let key = ObjectKey::parse("a").unwrap();
    cache.insert(&query(&key), Arc::new(Value(vec![])));
    cache.entries.run_pending_tasks();
    assert_eq!(cache.reading().entries, 0);
}
