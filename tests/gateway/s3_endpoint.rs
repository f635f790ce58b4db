//! The S3 endpoint on both origins: every operation of a client that signs in its header, under its own names.

use crate::support::evergate::Evergate;
use crate::support::http::Reply;
use crate::support::origin::{Object, Origin};
use crate::support::s3_client::{S3Client, path};
use bytes::Bytes;
use http::Method;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;

pub(crate) const APP: (&str, &str) = ("EVGAPP00000000000001", "canary-client-secret-of-the-app-00000001");
pub(crate) const NARROW: (&str, &str) = ("EVGNARROW00000000001", "canary-client-secret-of-the-narrow-00001");
pub(crate) const ALL: (&str, &str) = ("EVGALL00000000000001", "canary-client-secret-of-everything-00001");

/// What stands behind `buckets` in every configuration here.
pub(crate) const CLIENTS: &str = "
clients:
  - access_key_id: EVGAPP00000000000001
    secret_access_key: '${APP_SECRET}'
    name: app
    allow: [{ bucket: files, operations: [read, write, delete, list] }]
  - access_key_id: EVGNARROW00000000001
    secret_access_key: '${NARROW_SECRET}'
    allow:
      - { bucket: files, prefix: images/, operations: [read, write, delete, list] }
      - { bucket: files, prefix: shared/, operations: [read] }
  - access_key_id: EVGALL00000000000001
    secret_access_key: '${ALL_SECRET}'
    allow: [{ bucket: files, operations: [all] }]
";

/// The environment that [`CLIENTS`] refers to.
pub(crate) const SECRETS: [(&str, &str); 3] = [
    ("APP_SECRET", APP.1),
    ("NARROW_SECRET", NARROW.1),
    ("ALL_SECRET", ALL.1),
];

/// A client of the gateway; the bucket is `files` to it, and has another name at its origin.
pub(crate) fn client(gateway: &Evergate, (id, secret): (&str, &str)) -> S3Client {
    S3Client::new(&format!("http://{}", gateway.address), id, secret)
}

pub(crate) fn assembled(origin: &Origin, more: &str) -> Evergate {
    let refused = origin.put(&[
        Object::typed("images/a b+c.png", b"\x89PNG", "image/png"),
        Object::new("shared/logo.svg", b"<svg/>"),
        Object::new("secret/plan.txt", b"the plan"),
    ]);
    assert_eq!(refused, Vec::<String>::new());
    let environment: Vec<_> = origin.environment().into_iter().chain(SECRETS).collect();
    Evergate::start_with(&format!("{}{CLIENTS}{more}", origin.bucket_yaml()), &environment)
}

pub(crate) async fn ask(
    client: &S3Client,
    method: Method,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    client
        .send(method, target, headers, Bytes::copy_from_slice(body.as_bytes()))
        .await
}

pub(crate) fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body.to_vec()).unwrap()
}

/// The text of the first element of this name.
pub(crate) fn element(reply: &Reply, name: &str) -> String {
    let text = text(reply);
    let (_, rest) = text
        .split_once(&format!("<{name}>"))
        .unwrap_or_else(|| panic!("no {name} in {text}"));
    rest.split_once('<').unwrap().0.to_owned()
}

/// That the answer is S3's refusal with this code, under the client's names.
pub(crate) fn refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!(
        (reply.status.as_u16(), element(reply, "Code").as_str()),
        (status, code),
        "{}",
        text(reply)
    );
    assert_eq!(reply.header("content-type"), "application/xml");
    assert_eq!(element(reply, "RequestId"), reply.header("x-amz-request-id"));
    assert_eq!(reply.header("x-amz-request-id"), reply.header("x-request-id"));
    assert!(!text(reply).contains("HostId"), "{}", text(reply));
}

