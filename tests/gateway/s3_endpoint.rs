//! The S3 endpoint on both origins: every operation of a client that signs in its header, under its own names.

use crate::support::evergate::Evergate;
use crate::support::http::{Reply, raw, raw_status};
use crate::support::origin::{Object, Origin};
use crate::support::s3_client::{S3Client, path};
use bytes::Bytes;
use http::Method;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use std::time::Duration;

pub(crate) const APP: (&str, &str) = ("EVGAPP00000000000001", "canary-client-secret-of-the-app-00000001");
pub(crate) const NARROW: (&str, &str) = ("EVGNARROW00000000001", "canary-client-secret-of-the-narrow-00001");
pub(crate) const ALL: (&str, &str) = ("EVGALL00000000000001", "canary-client-secret-of-everything-00001");
const MINUTE: Duration = Duration::from_mins(1);

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
fn client(gateway: &Evergate, (id, secret): (&str, &str)) -> S3Client {
    S3Client::new(&format!("http://{}", gateway.address), id, secret)
}

fn assembled(origin: &Origin, more: &str) -> Evergate {
    let refused = origin.put(&[
        Object::typed("images/a b+c.png", b"\x89PNG", "image/png"),
        Object::new("shared/logo.svg", b"<svg/>"),
        Object::new("secret/plan.txt", b"the plan"),
    ]);
    assert_eq!(refused, Vec::<String>::new());
    let environment: Vec<_> = origin.environment().into_iter().chain(SECRETS).collect();
    Evergate::start_with(&format!("{}{CLIENTS}{more}", origin.bucket_yaml()), &environment)
}

async fn ask(client: &S3Client, method: Method, target: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    client
        .send(method, target, headers, Bytes::copy_from_slice(body.as_bytes()))
        .await
}

fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body.to_vec()).unwrap()
}

/// The text of the first element of this name.
fn element(reply: &Reply, name: &str) -> String {
    let text = text(reply);
    let (_, rest) = text
        .split_once(&format!("<{name}>"))
        .unwrap_or_else(|| panic!("no {name} in {text}"));
    rest.split_once('<').unwrap().0.to_owned()
}

