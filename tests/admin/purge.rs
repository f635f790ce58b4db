//! `POST /v1/purge` on the wire: who may ask, what a call says, and what readers then see.

use crate::call::{self, Answer, assert_counted, bearer};
use crate::shelf::{ADMIN_TOKEN, EVENTS_TOKEN, Shelf, edition};
use crate::support::evergate::Evergate;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

fn purge(gateway: &Evergate, call: &Value) -> Answer {
    post(gateway, &call.to_string())
}

fn post(gateway: &Evergate, body: &str) -> Answer {
    call::send(gateway.admin, "POST", "/v1/purge", &bearer(ADMIN_TOKEN), body)
}

/// What readers see of these.
fn editions(gateway: &Evergate, targets: &[&str]) -> Vec<usize> {
    targets.iter().map(|target| edition(gateway.address, target)).collect()
}

#[test]
fn purged_keys_are_fetched_anew_and_no_others() {
    let shelf = Shelf::start();
    let gateway = shelf.gateway();
    let all = [
        "/files/a.png",
        "/files/b%20%C3%BC.png",
        "/files/c.png",
        "/copy/a.png",
        "/other/a.png",
    ];
    assert_eq!(editions(&gateway, &all), [1; 5]);
    shelf.replace();
    assert_eq!(editions(&gateway, &all), [1; 5], "cached");

    let answer = purge(
        &gateway,
        &json!({ "bucket": "files", "keys": ["a.png", "b ü.png", "never-seen.png"] }),
    );
    assert_eq!(
        (answer.status, &answer.body),
        (200, &json!({ "purged": { "buckets": 1, "keys": 3 } }))
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-request-id").map(str::len), Some(16));
    assert_eq!(editions(&gateway, &all), [2, 2, 1, 1, 1]);

    // By the name at the origin, it is every bucket that is called so.
    shelf.replace();
    let answer = purge(&gateway, &json!({ "bucket": "app-files", "keys": ["a.png"] }));
    assert_eq!(answer.body, json!({ "purged": { "buckets": 2, "keys": 1 } }));
    assert_eq!(editions(&gateway, &all), [3, 2, 1, 3, 1]);
}

#[test]
fn a_prefix_or_a_whole_bucket_is_purged_at_once() {
    let shelf = Shelf::start();
    let gateway = shelf.gateway();
    let all = [
        "/files/images/a.png",
        "/files/images/deep/b.png",
        "/files/images-old/c.png",
        "/other/images/a.png",
    ];
    assert_eq!(editions(&gateway, &all), [1; 4]);
    shelf.replace();
    let answer = purge(&gateway, &json!({ "bucket": "files", "prefix": "images/" }));
    assert_eq!(answer.body, json!({ "purged": { "buckets": 1, "prefix": "images/" } }));
    assert_eq!(editions(&gateway, &all), [2, 2, 1, 1]);
    shelf.replace();
    let answer = purge(&gateway, &json!({ "bucket": "files", "prefix": "" }));
    assert_eq!((answer.status, &answer.body["purged"]["prefix"]), (200, &json!("")));
    assert_eq!(editions(&gateway, &all), [3, 3, 3, 1]);
}

#[test]
fn each_call_is_audited_and_counted() {
    let shelf = Shelf::start();
    let gateway = shelf.gateway();
    purge(&gateway, &json!({ "bucket": "files", "keys": ["a.png", "b.png"] }));
    let last = purge(&gateway, &json!({ "bucket": "files", "prefix": "images/" }));
    purge(&gateway, &json!({ "bucket": "nobodys", "keys": [] }));
    post(&gateway, "{");
    let id = last.header("x-request-id").unwrap();
    gateway.wait_for_log(id);
    let log = gateway.log();
    let audited: Vec<Value> = log
        .lines()
        .filter(|line| line.contains("purged by the API"))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(audited.len(), 2, "{log}");
    assert_eq!(
        (&audited[0]["bucket"], &audited[0]["keys"]),
        (&json!("files"), &json!(2))
    );
    assert_eq!(
        (&audited[1]["prefix"], &audited[1]["id"]),
        (&json!("images/"), &json!(id))
    );
    assert_counted(
        gateway.admin,
        &[
            r#"evergate_api_requests_total{api="purge",result="ok"} 2"#,
            r#"evergate_api_requests_total{api="purge",result="bucket_unknown"} 1"#,
            r#"evergate_api_requests_total{api="purge",result="bad_request"} 1"#,
            r#"evergate_object_cache_forgotten_total{cause="purge",scope="key"} 2"#,
            r#"evergate_object_cache_forgotten_total{cause="purge",scope="prefix"} 1"#,
        ],
    );
}

#[test]
fn what_is_no_call_purges_nothing_and_says_why() {
    let shelf = Shelf::start();
    let gateway = shelf.gateway();
    assert_eq!(editions(&gateway, &["/files/a.png"]), [1]);
    shelf.replace();
    let many = json!({ "bucket": "files", "keys": vec!["a.png"; 1_001] });
    for (call, status, said) in [
        (
            json!({ "bucket": "files", "keys": ["a.png", "../b.png"] }),
            400,
            "`keys[1]`",
        ),
        (
            json!({ "bucket": "files", "keys": ["a.png"], "prefix": "" }),
            400,
            "both",
        ),
        (json!({ "bucket": "files" }), 400, "or neither"),
        (
            json!({ "bucket": "files", "keys": ["a.png"], "dry_run": true }),
            400,
            "unknown field `dry_run`",
        ),
        (json!({ "bucket": "files", "prefix": "a" }), 400, "does not end in '/'"),
        (many, 400, "more than 1,000 keys"),
        (
            json!({ "bucket": "nobodys", "keys": ["a.png"] }),
            404,
            "are: files, copy, other",
        ),
        (json!({ "bucket": "", "prefix": "" }), 404, "are: files, copy, other"),
    ] {
        let answer = purge(&gateway, &call);
        assert_eq!(answer.status, status, "{call}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert!(answer.detail().contains(said), "{}", answer.body);
    }
    assert_eq!(editions(&gateway, &["/files/a.png"]), [1], "nothing was purged");
    let thousand = json!({ "bucket": "files", "keys": vec!["a".repeat(1_024); 1_000] });
    assert_eq!(purge(&gateway, &thousand).status, 200);
}

#[test]
fn rule_9_only_the_admins_token_opens_it() {
    let shelf = Shelf::start();
    let gateway = shelf.gateway();
    let call = json!({ "bucket": "files", "prefix": "" }).to_string();
    for lines in [
        vec![],
        bearer(EVENTS_TOKEN),
        bearer(""),
        call::basic("admin", ADMIN_TOKEN),
    ] {
        let answer = call::send(gateway.admin, "POST", "/v1/purge", &lines, &call);
        assert_eq!(
            (answer.status, answer.header("www-authenticate")),
            (401, Some("Bearer realm=\"evergate\"")),
            "{lines:?}"
        );
    }
    for method in ["GET", "PUT", "DELETE"] {
        let answer = call::send(gateway.admin, method, "/v1/purge", &bearer(ADMIN_TOKEN), "");
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
    let closed = Evergate::start_with(&shelf.yaml(), &[("EVENTS_TOKEN", EVENTS_TOKEN)]);
    let answer = post(&closed, &call);
    assert_eq!(answer.status, 403);
    assert!(answer.detail().contains("EVERGATE_ADMIN_TOKEN"), "{}", answer.body);
}

#[test]
fn rule_23_a_body_is_at_most_one_mebibyte() {
    let shelf = Shelf::start();
    let gateway = shelf.gateway();
    let mut stream = TcpStream::connect(gateway.admin).unwrap();
    stream.set_read_timeout(Some(call::PATIENCE)).unwrap();
    let head =
        format!("POST /v1/purge HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {ADMIN_TOKEN}\r\nConnection: close\r\n");
    write!(stream, "{head}Content-Length: 99999999\r\n\r\n").unwrap();
    let chunk = vec![b' '; 64 * 1024];
    while stream.write_all(&chunk).is_ok() {}
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert_eq!(purge(&gateway, &json!({ "bucket": "files", "prefix": "" })).status, 200);
}
