//! The origin has failed: what is kept stands in, for as long as the route says. RFC 5861 §4; rule 20.

use crate::answers::Answer;
use crate::gateway::{Gateway, MINUTE, Setup, site};
use crate::origin::{Origin, Play};
use crate::reader::{Swarm, status, told, until};
use std::time::{Duration, Instant};

const POLICY: &str = "fresh_for: 5m, stale_if_error: 1h";
const AVATARS: [(&str, &str); 3] = [("a", "Ada"), ("b", "Bob"), ("c", "Cem")];
const SECOND: Duration = Duration::from_secs(1);

/// A gateway that has every avatar, past its freshness.
async fn stale(origin: &Origin) -> Gateway {
    let gateway = Setup::impatient().start(&site(origin, POLICY));
    for (key, name) in AVATARS {
        told(&gateway.get(&format!("/s/{key}")).await, name);
    }
    gateway.wait(MINUTE * 5);
    gateway
}

async fn all_stand_in(gateway: &Gateway, stale_by: Duration, reason: &str) {
    let expected = format!("hit; ttl=-{}; detail={reason}", stale_by.as_secs());
    for (key, name) in AVATARS {
        let reply = gateway.get(&format!("/s/{key}")).await;
        assert_eq!(told(&reply, name), expected);
        assert_eq!(reply.header("age"), (stale_by + MINUTE * 5).as_secs().to_string());
    }
}

/// That avatars are served for an hour past their freshness, and what is answered then.
async fn outlasts(gateway: &Gateway, reason: &str, then: u16) {
    all_stand_in(gateway, Duration::ZERO, reason).await;
    gateway.wait(SECOND * 3_599);
    all_stand_in(gateway, SECOND * 3_599, reason).await;
    gateway.wait(SECOND);
    for (key, _) in AVATARS {
        let reply = gateway.get(&format!("/s/{key}")).await;
        assert_eq!(reply.status.as_u16(), then, "{reply:?}");
        assert_eq!(reply.maybe("age"), None);
    }
    let line = format!("evergate_object_cache_stale_total{{reason=\"{reason}\"}}");
    assert_eq!(gateway.metric(&line), 6);
}

async fn comes_back(origin: &Origin, gateway: &Gateway) {
    origin.heal();
    let reply = gateway.get("/s/a").await;
    assert_eq!(told(&reply, "Ada"), "fwd=stale; fwd-status=304; stored");
    assert!(told(&gateway.get("/s/a").await, "Ada").starts_with("hit; ttl=300"));
}

#[tokio::test]
async fn rule_20_avatars_outlast_an_origin_that_is_gone() {
    let origin = Origin::with(&AVATARS);
    let gateway = stale(&origin).await;
    origin.shut();
    outlasts(&gateway, "unreachable", 502).await;
    origin.reopen();
    comes_back(&origin, &gateway).await;
}

#[tokio::test]
async fn rule_20_avatars_outlast_an_origin_that_is_broken() {
    let origin = Origin::with(&AVATARS);
    let gateway = stale(&origin).await;
    origin.say(Answer::refusal("500 Internal Server Error", "InternalError"));
    outlasts(&gateway, "bad_answer", 502).await;
    comes_back(&origin, &gateway).await;
}

#[tokio::test]
async fn rule_20_avatars_outlast_an_origin_that_asks_to_slow_down() {
    let origin = Origin::with(&AVATARS);
    let gateway = stale(&origin).await;
    origin.say(Answer::refusal("503 Slow Down", "SlowDown"));
    outlasts(&gateway, "throttled", 503).await;
    comes_back(&origin, &gateway).await;
}

#[tokio::test]
async fn rule_20_avatars_outlast_an_origin_that_talks_nonsense() {
    let origin = Origin::with(&AVATARS);
    let gateway = stale(&origin).await;
    origin.say(Answer::raw("200 Fine\r\nContent-Length: a lot", &[], ""));
    outlasts(&gateway, "bad_answer", 502).await;
    // A page of something that stands in front of the origin says nothing of the object.
    let page = Answer::new(
        "404 Not Found",
        &["Content-Type: text/html"],
        "<html>no such site</html>",
    );
    origin.heal();
    comes_back(&origin, &gateway).await;
    gateway.wait(MINUTE * 5);
    origin.say(page);
    assert_eq!(status(&gateway.get("/s/a").await), "hit; ttl=-0; detail=bad_answer");
}