/// That the answer is S3's refusal with this code, under the client's names.
fn refused(reply: &Reply, status: u16, code: &str) {
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

fn origin_client(origin: &Origin) -> S3Client {
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

async fn uploads_in_parts_are_joined_under_the_clients_names(origin: Origin) {
    let gateway = assembled(&origin, "");
    let narrow = client(&gateway, NARROW);
    let key = path("files", "images/large +\u{e9}.bin");
    let begun = ask(
        &narrow,
        Method::POST,
        &format!("{key}?uploads"),
        &[("x-amz-checksum-algorithm", "CRC32")],
        "",
    )
    .await;
    assert_eq!(
        (begun.status.as_u16(), element(&begun, "Bucket")),
        (200, "files".to_owned()),
        "{}",
        text(&begun)
    );
    let upload = element(&begun, "UploadId");
    let put = format!("{key}?partNumber=1&uploadId={upload}");
    let first = narrow
        .send(Method::PUT, &put, &[], Bytes::from(vec![b'a'; 5 * 1024 * 1024]))
        .await;
    let put = format!("{key}?partNumber=2&uploadId={upload}");
    let source = [("x-amz-copy-source", "/files/shared/logo.svg")];
    let second = ask(&narrow, Method::PUT, &put, &source, "").await;
    assert_eq!(
        (first.status.as_u16(), second.status.as_u16()),
        (200, 200),
        "{}",
        text(&second)
    );
    let denied = [("x-amz-copy-source", "/files/secret/plan.txt")];
    refused(&ask(&narrow, Method::PUT, &put, &denied, "").await, 403, "AccessDenied");
    let parts = ask(&narrow, Method::GET, &format!("{key}?uploadId={upload}"), &[], "").await;
    assert_eq!(
        (parts.status.as_u16(), element(&parts, "Bucket")),
        (200, "files".to_owned()),
        "{}",
        text(&parts)
    );
    let uploads = ask(&narrow, Method::GET, "/files?uploads=&prefix=images/", &[], "").await;
    if origin.s3s.is_some() {
        refused(&uploads, 501, "NotImplemented");
    } else {
        assert_eq!(
            (uploads.status.as_u16(), element(&uploads, "Bucket")),
            (200, "files".to_owned()),
            "{}",
            text(&uploads)
        );
    }
    let etags = [first.header("etag").to_owned(), element(&second, "ETag")];
    let parts: String = etags
        .iter()
        .zip(1..)
        .map(|(etag, number)| {
            let etag = etag.replace('"', "&quot;");
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        })
        .collect();
    let list = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let done = ask(&narrow, Method::POST, &format!("{key}?uploadId={upload}"), &[], &list).await;
    assert_eq!(
        (done.status.as_u16(), element(&done, "Bucket")),
        (200, "files".to_owned()),
        "{}",
        text(&done)
    );
    assert_eq!(element(&done, "Location"), format!("http://{}{key}", gateway.address));
    assert!(!text(&done).contains(&origin.bucket), "{}", text(&done));
    let head = ask(&narrow, Method::HEAD, &key, &[], "").await;
    assert_eq!(head.header("content-length"), (5 * 1024 * 1024 + 6).to_string());

    let begun = ask(&narrow, Method::POST, &format!("{key}?uploads="), &[], "").await;
    let upload = element(&begun, "UploadId");
    let aborted = ask(&narrow, Method::DELETE, &format!("{key}?uploadId={upload}"), &[], "").await;
    assert_eq!(aborted.status, 204);
    let gone = ask(
        &narrow,
        Method::PUT,
        &format!("{key}?partNumber=1&uploadId={upload}"),
        &[],
        "x",
    )
    .await;
    refused(
        &gone,
        if origin.s3s.is_some() { 403 } else { 404 },
        &element(&gone, "Code"),
    );
    for other in ["?uploads", &format!("?partNumber=1&uploadId={upload}")] {
        let target = format!("{}{other}", path("files", "shared/x"));
        let method = if other == "?uploads" { Method::POST } else { Method::PUT };
        refused(&ask(&narrow, method, &target, &[], "").await, 403, "AccessDenied");
    }
}

async fn copies_need_both_permits(origin: Origin) {
    let gateway = assembled(&origin, "");
    let narrow = client(&gateway, NARROW);
    let copy = |target: &'static str, from: String| {
        let narrow = narrow.clone();
        async move {
            ask(
                &narrow,
                Method::PUT,
                &path("files", target),
                &[("x-amz-copy-source", &from)],
                "",
            )
            .await
        }
    };
    for from in [
        "/files/shared/logo.svg",
        "files%2Fshared%2Flogo.svg",
        &format!("{}/shared/logo.svg", origin.bucket),
    ] {
        let reply = copy("images/copy.svg", from.to_owned()).await;
        assert_eq!(reply.status, 200, "{from}: {}", text(&reply));
        assert!(!element(&reply, "ETag").is_empty());
    }
    let there = origin_client(&origin).get(&origin.bucket, "images/copy.svg").await;
    assert_eq!(there.body, "<svg/>");
    refused(
        &copy("images/stolen", "files/secret/plan.txt".into()).await,
        403,
        "AccessDenied",
    );
    refused(
        &copy("shared/x", "files/shared/logo.svg".into()).await,
        403,
        "AccessDenied",
    );
    refused(&copy("images/x", "nowhere/k".into()).await, 404, "NoSuchBucket");
    refused(&copy("images/x", "files".into()).await, 400, "InvalidArgument");
    refused(&copy("images/x", "files/images/missing".into()).await, 404, "NoSuchKey");
    let awkward = copy("images/y", "files/images/a%20b%2Bc.png".into()).await;
    assert_eq!(awkward.status, 200, "{}", text(&awkward));
}

async fn many_are_deleted_and_each_key_is_judged(origin: Origin) {
    let gateway = assembled(&origin, "");
    let narrow = client(&gateway, NARROW);
    let document = |keys: &[&str]| {
        let objects = keys.iter().map(|key| format!("<Object><Key>{key}</Key></Object>"));
        format!(
            "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}</Delete>",
            objects.collect::<String>()
        )
    };
    let reply = ask(
        &narrow,
        Method::POST,
        "/files?delete",
        &[],
        &document(&["images/a b+c.png", "secret/plan.txt"]),
    )
    .await;
    assert_eq!(reply.status, 200, "{}", text(&reply));
    assert!(
        text(&reply).contains("<Error><Key>secret/plan.txt</Key><Code>AccessDenied</Code>"),
        "{}",
        text(&reply)
    );
    assert!(
        text(&reply).contains("<Deleted><Key>images/a b+c.png</Key>"),
        "{}",
        text(&reply)
    );
    let origin_client = origin_client(&origin);
    assert_eq!(origin_client.get(&origin.bucket, "images/a b+c.png").await.status, 404);
    assert_eq!(origin_client.get(&origin.bucket, "secret/plan.txt").await.status, 200);
    let none = ask(
        &narrow,
        Method::POST,
        "/files/?delete=&x-id=DeleteObjects",
        &[],
        &document(&["secret/plan.txt"]),
    )
    .await;
    assert_eq!(
        (none.status.as_u16(), element(&none, "Code")),
        (200, "AccessDenied".to_owned())
    );
    for bad in ["", "<Delete></Delete>", "not xml", &document(&[""])] {
        refused(
            &ask(&narrow, Method::POST, "/files?delete", &[], bad).await,
            400,
            "MalformedXML",
        );
    }
}

/// Sends an unsigned request with a body, as whoever holds a presigned URL does.
async fn follow_with(url: &str, method: Method, headers: &[(&str, &str)], body: &'static str) -> Reply {
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

async fn rule_12_presigned_writes_pass_while_they_are_fresh(origin: Origin) {
    let gateway = assembled(&origin, "refresh: [{ bucket: files, prefix: '', max_age: 3650d }]\n");
    let app = client(&gateway, APP);
    let key = "new/presigned.txt";
    let fresh = app.presign(&Method::PUT, "files", key, Duration::ZERO, MINUTE);
    let put = follow_with(&fresh, Method::PUT, &[("content-type", "text/plain")], "hello").await;
    assert_eq!(put.status, 200, "{put:?}");
    assert_eq!(origin_client(&origin).get(&origin.bucket, key).await.body, "hello");
    for method in [Method::PUT, Method::DELETE] {
        let stale = app.presign(&method, "files", key, MINUTE * 2, MINUTE);
        let reply = follow_with(&stale, method.clone(), &[], "evil").await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("x-evergate-reason")),
            (403, "link_expired"),
            "{reply:?}"
        );
    }
    let read = app.presign(&Method::GET, "files", key, MINUTE * 2, MINUTE);
    assert_eq!(
        follow_with(&read, Method::GET, &[], "").await.body,
        "hello",
        "reads live on"
    );
    assert_eq!(
        follow_with(&read, Method::PUT, &[], "evil").await.status,
        403,
        "nothing crosses methods"
    );
    let delete = app.presign(&Method::DELETE, "files", key, Duration::ZERO, MINUTE);
    assert_eq!(follow_with(&delete, Method::DELETE, &[], "").await.status, 204);
    assert_eq!(origin_client(&origin).get(&origin.bucket, key).await.status, 404);
}

