//! Writes through the S3 endpoint that cross with reads: whatever is under way, nobody who asks after a write is answered
//! from before it. The plain writes are in `real.rs`, on both real origins.

use crate::answers::{Answer, Gate, Step};
use crate::gateway::{APP, Gateway, MINUTE, Setup, bucket, site};
use crate::origin::{Asked, Object, Origin, Play};
use crate::reader::{Slow, told, until};
use crate::support::s3_client::{S3Client, path};
use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::time::{Duration, Instant};

const POLICY: &str = "fresh_for: 5m, stale_while_revalidate: 1h, stale_if_error: 1h";

fn app(gateway: &Gateway) -> S3Client {
    S3Client::new(&format!("http://{}", gateway.address), APP.0, APP.1)
}

fn is_write(asked: &Asked) -> bool {
    asked.method == "PUT" || asked.method == "DELETE"
}

#[tokio::test]
async fn a_fetch_that_was_under_way_does_not_bring_the_old_object_back() {
    for method in [Method::PUT, Method::DELETE] {
        let (origin, gate) = (Origin::start(), Gate::new());
        let old = Object::new("old".repeat(1_000));
        let gateway = Gateway::caching(&origin, POLICY);
        let answer = old.answer().waiting_at(1_000, &gate);
        origin.turn(move |asked| {
            if is_write(asked) {
                Play::Usual
            } else {
                Play::Say(answer.clone())
            }
        });
        let mut reader = Slow::ask(gateway.address, "/s/a").await;
        reader.read_body(1_000).await;
        origin.store("a", old.clone());
        let reply = app(&gateway)
            .send(method.clone(), &path("files", "a"), &[], "new".into())
            .await;
        assert!(reply.status.is_success(), "{reply:?}");
        origin.heal();
        let after = async || {
            let reply = gateway.get("/s/a").await;
            match method {
                Method::PUT => assert_eq!(reply.body, "new", "{reply:?}"),
                _ => assert_eq!(reply.status, 404, "{reply:?}"),
            }
        };
        after().await;
        gate.open();
        assert!(reader.read_all().await);
        assert_eq!(
            reader.body(),
            old.body,
            "who asked before the write has the whole old one"
        );
        until("its end", || {
            gateway.metric("evergate_object_cache_fetches_in_flight") == 0
        })
        .await;
        after().await;
    }
}

#[tokio::test]
async fn what_is_read_while_the_origin_writes_is_forgotten_when_it_has_written() {
    // The origin takes the write over at the end of it, or at its beginning.
    for early in [false, true] {
        let (origin, gate) = (Origin::with(&[("a", "old")]), Gate::new());
        let gateway = Gateway::caching(&origin, POLICY);
        told(&gateway.get("/s/a").await, "old");
        let held = gate.clone();
        origin.turn(move |asked| match (is_write(asked), early) {
            (false, _) => Play::Usual,
            (true, false) => Play::Later(held.clone()),
            (true, true) => Play::ToldLater(held.clone()),
        });
        let client = app(&gateway);
        let write = tokio::spawn(async move { client.send(Method::PUT, &path("files", "a"), &[], "new".into()).await });
        until("the write to be there", || origin.last().method == "PUT").await;
        let meanwhile = gateway.get("/s/a").await;
        assert!(
            ["old", "new"].map(Bytes::from).contains(&meanwhile.body),
            "{meanwhile:?}"
        );
        gate.open();
        assert_eq!(write.await.unwrap().status, 200);
        assert_eq!(gateway.get("/s/a").await.body, "new", "early: {early}");
    }
}

#[tokio::test]
async fn a_write_whose_client_hung_up_counts_as_well() {
    let (origin, gate) = (Origin::with(&[("a", "old")]), Gate::new());
    let gateway = Gateway::caching(&origin, POLICY);
    told(&gateway.get("/s/a").await, "old");
    let held = gate.clone();
    origin.turn(move |asked| {
        if is_write(asked) {
            Play::ToldLater(held.clone())
        } else {
            Play::Usual
        }
    });
    let client = app(&gateway);
    let write = tokio::spawn(async move { client.send(Method::PUT, &path("files", "a"), &[], "new".into()).await });
    until("the write to be there", || origin.last().method == "PUT").await;
    write.abort();
    assert!(write.await.is_err());
    gate.open();
    let forgotten = "evergate_object_cache_forgotten_total{cause=\"write\",scope=\"key\"}";
    until("it to be forgotten", || gateway.metric(forgotten) == 1).await;
    told(&gateway.get("/s/a").await, "new");
}