#[tokio::test]
async fn rule_20_a_black_hole_costs_each_reader_two_seconds_at_most() {
    let origin = Origin::with(&AVATARS);
    let gateway = stale(&origin).await;
    origin.say(Answer::none());
    let begun = Instant::now();
    let reply = gateway.get("/s/a").await;
    let waited = begun.elapsed();
    assert_eq!(told(&reply, "Ada"), "hit; ttl=-0; detail=timeout");
    assert!(waited < Duration::from_secs(4), "{waited:?}");
    // Who joins the same fetch waits no longer, parts and conditions as well.
    let begun = Instant::now();
    let readers = Swarm::ask(gateway.address, (0..50).map(|_| "/s/a".to_owned()));
    let part = gateway.get_with("/s/b", &[("range", "bytes=0-0")]).await;
    assert_eq!((part.status.as_u16(), &*part.body), (206, &b"B"[..]));
    assert!(readers.answers().await.iter().all(|(_, body)| body == b"Ada"));
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(5), "{waited:?}");
    gateway.wait(MINUTE * 60);
    let reply = gateway.get("/s/c").await;
    assert_eq!(reply.status, 504, "{reply:?}");
    comes_back(&origin, &gateway).await;
}

#[tokio::test]
async fn rule_20_a_head_is_answered_in_a_black_hole_too() {
    let origin = Origin::with(&AVATARS);
    let gateway = stale(&origin).await;
    origin.say(Answer::none());
    let begun = Instant::now();
    let reply = gateway.head("/s/a").await;
    let waited = begun.elapsed();
    assert_eq!(status(&reply), "hit; ttl=-0; detail=timeout");
    assert!(waited < Duration::from_secs(4), "{waited:?}");
}

#[tokio::test]
async fn rule_20_an_origin_that_is_left_in_peace_has_its_avatars_served_all_the_same() {
    let origin = Origin::with(&AVATARS);
    let mut setup = Setup::impatient();
    setup.bounds.retry.most = 0;
    setup.bounds.breaker.failures = 5;
    setup.bounds.breaker.open = MINUTE;
    let gateway = setup.start(&site(&origin, POLICY));
    for (key, _) in AVATARS {
        gateway.get(&format!("/s/{key}")).await;
    }
    gateway.wait(MINUTE * 5);
    origin.say(Answer::refusal("500 Internal Server Error", "InternalError"));
    let asked = origin.count();
    for _ in 0..5 {
        assert_eq!(status(&gateway.get("/s/a").await), "hit; ttl=-0; detail=bad_answer");
    }
    all_stand_in(&gateway, Duration::ZERO, "suspended").await;
    assert_eq!(origin.count(), asked + 5);
    assert_eq!(gateway.get("/s/never").await.status, 503);
    gateway.wait(MINUTE * 60);
    assert_eq!(gateway.get("/s/a").await.status, 503);
}

#[tokio::test]
async fn rule_20_without_stale_if_error_an_outage_is_seen_at_once() {
    let origin = Origin::with(&AVATARS);
    let gateway = Setup::impatient().start(&site(&origin, "fresh_for: 5m"));
    gateway.get("/s/a").await;
    origin.shut();
    gateway.wait(SECOND * 299);
    assert!(told(&gateway.get("/s/a").await, "Ada").starts_with("hit; ttl=1"));
    gateway.wait(SECOND);
    assert_eq!(gateway.get("/s/a").await.status, 502);
}

#[tokio::test]
async fn rule_20_the_origins_own_word_shortens_how_long_it_is_stood_in_for() {
    let origin = Origin::start();
    for (key, field) in [
        ("short", "Cache-Control: max-age=60, stale-if-error=30"),
        ("never", "Cache-Control: max-age=60, must-revalidate"),
        ("long", "Cache-Control: max-age=60, stale-if-error=864000"),
    ] {
        origin.store(key, crate::origin::Object::new(key).field(field));
    }
    let gateway = Setup::impatient().start(&site(&origin, POLICY));
    for key in ["short", "never", "long"] {
        told(&gateway.get(&format!("/s/{key}")).await, key);
    }
    origin.shut();
    let code = async |key: &str| gateway.get(&format!("/s/{key}")).await.status.as_u16();
    gateway.wait(SECOND * 89);
    assert_eq!(
        [code("short").await, code("never").await, code("long").await],
        [200, 502, 200]
    );
    gateway.wait(SECOND);
    assert_eq!([code("short").await, code("long").await], [502, 200]);
    gateway.wait(SECOND * 3_569);
    assert_eq!(code("long").await, 200);
    gateway.wait(SECOND);
    assert_eq!(code("long").await, 502);
}

#[tokio::test]
async fn rule_20_a_fetch_past_the_deadline_of_its_reader_goes_on_and_counts() {
    let (origin, gate) = (Origin::with(&AVATARS), crate::answers::Gate::new());
    let gateway = stale(&origin).await;
    origin.store("a", crate::origin::Object::new("Ann"));
    let held = gate.clone();
    origin.turn(move |_| Play::Later(held.clone()));
    assert_eq!(told(&gateway.get("/s/a").await, "Ada"), "hit; ttl=-0; detail=timeout");
    gate.open();
    until("the new one to be kept", || {
        gateway.metric("evergate_object_cache_stored_total") == 4
    })
    .await;
    assert!(told(&gateway.get("/s/a").await, "Ann").starts_with("hit; ttl=300"));
}
