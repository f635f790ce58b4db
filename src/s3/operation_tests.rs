//! The table of operations: every row, and what no row describes.

use super::*;
use CopySource::{Absent, Present};
use Subject::{Bucket, Object, Service};

fn of(method: &str, subject: Subject, copy: CopySource, query: &str) -> Option<Operation> {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let query: Vec<_> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
        .collect();
    Operation::of(&method, subject, copy, &query)
}

/// As the SDK for JavaScript presigns a PutObject with an ACL and metadata.
const PRESIGNED_BY_JS: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&X-Amz-Credential=A&\
     X-Amz-Date=D&X-Amz-Expires=900&X-Amz-Signature=S&X-Amz-SignedHeaders=host&x-amz-acl=private&x-amz-checksum-crc32=AAAAAA==&\
     x-amz-meta-owner=me&x-amz-sdk-checksum-algorithm=CRC32&X-Amz-Storage-Class=STANDARD&x-id=PutObject";

#[test]
fn requests_are_told_apart() {
    use Operation as O;
    for (method, subject, copy, query, operation) in [
        ("GET", Object, Absent, "", O::GetObject),
        ("GET", Object, Absent, "x-id=GetObject&X-Amz-Signature=0", O::GetObject),
        (
            "GET",
            Object,
            Absent,
            "x-amz-checksum-mode=ENABLED&versionId=v",
            O::GetObject,
        ),
        (
            "GET",
            Object,
            Absent,
            "partNumber=1&response-content-type=a",
            O::GetObject,
        ),
        ("HEAD", Object, Absent, "versionId=v", O::HeadObject),
        (
            "PUT",
            Object,
            Absent,
            "x-id=PutObject&x-amz-checksum-crc32=AAAAAA==",
            O::PutObject,
        ),
        ("PUT", Object, Present, "", O::CopyObject),
        (
            "PUT",
            Object,
            Present,
            "x-id=CopyObject&x-amz-copy-source=/a/b",
            O::CopyObject,
        ),
        ("PUT", Object, Absent, PRESIGNED_BY_JS, O::PutObject),
        (
            "GET",
            Object,
            Absent,
            "AWSAccessKeyId=A&Signature=S&Expires=1",
            O::GetObject,
        ),
        ("POST", Bucket, Absent, "delete=&x-id=DeleteObjects", O::DeleteObjects),
        ("PUT", Object, Absent, "partNumber=1&uploadId=u", O::UploadPart),
        ("PUT", Object, Present, "uploadId=u&partNumber=1", O::UploadPartCopy),
        ("DELETE", Object, Absent, "", O::DeleteObject),
        ("DELETE", Object, Absent, "versionId=v", O::DeleteObject),
        ("DELETE", Object, Absent, "uploadId=u", O::AbortMultipartUpload),
        ("POST", Object, Absent, "uploads", O::CreateMultipartUpload),
        ("POST", Object, Absent, "uploads=", O::CreateMultipartUpload),
        ("POST", Object, Absent, "uploadId=u", O::CompleteMultipartUpload),
        ("GET", Object, Absent, "uploadId=u&max-parts=2", O::ListParts),
        ("GET", Bucket, Absent, "", O::ListObjects),
        ("GET", Bucket, Absent, "prefix=a&delimiter=/&marker=b", O::ListObjects),
        (
            "GET",
            Bucket,
            Absent,
            "list-type=2&prefix=a&start-after=b",
            O::ListObjectsV2,
        ),
        ("GET", Bucket, Absent, "uploads&prefix=a", O::ListMultipartUploads),
        ("GET", Bucket, Absent, "location", O::GetBucketLocation),
        ("HEAD", Bucket, Absent, "", O::HeadBucket),
        ("PUT", Bucket, Absent, "", O::CreateBucket),
        ("POST", Bucket, Absent, "delete", O::DeleteObjects),
        ("GET", Service, Absent, "x-id=ListBuckets", O::ListBuckets),
    ] {
        assert_eq!(
            of(method, subject, copy, query),
            Some(operation),
            "{method} {subject:?} ?{query}"
        );
        assert_eq!(operation.method().as_str(), method);
    }
}

#[test]
fn what_no_row_describes_is_no_operation() {
    for (method, subject, copy, query) in [
        ("GET", Object, Absent, "acl"),
        ("GET", Object, Absent, "tagging"),
        ("GET", Object, Absent, "VersionId=v"),
        ("GET", Object, Absent, "uploadId=u&versionId=v"),
        ("GET", Object, Present, ""),
        ("GET", Object, Absent, "x-amz-copy-source=a/b"),
        ("PUT", Object, Absent, "x-amz-copy-source=a/b"),
        ("PUT", Object, Absent, "X-Amz-Copy-Source=a/b"),
        ("GET", Object, Absent, "x-amz-acl=private"),
        ("GET", Bucket, Absent, "x-amz-copy-source=a/b"),
        ("PUT", Object, Absent, "x-amz-rename-source=a"),
        ("PUT", Object, Absent, "x-amz-checksum"),
        ("DELETE", Object, Absent, "x-amz-bypass-governance-retention=true"),
        ("PUT", Object, Absent, "acl"),
        ("PUT", Object, Absent, "uploadId=u"),
        ("PUT", Object, Absent, "uploadId=&partNumber=1"),
        ("PUT", Object, Absent, "uploadId=u&partNumber="),
        ("DELETE", Object, Absent, "uploadId="),
        ("DELETE", Object, Absent, "uploadId"),
        ("GET", Object, Absent, "uploadId="),
        ("POST", Object, Absent, "uploadId="),
        ("PUT", Object, Absent, "partNumber=1"),
        ("POST", Object, Absent, ""),
        ("POST", Object, Absent, "select&select-type=2"),
        ("DELETE", Object, Absent, "tagging"),
        ("PATCH", Object, Absent, ""),
        ("GET", Bucket, Absent, "policy"),
        ("GET", Bucket, Absent, "versions"),
        ("GET", Bucket, Absent, "list-type=3"),
        ("GET", Bucket, Absent, "location&uploads"),
        ("PUT", Bucket, Absent, "policy"),
        ("DELETE", Bucket, Absent, ""),
        ("POST", Bucket, Absent, ""),
        ("PUT", Service, Absent, ""),
    ] {
        assert_eq!(of(method, subject, copy, query), None, "{method} {subject:?} ?{query}");
    }
}

#[test]
fn no_request_fits_two_rows() {
    for row in &ROWS {
        let same: Vec<_> = ROWS
            .iter()
            .filter(|other| (&other.method, other.subject, other.copy) == (&row.method, row.subject, row.copy))
            .filter(|other| other.describes(row.required))
            .map(|other| other.operation)
            .collect();
        assert_eq!(same, [row.operation]);
    }
}