async fn everything_else_is_for_clients_with_all(origin: Origin) {
    let gateway = assembled(&origin, "");
    let (app, all) = (client(&gateway, APP), client(&gateway, ALL));
    for target in [
        "/files?acl",
        "/files?policy",
        "/files?cors",
        "/files/shared/logo.svg?acl",
        "/files?versions",
        "/files/shared/logo.svg?tagging",
    ] {
        refused(&ask(&app, Method::GET, target, &[], "").await, 501, "NotImplemented");
    }
    refused(
        &ask(&app, Method::DELETE, "/files", &[], "").await,
        501,
        "NotImplemented",
    );
    let acl = ask(
        &app,
        Method::PUT,
        "/files/new/open.txt",
        &[("x-amz-acl", "public-read")],
        "open",
    )
    .await;
    refused(&acl, 403, "AccessDenied");
    assert_eq!(acl.header("x-evergate-reason"), "acl_not_open");
    assert_eq!(
        ask(
            &all,
            Method::PUT,
            "/files/new/open.txt",
            &[("x-amz-acl", "public-read")],
            "open"
        )
        .await
        .status,
        200
    );

    let new = format!("{}-new", origin.bucket);
    assert_eq!(ask(&all, Method::PUT, &format!("/{new}"), &[], "").await.status, 200);
    assert_eq!(ask(&all, Method::PUT, &format!("/{new}/k"), &[], "v").await.status, 200);
    assert_eq!(all.get(&new, "k").await.body, "v");
    refused(&app.get(&new, "k").await, 404, "NoSuchBucket");
    let from = format!("/{new}/k");
    let copied = ask(
        &all,
        Method::PUT,
        "/files/new/copied",
        &[("x-amz-copy-source", &from)],
        "",
    )
    .await;
    assert_eq!(copied.status, 200, "{}", text(&copied));
    assert_eq!(
        ask(&all, Method::DELETE, &format!("/{new}/k"), &[], "").await.status,
        204
    );
    assert_eq!(ask(&all, Method::DELETE, &format!("/{new}"), &[], "").await.status, 204);

    let acl = ask(&all, Method::GET, "/files/shared/logo.svg?acl", &[], "").await;
    if origin.s3s.is_some() {
        refused(&acl, 501, "NotImplemented");
    } else {
        assert!(
            acl.status == 200 && text(&acl).contains("AccessControlPolicy"),
            "{}",
            text(&acl)
        );
        let versions = ask(&all, Method::GET, "/files?versions", &[], "").await;
        assert_eq!(
            (versions.status.as_u16(), element(&versions, "Name")),
            (200, "files".to_owned())
        );
    }
}

