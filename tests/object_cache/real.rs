//! The object cache in front of the two real origins: what is kept, revalidated, cut into parts, and forgotten by every way to
//! write. s3s knows no 304, radosgw does.

use crate::gateway::{APP, APP_CLIENT, Gateway, MINUTE, Setup};
use crate::reader::{status, told};
use crate::support::http::follow;
use crate::support::origin::Origin;
use crate::support::s3_client::{S3Client, path};
use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use std::time::Duration;

fn start(origin: &Origin) -> Gateway {
    let setup = Setup {
        environment: origin
            .environment()
            .map(|(name, value)| (name, value.to_owned()))
            .into(),
        ..Setup::default()
    };
    setup.start(&format!(
        "{}{APP_CLIENT}routes:\n  - {{ path: /s/, bucket: files, prefix: '', access: public, delivery: stream, cache: {{ fresh_for: 2m, stale_while_revalidate: 1h }} }}\n  \
         - {{ path: /r/, bucket: files, prefix: '', access: public, delivery: stream, cache: {{ fresh_for: 1m }} }}\n",
        origin.bucket_yaml()
    ))
}

/// Speaks to the origin itself.
async fn behind(origin: &Origin) -> S3Client {
    let client = S3Client::new(&origin.endpoint, &origin.access_key_id, &origin.secret_access_key);
    client.create_bucket(&origin.bucket).await;
    client
}

fn app(gateway: &Gateway) -> S3Client {
    S3Client::new(&format!("http://{}", gateway.address), APP.0, APP.1)
}

/// How often the origin was asked, where it counts.
fn reads(origin: &Origin) -> Option<usize> {
    let calls = origin.s3s.as_ref()?.calls();
    Some(
        calls
            .iter()
            .filter(|call| ["GetObject", "HeadObject"].contains(&&*call.operation))
            .count(),
    )
}

async fn objects_are_kept_revalidated_and_cut(origin: Origin) {
    let direct = behind(&origin).await;
    direct
        .put(
            &origin.bucket,
            "a b+\u{e9}.png",
            &[("content-type", "image/png")],
            "0123456789",
        )
        .await;
    let gateway = start(&origin);
    let target = "/r/a%20b%2B%C3%A9.png";
    let first = gateway.get(target).await;
    assert_eq!(told(&first, "0123456789"), "fwd=uri-miss; fwd-status=200; stored");
    gateway.wait(Duration::from_secs(10));
    let kept = gateway.get(target).await;
    assert!(told(&kept, "0123456789").starts_with("hit; ttl="), "{kept:?}");
    for name in [
        "etag",
        "last-modified",
        "content-type",
        "content-length",
        "accept-ranges",
    ] {
        assert_eq!(kept.maybe(name), first.maybe(name), "{name}");
    }
    let etag = first.header("etag").to_owned();
    for (fields, code, body) in [
        (&[("if-none-match", &*etag)][..], 304, ""),
        (&[("range", "bytes=2-4")], 206, "234"),
        (&[("range", "bytes=-2")], 206, "89"),
        (&[("range", "bytes=2-4"), ("if-range", &*etag)], 206, "234"),
        (&[("range", "bytes=2-4"), ("if-range", "\"x\"")], 200, "0123456789"),
    ] {
        let reply = gateway.get_with(target, fields).await;
        assert_eq!(
            (reply.status.as_u16(), &*reply.body),
            (code, body.as_bytes()),
            "{fields:?}"
        );
        assert!(status(&reply).starts_with("hit"), "{fields:?}");
    }
    assert_eq!(gateway.get_with(target, &[("range", "bytes=10-")]).await.status, 416);
    assert_eq!(gateway.get_with(target, &[("if-match", "\"x\"")]).await.status, 412);
    assert_eq!(gateway.head(target).await.header("content-length"), "10");
    assert_eq!(reads(&origin).unwrap_or(1), 1);

    gateway.wait(MINUTE);
    let reply = gateway.get(target).await;
    assert_eq!(told(&reply, "0123456789"), "fwd=stale; fwd-status=304; stored");
    assert!(told(&gateway.get(target).await, "0123456789").starts_with("hit"));
    direct.put(&origin.bucket, "a b+\u{e9}.png", &[], "replaced").await;
    assert!(told(&gateway.get(target).await, "0123456789").starts_with("hit"));
    gateway.wait(MINUTE);
    let reply = gateway.get(target).await;
    assert_eq!(told(&reply, "replaced"), "fwd=stale; fwd-status=200; stored");
    assert_ne!(reply.header("etag"), etag);
    direct.delete(&origin.bucket, "a b+\u{e9}.png").await;
    gateway.wait(MINUTE);
    assert_eq!(gateway.get(target).await.status, 404);
    assert_eq!(reads(&origin).unwrap_or(4), 4);
    for result in ["miss", "hit", "revalidated"] {
        assert!(gateway.results(result) > 0, "{result}");
    }
}

