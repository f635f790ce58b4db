//! The rules at the S3 endpoint that end a request before its origin is called: it sees zero bytes.

use super::s3_endpoint::{ALL, APP, CLIENTS, NARROW, SECRETS, client, element, follow_with, text};
use crate::support::evergate::Evergate;
use crate::support::http::{Reply, raw};
use crate::support::links::Link;
use crate::support::s3_client::S3Client;
use crate::support::spy::Spy;
use bytes::Bytes;
use http::Method;
use std::time::Duration;

/// A gateway in front of `endpoint`, where the bucket `files` is called `their-files`; and of another bucket elsewhere.
pub(crate) fn gateway_before(endpoint: &str) -> Evergate {
    let credentials = "credentials: { access_key_id: '${KEY}', secret_access_key: '${SECRET}' }";
    let place = format!("region: us-east-1, endpoint: '{endpoint}', path_style: true, {credentials}");
    let far = format!("region: us-east-1, endpoint: 'http://127.0.0.1:9', path_style: true, {credentials}");
    let clients = CLIENTS.replace(
        "      - { bucket: files, prefix: shared/, operations: [read] }",
        "      - { bucket: files, prefix: shared/, operations: [read] }\n      - { bucket: far, operations: [read] }",
    );
    let keys = [("KEY", "AKIDEXAMPLE"), ("SECRET", "canary-secret-access-key")];
    let environment: Vec<_> = keys.into_iter().chain(SECRETS).collect();
    Evergate::start_with(
        &format!(
            "buckets:\n  files: {{ name: their-files, {place} }}\n  hidden: {{ name: hidden-files, {place} }}\n  far: {{ name: far-away, {far} }}\n{clients}"
        ),
        &environment,
    )
}

pub(crate) async fn ask(client: &S3Client, request: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let (method, target) = request.split_once(' ').unwrap();
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    client
        .send(method, target, headers, Bytes::copy_from_slice(body.as_bytes()))
        .await
}

/// Fails unless each request is refused with this status and code.
async fn all_refused(client: &S3Client, requests: &[&str], headers: &[(&str, &str)], status: u16, code: &str) {
    for request in requests {
        let reply = ask(client, request, headers, "body").await;
        assert_eq!(reply.status.as_u16(), status, "{request} {headers:?}: {}", text(&reply));
        if request.starts_with("HEAD") {
            assert!(reply.body.is_empty());
        } else {
            assert_eq!(element(&reply, "Code"), code, "{request} {headers:?}");
        }
    }
}

#[tokio::test]
async fn rule_3_what_the_allow_list_does_not_hold_never_reaches_the_origin() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy.endpoint());
    let narrow = client(&gateway, NARROW);
    let outside = [
        "GET /files/secret/k",
        "HEAD /files/secret/k",
        "PUT /files/secret/k",
        "PUT /files/shared/k",
        "DELETE /files/shared/k",
        "GET /files/images-private/k",
        "PUT /files/images",
        "PUT /their-files/secret/k",
        "POST /files/secret/k?uploads",
        "PUT /files/secret/k?partNumber=1&uploadId=u",
        "POST /files/secret/k?uploadId=u",
        "DELETE /files/secret/k?uploadId=u",
        "GET /files/secret/k?uploadId=u",
        "GET /files",
        "GET /files?prefix=secret/",
        "GET /files?prefix=images",
        "GET /files?list-type=2&prefix=image",
        "GET /files?uploads&prefix=",
        "PUT /hidden-files",
    ];
    all_refused(&narrow, &outside, &[], 403, "AccessDenied").await;
    let unseen = [
        "GET /hidden/k",
        "GET /hidden-files/k",
        "PUT /nowhere/k",
        "HEAD /hidden",
        "GET /hidden?location",
        "GET /hidden?acl",
        "POST /hidden?delete",
        "DELETE /nowhere",
    ];
    all_refused(&narrow, &unseen, &[], 404, "NoSuchBucket").await;
    let others = [
        "GET /files?acl",
        "PUT /files?policy",
        "PUT /files/images/k?tagging",
        "DELETE /files",
        "GET /files?versions",
        "POST /files/images/k?select&select-type=2",
        "POST /files",
        "PUT /files/images/k?acl",
    ];
    all_refused(&narrow, &others, &[], 501, "NotImplemented").await;
    all_refused(&narrow, &["PUT /", "POST /", "DELETE /"], &[], 405, "MethodNotAllowed").await;
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_2_what_could_be_read_in_two_ways_never_reaches_the_origin() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy.endpoint());
    let app = client(&gateway, APP);
    all_refused(
        &app,
        &["GET /files?prefix=a&prefix=b", "GET /files?prefix=a&PREFIX=b"],
        &[],
        400,
        "InvalidArgument",
    )
    .await;
    for path in [
        "/files/a/../b",
        "/files/%2e%2e/b",
        "/files/a%00",
        "/files/a%",
        "/files/%ff",
    ] {
        let request = format!(
            "PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\nx-amz-date: 20130524T000000Z\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=EVGAPP00000000000001/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, \
             Signature={}\r\n\r\n",
            "0".repeat(64)
        );
        let answer = String::from_utf8_lossy(&raw(gateway.address, request.as_bytes()).await).into_owned();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{path}: {answer}");
    }
    let host = gateway.address.to_string();
    let moved = Link {
        method: "PUT",
        host: &host,
        query: "x-amz-acl=private",
        ..Link::new(APP.0, APP.1, "/files/k")
    };
    let beside = [("x-amz-acl", "public-read")];
    let reply = follow_with(&url(&gateway, &moved.v4()), Method::PUT, &beside, "x").await;
    assert!(reply.status.is_client_error(), "{reply:?}");
    spy.assert_untouched();
}

