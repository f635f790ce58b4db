//! What S3 clients do, on real origins: each verifies what the gateway signed, and is asked afterwards what it holds.

use crate::forwarding::{Ask, LONG, full, signed_stream, stream, text};
use crate::scripted::{Gateway, Place};
use crate::support::origin::Origin;
use crate::support::s3_client::S3Client;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use evergate::clock::Clock;
use evergate::fetch::{FetchError, Forwarded, OriginSettings, Upload};
use evergate::s3::Operation;
use evergate::sigv4::Payload;
use http::StatusCode;
use http_body_util::BodyExt;
use md5::{Digest, Md5};
use sha2::Sha256;

const KEY: &str = "a b/ü+%.txt";
const PART: usize = 5 * 1024 * 1024;

struct Bench {
    origin: Origin,
    gateway: Gateway,
}

impl Bench {
    async fn new(origin: Origin) -> Self {
        let client = S3Client::new(&origin.endpoint, &origin.access_key_id, &origin.secret_access_key);
        client.create_bucket(&origin.bucket).await;
        let place = Place {
            endpoint: &origin.endpoint,
            bucket: &origin.bucket,
            access_key_id: &origin.access_key_id,
            secret_access_key: &origin.secret_access_key,
        };
        let gateway = Gateway::at(&place, OriginSettings::default(), b"", &Clock::system());
        Self { origin, gateway }
    }

    async fn ask(&self, ask: Ask, upload: Upload) -> Forwarded {
        self.gateway.forward(ask, upload).await.unwrap()
    }

    async fn done(&self, ask: Ask, upload: Upload) -> Forwarded {
        let forwarded = self.ask(ask, upload).await;
        assert!(forwarded.status.is_success(), "{forwarded:?}");
        forwarded
    }

    /// What the origin says of an object.
    async fn holds(&self, key: &str) -> (StatusCode, Bytes) {
        let forwarded = self.ask(Ask::object(Operation::GetObject, key), Upload::empty()).await;
        let status = forwarded.status;
        (status, forwarded.body.collect().await.unwrap().to_bytes())
    }

    async fn keys(&self) -> String {
        let list = Ask::bucket(Operation::ListObjectsV2)
            .query("list-type", "2")
            .query("encoding-type", "url");
        text(self.done(list, Upload::empty()).await).await
    }
}

fn put(key: &str) -> Ask {
    Ask::object(Operation::PutObject, key)
}

/// The text of the first element of this name.
fn element(xml: &str, name: &str) -> String {
    let (_, rest) = xml
        .split_once(&format!("<{name}>"))
        .unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split('<').next().unwrap().to_owned()
}

fn tag(forwarded: &Forwarded) -> String {
    forwarded.headers["etag"].to_str().unwrap().to_owned()
}