async fn a_base_path_is_part_of_the_clients_view(origin: Origin) {
    let gateway = assembled(&origin, "s3_base_path: /s3\n");
    let app = client(&gateway, APP);
    let target = "/s3/files/new/k?uploads";
    let begun = ask(&app, Method::POST, target, &[], "").await;
    assert_eq!(begun.status, 200, "{}", text(&begun));
    let upload = element(&begun, "UploadId");
    let part = ask(
        &app,
        Method::PUT,
        &format!("/s3/files/new/k?partNumber=1&uploadId={upload}"),
        &[],
        "x",
    )
    .await;
    let etag = part.header("etag").replace('"', "&quot;");
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    let done = ask(
        &app,
        Method::POST,
        &format!("/s3/files/new/k?uploadId={upload}"),
        &[],
        &list,
    )
    .await;
    assert_eq!(
        element(&done, "Location"),
        format!("http://{}/s3/files/new/k", gateway.address),
        "{}",
        text(&done)
    );
    assert_eq!(ask(&app, Method::GET, "/files/new/k", &[], "").await.status, 404);
}

async fn a_client_that_waits_is_refused_before_it_sends(origin: Origin) {
    let gateway = assembled(&origin, "");
    let request = "PUT /files/secret/k HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\nx-amz-date: 20130524T000000Z\r\n\
                   x-amz-content-sha256: UNSIGNED-PAYLOAD\r\nAuthorization: AWS4-HMAC-SHA256 Credential=EVGAPP00000000000001/20130524/us-east-1/s3/aws4_request, \
                   SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=0000000000000000000000000000000000000000000000000000000000000000\r\n\
                   Connection: close\r\n\r\n";
    let answer = raw(gateway.address, request.as_bytes()).await;
    assert_eq!(raw_status(&answer), Some(403), "{}", String::from_utf8_lossy(&answer));
}

on_both_origins!(
    objects_are_written_read_and_deleted,
    conditions_are_the_origins_to_judge,
    lists_name_the_bucket_as_the_client_does,
    buckets_are_told_by_the_gateway,
    uploads_in_parts_are_joined_under_the_clients_names,
    copies_need_both_permits,
    many_are_deleted_and_each_key_is_judged,
    rule_12_presigned_writes_pass_while_they_are_fresh,
    everything_else_is_for_clients_with_all,
    a_base_path_is_part_of_the_clients_view,
    a_client_that_waits_is_refused_before_it_sends,
);