/// The link as its holder opens it: at the gateway's own address, which it must have been signed for.
pub(crate) fn url(gateway: &Evergate, target: &str) -> String {
    format!("http://{}{target}", gateway.address)
}

#[tokio::test]
async fn rule_15_a_copy_source_without_its_own_permit_never_reaches_the_origin() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy.endpoint());
    let narrow = client(&gateway, NARROW);
    for put in ["PUT /files/images/k", "PUT /files/images/k?partNumber=1&uploadId=u"] {
        for (source, status, code) in [
            ("files/secret/plan", 403, "AccessDenied"),
            ("/their-files/secret/plan", 403, "AccessDenied"),
            ("files%2Fsecret%2Fplan", 403, "AccessDenied"),
            ("files/images/../secret/plan", 400, "InvalidArgument"),
            ("files/images/%2e%2e/secret/plan", 400, "InvalidArgument"),
            ("hidden/k", 404, "NoSuchBucket"),
            ("hidden-files/k", 404, "NoSuchBucket"),
            ("nowhere/k", 404, "NoSuchBucket"),
            ("files/images/k?versionId=a&x=y", 400, "InvalidArgument"),
            ("arn:aws:s3:us-east-1:1:accesspoint/p/object/k", 501, "NotImplemented"),
            ("far/k", 501, "NotImplemented"),
        ] {
            all_refused(&narrow, &[put], &[("x-amz-copy-source", source)], status, code).await;
        }
    }
    // A second object has no place anywhere else, for clients with everything neither.
    let stray = [("x-amz-copy-source", "files/images/k")];
    all_refused(
        &narrow,
        &["GET /files/images/k", "POST /files/images/k?uploads"],
        &stray,
        501,
        "NotImplemented",
    )
    .await;
    let all = client(&gateway, ALL);
    all_refused(
        &all,
        &["GET /files/images/k", "PUT /files/images/k?acl"],
        &stray,
        400,
        "InvalidRequest",
    )
    .await;
    let rename = [("x-amz-rename-source", "/files/secret/plan")];
    all_refused(
        &all,
        &["PUT /files/images/k?renameObject", "PUT /files/images/k"],
        &rename,
        400,
        "InvalidRequest",
    )
    .await;
    spy.assert_untouched();
}

#[tokio::test]
async fn acls_that_open_objects_never_reach_the_origin() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy.endpoint());
    let app = client(&gateway, APP);
    for open in [
        ("x-amz-acl", "public-read"),
        ("x-amz-acl", "public-read-write"),
        ("x-amz-grant-read", "uri=\"everyone\""),
        ("x-amz-bypass-governance-retention", "true"),
    ] {
        let requests = ["PUT /files/k", "POST /files/k?uploads"];
        all_refused(&app, &requests, &[open], 403, "AccessDenied").await;
    }
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_12_expired_writes_never_reach_the_origin() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy.endpoint());
    let app = client(&gateway, APP);
    let minute = Duration::from_mins(1);
    for method in [Method::PUT, Method::DELETE, Method::POST] {
        let stale = app.presign(&method, "files", "k", minute * 2, minute);
        let reply = follow_with(&stale, method, &[], "").await;
        assert!([403, 501].contains(&reply.status.as_u16()), "{reply:?}");
    }
    let list = app.presign(&Method::GET, "files", "", minute * 2, minute);
    let reply = follow_with(&list, Method::GET, &[], "").await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("x-evergate-reason")),
        (403, "link_expired")
    );
    spy.assert_untouched();
}

#[tokio::test]
async fn rule_14_a_delete_document_that_is_not_as_signed_never_reaches_the_origin() {
    let spy = Spy::start();
    let gateway = gateway_before(&spy.endpoint());
    let app = client(&gateway, APP);
    let document = "<Delete><Object><Key>a</Key></Object></Delete>";
    for (header, code) in [
        (("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="), "BadDigest"),
        (("x-amz-checksum-crc32", "AAAAAA=="), "BadDigest"),
        (("content-md5", "no"), "InvalidDigest"),
    ] {
        let reply = ask(&app, "POST /files?delete", &[header], document).await;
        assert_eq!((reply.status.as_u16(), element(&reply, "Code").as_str()), (400, code));
    }
    let long = format!("<Delete>{}</Delete>", " ".repeat(3 * 1024 * 1024));
    let reply = ask(&app, "POST /files?delete", &[], &long).await;
    assert_eq!(
        (reply.status.as_u16(), element(&reply, "Code").as_str()),
        (400, "MaxMessageLengthExceeded")
    );
    spy.assert_untouched();
}
