//! What the S3 endpoint lets pass between a client and an origin that lies.

use super::s3_endpoint::{APP, client, element, follow_with, text};
use super::s3_endpoint_rules::{ask, gateway_before, url};
use crate::support::http::{Reply, raw};
use crate::support::liar::Liar;
use crate::support::links::Link;
use http::Method;
use std::collections::BTreeSet;

#[tokio::test]
async fn rule_16_of_a_clients_fields_only_the_listed_reach_the_origin() {
    let liar = Liar::start(|_| answer("200 OK", &[], ""));
    let gateway = gateway_before(&liar.endpoint());
    let app = client(&gateway, APP);
    let head = [
        ("content-type", "image/png"),
        ("content-encoding", "gzip"),
        ("x-amz-meta-a", "listed"),
        ("x-amz-acl", "private"),
        ("x-amz-storage-class", "STANDARD"),
        ("if-none-match", "*"),
        ("cookie", "canary"),
        ("proxy-authorization", "canary"),
        ("x-forwarded-for", "192.0.2.7"),
        ("forwarded", "for=canary"),
        ("x-real-ip", "canary"),
        ("x-http-method-override", "DELETE-canary"),
        ("amz-sdk-request", "canary"),
        ("amz-sdk-invocation-id", "canary"),
        ("x-amz-user-agent", "canary"),
        ("user-agent", "canary"),
        ("referer", "http://canary/"),
        ("origin", "http://canary"),
        ("te", "trailers"),
        ("accept", "canary"),
        ("range", "bytes=1-2"),
    ];
    let reply = ask(&app, "PUT /files/a%20b?x-id=PutObject", &head, "body").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let heads = liar.heads();
    assert_eq!(heads.len(), 1, "{heads:?}");
    let sent = &heads[0];
    assert!(sent.starts_with("put /their-files/a%20b http/1.1\r\n"), "{sent}");
    let names: BTreeSet<_> = sent
        .lines()
        .skip(1)
        .filter_map(|line| Some(line.split_once(':')?.0))
        .collect();
    let allowed = [
        "accept",
        "accept-encoding",
        "authorization",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "if-none-match",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-meta-a",
        "x-amz-storage-class",
    ];
    for name in names {
        assert!(allowed.contains(&name), "{name}: {sent}");
    }
    assert!(
        !sent.contains("canary") && !sent.contains("192.0.2.7") && !sent.contains("evgapp"),
        "{sent}"
    );
    assert!(
        sent.contains("credential=akidexample/") && sent.contains("content-length: 4\r\n"),
        "{sent}"
    );
    for signed in ["content-type", "if-none-match", "x-amz-meta-a", "x-amz-storage-class"] {
        let list = sent.split("signedheaders=").nth(1).unwrap();
        assert!(list.split(',').next().unwrap().contains(signed), "{signed}: {sent}");
    }
}

#[tokio::test]
async fn what_javascript_presigns_becomes_headers_again() {
    let liar = Liar::start(|_| answer("200 OK", &[], ""));
    let gateway = gateway_before(&liar.endpoint());
    let host = gateway.address.to_string();
    let query = "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&x-amz-acl=private&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-meta-owner=me\
                 &x-amz-sdk-checksum-algorithm=CRC32&x-id=PutObject";
    let target = Link {
        method: "PUT",
        host: &host,
        query,
        ..Link::new(APP.0, APP.1, "/files/k")
    }
    .v4();
    let reply = follow_with(
        &url(&gateway, &target),
        Method::PUT,
        &[("content-type", "image/png")],
        "some bytes",
    )
    .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let sent = &liar.heads()[0];
    assert!(sent.starts_with("put /their-files/k http/1.1\r\n"), "{sent}");
    assert!(
        sent.contains("\r\nx-amz-meta-owner: me\r\n") && sent.contains("\r\ncontent-type: image/png\r\n"),
        "{sent}"
    );
    assert!(!sent.contains("checksum") && !sent.contains("x-amz-acl"), "{sent}");
    let open = Link {
        method: "PUT",
        host: &host,
        query: "x-amz-acl=public-read",
        ..Link::new(APP.0, APP.1, "/files/k")
    }
    .v4();
    let reply = follow_with(&url(&gateway, &open), Method::PUT, &[], "x").await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("x-evergate-reason")),
        (403, "acl_not_open")
    );
    let copy = Link {
        method: "PUT",
        host: &host,
        query: "x-amz-copy-source=hidden%2Fk",
        ..Link::new(APP.0, APP.1, "/files/k")
    }
    .v4();
    assert_eq!(
        follow_with(&url(&gateway, &copy), Method::PUT, &[], "").await.status,
        404
    );
    assert_eq!(liar.heads().len(), 1);
}