async fn objects_are_written_read_and_deleted(origin: Origin) {
    let gateway = assembled(&origin, "");
    let app = client(&gateway, APP);
    let key = path("files", "new/a b+c/\u{e9}(1)!.bin");
    let stored = [
        ("content-type", "application/x-thing"),
        ("x-amz-meta-owner", "me"),
        ("cache-control", "max-age=5"),
        ("x-amz-acl", "private"),
    ];
    let put = ask(&app, Method::PUT, &key, &stored, "0123456789").await;
    assert_eq!((put.status.as_u16(), put.body.len()), (200, 0), "{put:?}");
    let etag = put.header("etag").to_owned();

    let get = ask(&app, Method::GET, &key, &[], "").await;
    assert_eq!((get.status.as_u16(), &get.body[..]), (200, &b"0123456789"[..]));
    assert_eq!(get.header("etag"), etag);
    assert_eq!(get.header("content-type"), "application/x-thing");
    assert_eq!(get.header("cache-control"), "max-age=5");
    assert_eq!(get.header("x-amz-meta-owner"), "me");
    assert_eq!(get.header("x-content-type-options"), "nosniff");
    assert_eq!(get.header("vary"), "authorization");
    let head = ask(&app, Method::HEAD, &key, &[], "").await;
    assert_eq!(
        (head.status.as_u16(), head.header("content-length"), head.body.len()),
        (200, "10", 0)
    );
    assert_eq!(
        (head.header("etag"), head.header("x-amz-meta-owner")),
        (etag.as_str(), "me")
    );
    for reply in [&put, &get, &head] {
        assert_eq!(reply.header("x-amz-request-id"), reply.header("x-request-id"));
        for name in ["server", "x-amz-id-2", "x-rgw-object-type", "set-cookie", "location"] {
            assert_eq!(reply.maybe(name), None, "{name}");
        }
    }

    let part = ask(&app, Method::GET, &key, &[("range", "bytes=2-4")], "").await;
    assert_eq!(
        (part.status.as_u16(), &part.body[..], part.header("content-range")),
        (206, &b"234"[..], "bytes 2-4/10")
    );
    let beyond = ask(&app, Method::GET, &key, &[("range", "bytes=50-")], "").await;
    refused(&beyond, 416, "InvalidRange");

    // By the bucket's name at the origin it is the same object, and it is there.
    let there = origin_client(&origin)
        .get(&origin.bucket, "new/a b+c/\u{e9}(1)!.bin")
        .await;
    assert_eq!((there.status.as_u16(), &there.body[..]), (200, &b"0123456789"[..]));
    let by_name = app.get(&origin.bucket, "new/a b+c/\u{e9}(1)!.bin").await;
    assert_eq!(by_name.status, 200);

    let deleted = ask(&app, Method::DELETE, &key, &[], "").await;
    assert!(deleted.status.is_success() && deleted.body.is_empty(), "{deleted:?}");
    refused(&ask(&app, Method::GET, &key, &[], "").await, 404, "NoSuchKey");
    let gone = ask(&app, Method::HEAD, &key, &[], "").await;
    assert_eq!((gone.status.as_u16(), gone.body.len()), (404, 0));
}

pub(crate) fn origin_client(origin: &Origin) -> S3Client {
    S3Client::new(&origin.endpoint, &origin.access_key_id, &origin.secret_access_key)
}

async fn conditions_are_the_origins_to_judge(origin: Origin) {
    let gateway = assembled(&origin, "");
    let app = client(&gateway, APP);
    let key = path("files", "shared/logo.svg");
    let etag = ask(&app, Method::HEAD, &key, &[], "").await.header("etag").to_owned();
    // s3s-fs knows no conditions.
    if origin.s3s.is_some() {
        return;
    }
    let same = ask(&app, Method::GET, &key, &[("if-none-match", &etag)], "").await;
    assert_eq!((same.status.as_u16(), same.body.len()), (304, 0));
    let other = ask(&app, Method::GET, &key, &[("if-match", "\"other\"")], "").await;
    refused(&other, 412, "PreconditionFailed");
    let there = ask(&app, Method::PUT, &key, &[("if-none-match", "*")], "new").await;
    refused(&there, 412, "PreconditionFailed");
    assert_eq!(ask(&app, Method::GET, &key, &[], "").await.body, "<svg/>");
    let fresh = ask(
        &app,
        Method::PUT,
        &path("files", "shared/new"),
        &[("if-none-match", "*")],
        "new",
    )
    .await;
    assert_eq!(fresh.status, 200);
}

