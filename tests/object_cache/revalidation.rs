//! How what is kept is asked after, by whom, and what its readers see meanwhile. RFC 9111 §4.3, RFC 5861 §3.

use crate::answers::{Answer, Gate};
use crate::gateway::{Gateway, MINUTE, Setup, site};
use crate::origin::{Object, Origin, Play};
use crate::reader::{Swarm, told, until};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const VOUCHED: &str = "fwd=stale; fwd-status=304; stored";

#[tokio::test]
async fn a_304_makes_it_fresh_again_and_costs_no_body() {
    let origin = Origin::with(&[("a", "Ada")]);
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    told(&gateway.get("/s/a").await, "Ada");
    for number in 2..5 {
        gateway.wait(MINUTE * 5);
        let reply = gateway.get("/s/a").await;
        assert_eq!((told(&reply, "Ada"), reply.maybe("age")), (VOUCHED, None));
        assert_eq!(origin.last().field("if-none-match"), Some(&*Object::new("Ada").etag()));
        assert_eq!(told(&gateway.get("/s/a").await, "Ada"), "hit; ttl=300");
        assert_eq!(origin.count(), number);
    }
    assert_eq!(gateway.results("revalidated"), 3);
}

#[tokio::test]
async fn an_origin_that_knows_no_304_is_understood_all_the_same() {
    let origin = Origin::start();
    let (old, new) = (Object::new("Ada"), Object::new("Ann"));
    let answer = old.answer();
    origin.say(answer);
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    told(&gateway.get("/s/a").await, "Ada");
    gateway.wait(MINUTE * 5);
    assert_eq!(
        told(&gateway.get("/s/a").await, "Ada"),
        VOUCHED,
        "the same tag is the same object"
    );
    assert_eq!(told(&gateway.get("/s/a").await, "Ada"), "hit; ttl=300");
    gateway.wait(MINUTE * 5);
    origin.say(new.answer());
    let reply = gateway.get("/s/a").await;
    assert_eq!(told(&reply, "Ann"), "fwd=stale; fwd-status=200; stored");
    assert_eq!(reply.header("etag"), new.etag());
    assert_eq!(told(&gateway.get("/s/a").await, "Ann"), "hit; ttl=300");
    assert_eq!(origin.count(), 3);
}

#[tokio::test]
async fn without_a_tag_the_date_is_asked_by_and_without_both_the_object_comes() {
    let origin = Origin::start();
    let dated = ["Last-Modified: Sun, 01 Nov 2026 12:00:00 GMT"];
    origin.turn(move |asked| {
        Play::Say(match (&*asked.key, asked.field("if-modified-since")) {
            ("dated", Some("Sun, 01 Nov 2026 12:00:00 GMT")) => Answer::raw("304 Not Modified", &dated, ""),
            ("dated", _) => Answer::new("200 OK", &dated, "dated"),
            (_, None) if asked.field("if-none-match").is_none() => Answer::new("200 OK", &[], "bare"),
            _ => Answer::refusal("500 Internal Server Error", "Unasked"),
        })
    });
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    for (key, then) in [("dated", VOUCHED), ("bare", "fwd=stale; fwd-status=200; stored")] {
        let target = format!("/s/{key}");
        told(&gateway.get(&target).await, key);
        gateway.wait(MINUTE * 5);
        assert_eq!(told(&gateway.get(&target).await, key), then);
        assert_eq!(told(&gateway.get(&target).await, key), "hit; ttl=300");
    }
}

#[tokio::test]
async fn a_304_brings_the_origins_new_word() {
    let origin = Origin::with(&[("a", "Ada")]);
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    told(&gateway.get("/s/a").await, "Ada");
    gateway.wait(MINUTE * 5);
    let etag = format!("ETag: {}", Object::new("Ada").etag());
    origin.say(Answer::raw(
        "304 Not Modified",
        &[&etag, "Cache-Control: max-age=20", "Age: 5"],
        "",
    ));
    let reply = gateway.get("/s/a").await;
    assert_eq!((told(&reply, "Ada"), reply.header("age")), (VOUCHED, "5"));
    let reply = gateway.get("/s/a").await;
    assert_eq!((told(&reply, "Ada"), reply.header("age")), ("hit; ttl=15", "5"));
    assert_eq!(reply.header("cache-control"), "max-age=20");
    // A 304 that repeats nothing leaves what was said.
    gateway.wait(SECOND * 15);
    origin.say(Answer::raw("304 Not Modified", &[&etag], ""));
    assert_eq!(told(&gateway.get("/s/a").await, "Ada"), VOUCHED);
    assert_eq!(told(&gateway.get("/s/a").await, "Ada"), "hit; ttl=20");
}

