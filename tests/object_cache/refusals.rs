//! What the origin says of an object counts at once, also against what is kept; what it leaves half said is not kept. Rules
//! 19 and 20.

use crate::answers::Answer;
use crate::gateway::{Gateway, MINUTE, Setup, site};
use crate::origin::{Object, Origin, Play};
use crate::reader::{Slow, status, told, until};

const POLICY: &str = "fresh_for: 5m, stale_if_error: 1h";
const SWR: &str = "fresh_for: 5m, stale_while_revalidate: 1h, stale_if_error: 1h";

fn quick(origin: &Origin, policy: &str) -> Gateway {
    Setup::impatient().start(&site(origin, policy))
}

fn verdicts() -> [(Answer, u16); 6] {
    [
        (Answer::refusal("404 Not Found", "NoSuchKey"), 404),
        (Answer::new("404 Not Found", &[], ""), 404),
        (Answer::refusal("410 Gone", "NoSuchKey"), 404),
        // A reader is not told what the origin thinks of the gateway.
        (Answer::refusal("403 Forbidden", "AccessDenied"), 404),
        (Answer::refusal("451 Unavailable For Legal Reasons", "Blocked"), 404),
        (Answer::refusal("404 Not Found", "NoSuchBucket"), 502),
    ]
}

#[tokio::test]
async fn rule_20_a_no_of_the_origin_ends_what_was_kept_at_once() {
    for (verdict, seen) in verdicts() {
        let origin = Origin::with(&[("a", "Ada")]);
        let gateway = quick(&origin, POLICY);
        told(&gateway.get("/s/a").await, "Ada");
        gateway.wait(MINUTE * 5);
        origin.say(verdict);
        let reply = gateway.get("/s/a").await;
        assert_eq!(reply.status.as_u16(), seen, "{reply:?}");
        // It ended: an outage has nothing to stand in with any more.
        origin.shut();
        gateway.wait(MINUTE);
        let reply = gateway.get("/s/a").await;
        assert_eq!(reply.status, 502, "{reply:?}");
    }
}

#[tokio::test]
async fn rule_20_a_no_to_a_revalidation_in_the_background_ends_it_too() {
    for (verdict, seen) in verdicts() {
        let origin = Origin::with(&[("a", "Ada")]);
        let gateway = quick(&origin, SWR);
        told(&gateway.get("/s/a").await, "Ada");
        gateway.wait(MINUTE * 5);
        origin.say(verdict);
        let reply = gateway.get("/s/a").await;
        assert_eq!(told(&reply, "Ada"), "hit; ttl=-0; detail=revalidating");
        until("the origin to be asked", || origin.count() == 2).await;
        until("its word", || {
            gateway.metric("evergate_object_cache_fetches_in_flight") == 0
        })
        .await;
        let reply = gateway.get("/s/a").await;
        assert_eq!(reply.status.as_u16(), seen, "{reply:?}");
        origin.shut();
        gateway.wait(MINUTE);
        assert_eq!(gateway.get("/s/a").await.status, 502);
    }
}

#[tokio::test]
async fn rule_20_a_no_to_a_head_ends_it_too() {
    for (status, seen) in [("404 Not Found", 404), ("403 Forbidden", 404)] {
        let origin = Origin::with(&[("a", "Ada")]);
        let gateway = quick(&origin, POLICY);
        told(&gateway.get("/s/a").await, "Ada");
        gateway.wait(MINUTE * 5);
        origin.say(Answer::new(status, &[], ""));
        assert_eq!(gateway.head("/s/a").await.status.as_u16(), seen);
        origin.shut();
        assert_eq!(gateway.get("/s/a").await.status, 502);
    }
}

#[tokio::test]
async fn rule_19_refusals_are_never_kept() {
    for (answer, seen) in [
        (Answer::refusal("403 Forbidden", "AccessDenied"), 404),
        (Answer::refusal("401 Unauthorized", "AccessDenied"), 404),
        (Answer::refusal("500 Internal Server Error", "InternalError"), 502),
        (Answer::refusal("404 Not Found", "NoSuchBucket"), 502),
    ] {
        let origin = Origin::with(&[("a", "Ada")]);
        origin.say(answer);
        let mut setup = Setup::impatient();
        setup.bounds.retry.most = 0;
        let gateway = setup.start(&site(&origin, POLICY));
        for number in 1..4 {
            assert_eq!(gateway.get("/s/a").await.status.as_u16(), seen);
            assert_eq!(origin.count(), number);
        }
        origin.heal();
        assert_eq!(
            told(&gateway.get("/s/a").await, "Ada"),
            "fwd=uri-miss; fwd-status=200; stored"
        );
    }
}

#[tokio::test]
async fn rule_19_a_body_cut_short_is_cut_for_all_and_not_kept() {
    let (origin, gate) = (Origin::start(), crate::answers::Gate::new());
    let object = Object::new("0123456789".repeat(10_000));
    // What was begun is asked for again from where it broke off, which fails as well.
    let cut = object.answer().waiting_at(1_000, &gate);
    let mut steps = cut.0;
    steps.truncate(3);
    let held = Answer([&steps[..], &[crate::answers::Step::Cut]].concat());
    origin.turn(move |asked| match asked.field("range") {
        None => Play::Say(held.clone()),
        Some(_) => Play::Say(Answer::refusal("500 Internal Server Error", "InternalError")),
    });
    let gateway = quick(&origin, POLICY);
    let mut readers = Vec::new();
    for _ in 0..4 {
        let mut reader = Slow::ask(gateway.address, "/s/a").await;
        reader.read_body(1_000).await;
        readers.push(reader);
    }
    gate.open();
    for mut reader in readers {
        assert!(!reader.read_all().await, "no reader takes it for whole");
        assert_eq!(reader.body(), &object.body[..1_000]);
    }
    let line = "evergate_object_cache_not_stored_total{reason=\"truncated\"}";
    assert_eq!(gateway.metric(line), 1);
    origin.store("a", object.clone());
    origin.heal();
    let reply = gateway.get("/s/a").await;
    assert_eq!(status(&reply), "fwd=uri-miss; fwd-status=200; stored");
    assert_eq!(reply.body, object.body);
}

#[tokio::test]
async fn rule_19_a_cut_that_could_be_mended_is_kept_whole() {
    let origin = Origin::start();
    let object = Object::new("0123456789".repeat(10_000));
    origin.store("a", object.clone());
    let cut = object.answer().cut_at(33_333);
    origin.turn(move |asked| match asked.field("range") {
        None => Play::Say(cut.clone()),
        Some(_) => Play::Usual,
    });
    let gateway = quick(&origin, POLICY);
    assert_eq!(gateway.get("/s/a").await.body, object.body);
    assert_eq!(origin.last().field("range"), Some("bytes=33333-"));
    let reply = gateway.get("/s/a").await;
    assert!(status(&reply).starts_with("hit"), "{reply:?}");
    assert_eq!(reply.body, object.body);
    assert_eq!(origin.count(), 2);
}