#[tokio::test]
async fn a_write_that_the_origin_takes_over_after_its_client_hung_up_counts_as_well() {
    let (origin, gate) = (Origin::with(&[("a", "old")]), Gate::new());
    let gateway = Gateway::caching(&origin, POLICY);
    told(&gateway.get("/s/a").await, "old");
    let held = gate.clone();
    // The origin has all of it and does not look at the connection before it is done.
    origin.turn(move |asked| {
        if is_write(asked) {
            Play::Later(held.clone())
        } else {
            Play::Usual
        }
    });
    let client = app(&gateway);
    let write = tokio::spawn(async move { client.send(Method::PUT, &path("files", "a"), &[], "new".into()).await });
    until("the write to be there", || origin.last().method == "PUT").await;
    write.abort();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(gateway.get("/s/a").await.body, "old", "it is not done yet");
    gate.open();
    until("the write to be done", || origin.has("a", "new")).await;
    seen_soon(&gateway).await;
}

/// Begins to send a body by a link over HTTP/2, and gives it up once the origin has all of it: the gateway sees that at once.
async fn given_up(gateway: &Gateway, origin: &Origin) {
    let link = app(gateway).presign(&Method::PUT, "files", "a", Duration::ZERO, MINUTE);
    let socket = tokio::net::TcpStream::connect(gateway.address).await.unwrap();
    let builder = http2::Builder::new(TokioExecutor::new());
    let (mut sender, connection) = builder.handshake(TokioIo::new(socket)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::put(link).body(Full::new(Bytes::from("new"))).unwrap();
    let write = tokio::spawn(async move { sender.send_request(request).await });
    until("the write to be there", || origin.last().method == "PUT").await;
    write.abort();
    let _ = write.await;
    let forgotten = "evergate_object_cache_forgotten_total{cause=\"write\",scope=\"key\"}";
    until("it to be forgotten", || gateway.metric(forgotten) > 0).await;
    connection.abort();
}

#[tokio::test]
async fn a_write_that_was_given_up_over_http_2_counts_as_well() {
    for (early, waits) in [(true, 0), (false, 0), (false, 200)] {
        let (origin, gate) = (Origin::with(&[("a", "old")]), Gate::new());
        let held = gate.clone();
        let gateway = Gateway::caching(&origin, POLICY);
        told(&gateway.get("/s/a").await, "old");
        origin.turn(move |asked| match (is_write(asked), early) {
            (false, _) => Play::Usual,
            (true, false) => Play::Later(held.clone()),
            (true, true) => Play::ToldLater(held.clone()),
        });
        given_up(&gateway, &origin).await;
        if !early {
            // Whoever asks now still gets the old one, which must not be what is shown from now on.
            assert_eq!(gateway.get("/s/a").await.body, "old");
            tokio::time::sleep(Duration::from_millis(waits)).await;
        }
        gate.open();
        until("the write to be done", || origin.has("a", "new")).await;
        seen_soon(&gateway).await;
    }
}

async fn seen_soon(gateway: &Gateway) {
    let begun = Instant::now();
    while gateway.get("/s/a").await.body != "new" {
        assert!(begun.elapsed() < Duration::from_secs(3), "the old one was kept");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_write_without_an_answer_and_one_that_was_refused_are_forgotten_too() {
    for answer in [
        Answer(vec![Step::Cut]),
        Answer::refusal("500 Internal Server Error", "InternalError"),
        Answer::refusal("403 Forbidden", "AccessDenied"),
    ] {
        let origin = Origin::with(&[("a", "old")]);
        let mut setup = Setup::impatient();
        setup.bounds.retry.most = 0;
        let gateway = setup.start(&site(&origin, POLICY));
        told(&gateway.get("/s/a").await, "old");
        // It did write, whatever it says.
        origin.store("a", Object::new("new"));
        origin.turn(move |asked| {
            if is_write(asked) {
                Play::Say(answer.clone())
            } else {
                Play::Usual
            }
        });
        let reply = app(&gateway)
            .send(Method::PUT, &path("files", "a"), &[], "new".into())
            .await;
        assert!(!reply.status.is_success(), "{reply:?}");
        told(&gateway.get("/s/a").await, "new");
    }
}

#[tokio::test]
async fn a_write_that_may_not_be_forgets_nothing_and_reaches_nobody() {
    let origin = Origin::with(&[("a", "old")]);
    let gateway = Gateway::caching(&origin, POLICY);
    told(&gateway.get("/s/a").await, "old");
    let stranger = S3Client::new(
        &format!("http://{}", gateway.address),
        APP.0,
        "not the secret of the app at all",
    );
    let reply = stranger.send(Method::PUT, &path("files", "a"), &[], "new".into()).await;
    assert_eq!(reply.status, 403);
    assert!(told(&gateway.get("/s/a").await, "old").starts_with("hit"));
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn a_write_to_one_bucket_concerns_each_that_has_its_name_and_no_other_key() {
    let origin = Origin::with(&[("a", "old"), ("b", "old")]);
    let route = |id: &str| {
        format!("  - {{ path: /{id}/, bucket: {id}, prefix: '', access: public, delivery: stream, cache: {{}} }}\n")
    };
    let yaml = format!("{}{}{}", site(&origin, POLICY), route("twin"), route("other"));
    let more = [
        bucket("twin", &origin),
        bucket("other", &origin).replace("name: shelf", "name: other-shelf"),
    ]
    .concat();
    let gateway = Setup::default().start(&yaml.replacen("buckets:\n", &format!("buckets:\n{more}"), 1));
    for path in ["/s/a", "/twin/a", "/other/a", "/s/b", "/twin/b"] {
        told(&gateway.get(path).await, "old");
    }
    let reply = app(&gateway)
        .send(Method::PUT, &path("files", "a"), &[], "new".into())
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    for path in ["/s/a", "/twin/a"] {
        told(&gateway.get(path).await, "new");
    }
    for path in ["/other/a", "/s/b", "/twin/b"] {
        assert!(told(&gateway.get(path).await, "old").starts_with("hit"), "{path}");
    }
}

#[tokio::test]
async fn rule_27_a_write_that_crosses_with_a_reload_concerns_the_new_configuration_too() {
    let (origin, gate) = (Origin::with(&[("a", "old")]), Gate::new());
    let gateway = Gateway::caching(&origin, POLICY);
    let held = gate.clone();
    origin.turn(move |asked| {
        if is_write(asked) {
            Play::Later(held.clone())
        } else {
            Play::Usual
        }
    });
    let client = app(&gateway);
    let write = tokio::spawn(async move { client.send(Method::PUT, &path("files", "a"), &[], "new".into()).await });
    until("the write to be there", || origin.count() == 1).await;
    gateway.reload(&site(&origin, POLICY).replace("${SECRET}", "${OTHER_SECRET}"));
    told(&gateway.get("/s/a").await, "old");
    gate.open();
    assert_eq!(write.await.unwrap().status, 200);
    told(&gateway.get("/s/a").await, "new");
}

#[tokio::test]
async fn a_multipart_upload_that_is_completed_after_its_client_hung_up_counts_as_well() {
    let (origin, gates) = (Origin::with(&[("a", "old")]), [Gate::new(), Gate::new(), Gate::new()]);
    let gateway = Gateway::caching(&origin, POLICY);
    told(&gateway.get("/s/a").await, "old");
    // As S3 does: 200, blank space for as long as it takes, and the word at the end of it.
    let blank = || Step::Say(" ".repeat(10).into());
    let mut answer = Answer::raw(
        "200 OK",
        &["Content-Type: application/xml", "Content-Length: 1000"],
        "<?xml version=\"1.0\"?>",
    );
    for gate in &gates {
        answer.0.extend([blank(), Step::Wait(gate.clone())]);
    }
    origin.turn(move |asked| {
        if asked.method == "POST" {
            Play::Say(answer.clone())
        } else {
            Play::Usual
        }
    });
    let client = app(&gateway);
    // With a runtime of its own, so that its connection goes with it in the middle of the answer.
    let write = std::thread::spawn(move || {
        let target = format!("{}?uploadId=u", path("files", "a"));
        let parts = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"e\"</ETag></Part></CompleteMultipartUpload>";
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let asking = client.send(Method::POST, &target, &[], parts.into());
        runtime.block_on(async { tokio::time::timeout(Duration::from_millis(500), asking).await.is_err() })
    });
    until("the write to be there", || origin.last().method == "POST").await;
    assert!(
        tokio::task::spawn_blocking(|| write.join().unwrap()).await.unwrap(),
        "it hung up"
    );
    // What is sent to somebody who is gone fails with the second piece.
    for gate in &gates[..2] {
        gate.open();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let forgotten = "evergate_object_cache_forgotten_total{cause=\"write\",scope=\"key\"}";
    until("it to be forgotten", || gateway.metric(forgotten) == 1).await;
    told(&gateway.get("/s/a").await, "old");
    origin.store("a", Object::new("new"));
    let begun = std::time::Instant::now();
    while gateway.get("/s/a").await.body != "new" {
        assert!(begun.elapsed() < Duration::from_secs(3), "the old one was kept");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
