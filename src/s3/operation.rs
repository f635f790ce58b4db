//! S3 operations, told apart by method, subject and query. AWS "Amazon S3 REST API: Actions".
//!
//! The world is closed: a request that no row of the table describes whole is no operation that the gateway knows,
//! whatever its method. So `?acl` or `?policy` can't pass for a plain read. The rows are in `operation_table.rs`.

use super::Parameter;
use super::operation_table::{ROWS, Row};
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

impl Operation {
    /// Takes the method, what the path names, whether there is a copy source (as a header, or moved into the query), and
    /// the decoded query parameters; `None` when no row of the table describes such a request.
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
            let says = |said: &str| match value {
                "" => true,
                "*" => !said.is_empty(),
                value => said == value,
            };
            query.iter().any(|(n, said)| *n == name && says(said))
        };
        let knows = |name: &str| match Parameter::of(name) {
            Parameter::Signing | Parameter::Hint => true,
            Parameter::Field(field) => self.fields.iter().any(|known| matches(known, &field)),
            Parameter::Plain => {
                self.required.iter().any(|(required, _)| *required == name)
                    || self.allowed.iter().any(|known| matches(known, name))
            }
        };
        self.required.iter().all(asks) && query.iter().all(|(name, _)| knows(name))
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == name, |start| name.starts_with(start))
}

#[cfg(test)]
#[path = "operation_tests.rs"]
mod tests;
