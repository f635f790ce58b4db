//! S3 operations, told apart by method, subject and query. AWS "Amazon S3 REST API: Actions".
//!
//! The world is closed: a request that no row of the table describes whole is no operation that the gateway knows,
//! whatever its method. So `?acl` or `?policy` can't pass for a plain read.

use http::Method;

/// What a request does, in S3's own names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Read an object.
    GetObject,
    /// Read an object's head.
    HeadObject,
    /// Write an object.
    PutObject,
    /// Delete an object.
    DeleteObject,
    /// Delete many objects.
    DeleteObjects,
    /// Copy an object from another place (`x-amz-copy-source`).
    CopyObject,
    /// Begin an upload in parts.
    CreateMultipartUpload,
    /// Write one part.
    UploadPart,
    /// Copy one part from another place (`x-amz-copy-source`).
    UploadPartCopy,
    /// Join the parts.
    CompleteMultipartUpload,
    /// Throw the parts away.
    AbortMultipartUpload,
    /// List the parts of one upload.
    ListParts,
    /// List the uploads in parts that are not finished.
    ListMultipartUploads,
    /// List objects, the old way.
    ListObjects,
    /// List objects.
    ListObjectsV2,
    /// Ask whether a bucket is there.
    HeadBucket,
    /// Ask for a bucket's region.
    GetBucketLocation,
    /// List buckets.
    ListBuckets,
    /// Make a bucket.
    CreateBucket,
}

/// What a request's path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// `/`
    Service,
    /// `/bucket` or `/bucket/`
    Bucket,
    /// `/bucket/key`
    Object,
}

/// Whether the request carries `x-amz-copy-source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CopySource {
    /// It does not.
    Absent,
    /// It does.
    Present,
}

/// One kind of request, described whole.
struct Row {
    operation: Operation,
    method: Method,
    subject: Subject,
    copy: CopySource,
    /// Query parameters that make it this operation; an empty value stands for any.
    required: &'static [(&'static str, &'static str)],
    /// Query parameters that it may also carry; a `*` at the end stands for any rest.
    allowed: &'static [&'static str],
}

impl Operation {
    /// Takes the method, what the path names, whether there is a copy source, and the decoded query parameters;
    /// `None` when no row of the table describes such a request.
    #[must_use]
    pub fn of(method: &Method, subject: Subject, copy: CopySource, query: &[(&str, &str)]) -> Option<Self> {
        ROWS.iter()
            .find(|row| row.method == *method && row.subject == subject && row.copy == copy && row.describes(query))
            .map(|row| row.operation)
    }

    /// The HTTP method that this operation is sent with.
    #[must_use]
    pub fn method(self) -> Method {
        ROWS.iter()
            .find(|row| row.operation == self)
            .map_or(Method::GET, |row| row.method.clone())
    }
}

impl Row {
    fn describes(&self, query: &[(&str, &str)]) -> bool {
        let asks = |&(name, value): &(&str, &str)| {
            query
                .iter()
                .any(|(n, v)| *n == name && (value.is_empty() || *v == value))
        };
        let knows = |name: &str| {
            self.required.iter().any(|(required, _)| *required == name)
                || self.allowed.iter().any(|allowed| matches(allowed, name))
                || SIGNING.iter().any(|signing| signing.eq_ignore_ascii_case(name))
                || name == "x-id"
        };
        self.required.iter().all(asks) && query.iter().all(|(name, _)| knows(name))
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == name, |start| name.starts_with(start))
}

/// What signing adds, in any case. Other `x-amz-*` parameters are headers that a client moved into the query, a copy
/// source perhaps, and are known only where a row names them.
const SIGNING: [&str; 8] = [
    "X-Amz-Algorithm",
    "X-Amz-Content-Sha256",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
];

const READ: &[&str] = &["versionId", "partNumber", "response-*", "x-amz-checksum-mode"];
const WRITE: &[&str] = &["x-amz-checksum-*", "x-amz-sdk-checksum-algorithm"];
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
const PART: &[(&str, &str)] = &[("uploadId", ""), ("partNumber", "")];

/// Every kind of request that the gateway knows.
static ROWS: [Row; 19] = {
    use CopySource::{Absent, Present};
    use Operation as O;
    use Subject::{Bucket, Object, Service};
    const fn row(
        operation: Operation,
        method: Method,
        subject: Subject,
        copy: CopySource,
        required: &'static [(&'static str, &'static str)],
        allowed: &'static [&'static str],
    ) -> Row {
        Row {
            operation,
            method,
            subject,
            copy,
            required,
            allowed,
        }
    }
    [
        row(O::GetObject, Method::GET, Object, Absent, &[], READ),
        row(O::HeadObject, Method::HEAD, Object, Absent, &[], READ),
        row(O::PutObject, Method::PUT, Object, Absent, &[], WRITE),
        row(O::DeleteObject, Method::DELETE, Object, Absent, &[], &["versionId"]),
        row(O::DeleteObjects, Method::POST, Bucket, Absent, &[("delete", "")], &[]),
        row(O::CopyObject, Method::PUT, Object, Present, &[], &[]),
        row(
            O::CreateMultipartUpload,
            Method::POST,
            Object,
            Absent,
            &[("uploads", "")],
            &[],
        ),
        row(O::UploadPart, Method::PUT, Object, Absent, PART, WRITE),
        row(O::UploadPartCopy, Method::PUT, Object, Present, PART, &[]),
        row(
            O::CompleteMultipartUpload,
            Method::POST,
            Object,
            Absent,
            &[("uploadId", "")],
            &[],
        ),
        row(
            O::AbortMultipartUpload,
            Method::DELETE,
            Object,
            Absent,
            &[("uploadId", "")],
            &[],
        ),
        row(
            O::ListParts,
            Method::GET,
            Object,
            Absent,
            &[("uploadId", "")],
            LIST_PARTS,
        ),
        row(
            O::ListMultipartUploads,
            Method::GET,
            Bucket,
            Absent,
            &[("uploads", "")],
            LIST_UPLOADS,
        ),
        row(O::ListObjects, Method::GET, Bucket, Absent, &[], LIST),
        row(
            O::ListObjectsV2,
            Method::GET,
            Bucket,
            Absent,
            &[("list-type", "2")],
            LIST_V2,
        ),
        row(O::HeadBucket, Method::HEAD, Bucket, Absent, &[], &[]),
        row(
            O::GetBucketLocation,
            Method::GET,
            Bucket,
            Absent,
            &[("location", "")],
            &[],
        ),
        row(O::ListBuckets, Method::GET, Service, Absent, &[], LIST_BUCKETS),
        row(O::CreateBucket, Method::PUT, Bucket, Absent, &[], &[]),
    ]
};

#[cfg(test)]
#[path = "operation_tests.rs"]
mod tests;
