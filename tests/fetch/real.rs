//! The same reads on real origins, which verify what is signed and differ in what they honour: s3s knows no 304 and no
//! 412, radosgw does.

use crate::scripted::{Gateway, Place};
use crate::support::origin::Origin;
use crate::support::s3_client::S3Client;
use evergate::clock::Clock;
use evergate::fetch::{FetchError, OriginResponse, OriginSettings, OriginStatus};
use evergate::s3::Operation::{GetObject, HeadObject};
use http_body_util::BodyExt;

const KEY: &str = "a b/ü+%.txt";

async fn stored(origin: &Origin) -> Gateway {
    let client = S3Client::new(&origin.endpoint, &origin.access_key_id, &origin.secret_access_key);
    client.create_bucket(&origin.bucket).await;
    client
        .put(&origin.bucket, KEY, &[("content-type", "text/plain")], "0123456789")
        .await;
    gateway(origin, &origin.secret_access_key)
}

fn gateway(origin: &Origin, secret_access_key: &str) -> Gateway {
    let place = Place {
        endpoint: &origin.endpoint,
        bucket: &origin.bucket,
        access_key_id: &origin.access_key_id,
        secret_access_key,
    };
    Gateway::at(&place, OriginSettings::default(), b"", &Clock::system())
}

async fn body(response: OriginResponse) -> Vec<u8> {
    let (_, _, body) = response.into_parts();
    body.collect().await.unwrap().to_bytes().to_vec()
}

async fn conditions_and_ranges_are_answered_as_rfc_9110_says(origin: Origin) {
    use OriginStatus::{NotModified, Ok, Partial, PreconditionFailed, RangeNotSatisfiable};
    let gateway = stored(&origin).await;
    let whole = gateway.fetch(GetObject, KEY, &[]).await.unwrap();
    let tag = whole.head().etag().unwrap().to_str().unwrap().to_owned();
    let date = whole.head().last_modified.clone().unwrap().to_str().unwrap().to_owned();
    assert_eq!(whole.complete_length(), Some(10));
    assert_eq!(body(whole).await, b"0123456789");
    let two = format!("\"other\", W/{tag}");
    let long_ago = "Sun, 01 Nov 2020 12:00:00 GMT";
    let other = "\"0123456789abcdef0123456789abcdef\"";
    for (fields, status, bytes) in [
        (&[("if-none-match", &*tag)][..], NotModified, ""),
        (&[("if-none-match", &*two)], NotModified, ""),
        (&[("if-none-match", other)], Ok, "0123456789"),
        (&[("if-modified-since", &*date)], NotModified, ""),
        (&[("if-modified-since", long_ago)], Ok, "0123456789"),
        (&[("if-match", &*tag)], Ok, "0123456789"),
        (&[("if-match", other)], PreconditionFailed, ""),
        (&[("if-unmodified-since", &*date)], Ok, "0123456789"),
        (&[("if-unmodified-since", long_ago)], PreconditionFailed, ""),
        (&[("range", "bytes=2-4")], Partial, "234"),
        (&[("range", "bytes=7-")], Partial, "789"),
        (&[("range", "bytes=-2")], Partial, "89"),
        (&[("range", "bytes=8-99")], Partial, "89"),
        (&[("range", "bytes=99-")], RangeNotSatisfiable, ""),
        (&[("range", "bytes=2-4"), ("if-range", &*tag)], Partial, "234"),
        (&[("range", "bytes=2-4"), ("if-range", other)], Ok, "0123456789"),
        (&[("range", "bytes=2-4"), ("if-range", &*date)], Ok, "0123456789"),
        (&[("range", "bytes=2-4"), ("if-none-match", &*tag)], NotModified, ""),
        (&[("range", "bytes=2-4"), ("if-match", other)], PreconditionFailed, ""),
    ] {
        let response = gateway.fetch(GetObject, KEY, fields).await.unwrap();
        assert_eq!(response.status(), status, "{fields:?}");
        if status == Partial {
            assert_eq!(response.complete_length(), Some(10), "{fields:?}");
        }
        assert_eq!(body(response).await, bytes.as_bytes(), "{fields:?}");
    }
    let head = gateway.fetch(HeadObject, KEY, &[("range", "bytes=2-4")]).await.unwrap();
    assert_eq!((head.status(), head.complete_length()), (Ok, Some(10)));
    let unchanged = gateway
        .fetch(HeadObject, KEY, &[("if-none-match", &*tag)])
        .await
        .unwrap();
    assert_eq!(unchanged.status(), NotModified);
}

async fn failures_are_told_apart(origin: Origin) {
    let gateway_in = stored(&origin).await;
    for operation in [GetObject, HeadObject] {
        let missing = gateway_in.fetch(operation, "no/such/key", &[]).await.unwrap_err();
        assert_eq!(missing, FetchError::Missing, "{operation:?}");
        let refused = gateway(&origin, "wrong").fetch(operation, KEY, &[]).await.unwrap_err();
        assert!(matches!(refused, FetchError::Forbidden(_)), "{operation:?} {refused:?}");
    }
    let nowhere = Place {
        endpoint: &origin.endpoint,
        bucket: "no-such-bucket-anywhere",
        access_key_id: &origin.access_key_id,
        secret_access_key: &origin.secret_access_key,
    };
    let gateway_out = Gateway::at(&nowhere, OriginSettings::default(), b"", &Clock::system());
    let error = gateway_out.fetch(GetObject, KEY, &[]).await.unwrap_err();
    // s3s-fs says NoSuchKey to everything that is not there.
    let expected = if origin.s3s.is_some() {
        FetchError::Missing
    } else {
        FetchError::MissingBucket
    };
    assert_eq!(error, expected);
}

on_both_origins!(
    conditions_and_ranges_are_answered_as_rfc_9110_says,
    failures_are_told_apart
);