async fn lists_name_the_bucket_as_the_client_does(origin: Origin) {
    let gateway = assembled(&origin, "");
    let app = client(&gateway, APP);
    for (bucket, target) in [
        ("files", "/files?prefix=images/&delimiter=/"),
        ("files", "/files/?list-type=2&prefix=images/&x-id=ListObjectsV2"),
        (
            &*origin.bucket,
            &*format!("/{}?list-type=2&prefix=images%2F&encoding-type=url", origin.bucket),
        ),
    ] {
        let list = ask(&app, Method::GET, target, &[], "").await;
        assert_eq!(list.status, 200, "{}", text(&list));
        assert_eq!(element(&list, "Name"), bucket);
        assert_eq!(element(&list, "Prefix").replace("%2F", "/"), "images/");
        assert_eq!(text(&list).matches("<Contents>").count(), 1, "{}", text(&list));
        assert!(
            bucket == origin.bucket || !text(&list).contains(&origin.bucket),
            "{}",
            text(&list)
        );
        assert_eq!(list.header("cache-control"), "no-store");
    }
    let narrow = client(&gateway, NARROW);
    for target in ["/files?list-type=2&prefix=images/", "/files?prefix=images/a"] {
        assert_eq!(ask(&narrow, Method::GET, target, &[], "").await.status, 200, "{target}");
    }
    for target in [
        "/files",
        "/files?list-type=2",
        "/files?prefix=",
        "/files?prefix=shared/",
        "/files?prefix=image",
        "/files?prefix=images",
    ] {
        refused(&ask(&narrow, Method::GET, target, &[], "").await, 403, "AccessDenied");
    }
}

async fn buckets_are_told_by_the_gateway(origin: Origin) {
    let gateway = assembled(&origin, "");
    let app = client(&gateway, APP);
    let list = ask(&app, Method::GET, "/", &[], "").await;
    assert_eq!(
        (list.status.as_u16(), element(&list, "Name")),
        (200, origin.bucket.clone()),
        "{}",
        text(&list)
    );
    assert_eq!(element(&list, "DisplayName"), "app");
    assert_eq!(ask(&app, Method::GET, "/?prefix=zzz", &[], "").await.status, 200);
    refused(
        &ask(&app, Method::GET, "/?max-buckets=0", &[], "").await,
        400,
        "InvalidArgument",
    );
    let place = ask(&app, Method::GET, "/files?location", &[], "").await;
    assert!(
        text(&place)
            .contains("<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></LocationConstraint>")
    );
    let made = ask(&app, Method::PUT, "/files", &[], "").await;
    assert_eq!(
        (made.status.as_u16(), made.header("location"), made.body.len()),
        (200, "/files", 0)
    );
    assert_eq!(ask(&app, Method::HEAD, "/files/", &[], "").await.status, 200);

    refused(&ask(&app, Method::PUT, "/nowhere", &[], "").await, 403, "AccessDenied");
    refused(
        &ask(&app, Method::GET, "/nowhere/k", &[], "").await,
        404,
        "NoSuchBucket",
    );
    refused(
        &ask(&app, Method::GET, "/nowhere?list-type=2", &[], "").await,
        404,
        "NoSuchBucket",
    );
    assert_eq!(ask(&app, Method::HEAD, "/nowhere", &[], "").await.status, 404);
    refused(&ask(&app, Method::PUT, "/", &[], "").await, 405, "MethodNotAllowed");
    refused(&ask(&app, Method::GET, "/a", &[], "").await, 400, "InvalidBucketName");
}

/// Sends an unsigned request with a body, as whoever holds a presigned URL does.
pub(crate) async fn follow_with(url: &str, method: Method, headers: &[(&str, &str)], body: &'static str) -> Reply {
    let uri: http::Uri = url.parse().unwrap();
    let authority = uri.authority().unwrap().as_str();
    let socket = tokio::net::TcpStream::connect(authority).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
        .await
        .unwrap();
    let driver = tokio::spawn(connection);
    let mut request = http::Request::builder()
        .method(method)
        .uri(uri.path_and_query().unwrap().as_str())
        .header("host", authority);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap();
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    driver.abort();
    Reply {
        status: head.status,
        headers: head.headers,
        body,
    }
}

on_both_origins!(
    objects_are_written_read_and_deleted,
    conditions_are_the_origins_to_judge,
    lists_name_the_bucket_as_the_client_does,
    buckets_are_told_by_the_gateway,
);
