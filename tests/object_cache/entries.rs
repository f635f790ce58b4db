//! What is answered from one kept object without a word to the origin, what is told of objects that are not there, and what
//! passes by. RFC 9110 §13, §14.

use crate::answers::Answer;
use crate::gateway::{APP_CLIENT, Gateway, MINUTE, Setup, bucket, site};
use crate::origin::{Object, Origin};
use crate::reader::{status, told, until};
use std::time::Duration;

const DIGITS: &str = "0123456789";
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn conditions_parts_and_heads_are_answered_from_memory() {
    let origin = Origin::start();
    let object = Object::new(DIGITS).field("Content-Type: image/png");
    let etag = object.etag();
    origin.store("a", object);
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    told(&gateway.get("/s/a").await, DIGITS);
    gateway.wait(SECOND * 7);
    let modified = "Sun, 01 Nov 2026 12:00:00 GMT";
    let before = "Sat, 31 Oct 2026 12:00:00 GMT";
    let weak = format!("W/{etag}");
    for (fields, code, body, range) in [
        (&[("if-none-match", &*etag)][..], 304, "", None),
        (&[("if-none-match", &weak)], 304, "", None),
        (&[("if-none-match", "*")], 304, "", None),
        (&[("if-none-match", "\"another\"")], 200, DIGITS, None),
        (&[("if-modified-since", modified)], 304, "", None),
        (&[("if-modified-since", before)], 200, DIGITS, None),
        (&[("if-match", &etag)], 200, DIGITS, None),
        (&[("if-match", "\"another\"")], 412, "", None),
        (&[("if-unmodified-since", before)], 412, "", None),
        (&[("range", "bytes=2-4")], 206, "234", Some("bytes 2-4/10")),
        (&[("range", "bytes=7-")], 206, "789", Some("bytes 7-9/10")),
        (&[("range", "bytes=7-99")], 206, "789", Some("bytes 7-9/10")),
        (&[("range", "bytes=-2")], 206, "89", Some("bytes 8-9/10")),
        (&[("range", "bytes=10-")], 416, "", Some("bytes */10")),
        (&[("range", "bytes=0-1,4-5")], 200, DIGITS, None),
        (&[("range", "bytes=4-2")], 200, DIGITS, None),
        (
            &[("range", "bytes=2-4"), ("if-range", &etag)],
            206,
            "234",
            Some("bytes 2-4/10"),
        ),
        (
            &[("range", "bytes=2-4"), ("if-range", "\"another\"")],
            200,
            DIGITS,
            None,
        ),
        (&[("range", "bytes=2-4"), ("if-range", modified)], 200, DIGITS, None),
        (&[("range", "bytes=2-4"), ("if-none-match", &etag)], 304, "", None),
        (&[("range", "bytes=2-4"), ("if-match", "\"another\"")], 412, "", None),
    ] {
        let reply = gateway.get_with("/s/a", fields).await;
        assert_eq!(reply.status.as_u16(), code, "{fields:?}: {reply:?}");
        if code < 400 || !body.is_empty() {
            assert_eq!(reply.body, body, "{fields:?}");
        }
        assert_eq!(reply.maybe("content-range"), range, "{fields:?}");
        assert_eq!(status(&reply), "hit; ttl=293", "{fields:?}");
        if code < 400 {
            assert_eq!((reply.header("etag"), reply.header("age")), (&*etag, "7"), "{fields:?}");
        }
    }
    let head = gateway.head("/s/a").await;
    assert_eq!((head.status.as_u16(), status(&head)), (200, "hit; ttl=293"));
    assert_eq!((head.header("content-length"), head.header("age")), ("10", "7"));
    assert_eq!(
        (head.header("etag"), head.header("content-type")),
        (&*etag, "image/png")
    );
    assert_eq!(origin.count(), 1, "nobody asked the origin");
}

#[tokio::test]
async fn what_is_not_kept_is_not_fetched_whole_for_a_part_or_a_head() {
    let origin = Origin::with(&[("a", DIGITS)]);
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    for number in 1..3 {
        let part = gateway.get_with("/s/a", &[("range", "bytes=2-4")]).await;
        assert_eq!((part.status.as_u16(), &*part.body), (206, &b"234"[..]));
        assert_eq!(status(&part), "fwd=bypass; fwd-status=206");
        assert_eq!(origin.last().field("range"), Some("bytes=2-4"));
        assert_eq!(origin.count(), number * 2 - 1);
        let head = gateway.head("/s/a").await;
        assert_eq!(
            (head.header("content-length"), status(&head)),
            ("10", "fwd=bypass; fwd-status=200")
        );
        assert_eq!((origin.last().method.as_str(), origin.count()), ("HEAD", number * 2));
    }
    // A condition on a miss is judged here; the object is fetched without it, and kept.
    let etag = Object::new(DIGITS).etag();
    let reply = gateway.get_with("/s/a", &[("if-none-match", &etag)]).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (304, 0));
    assert_eq!(origin.last().field("if-none-match"), None);
    // It waits for no body.
    until("the object to be kept", || {
        gateway.metric("evergate_object_cache_stored_total") == 1
    })
    .await;
    assert!(told(&gateway.get("/s/a").await, DIGITS).starts_with("hit"));
    assert_eq!(origin.count(), 5);
}

