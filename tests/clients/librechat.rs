//! LibreChat's flow: an avatar is uploaded as its code does it, its URL is stored and expires, and a browser draws it all the same.

use super::house::{House, Key, Plan};
use super::programs::javascript;
use crate::support::browser::Browser;
use crate::support::http::{Reply, follow};
use crate::support::origin::Origin;
use crate::support::s3_client::S3Client;
use http::{Method, StatusCode};
use serde_json::json;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

/// What LibreChat has in its settings: two seconds.
const EXPIRY: Duration = Duration::from_secs(2);
const AN_HOUR: Duration = Duration::from_hours(1);
/// A name of the gateway that incoming links may have been signed for.
const ALIAS: &str = "http://minio.internal:9000";
const POLICY: &str = "public_hosts: ['minio.internal:9000']
refresh:
  - { bucket: files, prefix: images/, max_age: 3650d, delivery: auto }
  - { bucket: files, prefix: uploads/, max_age: 0s }
";

/// The house with a retired and a revoked key beside the active one.
async fn house(origin: Origin) -> (House, Key, Key) {
    let (retired, revoked) = (Key::new("old", "retired"), Key::new("gone", "revoked"));
    let house = Plan::on(origin).key(&retired).key(&revoked).yaml(POLICY).open().await;
    (house, retired, revoked)
}

/// Runs LibreChat's calls and returns the URLs that it would store.
fn librechat(house: &House, delete: bool) -> HashMap<String, String> {
    let mut job = house.job();
    job["picture"] = json!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/avatar.png"));
    job["delete"] = json!(delete);
    let report = javascript("librechat.mjs", &job);
    report.assert_ok(if delete { 1 } else { 3 });
    let url = |line: &str| {
        let (name, url) = line.strip_prefix("url ")?.split_once(' ')?;
        Some((name.to_owned(), url.to_owned()))
    };
    report.stdout.lines().filter_map(url).collect()
}

/// Waits until the gateway says that a link has expired, which it does for those that no rule keeps alive.
async fn wait_until_expired(url: &str) -> Reply {
    let begun = Instant::now();
    loop {
        let answer = follow(url, Method::GET).await;
        if answer.status != StatusCode::OK {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{url} does not expire");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Loads pictures in one page, which is not the gateway's; their widths as drawn, 0 for those that are not.
async fn widths(urls: &[&str]) -> Vec<u64> {
    let mut pictures = String::new();
    for url in urls {
        write!(pictures, "<img src=\"{}\">", url.replace('&', "&amp;")).unwrap();
    }
    let page = page(format!("<!doctype html><title>chat</title>{pictures}"));
    let browser = Browser::start().await;
    browser.open(&page).await;
    let loaded = "return document.images.length > 0 && [...document.images].every((img) => img.complete)";
    browser.wait_until("the pictures to load", loaded).await;
    let widths = browser
        .run("return [...document.images].map((img) => img.naturalWidth)")
        .await;
    widths
        .as_array()
        .unwrap()
        .iter()
        .map(|width| width.as_u64().unwrap())
        .collect()
}

/// Serves one page, to whoever asks for anything, and returns its URL.
fn page(html: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for socket in listener.incoming() {
            let Ok(mut socket) = socket else { return };
            let mut head = [0; 4096];
            if socket.read(&mut head).is_ok() {
                let length = html.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{html}"
                );
                let _ = socket.write_all(answer.as_bytes());
            }
        }
    });
    url
}

/// Another hexadecimal digit where the signature has its tenth.
fn flipped(url: &str) -> String {
    let at = url.find("X-Amz-Signature=").unwrap() + "X-Amz-Signature=".len() + 9;
    let other = if &url[at..=at] == "a" { "b" } else { "a" };
    format!("{}{other}{}", &url[..at], &url[at + 1..])
}

