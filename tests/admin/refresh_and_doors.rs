//! A link comes to the same at the refresh API as at the doors: `gateway/links/judge.rs` says again what `gateway/walk.rs`
//! does, and must not say another thing.

use crate::refresh::{DAY, ID, KEYS, SECRET, ask, at, link};
use crate::support::evergate::Evergate;
use crate::support::links::{HOST, Link, flipped};
use crate::support::spy::Spy;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Everything that is honoured is a redirect, so that nothing is asked of the origin.
fn yaml(spy: &Spy) -> String {
    format!(
        "
buckets:
  files: {{ name: app-files, region: us-east-1, endpoint: '{}', path_style: true, url_expiry: 2m, credentials: {{ access_key_id: '${{KEY}}', secret_access_key: '${{SECRET}}' }} }}
s3_domains: [s3.example.com]
clients:
  - {{ name: librechat, access_key_id: {ID}, secret_access_key: '${{CLIENT}}', allow: [{{ bucket: files, prefix: images/, operations: [read] }}] }}
refresh:
  - {{ bucket: files, prefix: '', max_age: 0s, delivery: redirect }}
  - {{ bucket: files, prefix: images/old/, max_age: 30d, delivery: redirect }}
routes:
  - {{ path: /avatars/, bucket: files, prefix: images/, access: public, delivery: redirect }}
  - {{ path: /files/images/open/, bucket: files, prefix: images/open/, access: public, delivery: redirect }}
",
        spy.endpoint()
    )
}

/// The status that a GET of `url` gets.
fn status(gateway: &Evergate, url: &str) -> u16 {
    let (host, target) = url.strip_prefix("https://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(gateway.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let request = format!("GET /{target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_link_comes_to_the_same_at_the_api_and_at_the_doors() {
    let spy = Spy::start();
    let gateway = Evergate::start_with(&yaml(&spy), &KEYS);
    let nobody = "EVGNOBODY00000000000";
    let mut urls = Vec::new();
    for path in [
        "/files/images/a.png",
        "/files/images/old/a.png",
        "/files/images/open/a.png",
        "/files/uploads/a.pdf",
        "/app-files/images/a.png",
        "/avatars/a.png",
        "/nobodys/images/a.png",
        "/files/",
        "/files/images/%2e%2e/a.png",
        "/",
    ] {
        let mine = link(path);
        let aged = |days: u32| link(path).signed_ago(DAY * days).v4();
        let asking = |query| Link { query, ..link(path) }.v4();
        let elsewhere = Link {
            region: "eu-west-1",
            ..link(path)
        };
        let temporary = Link {
            token: Some("canary-session-token"),
            ..link(path)
        };
        urls.extend([
            at(HOST, &mine.v4()),
            at(HOST, &mine.v2()),
            at(HOST, &aged(1)),
            at(HOST, &aged(31)),
            at(HOST, &flipped(&mine.v4())),
            at("other.example", &mine.v4()),
            at("files.s3.example.com", &mine.v4()),
            at(HOST, &Link::new(nobody, SECRET, path).v4()),
            at(HOST, &elsewhere.v4()),
            at(HOST, &temporary.v4()),
            at(HOST, &asking("versionId=1&x-id=GetObject")),
            at(HOST, &(mine.v4() + "&X-Amz-Date=1")),
            at(HOST, path),
        ]);
    }
    let renewed = ask(&gateway, "presigned", &urls);
    let mut honoured = 0;
    for (url, renewal) in urls.iter().zip(&renewed) {
        let is_served = status(&gateway, url) == 302;
        honoured += usize::from(is_served);
        assert_eq!(is_served, renewal.get("url").is_some(), "{url}: {renewal}");
    }
    assert!((20..urls.len() / 2).contains(&honoured), "{honoured} of {}", urls.len());
    spy.assert_untouched();
}
