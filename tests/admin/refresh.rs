//! `POST /v1/refresh` on the wire: who may ask, within which bounds, and what becomes of each link. Nothing that a link names
//! is ever connected to.

use crate::call::{self, Answer, bearer, read};
use crate::support::evergate::{Evergate, wait_until};
use crate::support::links::{HOST, Link, flipped};
use crate::support::spy::Spy;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const TOKEN: &str = "canary-token-of-the-admin-api-0001";
pub(crate) const ID: &str = "EVGLIBRECHAT00000001";
pub(crate) const SECRET: &str = "canary-client-secret-of-librechat-0001";
pub(crate) const KEYS: [(&str, &str); 4] = [
    ("KEY", "AKIDEXAMPLE"),
    ("SECRET", "canary-secret-access-key"),
    ("CLIENT", SECRET),
    ("ADMIN_TOKEN", TOKEN),
];
pub(crate) const DAY: Duration = Duration::from_hours(24);

fn yaml(spy: &Spy) -> String {
    format!(
        "
buckets:
  files: {{ name: app-files, region: us-east-1, endpoint: '{}', path_style: true, url_expiry: 2m, credentials: {{ access_key_id: '${{KEY}}', secret_access_key: '${{SECRET}}' }} }}
clients:
  - {{ name: librechat, access_key_id: {ID}, secret_access_key: '${{CLIENT}}', allow: [{{ bucket: files, operations: [read] }}] }}
refresh:
  - {{ bucket: files, prefix: images/, max_age: 30d }}
  - {{ bucket: files, prefix: images/cut/, max_age: 3650d, not_before: 2026-01-01T00:00:00Z }}
public_hosts: [minio:9000]
routes:
  - {{ path: /pictures/, bucket: files, prefix: images/, access: public }}
  - {{ path: /here/, host: one.example, bucket: files, prefix: host/, access: public }}
",
        spy.endpoint()
    )
}

/// Sends one request with these header lines and this body.
fn send(gateway: &Evergate, method: &str, lines: &[String], body: &str) -> Answer {
    call::send(gateway.admin, method, "/v1/refresh", lines, body)
}

fn post(gateway: &Evergate, body: &str) -> Answer {
    send(gateway, "POST", &bearer(TOKEN), body)
}

/// Asks about these URLs, and returns the results.
pub(crate) fn ask(gateway: &Evergate, to: &str, urls: &[String]) -> Vec<Value> {
    let answer = post(gateway, &json!({ "urls": urls, "to": to }).to_string());
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let results = answer.body["results"].as_array().unwrap().clone();
    assert_eq!(results.len(), urls.len());
    results
}

pub(crate) fn link(path: &str) -> Link<'_> {
    Link::new(ID, SECRET, path)
}

pub(crate) fn at(host: &str, target: &str) -> String {
    format!("https://{host}{target}")
}

/// What a link to `path`, signed so long ago for the gateway's own host, becomes.
fn old(path: &str, days: u32) -> String {
    at(HOST, &link(path).signed_ago(DAY * days).v4())
}

