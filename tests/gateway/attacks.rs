//! What a client tries in order to get further than its allow list, on both origins.

use crate::s3_endpoint::{ALL, CLIENTS, NARROW, SECRETS};
use crate::support::evergate::{Evergate, wait_until};
use crate::support::http::{follow, send};
use crate::support::links::Link;
use crate::support::origin::{Object, Origin};
use crate::support::s3_client::{S3Client, path};
use crate::support::spy::Spy;
use bytes::Bytes;
use http::Method;
use std::time::Duration;

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

const WRITER: (&str, &str) = ("EVGWRITER00000000001", "canary-client-secret-of-a-writer-0001");

/// Who may write may abort uploads: by an empty upload id, radosgw deleted the object, or stored one.
async fn rule_3_an_upload_without_an_id_is_no_upload(origin: Origin) {
    assert_eq!(
        origin.put(&[Object::new("images/cat.png", b"a cat")]),
        Vec::<String>::new()
    );
    let yaml = format!(
        "{}clients: [{{ access_key_id: {}, secret_access_key: '${{WRITER_SECRET}}', allow: [{{ bucket: files, operations: [write] }}] }}]",
        origin.bucket_yaml(),
        WRITER.0
    );
    let environment: Vec<_> = origin
        .environment()
        .into_iter()
        .chain([("WRITER_SECRET", WRITER.1)])
        .collect();
    let gateway = Evergate::start_with(&yaml, &environment);
    let client = S3Client::new(&format!("http://{}", gateway.address), WRITER.0, WRITER.1);
    for (method, query) in [
        (Method::DELETE, "uploadId="),
        (Method::DELETE, "uploadId"),
        (Method::GET, "uploadId="),
        (Method::POST, "uploadId="),
        (Method::PUT, "partNumber=1&uploadId="),
        (Method::PUT, "partNumber=&uploadId=u"),
    ] {
        let target = format!("/files/images/cat.png?{query}");
        let reply = client.send(method.clone(), &target, &[], Bytes::new()).await;
        assert_eq!(reply.status, 501, "{method} {query}: {reply:?}");
        assert_eq!(reply.header("x-evergate-reason"), "operation_not_open");
        let there = direct(&origin).get(&origin.bucket, "images/cat.png").await;
        assert_eq!(
            (there.status.as_u16(), &there.body[..]),
            (200, &b"a cat"[..]),
            "{method} {query}"
        );
    }
    assert_eq!(
        client
            .send(Method::DELETE, "/files/images/cat.png", &[], Bytes::new())
            .await
            .status,
        403
    );
}

/// Whoever may do everything with buckets may not administrate the server that keeps them.
async fn rule_4_an_origins_own_administration_is_no_bucket(origin: Origin) {
    let gateway = assembled(&origin);
    let all = S3Client::new(&format!("http://{}", gateway.address), ALL.0, ALL.1);
    for target in [
        "/minio/admin/v3/info",
        "/admin/user?format=json&uid=evergate",
        "/admin/usage",
        "/swift/v1",
        "/auth/v1.0",
    ] {
        let reply = all.send(Method::GET, target, &[], Bytes::new()).await;
        assert_eq!(reply.status, 404, "{target}: {reply:?}");
        assert_eq!(reply.header("x-evergate-reason"), "no_such_bucket");
        let source = target.split('?').next().unwrap();
        let copy = [("x-amz-copy-source", source)];
        let reply = all.send(Method::PUT, "/files/images/copy", &copy, Bytes::new()).await;
        assert_eq!(reply.status, 404, "{target}: {reply:?}");
    }
}

async fn rule_3_a_list_stays_inside_of_its_prefix(origin: Origin) {
    let gateway = assembled(&origin);
    let client = narrow(&gateway);
    for prefix in [
        "images/../",
        "images/%2e%2e/secret/",
        "images/.",
        "images/./",
        "images/..",
        "images",
        "",
        "/images/",
    ] {
        for target in [
            format!("/files?prefix={prefix}"),
            format!("/files?list-type=2&prefix={prefix}"),
            format!("/files?uploads&prefix={prefix}"),
        ] {
            let reply = client.send(Method::GET, &target, &[], Bytes::new()).await;
            assert_eq!(reply.status, 403, "{target}: {reply:?}");
        }
    }
    for target in [
        "/files?prefix=images/",
        "/files?list-type=2&prefix=images/..cat&start-after=a&delimiter=i",
    ] {
        let reply = client.send(Method::GET, target, &[], Bytes::new()).await;
        assert_eq!(reply.status, 200, "{target}: {reply:?}");
        assert!(
            !String::from_utf8_lossy(&reply.body).contains("plan"),
            "{target}: {reply:?}"
        );
    }
}

