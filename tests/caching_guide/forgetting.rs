//! What makes the gateway forget: the program itself in front of a real origin, with objects that are fresh for an hour.

use crate::support::evergate::{Evergate, wait_until};
use crate::support::http::{PATIENCE, exchange, get};
use crate::support::origin::Origin;
use crate::support::s3_client::{S3Client, path};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use std::time::{Duration, Instant};

const TOKEN: &str = "canary-token-of-the-admin-listener";
const SECRET: &str = "canary-client-secret-of-the-app-00000001";
const REST: &str = "
routes:
  - { path: /avatars/, bucket: files, prefix: images/, access: public, delivery: stream, cache: { fresh_for: 1h, stale_if_error: 1d } }
clients:
  - access_key_id: EVGAPP00000000000001
    secret_access_key: '${APP_SECRET}'
    allow: [{ bucket: files, operations: [read, write, delete, list] }]
";

/// A gateway, an app that writes through it, and one that writes behind its back.
struct House {
    origin: Origin,
    gateway: Evergate,
    app: S3Client,
    behind: S3Client,
}

impl House {
    async fn new() -> Self {
        let origin = Origin::s3s();
        let behind = S3Client::new(&origin.endpoint, &origin.access_key_id, &origin.secret_access_key);
        behind.create_bucket(&origin.bucket).await;
        let secrets = [("APP_SECRET", SECRET), ("ADMIN_TOKEN", TOKEN)];
        let environment: Vec<_> = origin.environment().into_iter().chain(secrets).collect();
        let gateway = Evergate::start_with(&yaml(&origin, ""), &environment);
        let app = S3Client::new(&format!("http://{}", gateway.address), "EVGAPP00000000000001", SECRET);
        Self {
            origin,
            gateway,
            app,
            behind,
        }
    }

    /// What a reader gets, and whether it was kept. What is to be kept of it is kept when this returns.
    async fn read(&self, name: &str) -> (u16, String, bool) {
        let reply = get(self.gateway.address, &format!("/avatars/{name}")).await;
        let begun = Instant::now();
        while self.metric("evergate_object_cache_fetches_in_flight").await > 0 {
            assert!(begun.elapsed() < PATIENCE, "a fetch that does not end");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let is_hit = reply
            .maybe("cache-status")
            .is_some_and(|told| told.starts_with("evergate; hit"));
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        (reply.status.as_u16(), text, is_hit)
    }

    async fn expect(&self, name: &str, body: &str, is_hit: bool) {
        assert_eq!(self.read(name).await, (200, body.to_owned(), is_hit), "{name}");
    }

    /// Stores an object behind the gateway's back.
    async fn replace(&self, name: &str, body: &'static str) {
        let key = format!("images/{name}");
        self.behind.put(&self.origin.bucket, &key, &[], body).await;
    }

    async fn purge(&self, what: &str) {
        let request = Request::post("/v1/purge")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {TOKEN}"))
            .body(Full::new(Bytes::from(what.to_owned())))
            .unwrap();
        let reply = exchange(self.gateway.admin, request).await.unwrap();
        assert_eq!(reply.status.as_u16(), 200, "{reply:?}");
    }

    async fn metric(&self, line: &str) -> u64 {
        let page = get(self.gateway.admin, "/metrics").await.body;
        let page = String::from_utf8_lossy(&page).into_owned();
        let value = page.lines().find_map(|seen| seen.strip_prefix(line)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {line} in\n{page}")).parse().unwrap()
    }
}

fn yaml(origin: &Origin, more_of_bucket: &str) -> String {
    format!("{}{more_of_bucket}{REST}", origin.bucket_yaml())
}

#[tokio::test]
async fn what_is_written_through_the_gateway_is_seen_at_once() {
    let house = House::new().await;
    assert_eq!(house.read("new.png").await.0, 404);
    house.app.put("files", "images/new.png", &[], "first").await;
    house.expect("new.png", "first", false).await;
    house.expect("new.png", "first", true).await;
    house.app.put("files", "images/new.png", &[], "second").await;
    house.expect("new.png", "second", false).await;
    house.replace("other.png", "other").await;
    house.expect("other.png", "other", false).await;
    let source = [("x-amz-copy-source", "/files/images/other.png")];
    let copy = path("files", "images/new.png");
    let copied = house.app.send(Method::PUT, &copy, &source, Bytes::new()).await;
    assert_eq!(copied.status.as_u16(), 200);
    house.expect("new.png", "other", false).await;
    house.expect("other.png", "other", true).await;
    house.app.delete("files", "images/new.png").await;
    assert_eq!(house.read("new.png").await.0, 404);
    let batch = "<Delete><Object><Key>images/other.png</Key></Object></Delete>";
    let deleted = house
        .app
        .send(Method::POST, "/files?delete=", &[], Bytes::from(batch))
        .await;
    assert_eq!(deleted.status.as_u16(), 200, "{deleted:?}");
    assert_eq!(house.read("other.png").await.0, 404);
    let written = house
        .metric(r#"evergate_object_cache_forgotten_total{cause="write",scope="key"}"#)
        .await;
    assert!(written >= 5, "{written}");
}

#[tokio::test]
async fn what_is_replaced_behind_its_back_is_seen_after_a_purge() {
    let house = House::new().await;
    let all = ["a.png", "b.png"];
    for name in all {
        house.replace(name, "old").await;
        house.expect(name, "old", false).await;
        house.replace(name, "new").await;
        house.expect(name, "old", true).await;
    }
    house.purge(r#"{"bucket": "files", "keys": ["images/a.png"]}"#).await;
    house.expect("a.png", "new", false).await;
    house.expect("b.png", "old", true).await;
    house.purge(r#"{"bucket": "files", "prefix": "images/"}"#).await;
    for name in all {
        house.expect(name, "new", false).await;
        house.expect(name, "new", true).await;
    }
    for scope in ["key", "prefix"] {
        let line = format!("evergate_object_cache_forgotten_total{{cause=\"purge\",scope=\"{scope}\"}}");
        assert_eq!(house.metric(&line).await, 1, "{scope}");
    }
}

#[tokio::test]
async fn a_reload_keeps_what_it_leaves_where_it_was() {
    let house = House::new().await;
    house.replace("a.png", "old").await;
    house.expect("a.png", "old", false).await;
    house.replace("a.png", "new").await;
    let reloaded = || house.gateway.log().matches("configuration reloaded").count();
    let reload = |more: &str, times| {
        house.gateway.rewrite_config(&yaml(&house.origin, more));
        wait_until("the reload", || reloaded() == times);
    };
    reload("    url_expiry: 10m\n", 1);
    house.expect("a.png", "old", true).await;
    // The same server, as another: what others may read there, these credentials need not.
    let elsewhere = house.origin.endpoint.replace("127.0.0.1", "localhost");
    let moved = yaml(&house.origin, "").replace(&house.origin.endpoint, &elsewhere);
    house.gateway.rewrite_config(&moved);
    wait_until("the reload", || reloaded() == 2);
    house.expect("a.png", "new", false).await;
}