async fn parts_and_heads_of_what_is_not_kept_pass_by(origin: Origin) {
    let direct = behind(&origin).await;
    direct.put(&origin.bucket, "a", &[], "0123456789").await;
    direct
        .put(&origin.bucket, "large", &[], vec![b'x'; 1024 * 1024 + 1])
        .await;
    let gateway = start(&origin);
    let part = gateway.get_with("/s/a", &[("range", "bytes=2-4")]).await;
    assert_eq!(
        (&*part.body, status(&part)),
        (&b"234"[..], "fwd=bypass; fwd-status=206")
    );
    assert_eq!(status(&gateway.head("/s/a").await), "fwd=bypass; fwd-status=200");
    assert_eq!(gateway.metric("evergate_object_cache_stored_total"), 0);
    for _ in 0..2 {
        assert_eq!(gateway.get("/s/large").await.body.len(), 1024 * 1024 + 1);
    }
    assert_eq!(gateway.metric("evergate_object_cache_stored_total"), 0);
    assert_eq!(gateway.get("/s/none").await.status, 404);
    let asked = reads(&origin);
    assert_eq!(gateway.get("/s/none").await.status, 404);
    assert_eq!(reads(&origin), asked);
}

/// That a reader sees `body` now, though `old` was kept, and that it is kept in its turn.
async fn shows(gateway: &Gateway, key: &str, body: &str) {
    let reply = gateway.get(&format!("/s/{key}")).await;
    assert_eq!(reply.body, body, "{key}: {reply:?}");
    assert!(told(&gateway.get(&format!("/s/{key}")).await, body).starts_with("hit"));
}

/// What is written in each way, and what is left alone.
const KEYS: [&str; 8] = [
    "put",
    "copied",
    "joined",
    "deleted",
    "each1",
    "each2",
    "linked",
    "untouched",
];

async fn every_write_through_the_endpoint_is_seen_at_once(origin: Origin) {
    let direct = behind(&origin).await;
    for key in KEYS {
        direct.put(&origin.bucket, key, &[], "old").await;
    }
    let gateway = start(&origin);
    for key in KEYS {
        shows(&gateway, key, "old").await;
    }
    let app = app(&gateway);
    let ask = async |method: Method, target: &str, headers: &[(&str, &str)], body: &str| {
        let reply = app
            .send(method, target, headers, Bytes::copy_from_slice(body.as_bytes()))
            .await;
        assert!(reply.status.is_success(), "{target}: {reply:?}");
        String::from_utf8(reply.body.to_vec()).unwrap()
    };

    ask(Method::PUT, &path("files", "put"), &[], "new").await;
    shows(&gateway, "put", "new").await;
    ask(Method::PUT, &path(&origin.bucket, "put"), &[], "newer").await;
    shows(&gateway, "put", "newer").await;

    ask(
        Method::PUT,
        &path("files", "copied"),
        &[("x-amz-copy-source", "/files/put")],
        "",
    )
    .await;
    shows(&gateway, "copied", "newer").await;

    let begun = ask(Method::POST, "/files/joined?uploads", &[], "").await;
    let upload = begun
        .split("<UploadId>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    let part = format!("/files/joined?partNumber=1&uploadId={upload}");
    let reply = app.send(Method::PUT, &part, &[], "joined up".into()).await;
    let etag = reply.header("etag").replace('"', "&quot;");
    shows(&gateway, "joined", "old").await;
    let list = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    ask(Method::POST, &format!("/files/joined?uploadId={upload}"), &[], &list).await;
    shows(&gateway, "joined", "joined up").await;

    ask(Method::DELETE, &path("files", "deleted"), &[], "").await;
    assert_eq!(gateway.get("/s/deleted").await.status, 404);
    // And back again, although it is known that there is none.
    ask(Method::PUT, &path("files", "deleted"), &[], "back").await;
    shows(&gateway, "deleted", "back").await;

    let document = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>each1</Key></Object><Object><Key>each2</Key></Object></Delete>";
    ask(Method::POST, "/files?delete", &[], document).await;
    assert_eq!(gateway.get("/s/each1").await.status, 404);
    assert_eq!(gateway.get("/s/each2").await.status, 404);

    let link = app.presign(&Method::PUT, "files", "linked", Duration::ZERO, MINUTE);
    let address = gateway.address;
    let (_, target) = link.split_once(&address.to_string()).unwrap();
    let request = http::Request::put(target).header("host", address.to_string());
    let request = request.body(Full::new(Bytes::from("by link"))).unwrap();
    let reply = crate::support::http::exchange(address, request).await.unwrap();
    assert_eq!(reply.status, 200, "{reply:?}");
    shows(&gateway, "linked", "by link").await;
    let link = app.presign(&Method::DELETE, "files", "linked", Duration::ZERO, MINUTE);
    assert_eq!(follow(&link, Method::DELETE).await.status, 204);
    assert_eq!(gateway.get("/s/linked").await.status, 404);

    let asked = reads(&origin);
    assert!(told(&gateway.get("/s/untouched").await, "old").starts_with("hit"));
    assert_eq!(reads(&origin), asked);
}

on_both_origins!(
    objects_are_kept_revalidated_and_cut,
    parts_and_heads_of_what_is_not_kept_pass_by,
    every_write_through_the_endpoint_is_seen_at_once,
);