/// By every name that AWS has for S3 a link names one object, and not another one when its bucket is taken for a part of the host.
#[tokio::test]
async fn rule_11_a_host_that_names_a_bucket_is_no_path_style() {
    let origin = Spy::start();
    let bucket = |id: &str| {
        let endpoint = origin.endpoint();
        format!(
            "  {id}: {{ name: {id}-there, region: us-east-1, endpoint: '{endpoint}', path_style: true, credentials: {{ access_key_id: A, secret_access_key: '${{WRITER_SECRET}}' }} }}\n"
        )
    };
    let yaml = format!(
        "buckets:\n{}{}clients: [{{ access_key_id: {}, secret_access_key: '${{WRITER_SECRET}}', allow: [{{ bucket: files, operations: [read] }}, {{ bucket: images, operations: [read] }}] }}]",
        bucket("files"),
        bucket("images"),
        WRITER.0
    );
    let gateway = Evergate::start_with(&yaml, &[("WRITER_SECRET", WRITER.1)]);
    for host in [
        "files.s3.amazonaws.com",
        "files.s3-accelerate.amazonaws.com",
        "files.s3-accelerate.dualstack.amazonaws.com",
        "files.s3-external-1.amazonaws.com",
    ] {
        let link = Link {
            host,
            ..Link::new(WRITER.0, WRITER.1, "/images/plan.txt")
        };
        send(gateway.address, Method::GET, &link.v4(), &[("host", host)]).await;
        let seen = String::from_utf8_lossy(&origin.bytes()).into_owned();
        assert!(!seen.contains("/images-there/"), "{host}: {seen}");
    }
    // No bucket of this configuration is called `files` at AWS, and so the id names it.
    wait_until("four lines in the log", || {
        gateway.access_log().matches("\"route\":\"s3:files\"").count() == 4
    });
}

async fn rule_22_an_object_that_a_link_shows_is_nobodys_to_keep(origin: Origin) {
    let gateway = assembled(&origin);
    let all = S3Client::new(&format!("http://{}", gateway.address), ALL.0, ALL.1);
    let other = format!("{}-other", origin.bucket);
    let stored = [("cache-control", "public, max-age=300, s-maxage=900")];
    direct(&origin).create_bucket(&other).await;
    direct(&origin).put(&other, "k", &stored, "v").await;
    // By its signature in the head it is the object as it is stored.
    assert_eq!(all.get(&other, "k").await.header("cache-control"), stored[0].1);
    let url = all.presign(&Method::GET, &other, "k", Duration::ZERO, Duration::from_mins(1));
    let reply = follow(&url, Method::GET).await;
    assert_eq!((reply.status.as_u16(), &reply.body[..]), (200, &b"v"[..]));
    assert_eq!(reply.header("cache-control"), "private, max-age=300");
}

/// radosgw answers 500 to a list of parts that it can't read: its client shuts nobody out by it.
async fn rule_23_a_client_that_makes_an_origin_stumble_shuts_nobody_out(origin: Origin) {
    let gateway = assembled(&origin);
    let client = narrow(&gateway);
    let list =
        "<CompleteMultipartUpload><Part><PartNumber>-1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>";
    for _ in 0..15 {
        let reply = client
            .send(
                Method::POST,
                "/files/images/cat.png?uploadId=2~x",
                &[],
                Bytes::from_static(list.as_bytes()),
            )
            .await;
        assert!(matches!(reply.status.as_u16(), 400 | 404 | 502), "{reply:?}");
    }
    assert_eq!(client.get("files", "images/cat.png").await.body, "a cat");
}

on_both_origins!(
    rule_15_no_spelling_of_a_field_is_a_copy_source,
    rule_3_an_upload_without_an_id_is_no_upload,
    rule_4_an_origins_own_administration_is_no_bucket,
    rule_3_a_list_stays_inside_of_its_prefix,
    rule_23_a_client_that_makes_an_origin_stumble_shuts_nobody_out,
    rule_22_an_object_that_a_link_shows_is_nobodys_to_keep,
);
