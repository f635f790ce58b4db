//! What a new configuration leaves of what is kept: all, where a bucket is still the same and read by the same right; else
//! nothing. Rules 18 and 27.

use crate::answers::Gate;
use crate::gateway::{APP_CLIENT, Gateway, MINUTE, bucket, site};
use crate::origin::{Origin, Play};
use crate::reader::{Slow, told, until};

const POLICY: &str = "fresh_for: 5m, stale_if_error: 1h";
const COLD: &str = "fwd=uri-miss; fwd-status=200; stored";

async fn warm(origin: &Origin) -> Gateway {
    let gateway = Gateway::caching(origin, POLICY);
    told(&gateway.get("/s/a").await, "Ada");
    gateway
}

#[tokio::test]
async fn what_is_kept_outlives_a_reload_that_leaves_the_bucket_alone() {
    let origin = Origin::with(&[("a", "Ada")]);
    let gateway = warm(&origin).await;
    let same = site(&origin, POLICY);
    let more = format!(
        "{same}  - {{ path: /more/, bucket: files, prefix: '', access: public, delivery: stream, cache: {{ fresh_for: 1m }} }}\n"
    );
    for yaml in [&same, &more, &format!("auto_limit: 1KiB\n{more}")] {
        gateway.reload(yaml);
        assert_eq!(told(&gateway.get("/s/a").await, "Ada"), "hit; ttl=300");
    }
    // Each route judges by its own word, the new one from now on.
    assert_eq!(told(&gateway.get("/more/a").await, "Ada"), "hit; ttl=60");
    gateway.reload(&site(&origin, "fresh_for: 10s"));
    assert_eq!(told(&gateway.get("/s/a").await, "Ada"), "hit; ttl=10");
    assert_eq!(origin.count(), 1);
    gateway.wait(MINUTE);
    assert!(told(&gateway.get("/s/a").await, "Ada").starts_with("fwd=stale"));
}

#[tokio::test]
async fn rule_18_another_endpoint_begins_cold() {
    let (origin, other) = (Origin::with(&[("a", "Ada")]), Origin::with(&[("a", "Ann")]));
    let gateway = warm(&origin).await;
    gateway.reload(&site(&other, POLICY));
    assert_eq!(told(&gateway.get("/s/a").await, "Ann"), COLD);
    // Nor does the way back find what was there.
    gateway.reload(&site(&origin, POLICY));
    assert_eq!(told(&gateway.get("/s/a").await, "Ada"), COLD);
    assert_eq!((origin.count(), other.count()), (2, 1));
}

#[tokio::test]
async fn rule_18_other_credentials_begin_cold() {
    let origin = Origin::with(&[("a", "Ada")]);
    let gateway = warm(&origin).await;
    let other = site(&origin, POLICY).replace("${SECRET}", "${OTHER_SECRET}");
    gateway.reload(&other);
    assert_eq!(told(&gateway.get("/s/a").await, "Ada"), COLD);
    gateway.reload(&other);
    assert!(told(&gateway.get("/s/a").await, "Ada").starts_with("hit"));
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn rule_18_another_bucket_under_the_same_id_begins_cold() {
    let origin = Origin::with(&[("a", "Ada")]);
    let gateway = warm(&origin).await;
    gateway.reload(&site(&origin, POLICY).replace("name: shelf", "name: other-shelf"));
    assert_eq!(told(&gateway.get("/s/a").await, "Ada"), COLD);
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn rule_18_two_buckets_never_share_though_they_are_one_at_the_origin() {
    let origin = Origin::with(&[("a", "Ada")]);
    let two = |first: &str, second: &str| {
        let route = |id: &str| {
            format!("  - {{ path: /{id}/, bucket: {id}, prefix: '', access: public, delivery: stream, cache: {{}} }}\n")
        };
        let buckets = [bucket(first, &origin), bucket(second, &origin)].concat();
        let client = APP_CLIENT.replace("bucket: files", "bucket: one");
        format!("buckets:\n{buckets}{client}routes:\n{}{}", route("one"), route("two"))
    };
    let gateway = crate::gateway::Setup::default().start(&two("one", "two"));
    told(&gateway.get("/one/a").await, "Ada");
    assert_eq!(
        told(&gateway.get("/two/a").await, "Ada"),
        COLD,
        "each with its own right to read"
    );
    gateway.reload(&two("two", "one"));
    for path in ["/one/a", "/two/a"] {
        assert!(
            told(&gateway.get(path).await, "Ada").starts_with("hit"),
            "their order is nothing"
        );
    }
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn rule_27_a_fetch_outlives_the_reload_and_brings_nothing_into_another_place() {
    let (origin, other, gate) = (
        Origin::with(&[("a", "Ada")]),
        Origin::with(&[("a", "Ann")]),
        Gate::new(),
    );
    let held = gate.clone();
    origin.turn(move |_| Play::Later(held.clone()));
    let gateway = Gateway::caching(&origin, POLICY);
    let mut reader = Slow::ask(gateway.address, "/s/a").await;
    until("the fetch", || origin.count() == 1).await;
    gateway.reload(&site(&other, POLICY));
    assert_eq!(
        told(&gateway.get("/s/a").await, "Ann"),
        COLD,
        "it joins nothing of before"
    );
    gate.open();
    assert!(reader.read_all().await);
    assert_eq!(reader.body(), b"Ada", "who asked before is answered as before");
    assert!(told(&gateway.get("/s/a").await, "Ann").starts_with("hit"));
}
