//! What a client tries in order to get further than its allow list, on both origins.

use crate::s3_endpoint::{ALL, CLIENTS, NARROW, SECRETS};
use crate::support::evergate::Evergate;
use crate::support::origin::{Object, Origin};
use crate::support::s3_client::{S3Client, path};
use bytes::Bytes;
use http::Method;

fn assembled(origin: &Origin) -> Evergate {
    let refused = origin.put(&[
        Object::new("images/cat.png", b"a cat"),
        Object::new("secret/plan.txt", b"the plan"),
    ]);
    assert_eq!(refused, Vec::<String>::new());
    let environment: Vec<_> = origin.environment().into_iter().chain(SECRETS).collect();
    Evergate::start_with(&format!("{}{CLIENTS}", origin.bucket_yaml()), &environment)
}

fn narrow(gateway: &Evergate) -> S3Client {
    S3Client::new(&format!("http://{}", gateway.address), NARROW.0, NARROW.1)
}

fn direct(origin: &Origin) -> S3Client {
    S3Client::new(&origin.endpoint, &origin.access_key_id, &origin.secret_access_key)
}

/// Servers that keep fields as CGI does take `_` for `-`: radosgw made a copy of any object of the bucket.
async fn rule_15_no_spelling_of_a_field_is_a_copy_source(origin: Origin) {
    let gateway = assembled(&origin);
    let client = narrow(&gateway);
    let source = format!("/{}/secret/plan.txt", origin.bucket);
    let target = path("files", "images/copy");
    for name in [
        "x-amz-copy_source",
        "X-Amz-Copy_Source",
        "x-amz-copy.source",
        "x-amz-copy-source_",
    ] {
        for method in [Method::PUT, Method::POST] {
            let target = if method == Method::PUT {
                target.clone()
            } else {
                format!("{target}?uploads")
            };
            let reply = client.send(method, &target, &[(name, &source)], Bytes::new()).await;
            assert!(matches!(reply.status.as_u16(), 400 | 501), "{name}: {reply:?}");
        }
        let reply = client
            .send(Method::GET, &target, &[(name, &source)], Bytes::new())
            .await;
        assert!(matches!(reply.status.as_u16(), 400 | 501), "{name}: {reply:?}");
        let there = direct(&origin).get(&origin.bucket, "images/copy").await;
        assert_eq!(there.status, 404, "{name}: {there:?}");
    }
    // Nor is it one for those who may do everything with another bucket.
    let all = S3Client::new(&format!("http://{}", gateway.address), ALL.0, ALL.1);
    let reply = all
        .send(Method::PUT, &target, &[("x-amz-copy_source", &source)], Bytes::new())
        .await;
    assert_eq!(reply.status, 501, "{reply:?}");
    assert_eq!(reply.header("x-evergate-reason"), "field_unknown");
}

on_both_origins!(rule_15_no_spelling_of_a_field_is_a_copy_source);