async fn an_avatar_outlives_its_url(origin: Origin) {
    let (house, retired, revoked) = house(origin).await;
    let urls = librechat(&house, false);
    let (avatar, document) = (&urls["avatar"], &urls["document"]);
    assert!(avatar.starts_with(&format!("{}/{}/images/", house.endpoint, house.origin.bucket)));

    let expired = wait_until_expired(document).await;
    assert_eq!(expired.status, StatusCode::FORBIDDEN, "{expired:?}");
    assert_eq!(expired.header("x-evergate-reason"), "link_expired");
    assert_eq!(
        wait_until_expired(&urls["download"]).await.status,
        StatusCode::FORBIDDEN
    );

    // The same picture by links of other keys and for other hosts, signed an hour ago and good for two seconds then.
    let bucket = &house.origin.bucket;
    let key = avatar
        .split_once('?')
        .unwrap()
        .0
        .trim_start_matches(&format!("{}/{bucket}/", house.endpoint))
        .to_owned();
    let link = |endpoint: &str, key_pair: &Key| {
        S3Client::new(endpoint, &key_pair.id, &key_pair.secret)
            .presign(&Method::GET, bucket, &key, AN_HOUR, EXPIRY)
            .replace(endpoint, &house.endpoint)
    };
    let cases = [
        ("LibreChat's own", avatar.clone(), None),
        ("of an hour ago", link(&house.endpoint, house.key()), None),
        ("with a flipped character", flipped(avatar), Some("signature_invalid")),
        ("of a retired key", link(&house.endpoint, &retired), None),
        // Told as a wrong signature is, so that nobody learns which keys there are.
        (
            "of a revoked key",
            link(&house.endpoint, &revoked),
            Some("signature_invalid"),
        ),
        ("for an alias host", link(ALIAS, house.key()), None),
        (
            "for another host",
            link("http://minio.elsewhere:9000", house.key()),
            Some("signature_invalid"),
        ),
        (
            "for the alias on another port",
            link("http://minio.internal:9001", house.key()),
            Some("signature_invalid"),
        ),
        ("of a document", document.clone(), Some("link_expired")),
    ];
    let links: Vec<&str> = cases.iter().map(|(_, url, _)| url.as_str()).collect();
    let drawn = widths(&links).await;
    for ((name, url, refused), width) in cases.iter().zip(&drawn) {
        assert_eq!(*width, if refused.is_none() { 48 } else { 0 }, "a link {name}: {url}");
        let answer = follow(url, Method::GET).await;
        if let Some(reason) = refused {
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "a link {name}: {answer:?}");
            assert_eq!(answer.header("x-evergate-reason"), *reason, "a link {name}");
        } else {
            assert_eq!(answer.status, StatusCode::OK, "a link {name}: {answer:?}");
            // Stored without a type, as LibreChat does it.
            assert_eq!(answer.header("content-type"), "image/png", "{name}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{name}");
        }
    }

    librechat(&house, true);
    assert_eq!(follow(avatar, Method::GET).await.status, StatusCode::NOT_FOUND);
    house.close().await;
}

async fn fresh_links_work_as_they_did(origin: Origin) {
    let (house, retired, revoked) = house(origin).await;
    let (bucket, key) = (&house.origin.bucket, "uploads/u/a document.pdf");
    house.direct().put(bucket, key, &[], "the document").await;
    let status = async |pair: &Key, method: &Method| {
        let client = S3Client::new(&house.endpoint, &pair.id, &pair.secret);
        let url = client.presign(method, bucket, key, Duration::ZERO, AN_HOUR);
        follow(&url, method.clone()).await.status
    };
    assert_eq!(status(house.key(), &Method::GET).await, StatusCode::OK);
    assert_eq!(status(house.key(), &Method::HEAD).await, StatusCode::OK);
    assert_eq!(status(&retired, &Method::GET).await, StatusCode::OK);
    assert_eq!(status(&revoked, &Method::GET).await, StatusCode::FORBIDDEN);
    // Nothing new is written with a retired key, however fresh the link.
    assert_eq!(status(&retired, &Method::PUT).await, StatusCode::FORBIDDEN);
    assert_eq!(status(&retired, &Method::DELETE).await, StatusCode::FORBIDDEN);
    assert_eq!(house.direct().get(bucket, key).await.body, "the document");
    assert_eq!(status(house.key(), &Method::DELETE).await, StatusCode::NO_CONTENT);
    assert_eq!(house.direct().get(bucket, key).await.status, StatusCode::NOT_FOUND);
    house.close().await;
}

on_both_origins!(an_avatar_outlives_its_url, fresh_links_work_as_they_did);
