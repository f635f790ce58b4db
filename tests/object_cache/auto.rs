//! `delivery: auto` by what is known of the size: small objects come from memory, of large ones the origin is not asked twice.

use crate::gateway::{APP_CLIENT, Gateway, MINUTE, Setup, bucket};
use crate::origin::{Object, Origin};
use crate::reader::{status, told};

/// `/a/` by size, `/s/` streamed, both from one memory.
fn start(origin: &Origin, top: &str) -> Gateway {
    let route = |path: &str, delivery: &str| {
        format!(
            "  - {{ path: {path}, bucket: files, prefix: '', access: public, delivery: {delivery}, cache: {{ fresh_for: 5m, stale_if_error: 1h }} }}\n"
        )
    };
    let routes = [route("/a/", "auto"), route("/s/", "stream")].concat();
    Setup::impatient().start(&format!(
        "{top}\nbuckets:\n{}{APP_CLIENT}routes:\n{routes}",
        bucket("files", origin)
    ))
}

fn sized(bytes: usize) -> Object {
    Object::new("x".repeat(bytes))
}

#[tokio::test]
async fn small_ones_come_from_memory_and_of_large_ones_the_origin_is_not_asked_twice() {
    let origin = Origin::start();
    origin.store("small", sized(1_000));
    origin.store("large", sized(100_000));
    let gateway = start(&origin, "auto_limit: 64KiB");
    let small = gateway.get("/a/small").await;
    assert_eq!(status(&small), "fwd=uri-miss; fwd-status=200; stored", "one round trip");
    for _ in 0..3 {
        assert!(status(&gateway.get("/a/small").await).starts_with("hit"));
    }
    assert_eq!(origin.count(), 1);
    for _ in 0..4 {
        let large = gateway.get("/a/large").await;
        assert_eq!(large.status, 302, "{large:?}");
        assert!(large.header("location").starts_with(&origin.endpoint()), "{large:?}");
        let head = gateway.head("/a/large").await;
        assert_eq!(head.status, 302, "{head:?}");
    }
    assert_eq!(origin.gets("large"), 1, "the head of one answer told how large it is");
    assert_eq!(origin.count(), 2);
    // What is known of the size is looked after once it is old.
    gateway.wait(MINUTE * 5);
    origin.store("large", sized(10));
    assert_eq!(gateway.get("/a/large").await.body, sized(10).body);
    assert_eq!(origin.count(), 3);
}

#[tokio::test]
async fn what_another_route_kept_is_judged_by_this_ones_limit() {
    let origin = Origin::start();
    origin.store("large", sized(100_000));
    let gateway = start(&origin, "auto_limit: 64KiB");
    assert_eq!(gateway.get("/a/large").await.status, 302);
    // To a stream it is not too large.
    for expected in ["fwd=uri-miss", "hit"] {
        let reply = gateway.get("/s/large").await;
        assert!(status(&reply).starts_with(expected), "{reply:?}");
        assert_eq!(reply.body, sized(100_000).body);
    }
    let asked = origin.count();
    assert_eq!(gateway.get("/a/large").await.status, 302);
    assert_eq!(origin.count(), asked);
}

#[tokio::test]
async fn objects_between_the_two_limits_are_streamed_and_not_kept() {
    let origin = Origin::start();
    origin.store("between", sized(100_000));
    origin.store("large", sized(300_000));
    let gateway = start(
        &origin,
        "auto_limit: 256KiB\nobject_cache: { max: 1MiB, max_object_size: 64KiB }",
    );
    for number in 1..4 {
        let reply = gateway.get("/a/between").await;
        assert_eq!((reply.status.as_u16(), &reply.body), (200, &sized(100_000).body));
        assert_eq!(origin.gets("between"), number);
        assert_eq!(gateway.get("/a/large").await.status, 302);
        assert_eq!(origin.gets("large"), 1);
    }
}

#[tokio::test]
async fn an_object_that_grows_or_shrinks_is_delivered_as_it_is_now() {
    let origin = Origin::start();
    origin.store("o", sized(10));
    let gateway = start(&origin, "auto_limit: 64KiB");
    told(&gateway.get("/a/o").await, "xxxxxxxxxx");
    gateway.wait(MINUTE * 5);
    origin.store("o", sized(100_000));
    assert_eq!(gateway.get("/a/o").await.status, 302);
    origin.shut();
    let after = gateway.get("/a/o").await;
    assert_eq!(after.status, 302, "what it was before must not come back: {after:?}");
}

#[tokio::test]
async fn parts_of_large_objects_are_redirected_or_passed_but_never_fetched_whole() {
    let origin = Origin::start();
    origin.store("large", sized(100_000));
    let gateway = start(&origin, "auto_limit: 64KiB");
    for _ in 0..2 {
        let part = gateway.get_with("/a/large", &[("range", "bytes=0-9")]).await;
        assert_eq!(part.status, 302, "{part:?}");
    }
    assert!(
        origin
            .asked()
            .iter()
            .all(|asked| asked.field("range") == Some("bytes=0-9"))
    );
}

#[tokio::test]
async fn rule_20_a_small_avatar_outlasts_an_outage_in_auto_too() {
    let origin = Origin::with(&[("a", "Ada")]);
    let gateway = start(&origin, "auto_limit: 64KiB");
    told(&gateway.get("/a/a").await, "Ada");
    origin.shut();
    gateway.wait(MINUTE * 5);
    assert_eq!(
        told(&gateway.get("/a/a").await, "Ada"),
        "hit; ttl=-0; detail=unreachable"
    );
    gateway.wait(MINUTE * 60);
    assert_eq!(gateway.get("/a/a").await.status, 502);
}