async fn objects_are_written_read_listed_copied_and_deleted(origin: Origin) {
    let bench = Bench::new(origin).await;
    let (client, upload) = stream(LONG).await;
    tokio::spawn(async move { client.send_all(LONG).await });
    let typed = put(KEY)
        .header("content-type", "text/plain")
        .header("x-amz-meta-owner", "me");
    bench.done(typed, upload).await;
    assert_eq!(bench.holds(KEY).await, (StatusCode::OK, vec![b'x'; LONG].into()));

    let head = bench
        .done(Ask::object(Operation::HeadObject, KEY), Upload::empty())
        .await;
    assert_eq!(head.headers["content-length"], "200000");
    assert_eq!(head.headers["content-type"], "text/plain");
    assert_eq!(head.headers["x-amz-meta-owner"], "me");
    let ranged = Ask::object(Operation::GetObject, KEY).header("range", "bytes=2-4");
    let part = bench.ask(ranged, Upload::empty()).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(text(part).await, "xxx");

    bench.done(put("small"), full("four")).await;
    bench.done(put("empty"), Upload::empty()).await;
    assert_eq!(bench.holds("small").await.1, "four");
    assert_eq!(bench.holds("empty").await, (StatusCode::OK, Bytes::new()));

    let source = format!("/{}/a%20b/%C3%BC%2B%25.txt", bench.origin.bucket);
    let copy = Ask::object(Operation::CopyObject, "copy").header("x-amz-copy-source", &source);
    let copied = text(bench.done(copy, Upload::empty()).await).await;
    assert!(copied.contains("<CopyObjectResult"), "{copied}");
    assert_eq!(bench.holds("copy").await.1.len(), LONG);

    let listed = bench.keys().await;
    for key in ["copy", "empty", "small"] {
        assert!(listed.contains(&format!("<Key>{key}</Key>")), "{listed}");
    }
    let page = Ask::bucket(Operation::ListObjects)
        .query("prefix", "a b/")
        .query("delimiter", "/");
    assert!(
        text(bench.done(page, Upload::empty()).await)
            .await
            .contains("<Contents>")
    );
    let head = bench.done(Ask::bucket(Operation::HeadBucket), Upload::empty()).await;
    assert_eq!(text(head).await, "");

    let doomed = "<Delete><Object><Key>copy</Key></Object><Object><Key>empty</Key></Object></Delete>";
    let delete = Ask::bucket(Operation::DeleteObjects)
        .query("delete", "")
        .header("content-md5", &STANDARD.encode(Md5::digest(doomed)))
        .header("content-type", "application/xml");
    let deleted = text(bench.done(delete, full(doomed)).await).await;
    assert!(deleted.contains("<DeleteResult"), "{deleted}");
    for key in [KEY, "small"] {
        let delete = Ask::object(Operation::DeleteObject, key);
        bench.done(delete, Upload::empty()).await;
    }
    for key in [KEY, "small", "copy", "empty"] {
        let gone = bench.ask(Ask::object(Operation::GetObject, key), Upload::empty()).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
        assert_eq!(gone.refusal.as_ref().unwrap().code_text, "NoSuchKey");
        let head = bench
            .ask(Ask::object(Operation::HeadObject, key), Upload::empty())
            .await;
        assert_eq!(head.status, StatusCode::NOT_FOUND);
    }
    assert!(!bench.keys().await.contains("<Contents>"));
}

async fn an_object_is_uploaded_in_parts(origin: Origin) {
    let bench = Bench::new(origin).await;
    bench.done(put("source"), full("the last part")).await;
    let create = Ask::object(Operation::CreateMultipartUpload, KEY).query("uploads", "");
    let created = text(bench.done(create, Upload::empty()).await).await;
    let id = element(&created, "UploadId");
    let part = |operation, number: &str| {
        Ask::object(operation, KEY)
            .query("uploadId", &id)
            .query("partNumber", number)
    };
    let (client, upload) = stream(PART).await;
    tokio::spawn(async move { client.send_all(PART).await });
    let first = tag(&bench.done(part(Operation::UploadPart, "1"), upload).await);
    let source = format!("/{}/source", bench.origin.bucket);
    let copy = part(Operation::UploadPartCopy, "2").header("x-amz-copy-source", &source);
    let second = element(&text(bench.done(copy, Upload::empty()).await).await, "ETag");

    let list = Ask::object(Operation::ListParts, KEY).query("uploadId", &id);
    let listed = text(bench.done(list, Upload::empty()).await).await;
    assert!(listed.contains("<PartNumber>2</PartNumber>"), "{listed}");
    let uploads = Ask::bucket(Operation::ListMultipartUploads).query("uploads", "");
    let uploads = bench.ask(uploads, Upload::empty()).await;
    // s3s-fs knows none, and says so.
    let expected = if bench.origin.s3s.is_some() { 501 } else { 200 };
    assert_eq!(uploads.status, expected);
    assert_eq!(text(uploads).await.contains(&id), expected == 200);

    let parts = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{first}</ETag></Part>\
         <Part><PartNumber>2</PartNumber><ETag>{second}</ETag></Part></CompleteMultipartUpload>"
    );
    let complete = Ask::object(Operation::CompleteMultipartUpload, KEY).query("uploadId", &id);
    let completed = text(bench.done(complete, full(parts)).await).await;
    assert!(completed.contains("<CompleteMultipartUploadResult"), "{completed}");
    let (status, bytes) = bench.holds(KEY).await;
    assert_eq!((status, bytes.len()), (StatusCode::OK, PART + 13));
    assert!(bytes.ends_with(b"xthe last part"));

    let create = Ask::object(Operation::CreateMultipartUpload, "given-up").query("uploads", "");
    let id = element(&text(bench.done(create, Upload::empty()).await).await, "UploadId");
    let abort = || Ask::object(Operation::AbortMultipartUpload, "given-up").query("uploadId", &id);
    bench.done(abort(), Upload::empty()).await;
    let gone = bench.ask(abort(), Upload::empty()).await;
    // s3s-fs takes an upload that is not there for one of somebody else.
    let expected = if bench.origin.s3s.is_some() {
        "AccessDenied"
    } else {
        "NoSuchUpload"
    };
    assert_eq!(gone.refusal.as_ref().unwrap().code_text, expected);
}

