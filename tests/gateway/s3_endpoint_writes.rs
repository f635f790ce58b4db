//! The S3 endpoint on both origins, continued: uploads in parts, copies, batch deletes, presigned writes, `all`.

use super::s3_endpoint::{
    ALL, APP, NARROW, ask, assembled, client, element, follow_with, origin_client, refused, text,
};
use crate::support::evergate::wait_until;
use crate::support::http::{raw, raw_status};
use crate::support::origin::Origin;
use crate::support::s3_client::path;
use bytes::Bytes;
use http::Method;
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

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
    let parts = etags.iter().zip(1..).map(|(etag, number)| {
        let etag = etag.replace('"', "&quot;");
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    });
    let parts: Vec<_> = parts.collect();
    let list = format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.concat());
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
    for reason in ["acl_not_open", "operation_not_open"] {
        wait_until("the reason in the log", || {
            gateway.access_log().contains(&format!("\"reason\":\"{reason}\""))
        });
    }
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
    let outside = ask(&app, Method::GET, "/files/new/k", &[], "").await;
    refused(&outside, 404, "NoSuchBucket");
    assert_eq!(outside.header("x-evergate-reason"), "outside_base_path");
    let missing = ask(&app, Method::GET, "/s3/files/new/nothing", &[], "").await;
    refused(&missing, 404, "NoSuchKey");
    assert_eq!(element(&missing, "Message"), "The specified key does not exist.");
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
    uploads_in_parts_are_joined_under_the_clients_names,
    copies_need_both_permits,
    many_are_deleted_and_each_key_is_judged,
    rule_12_presigned_writes_pass_while_they_are_fresh,
    everything_else_is_for_clients_with_all,
    a_base_path_is_part_of_the_clients_view,
    a_client_that_waits_is_refused_before_it_sends,
);
