//! What the other tests stand on: both origins verify signatures, expiry and session tokens, and the spy sees everything.

mod support;

use http::{Method, StatusCode};
use s3s::S3ErrorCode;
use std::time::Duration;
use support::http::{follow, raw, raw_status};
use support::radosgw::Radosgw;
use support::s3_client::S3Client;
use support::s3s_origin::S3sOrigin;
use support::spy::Spy;

const MINUTE: Duration = Duration::from_mins(1);

/// Good calls pass; a wrong secret, a stale URL and a changed URL do not.
async fn assert_verifies(client: &S3Client, impostor: &S3Client, bucket: &str) {
    let key = "a picture+with (awkward) ü.png";
    client.create_bucket(bucket).await;
    client.put(bucket, key, &[("content-type", "image/png")], "bytes").await;
    let reply = client.get(bucket, key).await;
    assert_eq!((reply.status, &reply.body[..]), (StatusCode::OK, &b"bytes"[..]));
    assert_eq!(reply.header("content-type"), "image/png");
    assert_eq!(impostor.get(bucket, key).await.status, StatusCode::FORBIDDEN);

    let fresh = client.presign(&Method::GET, bucket, key, Duration::ZERO, MINUTE);
    assert_eq!(follow(&fresh, Method::GET).await.status, StatusCode::OK);
    assert_eq!(
        follow(&fresh, Method::HEAD).await.status,
        StatusCode::FORBIDDEN,
        "signed for GET alone"
    );
    let stale = client.presign(&Method::GET, bucket, key, MINUTE * 2, MINUTE);
    assert_eq!(follow(&stale, Method::GET).await.status, StatusCode::FORBIDDEN);
    let changed = fresh.replace("X-Amz-Expires=60", "X-Amz-Expires=61");
    assert_eq!(follow(&changed, Method::GET).await.status, StatusCode::FORBIDDEN);

    client.delete(bucket, key).await;
    assert_eq!(client.get(bucket, key).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn radosgw_verifies() {
    let origin = Radosgw::of_this_run();
    let impostor = S3Client::new(&origin.endpoint, &origin.access_key_id, "another secret");
    assert_verifies(&origin.client(), &impostor, &Radosgw::bucket_name("verifies")).await;
}

#[tokio::test]
async fn s3s_verifies() {
    let origin = S3sOrigin::start();
    let impostor = S3Client::new(&origin.endpoint(), &origin.access_key_id, "another secret");
    assert_verifies(&origin.client(), &impostor, "verifies").await;
}

#[tokio::test]
async fn s3s_can_require_a_session_token_and_writes_down_its_calls() {
    let origin = S3sOrigin::start_requiring("the+token/=");
    let client = origin.client();
    client.create_bucket("bucket").await;
    client.put("bucket", "k", &[], "bytes").await;
    let presigned = client.presign(&Method::GET, "bucket", "k", Duration::ZERO, MINUTE);
    assert_eq!(follow(&presigned, Method::GET).await.status, StatusCode::OK);

    let without = S3Client::new(&origin.endpoint(), &origin.access_key_id, &origin.secret_access_key);
    assert_eq!(without.get("bucket", "k").await.status, StatusCode::BAD_REQUEST);

    let calls: Vec<_> = origin
        .calls()
        .into_iter()
        .map(|call| (call.operation, call.bucket, call.key))
        .collect();
    let expected = [
        ("CreateBucket", ""),
        ("PutObject", "k"),
        ("GetObject", "k"),
        ("GetObject", "k"),
    ];
    assert_eq!(
        calls,
        expected.map(|(operation, key)| (operation.to_owned(), "bucket".to_owned(), key.to_owned()))
    );
}

#[tokio::test]
async fn s3s_refuses_on_purpose() {
    let origin = S3sOrigin::start();
    origin.refuse_with(Some(S3ErrorCode::SlowDown));
    assert_eq!(
        origin.client().get("bucket", "k").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    origin.refuse_with(None);
    assert_eq!(origin.client().get("bucket", "k").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_spy_sees_everything() {
    let spy = Spy::start();
    spy.assert_untouched();
    let answer = raw(spy.address, b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let answer = tokio::time::timeout(MINUTE, answer).await.expect("an answer");
    assert_eq!(raw_status(&answer), Some(500));
    assert_eq!(spy.connections(), 1);
    assert!(spy.bytes().starts_with(b"GET /x HTTP/1.1\r\n"));
}