#[test]
fn without_a_token_the_api_is_closed_and_says_how_to_open_it() {
    let spy = Spy::start();
    let gateway = Evergate::start_with(&yaml(&spy), &KEYS[..3]);
    let answer = post(&gateway, r#"{"urls":[]}"#);
    assert_eq!(answer.status, 403);
    for word in ["admin:", "token:", "EVERGATE_ADMIN_TOKEN"] {
        assert!(answer.detail().contains(word), "{}", answer.body);
    }
}

#[test]
fn rule_9_only_the_token_opens_it() {
    let spy = Spy::start();
    let gateway = Evergate::start_with(&yaml(&spy), &KEYS);
    let wrong = [
        vec![],
        bearer("canary-token-of-the-admin-api-0002"),
        bearer(&TOKEN[..TOKEN.len() - 1]),
        bearer(""),
        vec![format!("Authorization: Basic {TOKEN}")],
        [bearer(TOKEN), bearer(TOKEN)].concat(),
        vec![format!("X-Token: {TOKEN}")],
    ];
    for lines in &wrong {
        let answer = send(&gateway, "POST", lines, r#"{"urls":[]}"#);
        assert_eq!(answer.status, 401, "{lines:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"evergate\""));
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    assert_eq!(post(&gateway, r#"{"urls":[]}"#).body, json!({ "results": [] }));
    for method in ["GET", "PUT", "DELETE"] {
        let answer = send(&gateway, method, &bearer(TOKEN), "");
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
    assert!(
        !(gateway.log() + &gateway.access_log()).contains("canary"),
        "a secret in the log"
    );
}

#[test]
fn a_link_becomes_its_stable_path_or_a_url_signed_now() {
    let spy = Spy::start();
    let gateway = Evergate::start_with(&yaml(&spy), &KEYS);
    let urls = [
        old("/files/images/a%20b.png", 0),
        old("/app-files/images/a%20b.png", 29),
        // Signed for a host of old, and found there still.
        at(
            "minio:9000",
            &Link {
                host: "minio:9000",
                ..link("/app-files/images/c.png")
            }
            .v4(),
        ),
        // Signed for it, and rewritten to the gateway's.
        at(
            HOST,
            &Link {
                host: "minio:9000",
                ..link("/app-files/images/c.png")
            }
            .v4(),
        ),
        at(
            HOST,
            &Link {
                path: "/files/host/d.png",
                ..link("")
            }
            .v4(),
        ),
        at(HOST, "/pictures/e.png"),
        at(
            HOST,
            &Link {
                query: "response-content-disposition=attachment%3B%20filename%3D%22a%20b.png%22",
                ..link("/files/images/f.png")
            }
            .v4(),
        ),
    ];
    let stable = ask(&gateway, "stable", &urls);
    let new: Vec<_> = stable.iter().map(|result| result["url"].as_str().unwrap()).collect();
    let expected = [
        "/pictures/a%20b.png",
        "/pictures/a%20b.png",
        "/pictures/c.png",
        "/pictures/c.png",
        "/here/d.png",
        "/pictures/e.png",
        "/pictures/f.png?download=a%20b.png",
    ];
    assert_eq!(new, expected);
    assert_eq!(stable[4]["host"], "one.example");
    let second = &stable[1];
    assert_eq!(
        (&second["bucket"], &second["key"], &second["client"]),
        (&json!("files"), &json!("images/a b.png"), &json!("librechat"))
    );
    let expired_by = second["expired_by"].as_u64().unwrap();
    assert!((29 * 86_400 - 120..29 * 86_400).contains(&expired_by), "{expired_by}");
    assert!(second["signed_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(
        (&stable[0]["expired_by"], &stable[0]["error"]),
        (&Value::Null, &Value::Null)
    );

    let signed = ask(&gateway, "presigned", &urls);
    for result in &signed {
        let url = result["url"].as_str().unwrap();
        assert!(url.starts_with(&format!("{}/app-files/", spy.endpoint())), "{url}");
        assert!(
            url.contains("X-Amz-Credential=AKIDEXAMPLE") && url.contains("X-Amz-Expires=120"),
            "{url}"
        );
        assert!(result["expires_at"].as_str().unwrap().starts_with("20"), "{result}");
    }
    spy.assert_untouched();
}

#[test]
fn rules_8_to_13_a_link_is_judged_as_at_the_presigned_door() {
    let spy = Spy::start();
    let gateway = Evergate::start_with(&yaml(&spy), &KEYS);
    let temporary = Link {
        token: Some("canary-session-token"),
        ..link("/files/images/a.png")
    };
    let urls = [
        (old("/files/images/a.png", 31), "link_too_old"),
        (old("/files/uploads/a.pdf", 1), "link_expired"),
        (old("/files/images/cut/a.png", 3_000), "link_before_cutoff"),
        (
            at(HOST, &flipped(&link("/files/images/a.png").v4())),
            "signature_invalid",
        ),
        (
            at("other.example", &link("/files/images/a.png").v4()),
            "signature_invalid",
        ),
        (
            at(
                HOST,
                &Link::new("EVGNOBODY00000000000", SECRET, "/files/images/a.png").v4(),
            ),
            "signature_invalid",
        ),
        (at(HOST, &temporary.v4()), "temporary_credentials"),
        (at(HOST, &link("/files/images/a.png").v2()), "signature_v2_disabled"),
        (
            at(
                HOST,
                &Link {
                    region: "eu-west-1",
                    ..link("/files/images/a.png")
                }
                .v4(),
            ),
            "region_wrong",
        ),
        (at(HOST, &link("/nobodys/images/a.png").v4()), "no_such_bucket"),
        (
            at(
                HOST,
                &Link {
                    query: "list-type=2",
                    ..link("/files/images/a.png")
                }
                .v4(),
            ),
            "not_a_read",
        ),
        (
            at(HOST, &(link("/files/images/a.png").v4() + "&X-Amz-Date=1")),
            "query_ambiguous",
        ),
        (at(HOST, "/files/images/a.png"), "not_signed"),
        (at(HOST, "/files/images/../a.png"), "key_refused"),
        ("a.png".to_owned(), "not_a_url"),
        (at(HOST, &link("/files/uploads/fresh.pdf").v4()), "no_route"),
        (
            at(
                HOST,
                &Link {
                    query: "versionId=1",
                    ..link("/files/images/a.png")
                }
                .v4(),
            ),
            "overrides_signed",
        ),
    ];
    let (urls, codes): (Vec<_>, Vec<_>) = urls.into_iter().unzip();
    let results = ask(&gateway, "stable", &urls);
    let told: Vec<_> = results
        .iter()
        .map(|result| result["error"]["code"].as_str().unwrap())
        .collect();
    assert_eq!(told, codes);
    for result in &results {
        assert!(
            result.get("url").is_none() && !result["error"]["detail"].as_str().unwrap().is_empty(),
            "{result}"
        );
        assert!(!result.to_string().contains("canary"), "{result}");
    }
    // Rule 9: who knows no secret learns nothing of the object but what the link says.
    assert_eq!(results[3]["error"], results[5]["error"]);
    assert_eq!(results[3]["client"], Value::Null);
    assert_eq!(
        (&results[0]["bucket"], &results[0]["client"]),
        (&json!("files"), &json!("librechat"))
    );
    assert!(results[0]["expired_by"].as_u64().unwrap() > 30 * 86_400);
    spy.assert_untouched();
}

#[test]
fn rule_13_each_refreshed_link_is_audited_and_counted() {
    let spy = Spy::start();
    let gateway = Evergate::start_with(&yaml(&spy), &KEYS);
    let urls = [
        old("/files/images/a.png", 29),
        old("/files/images/fresh.png", 0),
        old("/files/images/b.png", 31),
    ];
    ask(&gateway, "stable", &urls);
    gateway.wait_for_log("links renewed by the API");
    let log = gateway.log();
    let audited: Vec<Value> = log
        .lines()
        .filter(|line| line.contains("expired link honoured"))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(audited.len(), 1, "{log}");
    assert_eq!(
        (
            &audited[0]["client"],
            &audited[0]["bucket"],
            &audited[0]["rule"],
            &audited[0]["path"]
        ),
        (
            &json!("librechat"),
            &json!("files"),
            &json!("images/"),
            &json!("/files/images/a.png")
        )
    );
    assert!(!log.contains("X-Amz-Signature"), "rule 9: {log}");
    post(&gateway, "{");
    send(&gateway, "POST", &[], "{}");
    let wanted = [
        r#"evergate_refreshed_link_age_seconds_count{client="librechat",bucket="files"} 1"#,
        r#"evergate_denied_total{reason="link_too_old"} 1"#,
        r#"evergate_api_links_total{result="renewed"} 2"#,
        r#"evergate_api_links_total{result="refused"} 1"#,
        r#"evergate_api_requests_total{api="refresh",result="ok"} 1"#,
        r#"evergate_api_requests_total{api="refresh",result="bad_request"} 1"#,
        r#"evergate_api_requests_total{api="refresh",result="unauthorized"} 1"#,
    ];
    let page = call::metrics(gateway.admin);
    for line in wanted {
        assert!(page.lines().any(|seen| seen == line), "{line} in {page}");
    }
}

#[test]
fn rule_4_no_socket_is_opened_to_what_a_link_names() {
    let (origin, named) = (Spy::start(), Spy::start());
    let gateway = Evergate::start_with(&yaml(&origin), &KEYS);
    let host = named.address.to_string();
    let signed = Link {
        host: &host,
        ..link("/files/images/a.png")
    }
    .signed_ago(DAY)
    .v4();
    let urls = [
        format!("http://{host}{signed}"),
        format!("http://{host}/files/images/a.png"),
        format!("http://{host}{}", link("/files/images/a.png").v4()),
        format!("http://{host}/?url=http://{host}/"),
    ];
    for to in ["stable", "presigned"] {
        let results = ask(&gateway, to, &urls);
        // A client signed it, for whatever host.
        assert!(results[0]["url"].is_string(), "{}", results[0]);
        for refused in &results[1..] {
            assert!(refused["error"].is_object(), "{refused}");
        }
    }
    named.assert_untouched();
    origin.assert_untouched();
}

#[test]
fn what_is_no_call_is_a_problem_that_says_so() {
    let spy = Spy::start();
    let gateway = Evergate::start_with(&yaml(&spy), &KEYS);
    let many = json!({ "urls": vec![""; 1_001] }).to_string();
    for (body, said) in [
        ("", "EOF"),
        ("urls=a", "expected value"),
        (r#"{"urls":[],"to":"gateway"}"#, "`stable` or `presigned`"),
        (r#"{"url":[]}"#, "unknown field `url`"),
        (
            r#"{"urls":"https://h/?X-Amz-Signature=canary"}"#,
            "a list of at most 1,000 URLs",
        ),
        (&many, "more than 1,000 URLs"),
    ] {
        let answer = post(&gateway, body);
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert!(answer.detail().contains(said), "{}", answer.body);
        assert!(!answer.body.to_string().contains("canary"), "{}", answer.body);
    }
}

#[test]
fn rule_23_bodies_have_a_length_and_a_time() {
    let spy = Spy::start();
    let gateway = Evergate::start_with(&yaml(&spy), &KEYS);
    let mut stream = TcpStream::connect(gateway.admin).unwrap();
    let head =
        format!("POST /v1/refresh HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n");
    write!(stream, "{head}Content-Length: 99999999\r\n\r\n").unwrap();
    let chunk = vec![b' '; 64 * 1024];
    while stream.write_all(&chunk).is_ok() {}
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");

    // A thousand long URLs fit, and take no part of a second that probes would mind.
    let long = old(&format!("/files/images/{}.png", "a".repeat(900)), 1);
    let urls = vec![long; 1_000];
    let begun = Instant::now();
    let results = ask(&gateway, "stable", &urls);
    assert!(results.iter().all(|result| result["url"].is_string()));
    assert!(begun.elapsed() < call::PATIENCE);

    // Whoever stalls is let go, and others are answered meanwhile.
    let mut stalled = TcpStream::connect(gateway.admin).unwrap();
    write!(stalled, "{head}Content-Length: 100\r\n\r\n{{").unwrap();
    assert_eq!(post(&gateway, r#"{"urls":[]}"#).status, 200);
    assert_eq!(read(stalled).status, 408);
}

#[test]
fn rule_27_a_call_goes_by_the_configuration_that_runs() {
    let spy = Spy::start();
    let gateway = Evergate::start_with(&yaml(&spy), &KEYS);
    let url = [old("/files/images/a.png", 29)];
    assert!(ask(&gateway, "stable", &url)[0]["url"].is_string());
    gateway.rewrite_config(&yaml(&spy).replace("max_age: 30d", "max_age: 20d"));
    wait_until("the new rule", || {
        ask(&gateway, "stable", &url)[0]["error"]["code"] == "link_too_old"
    });
}
