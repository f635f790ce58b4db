//! `POST /v1/events/s3` on the wire: who may post, every server's shape, and what readers then see. For SNS see `sns.rs`.

use crate::call::{self, Answer, assert_counted, basic, bearer, read};
use crate::shelf::{ADMIN_TOKEN, EVENTS_TOKEN, Shelf, edition};
use crate::support::evergate::{Evergate, wait_until};
use serde_json::json;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("events/", $name))
    };
}

/// The key in most fixtures, and how a reader asks for it.
const FLOWER: &str = "/files/images/red%20flower%2B%C3%BC.png";

fn post(gateway: &Evergate, lines: &[String], body: &str) -> Answer {
    call::send(gateway.admin, "POST", "/v1/events/s3", lines, body)
}

fn told(gateway: &Evergate, body: &str) -> (u64, u64) {
    let answer = post(gateway, &bearer(EVENTS_TOKEN), body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let count = |name: &str| answer.body[name].as_u64().unwrap();
    (count("forgotten"), count("ignored"))
}

#[test]
fn every_servers_event_makes_its_object_new() {
    let shelf = Shelf::start();
    let gateway = shelf.gateway();
    let mut now = 1;
    for (server, body, path) in [
        ("AWS, by raw delivery of SNS", fixture!("aws.json"), FLOWER),
        (
            "AWS's lifecycle",
            fixture!("aws_lifecycle.json"),
            "/files/images/u42.png",
        ),
        ("EventBridge", fixture!("eventbridge.json"), FLOWER),
        (
            "EventBridge, deleted",
            fixture!("eventbridge_deleted.json"),
            "/files/images/u42.png",
        ),
        ("MinIO", fixture!("minio.json"), FLOWER),
        ("Ceph", fixture!("ceph.json"), FLOWER),
    ] {
        let other = "/files/images/u99.png";
        assert_eq!(edition(gateway.address, path), now, "{server}");
        let before = edition(gateway.address, other);
        shelf.replace();
        assert_eq!(edition(gateway.address, path), now, "{server}: cached");
        let (forgotten, _) = told(&gateway, body);
        assert!(forgotten >= 1, "{server}");
        now += 1;
        assert_eq!(edition(gateway.address, path), now, "{server}: at once");
        assert_eq!(edition(gateway.address, other), before, "{server}: and no other");
        // Both objects begin the next round with the newest edition.
        told(
            &gateway,
            &fixture!("aws.json").replace("images/red+flower%2B%C3%BC.png", "images/u42.png"),
        );
        told(&gateway, fixture!("aws.json"));
    }
}

#[test]
fn what_concerns_nobody_is_taken_and_ignored() {
    let shelf = Shelf::start();
    let gateway = shelf.gateway();
    assert_eq!(edition(gateway.address, FLOWER), 1);
    shelf.replace();
    for (body, expected) in [
        (fixture!("aws_test.json").to_owned(), (0, 0)),
        (fixture!("minio_read.json").to_owned(), (0, 1)),
        (fixture!("aws.json").replace("app-files", "nobodys"), (0, 1)),
        (fixture!("aws_lifecycle.json").to_owned(), (3, 1)),
        (json!({ "hello": "world" }).to_string(), (0, 1)),
        (json!({ "Records": [] }).to_string(), (0, 0)),
    ] {
        assert_eq!(told(&gateway, &body), expected, "{body}");
    }
    assert_eq!(edition(gateway.address, FLOWER), 1, "still cached");
    for body in ["", "hello", "[]", "{", "{\"Records\":5}"] {
        let answer = post(&gateway, &bearer(EVENTS_TOKEN), body);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (400, Some("application/problem+json")),
            "{body}"
        );
    }
    assert_counted(
        gateway.admin,
        &[
            r#"evergate_api_requests_total{api="events",result="ok"} 6"#,
            r#"evergate_api_requests_total{api="events",result="bad_request"} 5"#,
            r#"evergate_api_events_total{result="forgotten"} 3"#,
            r#"evergate_api_events_total{result="ignored"} 4"#,
        ],
    );
}

