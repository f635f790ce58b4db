//! A replaced avatar: seen within the route's bound, and at once when an operator or the origin tells of it.

use crate::answers::Gate;
use crate::gateway::{EVENTS_TOKEN, Gateway, MINUTE, TOKEN};
use crate::origin::{Object, Origin, Play};
use crate::reader::{Slow, told, until};
use serde_json::json;
use std::time::Duration;

const POLICY: &str = "fresh_for: 5m, stale_while_revalidate: 1h, stale_if_error: 1h";
const KEYS: [&str; 5] = ["u/1", "u/2", "u/sub/3", "v/4", "u+5 \u{e9}"];

/// The path of a key below the cached route.
fn at(key: &str) -> String {
    format!(
        "/s/{}",
        key.replace('+', "%2B").replace(' ', "%20").replace('\u{e9}', "%C3%A9")
    )
}

/// As it is written in the request to the origin, which is how the spy knows it.
fn wire(key: &str) -> String {
    at(key)[3..].to_owned()
}

/// A gateway that keeps all of [`KEYS`], each of which has been replaced behind its back.
async fn replaced(origin: &Origin) -> Gateway {
    for key in KEYS {
        origin.store(&wire(key), Object::new("old"));
    }
    let gateway = Gateway::caching(origin, POLICY);
    for key in KEYS {
        told(&gateway.get(&at(key)).await, "old");
        origin.store(&wire(key), Object::new("new"));
        assert!(told(&gateway.get(&at(key)).await, "old").starts_with("hit"));
    }
    gateway
}

/// That of [`KEYS`] these are seen as they are now, and all others as they were.
async fn sees(gateway: &Gateway, new: &[&str]) {
    for key in KEYS {
        let is_new = new.contains(&key);
        let reply = gateway.get(&at(key)).await;
        assert_eq!(reply.body, if is_new { "new" } else { "old" }, "{key}");
    }
}

#[tokio::test]
async fn within_the_bound_it_is_seen_by_itself() {
    let origin = Origin::with(&[("a", "old")]);
    let gateway = Gateway::caching(&origin, "fresh_for: 5m");
    told(&gateway.get("/s/a").await, "old");
    gateway.wait(Duration::from_secs(200));
    origin.store("a", Object::new("new"));
    told(&gateway.get("/s/a").await, "old");
    gateway.wait(Duration::from_secs(100));
    assert_eq!(
        told(&gateway.get("/s/a").await, "new"),
        "fwd=stale; fwd-status=200; stored"
    );
}

#[tokio::test]
async fn a_purge_by_key_is_seen_at_once() {
    let origin = Origin::start();
    let gateway = replaced(&origin).await;
    for (bucket, key) in [("files", "u/1"), ("shelf", "u+5 \u{e9}")] {
        let call = json!({ "bucket": bucket, "keys": [key] }).to_string();
        let reply = gateway.call("/v1/purge", TOKEN, &call).await;
        assert!(reply.status.is_success(), "{reply:?}");
    }
    sees(&gateway, &["u/1", "u+5 \u{e9}"]).await;
    for body in [
        json!({ "bucket": "nowhere", "keys": ["u/2"] }),
        json!({ "bucket": "files", "keys": ["../u/2"] }),
    ] {
        assert!(
            !gateway
                .call("/v1/purge", TOKEN, &body.to_string())
                .await
                .status
                .is_success()
        );
    }
    let call = json!({ "bucket": "files", "keys": ["u/2"] }).to_string();
    assert_eq!(gateway.call("/v1/purge", EVENTS_TOKEN, &call).await.status, 401);
    sees(&gateway, &["u/1", "u+5 \u{e9}"]).await;
}

#[tokio::test]
async fn a_purge_by_prefix_is_seen_at_once() {
    let origin = Origin::start();
    let gateway = replaced(&origin).await;
    let purge = async |prefix: &str| {
        let call = json!({ "bucket": "files", "prefix": prefix }).to_string();
        gateway.call("/v1/purge", TOKEN, &call).await
    };
    assert!(purge("u/sub/").await.status.is_success());
    sees(&gateway, &["u/sub/3"]).await;
    assert!(purge("u/").await.status.is_success());
    sees(&gateway, &["u/1", "u/2", "u/sub/3"]).await;
    assert!(purge("").await.status.is_success());
    sees(&gateway, &KEYS).await;
    // What came after the purge is kept as ever.
    let asked = origin.count();
    sees(&gateway, &KEYS).await;
    assert_eq!(origin.count(), asked);
    assert_eq!(purge("u").await.status, 400);
}