#[tokio::test]
async fn a_304_of_another_object_is_not_believed() {
    let origin = Origin::with(&[("a", "Ada")]);
    let gateway = Setup::impatient().start(&site(&origin, "fresh_for: 5m"));
    told(&gateway.get("/s/a").await, "Ada");
    gateway.wait(MINUTE * 5);
    origin.say(Answer::raw("304 Not Modified", &["ETag: \"another\""], ""));
    let reply = gateway.get("/s/a").await;
    let then = gateway.get("/s/a").await;
    for reply in [reply, then] {
        assert!(
            reply.status != 200 || reply.maybe("etag") == Some(&*Object::new("Ada").etag()),
            "old bytes never go under the new tag: {reply:?}"
        );
    }
}

#[tokio::test]
async fn rule_21_readers_see_the_old_one_at_once_while_it_is_revalidated_once() {
    let (origin, gate) = (Origin::with(&[("a", "Ada")]), Gate::new());
    let gateway = Gateway::caching(&origin, "fresh_for: 5m, stale_while_revalidate: 1m");
    told(&gateway.get("/s/a").await, "Ada");
    gateway.wait(MINUTE * 5 + SECOND * 59);
    origin.store("a", Object::new("Ann"));
    let held = gate.clone();
    origin.turn(move |_| Play::Later(held.clone()));
    let readers = Swarm::ask(gateway.address, (0..200).map(|_| "/s/a".to_owned()));
    assert!(readers.answers().await.iter().all(|(_, body)| body == b"Ada"));
    let reply = gateway.get("/s/a").await;
    assert_eq!(told(&reply, "Ada"), "hit; ttl=-59; detail=revalidating");
    assert_eq!(reply.header("age"), "359");
    let part = gateway.get_with("/s/a", &[("range", "bytes=1-1")]).await;
    assert_eq!((part.status.as_u16(), &*part.body), (206, &b"d"[..]));
    until("the revalidation", || origin.count() == 2).await;
    assert_eq!(origin.last().field("if-none-match"), Some(&*Object::new("Ada").etag()));
    gate.open();
    until("the new one to be kept", || {
        gateway.metric("evergate_object_cache_stored_total") == 2
    })
    .await;
    assert_eq!(told(&gateway.get("/s/a").await, "Ann"), "hit; ttl=300");
    assert_eq!(origin.count(), 2);
    // Past the window the reader waits.
    gateway.wait(MINUTE * 6);
    assert_eq!(told(&gateway.get("/s/a").await, "Ann"), VOUCHED);
}

#[tokio::test]
async fn the_origins_own_window_only_shortens_the_routes() {
    let origin = Origin::start();
    let object = |word: &str| Object::new("Ada").field(&format!("Cache-Control: max-age=60{word}"));
    origin.store("short", object(", stale-while-revalidate=10"));
    origin.store("long", object(", stale-while-revalidate=86400"));
    origin.store("never", object(", must-revalidate"));
    origin.store("proxy", object(", proxy-revalidate"));
    let gateway = Gateway::caching(&origin, "fresh_for: 5m, stale_while_revalidate: 1m");
    for (key, window) in [("short", 10), ("long", 60), ("never", 0), ("proxy", 0)] {
        let target = format!("/s/{key}");
        told(&gateway.get(&target).await, "Ada");
        if window > 0 {
            gateway.wait(SECOND * (59 + window));
            let fetches = gateway.metric("evergate_object_cache_fetches_total");
            let reply = gateway.get(&target).await;
            assert!(told(&reply, "Ada").ends_with("detail=revalidating"), "{key}: {reply:?}");
            until("it to be asked after", || {
                gateway.metric("evergate_object_cache_fetches_total") == fetches + 1
            })
            .await;
            until("the answer", || {
                gateway.metric("evergate_object_cache_fetches_in_flight") == 0
            })
            .await;
            assert_eq!(told(&gateway.get(&target).await, "Ada"), "hit; ttl=60", "{key}");
        }
        gateway.wait(SECOND * (60 + window));
        assert_eq!(told(&gateway.get(&target).await, "Ada"), VOUCHED, "{key}");
    }
}

#[tokio::test]
async fn an_outage_in_the_window_is_nobodys_business() {
    let origin = Origin::with(&[("a", "Ada")]);
    let gateway = Setup::impatient().start(&site(&origin, "fresh_for: 5m, stale_while_revalidate: 1h"));
    told(&gateway.get("/s/a").await, "Ada");
    gateway.wait(MINUTE * 5);
    origin.shut();
    for _ in 0..5 {
        assert_eq!(
            told(&gateway.get("/s/a").await, "Ada"),
            "hit; ttl=-0; detail=revalidating"
        );
        until("its end", || {
            gateway.metric("evergate_object_cache_fetches_in_flight") == 0
        })
        .await;
    }
    gateway.wait(MINUTE * 60);
    assert_eq!(gateway.get("/s/a").await.status, 502);
}