fn answer(status: &str, fields: &[&str], body: &str) -> Vec<u8> {
    let fields = [&["X-Liar: yes"], fields].concat().join("\r\n");
    format!(
        "HTTP/1.1 {status}\r\n{fields}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

const LIES: [&str; 14] = [
    "Set-Cookie: canary=1",
    "Location: http://canary.example/",
    "Access-Control-Allow-Origin: canary",
    "Content-Security-Policy: canary",
    "Strict-Transport-Security: canary",
    "Server: canary",
    "x-amz-id-2: canary",
    "x-amz-request-id: canary",
    "x-request-id: canary",
    "x-amz-cf-id: canary",
    "X-Accel-Redirect: /canary",
    "Link: canary",
    "Vary: canary",
    "Content-Encoding: aws-chunked",
];

#[tokio::test]
async fn rule_16_of_an_origins_fields_only_the_listed_reach_the_client() {
    let refusal = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>User: arn:aws:sts::1:assumed-role/canary is not authorized</Message>\
                   <BucketName>canary</BucketName><Resource>/canary</Resource><RequestId>canary</RequestId><HostId>canary</HostId></Error>";
    let late = "<?xml version=\"1.0\"?>\n\n<Error><Code>InternalError</Code><Message>Please try again.</Message><HostId>canary</HostId></Error>";
    let joined = "<CompleteMultipartUploadResult><Location>http://canary/their-files/k</Location><Bucket>canary</Bucket><Key>k</Key></CompleteMultipartUploadResult>";
    let listed = "<ListBucketResult><Name>canary</Name><Contents><Key>k</Key></Contents></ListBucketResult>";
    let liar = Liar::start(move |line| {
        let (status, body) = match line {
            _ if line.contains("denied") => ("403 Forbidden", refusal),
            _ if line.contains("late") => ("200 OK", late),
            _ if line.contains("moved") => ("307 Temporary Redirect", ""),
            _ if line.contains("uploadId") => ("200 OK", joined),
            _ if line.contains("list-type") => ("200 OK", listed),
            _ => ("200 OK", "bytes"),
        };
        answer(status, &LIES, body)
    });
    let gateway = gateway_before(&liar.endpoint());
    let app = client(&gateway, APP);
    let clean = |reply: &Reply| {
        assert!(!format!("{:?}", reply.headers).contains("canary"), "{reply:?}");
        assert!(!text(reply).contains("canary"), "{}", text(reply));
        assert!(reply.maybe("content-encoding").is_none());
    };
    for request in ["GET /files/k", "PUT /files/k", "DELETE /files/k"] {
        let reply = ask(&app, request, &[], "").await;
        assert_eq!(reply.status, 200);
        clean(&reply);
    }
    let denied = ask(&app, "GET /files/denied", &[], "").await;
    assert_eq!(
        (denied.status.as_u16(), element(&denied, "Message").as_str()),
        (403, "Access Denied")
    );
    assert_eq!(element(&denied, "Resource"), "/files/denied");
    clean(&denied);
    let late = ask(&app, "PUT /files/late", &[("x-amz-copy-source", "files/k")], "").await;
    assert_eq!(
        (late.status.as_u16(), element(&late, "Code").as_str()),
        (200, "InternalError")
    );
    clean(&late);
    let joined = ask(&app, "POST /files/k?uploadId=u", &[], "<CompleteMultipartUpload/>").await;
    assert_eq!(element(&joined, "Bucket"), "files");
    assert_eq!(
        element(&joined, "Location"),
        format!("http://{}/files/k", gateway.address)
    );
    clean(&joined);
    let listed = ask(&app, "GET /files?list-type=2", &[], "").await;
    assert_eq!(element(&listed, "Name"), "files");
    clean(&listed);
    let moved = ask(&app, "GET /files/moved", &[], "").await;
    assert_eq!(moved.status, 502, "rule 4: nothing an origin says adds a host");
    clean(&moved);
}

#[tokio::test]
async fn rule_17_an_object_behind_a_link_never_runs_whatever_the_link_says() {
    let liar = Liar::start(|_| answer("200 OK", &["Content-Type: text/html"], "<script>"));
    let gateway = gateway_before(&liar.endpoint());
    let host = gateway.address.to_string();
    // No plain link: the endpoint answers.
    let target = Link {
        host: &host,
        query: "X-Amz-User-Agent=browser",
        ..Link::new(APP.0, APP.1, "/files/k")
    }
    .v4();
    let reply = follow_with(&url(&gateway, &target), Method::GET, &[], "").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(
        reply.header("content-disposition").starts_with("attachment"),
        "{reply:?}"
    );
    let signed = ask(&client(&gateway, APP), "GET /files/k", &[], "").await;
    assert_eq!(
        (signed.header("content-type"), signed.maybe("content-disposition")),
        ("text/html", None)
    );
}

#[tokio::test]
async fn rule_19_a_document_that_breaks_off_is_cut_for_the_client_too() {
    let liar = Liar::start(|line| {
        let body = if line.contains("prefix=cut") {
            "<ListBucketResult><Name>"
        } else {
            "not xml"
        };
        answer("200 OK", &["Content-Type: application/xml"], body)
    });
    let gateway = gateway_before(&liar.endpoint());
    for prefix in ["cut", "garbage"] {
        let host = gateway.address.to_string();
        let query = format!("prefix={prefix}");
        let target = Link {
            host: &host,
            query: &query,
            ..Link::new(APP.0, APP.1, "/files")
        }
        .v4();
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = String::from_utf8(raw(gateway.address, request.as_bytes()).await).unwrap();
        assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
    }
}