#[test]
fn rule_9_only_the_token_of_events_opens_it_in_two_ways() {
    let shelf = Shelf::start();
    let gateway = shelf.gateway();
    let event = fixture!("aws.json");
    for lines in [
        bearer(EVENTS_TOKEN),
        basic("sns", EVENTS_TOKEN),
        basic("", EVENTS_TOKEN),
    ] {
        assert_eq!(post(&gateway, &lines, event).status, 200, "{lines:?}");
    }
    for lines in [
        vec![],
        bearer(ADMIN_TOKEN),
        basic("sns", ADMIN_TOKEN),
        basic(EVENTS_TOKEN, ""),
        basic("sns", &EVENTS_TOKEN[1..]),
        bearer(""),
        [bearer(EVENTS_TOKEN), bearer(EVENTS_TOKEN)].concat(),
        vec!["Authorization: Basic !".to_owned()],
    ] {
        let answer = post(&gateway, &lines, event);
        // SNS shows its password only when it is asked for it so.
        assert_eq!(
            (answer.status, answer.header("www-authenticate")),
            (401, Some("Basic realm=\"evergate\"")),
            "{lines:?}"
        );
    }
    for (lines, status) in [(bearer(EVENTS_TOKEN), 401), (bearer(ADMIN_TOKEN), 200)] {
        let links = call::send(gateway.admin, "POST", "/v1/refresh", &lines, r#"{"urls":[]}"#);
        assert_eq!(links.status, status, "the one token does not open the other's door");
    }
    let got = call::send(gateway.admin, "GET", "/v1/events/s3", &bearer(EVENTS_TOKEN), "");
    assert_eq!((got.status, got.header("allow")), (405, Some("POST")));
    assert_counted(
        gateway.admin,
        &[
            r#"evergate_api_requests_total{api="events",result="challenged"} 1"#,
            r#"evergate_api_requests_total{api="events",result="unauthorized"} 7"#,
        ],
    );
    assert!(!gateway.log().contains("challenged"), "SNS begins so each time");
    gateway.wait_for_log("the API refused a request");
    assert!(!gateway.log().contains("canary"), "a secret in the log");
}

#[test]
fn who_is_asked_for_a_password_can_read_that() {
    let shelf = Shelf::start();
    let gateway = shelf.gateway();
    let mut stream = TcpStream::connect(gateway.admin).unwrap();
    let event = fixture!("aws.json");
    let length = event.len();
    write!(
        stream,
        "POST /v1/events/s3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    )
    .unwrap();
    // An answer in the middle of the body would be lost to a sender that writes on: the connection would be reset.
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let early = stream.peek(&mut [0]);
    assert!(early.is_err(), "an answer before the body: {early:?}");
    stream.write_all(event.as_bytes()).unwrap();
    assert_eq!(read(stream).status, 401);
}

#[test]
fn without_a_token_no_events_are_taken() {
    let shelf = Shelf::start();
    let gateway = Evergate::start_with(&shelf.yaml(), &[("ADMIN_TOKEN", ADMIN_TOKEN)]);
    for lines in [vec![], bearer(ADMIN_TOKEN)] {
        let answer = post(&gateway, &lines, fixture!("aws.json"));
        assert_eq!(answer.status, 403);
        for word in ["admin:", "events_token:", "EVERGATE_EVENTS_TOKEN"] {
            assert!(answer.detail().contains(word), "{}", answer.body);
        }
    }
}

#[test]
fn rule_23_bodies_have_a_length_and_a_time() {
    let shelf = Shelf::start();
    let gateway = shelf.gateway();
    let long = |length: usize| format!("{{{}}}", " ".repeat(length - 2));
    assert_eq!(post(&gateway, &bearer(EVENTS_TOKEN), &long(1024 * 1024)).status, 200);
    let mut stream = TcpStream::connect(gateway.admin).unwrap();
    let head = format!(
        "POST /v1/events/s3 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {EVENTS_TOKEN}\r\nConnection: close\r\n"
    );
    write!(stream, "{head}Content-Length: 1048577\r\n\r\n{}", long(1024 * 1024 + 1)).unwrap();
    assert_eq!(read(stream).status, 413);
    // Whoever stalls is let go, and others are answered meanwhile.
    let mut stalled: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(gateway.admin).unwrap();
            write!(stream, "{head}Content-Length: 100\r\n\r\n{{").unwrap();
            stream
        })
        .collect();
    let mut busy = None;
    wait_until("all places to be taken", || {
        let answer = post(&gateway, &bearer(EVENTS_TOKEN), "{}");
        busy = (answer.status == 503).then(|| answer.header("retry-after").map(str::to_owned));
        busy.is_some()
    });
    assert_eq!(busy, Some(Some("1".to_owned())));
    let last = stalled.pop().unwrap();
    drop(stalled);
    assert_eq!(told(&gateway, "{}"), (0, 1));
    assert_eq!(read(last).status, 408);
}
