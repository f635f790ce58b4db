//! The rows of [`Operation::of`]: every kind of request that the gateway knows, described whole.

use super::{CopySource, Operation, Subject};
use CopySource::{Absent, Present};
use Operation as O;
use Subject::{Bucket, Object, Service};
use http::Method;

/// One kind of request.
pub(super) struct Row {
    pub(super) operation: Operation,
    pub(super) method: Method,
    pub(super) subject: Subject,
    pub(super) copy: CopySource,
    /// Query parameters that make it this operation; an empty value stands for any, `*` for any but the empty one.
    pub(super) required: &'static [(&'static str, &'static str)],
    /// Query parameters that it may also carry; a `*` at the end stands for any rest.
    pub(super) allowed: &'static [&'static str],
    /// Header fields that its client may have moved into the query, in lower case.
    pub(super) fields: &'static [&'static str],
}

const READ: &[&str] = &["versionId", "partNumber", "response-*"];
const LIST: &[&str] = &["delimiter", "encoding-type", "marker", "max-keys", "prefix"];
const LIST_V2: &[&str] = &[
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "max-keys",
    "prefix",
    "start-after",
];
const LIST_UPLOADS: &[&str] = &[
    "delimiter",
    "encoding-type",
    "key-marker",
    "max-uploads",
    "prefix",
    "upload-id-marker",
];
const LIST_PARTS: &[&str] = &["encoding-type", "max-parts", "part-number-marker"];
const LIST_BUCKETS: &[&str] = &["bucket-region", "continuation-token", "max-buckets", "prefix"];
const UPLOADS: &[(&str, &str)] = &[("uploads", "")];
/// Without its value the parameter is none to some: radosgw deletes the object by `DELETE ?uploadId=`.
const UPLOAD: &[(&str, &str)] = &[("uploadId", "*")];
const PART: &[(&str, &str)] = &[("uploadId", "*"), ("partNumber", "*")];

/// The SDK for JavaScript moves every `x-amz-*` field that it sets into a presigned query. Of a read that is the wish to
/// be told the checksum (rule 5), of a write what S3 stores beside the bytes.
const READ_FIELDS: &[&str] = &["x-amz-checksum-mode"];
const WRITE_FIELDS: &[&str] = &[
    "x-amz-acl",
    "x-amz-checksum-*",
    "x-amz-expected-bucket-owner",
    "x-amz-grant-*",
    "x-amz-meta-*",
    "x-amz-object-lock-*",
    "x-amz-request-payer",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-server-side-encryption*",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-website-redirect-location",
];
const COPY_FIELDS: &[&str] = &[
    "x-amz-acl",
    "x-amz-checksum-algorithm",
    "x-amz-copy-source*",
    "x-amz-expected-bucket-owner",
    "x-amz-grant-*",
    "x-amz-meta-*",
    "x-amz-metadata-directive",
    "x-amz-object-lock-*",
    "x-amz-request-payer",
    "x-amz-server-side-encryption*",
    "x-amz-source-expected-bucket-owner",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-tagging-directive",
    "x-amz-website-redirect-location",
];
const OTHER_FIELDS: &[&str] = &["x-amz-expected-bucket-owner", "x-amz-request-payer"];
const NO_FIELDS: &[&str] = &[];

const fn row(
    operation: Operation,
    method: Method,
    (subject, copy): (Subject, CopySource),
    required: &'static [(&'static str, &'static str)],
    allowed: &'static [&'static str],
    fields: &'static [&'static str],
) -> Row {
    Row {
        operation,
        method,
        subject,
        copy,
        required,
        allowed,
        fields,
    }
}

const GET: Method = Method::GET;
const HEAD: Method = Method::HEAD;
const PUT: Method = Method::PUT;
const POST: Method = Method::POST;
const DELETE: Method = Method::DELETE;

/// Every kind of request that the gateway knows.
#[rustfmt::skip]
pub(super) static ROWS: [Row; 19] = [
    row(O::GetObject, GET, (Object, Absent), &[], READ, READ_FIELDS),
    row(O::HeadObject, HEAD, (Object, Absent), &[], READ, READ_FIELDS),
    row(O::PutObject, PUT, (Object, Absent), &[], &[], WRITE_FIELDS),
    row(O::DeleteObject, DELETE, (Object, Absent), &[], &["versionId"], OTHER_FIELDS),
    row(O::DeleteObjects, POST, (Bucket, Absent), &[("delete", "")], &[], WRITE_FIELDS),
    row(O::CopyObject, PUT, (Object, Present), &[], &[], COPY_FIELDS),
    row(O::CreateMultipartUpload, POST, (Object, Absent), UPLOADS, &[], WRITE_FIELDS),
    row(O::UploadPart, PUT, (Object, Absent), PART, &[], WRITE_FIELDS),
    row(O::UploadPartCopy, PUT, (Object, Present), PART, &[], COPY_FIELDS),
    row(O::CompleteMultipartUpload, POST, (Object, Absent), UPLOAD, &[], WRITE_FIELDS),
    row(O::AbortMultipartUpload, DELETE, (Object, Absent), UPLOAD, &[], OTHER_FIELDS),
    row(O::ListParts, GET, (Object, Absent), UPLOAD, LIST_PARTS, OTHER_FIELDS),
    row(O::ListMultipartUploads, GET, (Bucket, Absent), UPLOADS, LIST_UPLOADS, OTHER_FIELDS),
    row(O::ListObjects, GET, (Bucket, Absent), &[], LIST, OTHER_FIELDS),
    row(O::ListObjectsV2, GET, (Bucket, Absent), &[("list-type", "2")], LIST_V2, OTHER_FIELDS),
    row(O::HeadBucket, HEAD, (Bucket, Absent), &[], &[], OTHER_FIELDS),
    row(O::GetBucketLocation, GET, (Bucket, Absent), &[("location", "")], &[], OTHER_FIELDS),
    row(O::ListBuckets, GET, (Service, Absent), &[], LIST_BUCKETS, NO_FIELDS),
    row(O::CreateBucket, PUT, (Bucket, Absent), &[], &[], WRITE_FIELDS),
];