#[tokio::test]
async fn events_of_every_server_are_seen_at_once() {
    let origin = Origin::start();
    let gateway = replaced(&origin).await;
    let record = |name: &str, key: &str| json!({ "eventName": name, "s3": { "bucket": { "name": "shelf" }, "object": { "key": key } } });
    let bridged = json!({ "source": "aws.s3", "detail-type": "Object Created", "detail": { "bucket": { "name": "shelf" }, "object": { "key": "v/4" } } });
    let mut seen = Vec::new();
    for (body, key) in [
        // AWS; MinIO, which writes a key as in a form; Ceph; EventBridge.
        (json!({ "Records": [record("ObjectCreated:Put", "u/1")] }), "u/1"),
        (
            json!({ "EventName": "s3:ObjectRemoved:Delete", "Key": "shelf/u/2", "Records": [record("s3:ObjectRemoved:Delete", "u%2F2")] }),
            "u/2",
        ),
        (
            json!({ "Records": [record("ObjectCreated:CompleteMultipartUpload", "u/sub/3")] }),
            "u/sub/3",
        ),
        (bridged, "v/4"),
        (
            json!({ "Records": [record("ObjectCreated:Copy", "u%2B5+%C3%A9")] }),
            "u+5 \u{e9}",
        ),
    ] {
        let refused = gateway.call("/v1/events/s3", TOKEN, &body.to_string()).await;
        assert_eq!(refused.status, 401, "the other API's token opens nothing");
        sees(&gateway, &seen).await;
        let reply = gateway.call("/v1/events/s3", EVENTS_TOKEN, &body.to_string()).await;
        assert!(reply.status.is_success(), "{reply:?}");
        seen.push(key);
        sees(&gateway, &seen).await;
    }
    let forgotten = gateway.metric("evergate_object_cache_forgotten_total{cause=\"event\",scope=\"key\"}");
    assert!(forgotten >= 5, "each key by every way to read it: {forgotten}");
}

/// What is under way when something is forgotten must not bring back what was there before, however it was forgotten.
async fn overtaken(path: &str, token: &str, body: serde_json::Value) {
    let (origin, gate) = (Origin::start(), Gate::new());
    let gateway = Gateway::caching(&origin, POLICY);
    // One fetch of which no byte has come, and one that has half of the old one.
    let old = Object::new("old".repeat(1_000));
    let (late, half) = (old.answer().behind(&gate), old.answer().waiting_at(1_000, &gate));
    origin.turn(move |asked| {
        Play::Say(if asked.key == "u/late" {
            late.clone()
        } else {
            half.clone()
        })
    });
    let mut readers = Vec::new();
    for key in ["u/late", "u/half"] {
        readers.push(Slow::ask(gateway.address, &at(key)).await);
        origin.store(key, Object::new("new"));
    }
    until("both fetches", || origin.count() == 2).await;
    readers[1].read_body(1_000).await;
    origin.heal();
    assert!(gateway.call(path, token, &body.to_string()).await.status.is_success());
    // Nobody joins them any more, and what they bring is for those who asked before.
    for key in ["u/late", "u/half"] {
        assert_eq!(
            told(&gateway.get(&at(key)).await, "new"),
            "fwd=uri-miss; fwd-status=200; stored"
        );
    }
    gate.open();
    for mut reader in readers {
        assert!(reader.read_all().await);
        assert_eq!(reader.body(), old.body);
    }
    until("their end", || {
        gateway.metric("evergate_object_cache_fetches_in_flight") == 0
    })
    .await;
    for key in ["u/late", "u/half"] {
        assert!(told(&gateway.get(&at(key)).await, "new").starts_with("hit"), "{key}");
    }
    assert_eq!(origin.count(), 4);
}

#[tokio::test]
async fn a_purge_by_key_overtakes_what_is_under_way() {
    overtaken(
        "/v1/purge",
        TOKEN,
        json!({ "bucket": "files", "keys": ["u/late", "u/half"] }),
    )
    .await;
}

#[tokio::test]
async fn a_purge_by_prefix_overtakes_what_is_under_way() {
    overtaken("/v1/purge", TOKEN, json!({ "bucket": "files", "prefix": "u/" })).await;
}

#[tokio::test]
async fn an_event_overtakes_what_is_under_way() {
    let record = |key: &str| json!({ "eventName": "ObjectCreated:Put", "s3": { "bucket": { "name": "shelf" }, "object": { "key": key } } });
    overtaken(
        "/v1/events/s3",
        EVENTS_TOKEN,
        json!({ "Records": [record("u/late"), record("u/half")] }),
    )
    .await;
}

#[tokio::test]
async fn a_purge_overtakes_a_revalidation_in_the_background() {
    let (origin, gate) = (Origin::with(&[("a", "old")]), Gate::new());
    let gateway = Gateway::caching(&origin, POLICY);
    told(&gateway.get("/s/a").await, "old");
    gateway.wait(MINUTE * 5);
    let etag = format!("ETag: {}", Object::new("old").etag());
    let vouched = crate::answers::Answer::raw("304 Not Modified", &[&etag], "").behind(&gate);
    origin.say(vouched);
    assert_eq!(
        told(&gateway.get("/s/a").await, "old"),
        "hit; ttl=-0; detail=revalidating"
    );
    until("the revalidation", || origin.count() == 2).await;
    origin.heal();
    origin.store("a", Object::new("new"));
    let call = json!({ "bucket": "files", "keys": ["a"] }).to_string();
    assert!(gateway.call("/v1/purge", TOKEN, &call).await.status.is_success());
    gate.open();
    until("its end", || {
        gateway.metric("evergate_object_cache_fetches_in_flight") == 0
    })
    .await;
    told(&gateway.get("/s/a").await, "new");
}

#[tokio::test]
async fn a_purge_forgets_that_there_was_none() {
    let origin = Origin::start();
    let gateway = Gateway::caching(&origin, POLICY);
    assert_eq!(gateway.get("/s/a").await.status, 404);
    origin.store("a", Object::new("Ada"));
    assert_eq!(gateway.get("/s/a").await.status, 404);
    let call = json!({ "bucket": "files", "keys": ["a"] }).to_string();
    assert!(gateway.call("/v1/purge", TOKEN, &call).await.status.is_success());
    told(&gateway.get("/s/a").await, "Ada");
}
