//! The embedded origin as the gateway meets it: over a socket, with signatures and expiry verified for real.
#![cfg(feature = "embedded")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on ends")]

mod support;

use evergate::cli::demo::{self, RawUrls};
use evergate::clock::{Clock, Timestamp};
use evergate::config::{BucketConfig, OriginConfig, ServerConfig};
use evergate::embedded::{DEFAULT_AVATAR, EmbeddedError, Origin, samples};
use evergate::s3::BucketName;
use http::{Method, StatusCode};
use std::path::Path;
use std::time::Duration;
use support::http::{follow, get};

const TEN_SECONDS: Duration = Duration::from_secs(10);

/// An embedded bucket called `name`, in `folder`.
fn bucket(name: &str, folder: &Path) -> BucketConfig {
    let config = demo::config(([127, 0, 0, 1], 0).into(), TEN_SECONDS, folder.to_owned()).unwrap();
    let mut bucket = config.buckets.into_iter().next().unwrap();
    bucket.name = BucketName::parse(name).unwrap();
    bucket
}

/// Signs for `bucket` as if it were `ago` seconds earlier.
fn signed(server: &ServerConfig, bucket: &str, key: &str, ago: u64) -> String {
    let now = Clock::system().now();
    let (clock, _hands) = Clock::manual(Timestamp::from_unix(now.as_unix() - ago));
    let bucket = BucketName::parse(bucket).unwrap();
    RawUrls::new(server, &bucket, TEN_SECONDS, clock)
        .unwrap()
        .sign(key)
        .unwrap()
}

#[tokio::test]
async fn it_verifies_signatures_and_expiry() {
    let folder = tempfile::tempdir().unwrap();
    let origin = Origin::start(&[bucket("samples", folder.path())]).unwrap();
    assert!(origin.address().ip().is_loopback());
    let server = origin.server();

    let good = signed(&server, "samples", "avatars/fox.png", 0);
    let reply = follow(&good, Method::GET).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header("content-type"), "image/png");
    assert_eq!(reply.header("cache-control"), "no-store", "raw URLs ask for it");
    assert_eq!(reply.maybe("access-control-allow-origin"), None);

    let expired = signed(&server, "samples", "avatars/fox.png", 11);
    let reply = follow(&expired, Method::GET).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(String::from_utf8_lossy(&reply.body).contains("expired"), "{reply:?}");

    let changed = good.replace("fox.png", "cat.png");
    assert_eq!(follow(&changed, Method::GET).await.status, StatusCode::FORBIDDEN);
    let longer = expired.replace("X-Amz-Expires=10", "X-Amz-Expires=99");
    assert_eq!(follow(&longer, Method::GET).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        get(origin.address(), "/samples/avatars/fox.png").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        get(origin.address(), "/").await.status,
        StatusCode::FORBIDDEN,
        "unsigned lists nothing"
    );

    let missing = follow(&signed(&server, "samples", "avatars/nobody.png", 0), Method::GET).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(String::from_utf8_lossy(&missing.body).contains("NoSuchKey"));
}

#[tokio::test]
async fn every_start_has_keys_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let one = Origin::start(&[bucket("samples", folder.path())]).unwrap();
    let two = Origin::start(&[bucket("samples", folder.path())]).unwrap();
    let mut stranger = one.server();
    stranger.endpoint = two.server().endpoint;
    let url = signed(&stranger, "samples", "avatars/fox.png", 0);
    assert_eq!(follow(&url, Method::GET).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_sample_is_there_with_its_type() {
    let folder = tempfile::tempdir().unwrap();
    let origin = Origin::start(&[bucket("samples", folder.path())]).unwrap();
    for sample in samples().iter().chain([&DEFAULT_AVATAR]) {
        let reply = follow(&signed(&origin.server(), "samples", &sample.key(), 0), Method::GET).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", sample.file_name);
        assert_eq!(reply.header("content-type"), sample.content_type());
        assert_eq!(reply.body, sample.draw().unwrap());
    }
}

#[tokio::test]
async fn seeding_fills_gaps_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let avatars = folder.path().join("samples/avatars");
    drop(Origin::start(&[bucket("samples", folder.path())]).unwrap());
    std::fs::write(avatars.join("fox.png"), "mine").unwrap();
    std::fs::remove_file(avatars.join("cat.png")).unwrap();
    let origin = Origin::start(&[bucket("samples", folder.path())]).unwrap();
    assert_eq!(std::fs::read(avatars.join("fox.png")).unwrap(), b"mine");
    assert!(avatars.join("cat.png").exists());
    let left_over = std::fs::read_dir(folder.path()).unwrap();
    let left_over = left_over.filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with(".tmp.")
    });
    assert_eq!(left_over.count(), 0);
    drop(origin);
}

#[tokio::test]
async fn a_reload_adds_buckets_and_keeps_port_and_keys() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = bucket("samples", here.path());
    let origin = Origin::start(std::slice::from_ref(&first)).unwrap();
    let before = signed(&origin.server(), "samples", "avatars/owl.png", 0);
    let early = signed(&origin.server(), "more", "avatars/owl.png", 0);
    assert_eq!(follow(&early, Method::GET).await.status, StatusCode::NOT_FOUND);

    origin
        .update(&[first, bucket("more", there.path()), bucket("third", here.path())])
        .unwrap();
    for url in [
        &before,
        &early,
        &signed(&origin.server(), "third", "avatars/owl.png", 0),
    ] {
        assert_eq!(follow(url, Method::GET).await.status, StatusCode::OK);
    }
    origin.update(&[]).unwrap();
    assert_eq!(follow(&before, Method::GET).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_failed_reload_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let good = bucket("samples", folder.path());
    let origin = Origin::start(std::slice::from_ref(&good)).unwrap();
    let url = signed(&origin.server(), "samples", "avatars/owl.png", 0);
    assert!(
        origin
            .update(&[bucket("samples", &folder.path().join("no/such"))])
            .is_err()
    );
    assert_eq!(follow(&url, Method::GET).await.status, StatusCode::OK);
}

#[tokio::test]
async fn it_ends_when_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let origin = Origin::start(&[bucket("samples", folder.path())]).unwrap();
    let address = origin.address();
    drop(origin);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[test]
fn what_it_can_not_serve_is_said_at_the_start() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = here.path().join("file");
    std::fs::write(&file, "").unwrap();
    let fault = |buckets: &[BucketConfig]| Origin::start(buckets).unwrap_err();

    assert!(matches!(
        fault(&[bucket("samples", &file)]),
        EmbeddedError::NotAFolder(_)
    ));
    assert!(matches!(
        fault(&[bucket("samples", &file.join("deeper"))]),
        EmbeddedError::NotAFolder(_)
    ));
    assert!(matches!(
        fault(&[bucket("samples", &here.path().join("typo/data"))]),
        EmbeddedError::NoParent { .. }
    ));
    assert!(matches!(
        fault(&[bucket("Old_Name", here.path())]),
        EmbeddedError::BucketName(_)
    ));
    assert!(matches!(
        fault(&[bucket("twice", here.path()), bucket("twice", there.path())]),
        EmbeddedError::SameName(_)
    ));
}

#[test]
fn buckets_of_other_servers_are_none_of_its_business() {
    let folder = tempfile::tempdir().unwrap();
    let origin = Origin::start(&[bucket("samples", folder.path())]).unwrap();
    let mut elsewhere = bucket("UPPER", folder.path());
    elsewhere.origin = OriginConfig::Server(origin.server());
    assert!(Origin::start(&[elsewhere]).is_ok());
}
