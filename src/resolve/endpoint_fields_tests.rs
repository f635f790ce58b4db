//! What of real clients' heads goes on, operation by operation.

use super::*;
use crate::access::EndpointOperation;
use crate::config::{BucketConfig, BucketId, CredentialsConfig, OriginConfig, ServerConfig};
use crate::route::Bucket;
use crate::s3::{AddressStyle, BucketName, Endpoint, ObjectKey, Region, Resource};
use std::sync::Arc;
use std::time::Duration;

fn fields(head: &[(&'static str, &'static str)], query: &str) -> Result<EndpointFields, FieldError> {
    let mut headers = HeaderMap::new();
    for (name, value) in head {
        headers.append(*name, HeaderValue::from_static(value));
    }
    EndpointFields::of(&headers, &Query::parse(Some(query)).unwrap())
}

fn sent(
    head: &[(&'static str, &'static str)],
    query: &str,
    operation: Option<Operation>,
    openness: Openness,
) -> Result<Vec<String>, FieldError> {
    let sent = fields(head, query)?.for_origin(operation, openness, None)?;
    let mut sent: Vec<_> = sent
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    sent.sort();
    Ok(sent)
}

const PUT: Option<Operation> = Some(Operation::PutObject);

#[test]
fn rule_16_of_a_put_what_s3_stores_goes_on_and_nothing_else() {
    let head = [
        ("host", "gate.example"),
        ("authorization", "AWS4-HMAC-SHA256 Credential=EVG"),
        ("x-amz-date", "20261122T000000Z"),
        ("x-amz-security-token", "token"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-decoded-content-length", "5"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
        ("x-amz-sdk-checksum-algorithm", "CRC32"),
        ("x-amz-user-agent", "aws-sdk-js/3"),
        ("amz-sdk-invocation-id", "1"),
        ("amz-sdk-request", "attempt=1"),
        ("user-agent", "sdk"),
        ("expect", "100-continue"),
        ("connection", "x-named"),
        ("x-named", "1"),
        ("transfer-encoding", "chunked"),
        ("content-length", "5"),
        ("cookie", "a=b"),
        ("x-forwarded-for", "192.0.2.1"),
        ("forwarded", "for=192.0.2.1"),
        ("origin", "http://a"),
        ("referer", "http://a"),
        ("accept", "*/*"),
        ("accept-encoding", "gzip"),
        ("range", "bytes=0-1"),
        ("content-type", "image/png"),
        ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("content-disposition", "inline"),
        ("content-language", "en"),
        ("cache-control", "no-cache"),
        ("expires", "0"),
        ("if-none-match", "*"),
        ("x-amz-acl", "private"),
        ("x-amz-meta-mtime", "1.5"),
        ("x-amz-storage-class", "STANDARD"),
        ("x-amz-server-side-encryption", "AES256"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-checksum-crc32", "NhCmhg=="),
    ];
    let expected = [
        "cache-control: no-cache",
        "content-disposition: inline",
        "content-language: en",
        "content-md5: 1B2M2Y8AsgTpgAmY7PhCfg==",
        "content-type: image/png",
        "expires: 0",
        "if-none-match: *",
        "x-amz-checksum-crc32: NhCmhg==",
        "x-amz-meta-mtime: 1.5",
        "x-amz-server-side-encryption: AES256",
        "x-amz-storage-class: STANDARD",
        "x-amz-tagging: a=b",
    ];
    assert_eq!(sent(&head, "", PUT, Openness::Own).unwrap(), expected);
}

#[test]
fn what_a_client_moved_into_its_query_is_the_field_again() {
    let query = "X-Amz-Algorithm=A&X-Amz-Credential=C&X-Amz-Date=D&X-Amz-Expires=9&X-Amz-SignedHeaders=host&X-Amz-Signature=S\
                 &x-id=PutObject&x-amz-acl=private&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32\
                 &x-amz-meta-a=%C3%A9&X-Amz-Storage-Class=STANDARD&uploadId=u";
    let sent = fields(&[], query)
        .unwrap()
        .for_origin(PUT, Openness::Own, None)
        .unwrap();
    let mut names: Vec<_> = sent.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["x-amz-meta-a", "x-amz-storage-class"]);
    assert_eq!(sent["x-amz-meta-a"].as_bytes(), "\u{e9}".as_bytes());
    // A checksum of some bytes is one.
    let real = fields(&[], "x-amz-checksum-crc32=NhCmhg%3D%3D").unwrap();
    assert!(real.all().contains_key("x-amz-checksum-crc32"));
    let twice = fields(&[("x-amz-acl", "private")], "x-amz-acl=public-read");
    assert_eq!(twice.err(), Some(FieldError::Ambiguous));
}

#[test]
fn acls_that_open_objects_are_for_clients_with_everything() {
    for open in [
        ("x-amz-acl", "public-read"),
        ("x-amz-acl", "PRIVATE"),
        ("x-amz-acl", ""),
        ("x-amz-grant-read", "uri=everyone"),
        ("x-amz-grant-full-control", "id=1"),
        ("x-amz-bypass-governance-retention", "true"),
    ] {
        assert_eq!(
            sent(&[open], "", PUT, Openness::Own),
            Err(FieldError::AclNotOpen),
            "{open:?}"
        );
        assert_eq!(sent(&[open], "", PUT, Openness::All).unwrap().len(), 1, "{open:?}");
    }
    assert_eq!(
        sent(&[], "x-amz-acl=public-read", PUT, Openness::Own),
        Err(FieldError::AclNotOpen)
    );
    let owner = [("x-amz-acl", "bucket-owner-full-control")];
    assert_eq!(sent(&owner, "", PUT, Openness::Own).unwrap().len(), 1);
    assert_eq!(
        sent(&[("x-amz-acl", "private")], "", PUT, Openness::All).unwrap().len(),
        1
    );
}

#[test]
fn uploads_in_parts_agree_on_no_checksum() {
    let head = [
        ("x-amz-checksum-crc32", "NhCmhg=="),
        ("x-amz-checksum-algorithm", "CRC32"),
        ("x-amz-checksum-type", "FULL_OBJECT"),
    ];
    for operation in [
        Operation::CreateMultipartUpload,
        Operation::UploadPart,
        Operation::UploadPartCopy,
        Operation::CompleteMultipartUpload,
    ] {
        assert_eq!(
            sent(&head, "", Some(operation), Openness::All).unwrap(),
            Vec::<String>::new()
        );
    }
    assert_eq!(
        sent(&head, "", Some(Operation::CopyObject), Openness::All)
            .unwrap()
            .len(),
        3
    );
    let read = [("x-amz-checksum-mode", "ENABLED")];
    assert_eq!(
        sent(&read, "", Some(Operation::GetObject), Openness::Own)
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_read_sends_its_range_and_conditions() {
    let head = [
        ("range", "bytes=0-1"),
        ("if-match", "\"a\""),
        ("content-type", "x/y"),
        ("content-md5", "1"),
    ];
    let get = Some(Operation::GetObject);
    assert_eq!(
        sent(&head, "", get, Openness::Own).unwrap(),
        ["if-match: \"a\"", "range: bytes=0-1"]
    );
    let guarded = [("range", "bytes=0-1"), ("if-range", "\"a\"")];
    assert_eq!(sent(&guarded, "", get, Openness::Own).unwrap(), Vec::<String>::new());
}

#[test]
fn rule_15_a_copy_source_is_written_from_its_permit() {
    let server = ServerConfig {
        endpoint: Endpoint::parse("http://one:9000").unwrap(),
        region: Region::parse("us-east-1").unwrap(),
        style: AddressStyle::Path,
        credentials: CredentialsConfig::Chain,
    };
    let config = BucketConfig {
        id: BucketId("photos".into()),
        name: BucketName::parse("files").unwrap(),
        url_expiry: Duration::from_mins(2),
        origin: OriginConfig::Server(server.clone()),
    };
    let bucket = Arc::new(Bucket::new(0, &config, &server));
    let key = ObjectKey::parse("a b/c+d\u{e9}").unwrap();
    let operation = EndpointOperation::Known(Operation::GetObject);
    let permit = EndpointPermit::operator(bucket, Resource::Object(key), operation);
    let fields = fields(
        &[
            ("x-amz-copy-source", "photos/other"),
            ("x-amz-copy-source-if-match", "\"a\""),
        ],
        "",
    )
    .unwrap();
    let copy = Some(Operation::CopyObject);
    let sent = fields
        .for_origin(copy, Openness::Own, Some((&permit, Some("v.1"))))
        .unwrap();
    assert_eq!(sent["x-amz-copy-source"], "/files/a%20b/c%2Bd%C3%A9?versionId=v.1");
    assert_eq!(sent["x-amz-copy-source-if-match"], "\"a\"");
    assert_eq!(sent.len(), 2);
    // Without its permit it never goes on.
    assert!(
        !fields
            .for_origin(copy, Openness::All, None)
            .unwrap()
            .contains_key("x-amz-copy-source")
    );
    for operation in [PUT, None, Some(Operation::GetObject)] {
        assert_eq!(
            fields.for_origin(operation, Openness::All, None),
            Err(FieldError::Misplaced)
        );
    }
}

#[test]
fn rule_15_no_second_object_comes_in_by_another_name() {
    let rename = [("x-amz-rename-source", "/files/secret")];
    assert_eq!(sent(&rename, "", None, Openness::All), Err(FieldError::Misplaced));
    let two = fields(
        &[("x-amz-copy-source", "files/a"), ("x-amz-copy-source", "files/b")],
        "",
    )
    .unwrap();
    assert_eq!(two.copy_from(), Err(FieldError::Ambiguous));
    let hoisted = fields(&[("x-amz-copy-source", "files/a")], "X-Amz-Copy-Source=files/b");
    assert_eq!(hoisted.err(), Some(FieldError::Ambiguous));
    let from = fields(&[], "x-amz-copy-source=files%2Fa%2520b")
        .unwrap()
        .copy_from()
        .unwrap()
        .unwrap();
    assert_eq!((&*from.bucket, from.key.as_str()), ("files", "a b"));
}

#[test]
fn rule_16_what_s3_does_not_know_is_nobodys_but_who_may_do_everything() {
    for foreign in [
        "x-amz-turn-into-a-copy",
        "x-amz-meta-snowball-auto-extract",
        "x-amz-meta-minio-snowball-prefix",
    ] {
        let field = [(foreign, "true")];
        assert_eq!(
            sent(&field, "", PUT, Openness::Own),
            Err(FieldError::Unknown),
            "{foreign}"
        );
        assert_eq!(sent(&field, "", PUT, Openness::All).unwrap().len(), 1, "{foreign}");
    }
    // To a server that keeps fields as CGI does, these are others.
    for folded in [
        "x-amz-copy_source",
        "x-amz-grant_read",
        "x-amz-copy.source",
        "x-amz-server-side_encryption",
    ] {
        let field = [(folded, "/files/secret")];
        for openness in [Openness::Own, Openness::All] {
            assert_eq!(sent(&field, "", PUT, openness), Err(FieldError::Unknown), "{folded}");
        }
    }
    let own = [
        ("x-amz-meta-my_own.name", "1"),
        ("x-amz-object-lock-mode", "GOVERNANCE"),
    ];
    assert_eq!(sent(&own, "", PUT, Openness::Own).unwrap().len(), 2);
}
