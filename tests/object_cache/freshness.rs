//! For how long the origin is not asked: the route's word, the origin's inside it, and what may not be kept at all. RFC 9111.

use crate::answers::Answer;
use crate::gateway::{Gateway, MINUTE};
use crate::origin::{Object, Origin, Play};
use crate::reader::{status, told};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const STORED: &str = "fwd=uri-miss; fwd-status=200; stored";

#[tokio::test]
async fn an_avatar_is_asked_for_once_until_its_time_is_up() {
    let origin = Origin::start();
    origin.store("a", Object::new("Ada").field("Content-Type: image/png"));
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    let reply = gateway.get("/s/a").await;
    assert_eq!((told(&reply, "Ada"), reply.maybe("age")), (STORED, None));
    for (later, left, age) in [(0, 300, "0"), (60, 240, "60"), (239, 1, "299")] {
        gateway.wait(SECOND * later);
        let reply = gateway.get("/s/a").await;
        assert_eq!(told(&reply, "Ada"), format!("hit; ttl={left}"));
        assert_eq!(reply.header("age"), age);
        assert_eq!(reply.header("etag"), Object::new("Ada").etag());
        assert_eq!(reply.header("last-modified"), "Sun, 01 Nov 2026 12:00:00 GMT");
        assert_eq!(reply.header("content-type"), "image/png");
        assert_eq!(
            (reply.header("content-length"), reply.header("accept-ranges")),
            ("3", "bytes")
        );
    }
    assert_eq!(origin.count(), 1);
    gateway.wait(SECOND);
    told(&gateway.get("/s/a").await, "Ada");
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn the_origins_word_counts_inside_the_routes() {
    for (fields, left, age) in [
        (&["Cache-Control: max-age=60"][..], 60, 0),
        (&["Cache-Control: max-age=86400"], 300, 0),
        (&["Cache-Control: public, max-age=86400, s-maxage=30"], 30, 0),
        (&["Cache-Control: max-age=200", "Age: 50"], 150, 50),
        (&["Age: 100"], 200, 100),
        (&["Cache-Control: max-age=\"90\""], 90, 0),
    ] {
        let origin = Origin::start();
        let object = fields
            .iter()
            .fold(Object::new("Ada"), |object, field| object.field(field));
        origin.store("a", object);
        let gateway = Gateway::caching(&origin, "fresh_for: 5m");
        let first = gateway.get("/s/a").await;
        let told_age = (age > 0).then(|| age.to_string());
        assert_eq!(
            (told(&first, "Ada"), first.maybe("age")),
            (STORED, told_age.as_deref()),
            "{fields:?}"
        );
        gateway.wait(SECOND * 10);
        let reply = gateway.get("/s/a").await;
        assert_eq!(told(&reply, "Ada"), format!("hit; ttl={}", left - 10), "{fields:?}");
        assert_eq!(reply.header("age"), (age + 10).to_string());
        gateway.wait(SECOND * (left - 11));
        assert_eq!(told(&gateway.get("/s/a").await, "Ada"), "hit; ttl=1", "{fields:?}");
        gateway.wait(SECOND);
        assert!(
            told(&gateway.get("/s/a").await, "Ada").starts_with("fwd=stale"),
            "{fields:?}"
        );
        assert_eq!(origin.count(), 2);
    }
}

#[tokio::test]
async fn expires_counts_by_the_origins_own_clock() {
    let origin = Origin::start();
    let object = Object::new("Ada")
        .field("Date: Sun, 01 Nov 2015 12:00:00 GMT")
        .field("Expires: Sun, 01 Nov 2015 12:01:00 GMT");
    origin.store("a", object);
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    told(&gateway.get("/s/a").await, "Ada");
    assert_eq!(told(&gateway.get("/s/a").await, "Ada"), "hit; ttl=60");
}

#[tokio::test]
async fn what_the_origin_says_is_not_to_be_kept_is_not() {
    for (field, reason) in [
        ("Cache-Control: no-store", "no_store"),
        ("Cache-Control: max-age=60, private", "private"),
        ("Cache-Control: private=\"x-a\"", "private"),
        ("Vary: Cookie", "vary"),
        ("Vary: *", "vary"),
    ] {
        let origin = Origin::start();
        origin.store("a", Object::new("Ada").field(field));
        let gateway = Gateway::caching(&origin, "fresh_for: 5m, stale_if_error: 1h, stale_while_revalidate: 1h");
        for number in 1..4 {
            assert!(
                told(&gateway.get("/s/a").await, "Ada").ends_with("fwd-status=200"),
                "{field}"
            );
            assert_eq!(origin.count(), number, "{field}");
        }
        let line = format!("evergate_object_cache_not_stored_total{{reason=\"{reason}\"}}");
        assert_eq!(
            gateway.metric(&line),
            1,
            "it is known for a while, and nobody waits for another"
        );
        origin.say(Answer::refusal("500 Internal Server Error", "InternalError"));
        assert_eq!(gateway.get("/s/a").await.status, 502, "{field}");
    }
    let origin = Origin::start();
    origin.store(
        "a",
        Object::new("Ada").field("Vary: Origin, Access-Control-Request-Method"),
    );
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    told(&gateway.get("/s/a").await, "Ada");
    assert!(
        told(&gateway.get("/s/a").await, "Ada").starts_with("hit"),
        "every S3 origin with CORS says so"
    );
}

#[tokio::test]
async fn what_was_kept_goes_when_the_origin_says_so_later() {
    let origin = Origin::with(&[("a", "Ada")]);
    let gateway = Gateway::caching(&origin, "fresh_for: 5m, stale_if_error: 1h");
    told(&gateway.get("/s/a").await, "Ada");
    gateway.wait(MINUTE * 5);
    let etag = format!("ETag: {}", Object::new("Ada").etag());
    origin.say(Answer::raw("304 Not Modified", &[&etag, "Cache-Control: no-store"], ""));
    told(&gateway.get("/s/a").await, "Ada");
    origin.say(Answer::refusal("500 Internal Server Error", "InternalError"));
    assert_eq!(gateway.get("/s/a").await.status, 502);
}

#[tokio::test]
async fn no_cache_is_kept_and_always_vouched_for_first() {
    let origin = Origin::start();
    origin.store("a", Object::new("Ada").field("Cache-Control: no-cache"));
    let gateway = Gateway::caching(&origin, "fresh_for: 5m, stale_while_revalidate: 1h, stale_if_error: 1h");
    assert_eq!(told(&gateway.get("/s/a").await, "Ada"), STORED);
    for number in 2..5 {
        let reply = gateway.get("/s/a").await;
        assert_eq!(told(&reply, "Ada"), "fwd=stale; fwd-status=304; stored");
        assert_eq!(origin.count(), number);
        assert_eq!(origin.last().field("if-none-match"), Some(&*Object::new("Ada").etag()));
    }
    origin.say(Answer::refusal("403 Forbidden", "AccessDenied"));
    assert_eq!(gateway.get("/s/a").await.status, 404);
}

#[tokio::test]
async fn rule_19_only_what_is_whole_and_measured_is_kept() {
    let tag = ["ETag: \"one\""];
    let too_much = vec![b'x'; 1024 * 1024 + 1];
    for (answer, reason) in [
        (Answer::chunked(&tag, b"0123456789"), "unsized"),
        (Answer::new("200 OK", &tag, too_much), "too_large"),
    ] {
        let origin = Origin::start();
        origin.say(answer);
        let gateway = Gateway::caching(&origin, "fresh_for: 5m");
        let first = gateway.get("/s/a").await;
        for number in 2..4 {
            let reply = gateway.get("/s/a").await;
            assert_eq!((reply.status.as_u16(), &reply.body), (200, &first.body));
            assert_eq!(origin.count(), number, "{reason}");
        }
        let line = format!("evergate_object_cache_not_stored_total{{reason=\"{reason}\"}}");
        assert_eq!(gateway.metric(&line), 1);
    }
    // A part that nobody asked for is no object.
    let origin = Origin::start();
    let fields = ["ETag: \"one\"", "Content-Range: bytes 0-9/20"];
    origin.say(Answer::new("206 Partial Content", &fields, "0123456789"));
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    assert_eq!(gateway.get("/s/a").await.status, 502);
    origin.heal();
    origin.store("a", Object::new("Ada"));
    assert_eq!(told(&gateway.get("/s/a").await, "Ada"), STORED);
}

#[tokio::test]
async fn the_largest_object_is_kept_and_the_empty_one() {
    let origin = Origin::start();
    let largest = Object::new(vec![b'x'; 1024 * 1024]);
    origin.store("largest", largest.clone());
    origin.store("empty", Object::new(""));
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    for (key, object) in [("largest", largest), ("empty", Object::new(""))] {
        for _ in 0..3 {
            assert_eq!(gateway.get(&format!("/s/{key}")).await.body, object.body);
        }
        assert_eq!(origin.gets(key), 1);
    }
}

#[tokio::test]
async fn a_stranger_cant_make_the_origin_be_asked() {
    let origin = Origin::with(&[("a", "Ada")]);
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    told(&gateway.get("/s/a").await, "Ada");
    for (name, value) in [
        ("cache-control", "no-cache"),
        ("cache-control", "no-store, max-age=0"),
        ("cache-control", "only-if-cached, max-stale"),
        ("pragma", "no-cache"),
        ("cookie", "session=1"),
        ("authorization", "Bearer of-a-site"),
    ] {
        let reply = gateway.get_with("/s/a", &[(name, value)]).await;
        assert!(told(&reply, "Ada").starts_with("hit"), "{name}: {reply:?}");
    }
    for query in ["?v=2", "?v=3&w=1", "?download"] {
        let reply = gateway.get(&format!("/s/a{query}")).await;
        assert!(status(&reply).starts_with("hit"), "{query}: {reply:?}");
    }
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn a_route_without_a_cache_has_none() {
    let origin = Origin::with(&[("a", "Ada")]);
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    told(&gateway.get("/s/a").await, "Ada");
    for number in 2..4 {
        assert_eq!(gateway.get("/plain/a").await.body, "Ada");
        assert_eq!(origin.count(), number);
    }
    origin.turn(|_| Play::Say(Answer::refusal("500 Internal Server Error", "InternalError")));
    assert_eq!(gateway.get("/plain/a").await.status, 502);
    assert!(told(&gateway.get("/s/a").await, "Ada").starts_with("hit"));
}