#[tokio::test]
async fn a_part_of_what_is_stale_is_of_what_the_origin_has_now() {
    let origin = Origin::with(&[("a", DIGITS)]);
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    told(&gateway.get("/s/a").await, DIGITS);
    gateway.wait(MINUTE * 5);
    let part = gateway.get_with("/s/a", &[("range", "bytes=2-4")]).await;
    assert_eq!(
        (status(&part), &*part.body),
        ("fwd=stale; fwd-status=304; stored", &b"234"[..])
    );
    gateway.wait(MINUTE * 5);
    origin.store("a", Object::new("abcdefghij"));
    let old = Object::new(DIGITS).etag();
    let whole = gateway
        .get_with("/s/a", &[("range", "bytes=2-4"), ("if-range", &old)])
        .await;
    assert_eq!(
        (whole.status.as_u16(), &*whole.body),
        (200, &b"abcdefghij"[..]),
        "parts of two objects never meet"
    );
    assert_eq!(origin.count(), 3);
}

#[tokio::test]
async fn rule_19_that_there_is_none_counts_for_five_seconds() {
    let origin = Origin::start();
    let gateway = Gateway::caching(&origin, "fresh_for: 5m, stale_if_error: 1h");
    for _ in 0..3 {
        assert_eq!(gateway.get("/s/a").await.status, 404);
        assert_eq!(gateway.head("/s/a").await.status, 404);
    }
    assert_eq!((origin.count(), gateway.results("negative")), (1, 5));
    // What is not asked takes no time, and is not in the figures of the origin either.
    let timed = gateway.metric("evergate_origin_request_duration_seconds_count{bucket=\"files\"}");
    assert_eq!(timed, 1);
    origin.store("a", Object::new("Ada"));
    gateway.wait(SECOND * 4);
    assert_eq!(gateway.get("/s/a").await.status, 404);
    gateway.wait(SECOND);
    told(&gateway.get("/s/a").await, "Ada");
    assert_eq!(origin.count(), 2);
    // An outage never brings a 404 back.
    let gateway = Setup::impatient().start(&site(&origin, "fresh_for: 5m, stale_if_error: 1h"));
    assert_eq!(gateway.get("/s/b").await.status, 404);
    origin.shut();
    gateway.wait(SECOND * 5);
    assert_eq!(gateway.get("/s/b").await.status, 502);
}

#[tokio::test]
async fn rule_19_a_route_that_keeps_nothing_fresh_keeps_no_404_either() {
    let origin = Origin::start();
    let gateway = Gateway::caching(&origin, "fresh_for: 2s");
    assert_eq!(gateway.get("/s/a").await.status, 404);
    gateway.wait(SECOND * 2);
    origin.store("a", Object::new("Ada"));
    told(&gateway.get("/s/a").await, "Ada");
}

#[tokio::test]
async fn a_picture_that_stands_in_comes_from_memory() {
    let origin = Origin::with(&[("default.png", "nobody"), ("u1.png", "Ada")]);
    let yaml = format!(
        "buckets:\n{}{APP_CLIENT}routes:\n  - {{ path: /avatars/, bucket: files, prefix: '', access: public, delivery: stream, \
         fallback: default.png, cache: {{ fresh_for: 5m }} }}\n",
        bucket("files", &origin)
    );
    let gateway = Setup::default().start(&yaml);
    let first = gateway.get("/avatars/u2.png").await;
    assert_eq!(told(&first, "nobody"), "fwd=uri-miss; fwd-status=200; stored");
    assert_eq!(origin.count(), 2);
    for _ in 0..3 {
        assert!(told(&gateway.get("/avatars/u2.png").await, "nobody").starts_with("hit"));
        assert!(told(&gateway.get("/avatars/default.png").await, "nobody").starts_with("hit"));
    }
    assert_eq!(origin.count(), 2);
    // Another one who has none costs one look for it.
    assert!(told(&gateway.get("/avatars/u3.png").await, "nobody").starts_with("hit"));
    assert_eq!(origin.count(), 3);
    told(&gateway.get("/avatars/u1.png").await, "Ada");
    gateway.wait(SECOND * 5);
    origin.store("u2.png", Object::new("Bob"));
    told(&gateway.get("/avatars/u2.png").await, "Bob");
    // Somebody whose avatar is gone is nobody, though it was kept.
    origin.remove("u1.png");
    gateway.wait(MINUTE * 5);
    told(&gateway.get("/avatars/u1.png").await, "nobody");
}

#[tokio::test]
async fn rule_16_what_the_origin_said_beside_the_object_is_not_told_from_memory_either() {
    let origin = Origin::start();
    let object = Object::new("<script>")
        .field("Content-Type: text/html")
        .field("Set-Cookie: a=b")
        .field("x-amz-meta-owner: someone")
        .field("x-amz-request-id: 42")
        .field("Access-Control-Allow-Origin: *")
        .field("Server: inside");
    origin.store("a", object);
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    let fetched = gateway.get("/s/a").await;
    let kept = gateway.get("/s/a").await;
    let names = |reply: &crate::support::http::Reply| {
        let unlike = ["cache-status", "age", "date", "x-request-id"];
        let same = reply
            .headers
            .iter()
            .filter(|(name, _)| !unlike.contains(&name.as_str()));
        let mut same: Vec<_> = same.map(|pair| format!("{pair:?}")).collect();
        same.sort();
        same
    };
    assert_eq!(names(&fetched), names(&kept), "hit or miss, the answer is the same");
    for name in [
        "set-cookie",
        "x-amz-meta-owner",
        "x-amz-request-id",
        "server",
        "access-control-allow-origin",
    ] {
        assert_eq!(kept.maybe(name), None, "{name}");
    }
    assert!(
        kept.header("content-disposition").starts_with("attachment"),
        "rule 17: {kept:?}"
    );
    assert_eq!(kept.header("x-content-type-options"), "nosniff");
    origin.say(Answer::none());
    assert_eq!(origin.count(), 1);
}