async fn rule_14_a_signed_hash_goes_on_and_a_false_body_leaves_nothing(origin: Origin) {
    let bench = Bench::new(origin).await;
    let hash = Sha256::digest(vec![b'x'; LONG]).into();
    let (client, upload) = signed_stream(LONG, &Payload::Sha256(hash)).await;
    tokio::spawn(async move { client.send_all(LONG).await });
    bench.done(put("as-signed"), upload).await;

    for (payload, length) in [
        (Payload::Sha256([7; 32]), LONG),
        (Payload::Unsigned, LONG - 1),
        (Payload::Unsigned, LONG + 1),
    ] {
        let (client, upload) = signed_stream(LONG, &payload).await;
        tokio::spawn(async move { client.send_all(length).await });
        let error = bench.gateway.forward(put("untrue"), upload).await.unwrap_err();
        assert!(matches!(error, FetchError::Upload(_)), "{error:?}");
    }
    // A client that goes away.
    let (client, upload) = stream(LONG).await;
    tokio::select! {
        _ = bench.gateway.forward(put("untrue"), upload) => panic!("an answer to half a body"),
        () = async { for _ in 0..4 { client.send(LONG / 5).await; } } => {}
    }
    client.given_up().await;
    assert_eq!(bench.holds("untrue").await.0, StatusCode::NOT_FOUND);
    assert!(!bench.keys().await.contains("untrue"));
    assert_eq!(bench.holds("as-signed").await.1.len(), LONG);
}

async fn refusals_are_the_clients_to_hear(origin: Origin) {
    let bench = Bench::new(origin).await;
    let source = format!("/{}/no-such-key", bench.origin.bucket);
    let copy = Ask::object(Operation::CopyObject, KEY).header("x-amz-copy-source", &source);
    let refused = bench.ask(copy, Upload::empty()).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(refused.refusal.as_ref().unwrap().code_text, "NoSuchKey");
    let refused = bench.ask(
        put("other").header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
        full("four"),
    );
    let refused = refused.await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.refusal.as_ref().unwrap().code_text, "BadDigest");
    let place = Place {
        endpoint: &bench.origin.endpoint,
        bucket: &bench.origin.bucket,
        access_key_id: &bench.origin.access_key_id,
        secret_access_key: "wrong",
    };
    let gateway = Gateway::at(&place, OriginSettings::default(), b"", &Clock::system());
    let (client, upload) = stream(LONG).await;
    tokio::spawn(async move { client.send_all(LONG).await });
    for upload in [full("four"), upload] {
        match gateway.forward(put(KEY), upload).await {
            // radosgw does not tell a wrong signature from a missing right.
            Ok(refused) => assert_eq!(refused.refusal.unwrap().code_text, "AccessDenied"),
            Err(FetchError::Forbidden(_)) => {}
            // s3s hangs up on what it has not read, and its answer may go down with that.
            Err(error) => assert!(matches!(error, FetchError::BadGateway(_)), "{error:?}"),
        }
    }
    assert_eq!(bench.holds(KEY).await.0, StatusCode::NOT_FOUND);
}

on_both_origins!(
    objects_are_written_read_listed_copied_and_deleted,
    an_object_is_uploaded_in_parts,
    rule_14_a_signed_hash_goes_on_and_a_false_body_leaves_nothing,
    refusals_are_the_clients_to_hear,
);
