//! One fetch for all who ask, detached from each of them. Rule 21.

use crate::answers::{Answer, Gate};
use crate::gateway::{Gateway, Setup, site};
use crate::origin::{Asked, Object, Origin, Play};
use crate::reader::{Slow, Swarm, told, until};

const POLICY: &str = "fresh_for: 5m";

/// An avatar of this name, 32 KiB.
fn avatar(key: &str) -> Object {
    Object::new(format!("{key:>32}").repeat(1024)).field("Content-Type: image/png")
}

#[tokio::test]
async fn rule_21_ten_thousand_misses_at_once_are_one_get() {
    let (origin, gate) = (Origin::with(&[("hot", "the hot one")]), Gate::new());
    let held = gate.clone();
    origin.turn(move |_| Play::Later(held.clone()));
    let gateway = Gateway::caching(&origin, POLICY);
    let readers = Swarm::ask(gateway.address, (0..10_000).map(|_| "/s/hot".to_owned()));
    // The origin says nothing before every one of them is inside and waits.
    until("all readers to wait", || gateway.waiters() == 9_999).await;
    assert_eq!(origin.count(), 1);
    gate.open();
    let answers = readers.answers().await;
    assert_eq!(answers.len(), 10_000);
    assert!(answers.iter().all(|(good, body)| *good && body == b"the hot one"));
    assert_eq!(origin.count(), 1);
    assert_eq!((gateway.results("miss"), gateway.results("joined")), (1, 9_999));
    assert_eq!(gateway.waiters(), 0);
    assert_eq!(gateway.metric("evergate_object_cache_waiters_refused_total"), 0);
}

#[tokio::test]
async fn rule_21_a_thousand_keys_and_a_hundred_clients_are_a_thousand_gets() {
    const KEYS: usize = 1_000;
    const CLIENTS: usize = 100;
    // At once come as many as one machine has sockets and patience for.
    const AT_ONCE: usize = 100;
    let origin = Origin::start();
    for key in 0..KEYS {
        origin.store(&format!("k{key}"), Object::new(format!("object {key}")));
    }
    let gateway = Gateway::caching(&origin, POLICY);
    for first in (0..KEYS).step_by(AT_ONCE) {
        let gate = Gate::new();
        let held = gate.clone();
        origin.turn(move |_| Play::Later(held.clone()));
        let keys = (0..AT_ONCE * CLIENTS).map(|number| first + number % AT_ONCE);
        let readers = Swarm::ask(gateway.address, keys.clone().map(|key| format!("/s/k{key}")));
        let waiting = (AT_ONCE * (CLIENTS - 1)) as u64;
        until("all readers to wait", || gateway.waiters() == waiting).await;
        gate.open();
        for (key, (good, body)) in keys.zip(readers.answers().await) {
            assert!(good && body == format!("object {key}").as_bytes(), "{key}");
        }
    }
    assert_eq!(origin.count(), KEYS);
    assert_eq!(gateway.results("miss"), KEYS as u64);
}

#[tokio::test]
async fn rule_21_the_first_byte_reaches_all_before_the_origin_has_sent_the_last() {
    let (origin, gate) = (Origin::start(), Gate::new());
    let object = avatar("a");
    let answer = object.answer().waiting_at(10_000, &gate);
    origin.say(answer);
    let gateway = Gateway::caching(&origin, POLICY);
    let mut first = Slow::ask(gateway.address, "/s/a").await;
    first.read_body(10_000).await;
    // Those who come when half is there get that half at once.
    let mut others = Vec::new();
    for _ in 0..5 {
        let mut other = Slow::ask(gateway.address, "/s/a").await;
        other.read_body(10_000).await;
        others.push(other);
    }
    gate.open();
    for mut reader in [first].into_iter().chain(others) {
        assert!(reader.read_all().await);
        assert_eq!(reader.body(), object.body);
    }
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn rule_21_a_first_client_that_is_killed_a_hundred_times_hurts_nobody() {
    const KEYS: usize = 100;
    const OTHERS: usize = 4;
    let (origin, gate) = (Origin::start(), Gate::new());
    let held = gate.clone();
    // Half of the first clients go before a byte came, half with the body half read.
    origin.turn(move |asked: &Asked| {
        let number: usize = asked.key[1..].parse().unwrap();
        let answer = avatar(&asked.key).answer();
        Play::Say(if number.is_multiple_of(2) {
            answer.behind(&held)
        } else {
            answer.waiting_at(10_000, &held)
        })
    });
    let gateway = Gateway::caching(&origin, POLICY);
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for key in 0..KEYS {
        let target = format!("/s/k{key}");
        // Over HTTP/2 the gateway sees at once that its client is gone, and drops what it does for it.
        if key.is_multiple_of(2) {
            early.push(Swarm::ask(gateway.address, [target]));
        } else {
            late.push(Slow::ask(gateway.address, &target).await);
        }
    }
    until("all fetches to be under way", || origin.count() == KEYS).await;
    for reader in &mut late {
        reader.read_body(10_000).await;
    }
    let joining = (0..KEYS * OTHERS).map(|number| format!("/s/k{}", number % KEYS));
    let others = Swarm::ask(gateway.address, joining);
    let joined = (KEYS * OTHERS) as u64;
    until("the others to join", || {
        gateway.metric("evergate_object_cache_joined_total") == joined
    })
    .await;
    for reader in early {
        reader.kill().await;
    }
    late.into_iter().for_each(Slow::kill);
    let closed = "evergate_requests_total{route=\"/s/\",outcome=\"client_gone\"}";
    until("the first to be gone", || gateway.metric(closed) >= 50).await;
    gate.open();
    for (number, (good, body)) in others.answers().await.into_iter().enumerate() {
        let key = format!("k{}", number % KEYS);
        assert!(good && body == avatar(&key).body, "{key}");
    }
    for key in 0..KEYS {
        let key = format!("k{key}");
        let reply = gateway.get(&format!("/s/{key}")).await;
        assert!(reply.header("cache-status").contains("hit"), "{reply:?}");
        assert_eq!(reply.body, avatar(&key).body);
    }
    assert_eq!(origin.count(), KEYS, "not one more, since the fetch is nobody's");
}

#[tokio::test]
async fn rule_21_who_leaves_while_waiting_gives_the_place_back() {
    let (origin, gate) = (Origin::with(&[("a", "one")]), Gate::new());
    let held = gate.clone();
    origin.turn(move |_| Play::Later(held.clone()));
    let gateway = Gateway::caching(&origin, POLICY);
    let readers = Swarm::ask(gateway.address, (0..100).map(|_| "/s/a".to_owned()));
    until("all readers to wait", || gateway.waiters() == 99).await;
    readers.kill().await;
    until("nobody to wait", || gateway.waiters() == 0).await;
    gate.open();
    until("the object to be kept", || {
        gateway.metric("evergate_object_cache_stored_total") == 1
    })
    .await;
    assert!(told(&gateway.get("/s/a").await, "one").starts_with("hit"));
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn a_refusal_is_shared_too() {
    let (origin, gate) = (Origin::start(), Gate::new());
    let answer = Answer::refusal("500 Internal Server Error", "InternalError").behind(&gate);
    origin.say(answer);
    let mut setup = Setup::impatient();
    setup.bounds.retry.most = 0;
    let gateway = setup.start(&site(&origin, POLICY));
    let readers = Swarm::ask(gateway.address, (0..50).map(|_| "/s/a".to_owned()));
    until("all readers to wait", || gateway.waiters() == 49).await;
    gate.open();
    assert!(readers.answers().await.iter().all(|(good, _)| !good));
    assert_eq!(origin.count(), 1);
}
