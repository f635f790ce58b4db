//! Reload, drain, and what the operator sees while it runs.

use crate::support::evergate::{Evergate, wait_until};
use crate::support::http::{get, raw, raw_status};
use crate::support::spy::Spy;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const KEYS: [(&str, &str); 2] = [("KEY", "AKIDEXAMPLE"), ("SECRET", "canary-secret-access-key")];

fn yaml(endpoint: &str, path: &str) -> String {
    format!(
        "drain: 20s\nbuckets:\n  files: {{ name: files, region: us-east-1, endpoint: '{endpoint}', path_style: true, credentials: {{ access_key_id: '${{KEY}}', secret_access_key: '${{SECRET}}' }} }}\nroutes:\n  - {{ path: {path}, bucket: files, prefix: images/, access: public, delivery: redirect }}\n  - {{ path: /stream/, bucket: files, prefix: images/, access: public, delivery: stream }}\n"
    )
}

async fn status(gateway: &Evergate, path: &str) -> u16 {
    get(gateway.address, path).await.status.as_u16()
}

#[tokio::test]
async fn rule_27_a_changed_file_is_taken_whole_or_not_at_all() {
    let spy = Spy::start();
    let gateway = Evergate::start_with(&yaml(&spy.endpoint(), "/old/"), &KEYS);
    assert_eq!(
        (status(&gateway, "/old/x").await, status(&gateway, "/new/x").await),
        (302, 404)
    );

    gateway.rewrite_config(&yaml(&spy.endpoint(), "/new/"));
    wait_for_status(&gateway, "/new/x", 302).await;
    assert_eq!(status(&gateway, "/old/x").await, 404);

    gateway.rewrite_config(&yaml(&spy.endpoint(), "/broken/").replace("region:", "regoin:"));
    gateway.wait_for_log("regoin");
    assert_eq!(
        (status(&gateway, "/new/x").await, status(&gateway, "/broken/x").await),
        (302, 404)
    );

    gateway.rewrite_config(&yaml(&spy.endpoint(), "/hup/"));
    gateway.signal("HUP");
    wait_for_status(&gateway, "/hup/x", 302).await;
}

#[tokio::test]
async fn a_file_that_a_rejected_configuration_missed_is_waited_for() {
    let spy = Spy::start();
    let gateway = Evergate::start_with(&yaml(&spy.endpoint(), "/old/"), &KEYS);
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let reference = format!("file:{}", secret.display());

    gateway.rewrite_config(&yaml(&spy.endpoint(), "/new/").replace("${SECRET}", &reference));
    gateway.wait_for_log("can't be used");
    assert_eq!(status(&gateway, "/old/x").await, 302);
    std::fs::write(&secret, "canary-secret-access-key").unwrap();
    wait_for_status(&gateway, "/new/x", 302).await;
}

async fn wait_for_status(gateway: &Evergate, path: &str, expected: u16) {
    for _ in 0..600 {
        if status(gateway, path).await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} never became {expected}");
}

#[tokio::test]
async fn rule_27_sigterm_finishes_what_is_in_flight_and_exits_0() {
    // An origin that sends a head and half a body, and the rest when it is told to.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (finish, finished) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 4096];
        let _ = stream.read(&mut head).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\ncontent-type: image/png\r\n\r\n12345")
            .await
            .unwrap();
        finished.await.unwrap();
        stream.write_all(b"67890").await.unwrap();
        tokio::time::sleep(Duration::from_secs(30)).await;
    });
    let mut gateway = Evergate::start_with(&yaml(&endpoint, "/old/"), &KEYS);

    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client
        .write_all(b"GET /stream/x.png HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"12345") {
        client.read_buf(&mut seen).await.unwrap();
    }
    gateway.signal("TERM");
    gateway.wait_for_log("drain");
    let ready = raw(
        gateway.admin,
        b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(raw_status(&ready), Some(503), "not ready while draining");
    finish.send(()).unwrap();
    client.read_to_end(&mut seen).await.unwrap();
    assert!(seen.ends_with(b"1234567890"), "{}", String::from_utf8_lossy(&seen));
    assert_eq!(gateway.wait().code(), Some(0));
}

#[tokio::test]
async fn metrics_and_access_log_tell_what_happened() {
    let spy = Spy::start();
    // Each worker keeps its own URLs.
    let yaml = format!("workers: 1\n{}", yaml(&spy.endpoint(), "/old/"));
    let gateway = Evergate::start_with(&yaml, &KEYS);
    let answer = get(gateway.address, "/old/u42.png?X-Amz-Signature=canary-signature").await;
    assert_eq!(get(gateway.address, "/old/u42.png").await.status, 302);
    assert_eq!(status(&gateway, "/nowhere").await, 404);

    wait_until("three lines of the access log", || {
        gateway.access_log().lines().count() >= 3
    });
    let log = gateway.access_log();
    let line = log
        .lines()
        .find(|line| line.contains(answer.header("x-request-id")))
        .expect("the request id in the log");
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&line["route"], &line["status"], &line["outcome"]),
        (&"/old/".into(), &302.into(), &"redirect".into()),
        "{line}"
    );
    assert!(!log.contains("canary"), "{log}");

    let metrics = String::from_utf8(
        raw(
            gateway.admin,
            b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        )
        .await,
    )
    .unwrap();
    for expected in [
        "evergate_build_info",
        "evergate_requests_total",
        "route=\"/old/\"",
        "outcome=\"redirect\"",
        "evergate_url_cache_hits_total 1",
    ] {
        assert!(metrics.contains(expected), "{expected} in\n{metrics}");
    }
    assert!(!metrics.contains("nowhere"), "rule 28: labels come from config");
}
