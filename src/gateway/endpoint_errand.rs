//! A permitted request of an S3 client at its origin, and the origin's answer back.

use super::app::App;
use super::per_bucket::PerBucket;
use super::walk::{Answered, Signed};
use crate::access::{EndpointOperation, EndpointPermit};
use crate::cache::WriteScope;
use crate::config::OriginForbidden;
use crate::fetch::{Forwarded, OriginClient, Upload};
use crate::listener::{RequestBody, RequestId};
use crate::resolve::{EndpointFields, EndpointTarget, Openness};
use crate::respond::Failure;
use crate::respond::endpoint::{self as answers, Asked, EndpointFault};
use crate::respond::headers::XML;
use crate::s3::{
    ClientView, CopyFrom, DeleteEntry, DeleteError, DeleteRequest, KeyError, ObjectKey, Operation, Parameter,
};
use crate::sigv4::Form;
use crate::telemetry::{AccessGuard, CacheResult, Outcome};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use md5::{Digest, Md5};
use std::time::Instant;

/// The most of a DeleteObjects document: 1,000 keys of 1,024 bytes, as S3 allows.
const MOST_OF_DELETE: u64 = 2 * 1024 * 1024;
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// A request that its client may make, with what the way to the origin needs.
pub(super) struct Errand<'a> {
    pub(super) app: &'a App,
    pub(super) origin: &'a OriginClient,
    pub(super) signed: Signed<'a>,
    pub(super) fields: &'a EndpointFields,
    pub(super) method: &'a http::Method,
    pub(super) id: RequestId,
}

impl Errand<'_> {
    /// Sends what is permitted to the origin, the client's body with it where the operation has one.
    pub(super) async fn forward(
        &self,
        permit: EndpointPermit,
        copy_from: Option<&CopyFrom>,
        body: RequestBody,
        trail: &mut AccessGuard,
    ) -> Result<Answered, Failure> {
        let operation = permit.operation().known();
        let source = match copy_from {
            None => None,
            Some(from) => {
                let access = &self.app.s3_access;
                let source = access.copy_source(self.signed.authenticated, &self.app.s3_doors, from, &permit)?;
                Some((source, from.version_id.as_deref()))
            }
        };
        let source = source.as_ref().map(|(permit, version)| (permit, *version));
        let mut headers = self.fields.for_origin(operation, self.openness(&permit), source)?;
        let payload = &self.signed.authenticated.authentic().payload;
        let upload = if has_body(operation, self.method) {
            Upload::of(body, payload, self.fields.all(), operation).await?
        } else {
            Upload::empty()
        };
        upload.amend(&mut headers);
        let view = self.view(&permit, Vec::new());
        let written = written(&permit);
        self.ask(permit, headers, upload, view, written, trail).await
    }

    /// Sends a DeleteObjects request of the keys that its client may delete; the others are told as S3 tells them, one by
    /// one.
    pub(super) async fn delete_each(
        &self,
        permit: EndpointPermit,
        body: RequestBody,
        trail: &mut AccessGuard,
    ) -> Result<Answered, Failure> {
        let operation = permit.operation().known();
        let payload = &self.signed.authenticated.authentic().payload;
        let mut headers = self.fields.for_origin(operation, self.openness(&permit), None)?;
        let upload = Upload::collect(body, payload, self.fields.all(), operation, MOST_OF_DELETE).await?;
        let text = str::from_utf8(upload.bytes().unwrap_or_default()).map_err(|_| EndpointFault::Document)?;
        let asked = DeleteRequest::parse(text).map_err(|_| EndpointFault::Document)?;
        let (allowed, refused) = self.divide(&permit, asked.objects);
        if allowed.is_empty() {
            return Ok(Answered {
                response: answers::document(DeleteError::document(&refused)),
                outcome: Outcome::Forbidden,
                cache: CacheResult::None,
            });
        }
        let allowed = DeleteRequest {
            objects: allowed,
            quiet: asked.quiet,
        };
        let document = allowed.to_xml();
        // S3 insists on one.
        let md5 = STANDARD.encode(Md5::digest(&document));
        headers.insert(CONTENT_MD5, HeaderValue::try_from(md5).map_err(|_| Failure::Internal)?);
        headers.insert(CONTENT_TYPE, XML);
        let view = self.view(&permit, refused);
        let upload = Upload::full(Bytes::from(document));
        let keys = allowed.objects.into_iter().map(|object| object.key.into()).collect();
        self.ask(permit, headers, upload, view, Some(WriteScope::Keys(keys)), trail)
            .await
    }

    fn divide(&self, permit: &EndpointPermit, objects: Vec<DeleteEntry>) -> (Vec<DeleteEntry>, Vec<DeleteError>) {
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        for object in objects {
            let (code, message) = match ObjectKey::parse(&object.key) {
                Err(KeyError::TooLong) => ("KeyTooLongError", "Your key is too long"),
                Err(_) => ("InvalidArgument", "The key is none that can be asked for here"),
                Ok(key) => {
                    let access = &self.app.s3_access;
                    if access.may_delete(self.signed.authenticated, permit, &key).is_ok() {
                        allowed.push(object);
                        continue;
                    }
                    ("AccessDenied", "Access Denied")
                }
            };
            refused.push(DeleteError { object, code, message });
        }
        (allowed, refused)
    }

    fn openness(&self, permit: &EndpointPermit) -> Openness {
        if self.app.s3_access.may_do_all(self.signed.authenticated, permit) {
            Openness::All
        } else {
            Openness::Own
        }
    }

    async fn ask(
        &self,
        permit: EndpointPermit,
        headers: HeaderMap,
        upload: Upload,
        view: Option<ClientView>,
        written: Option<WriteScope>,
        trail: &mut AccessGuard,
    ) -> Result<Answered, Failure> {
        let bucket = self
            .app
            .per_bucket
            .get(permit.bucket().index)
            .ok_or(Failure::Internal)?;
        let operation = permit.operation().known();
        let linked = permit
            .resource()
            .key()
            .filter(|_| self.signed.presented.form() == Form::Query);
        let linked = linked
            .filter(|_| operation.is_none_or(|known| matches!(known, Operation::GetObject | Operation::HeadObject)))
            .cloned();
        let query = self.signed.presented.query().pairs();
        let query = query
            .filter(|(name, value)| Parameter::of(name) == Parameter::Plain && !means_nothing(name, value))
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let target = EndpointTarget::new(permit, query, headers);
        let writing = written.map(|written| self.app.writing(&target.permit().bucket().name, written));
        let forwarded = self.send(bucket, &target, upload, trail).await?;
        let forwarded = match writing {
            Some(writing) => forwarded.ending(writing),
            None => forwarded,
        };
        let asked = Asked {
            operation,
            method: self.method,
            path: self.signed.request.target.path(),
            linked: linked.as_ref(),
            id: self.id,
        };
        let status = forwarded.status;
        let response = if status.is_success() || status == StatusCode::NOT_MODIFIED {
            answers::passed(forwarded, &asked, view)
        } else {
            answers::refusal(status, &forwarded.headers, forwarded.refusal.as_ref(), &asked)
        };
        Ok(Answered {
            response,
            outcome: outcome(status, operation),
            cache: CacheResult::None,
        })
    }

    async fn send(
        &self,
        bucket: &PerBucket,
        target: &EndpointTarget,
        upload: Upload,
        trail: &mut AccessGuard,
    ) -> Result<Forwarded, Failure> {
        let asked = Instant::now();
        let sent = self.origin.forward(&bucket.origin, &bucket.credentials, target, upload);
        let came = sent.await;
        bucket.asked(&came, asked.elapsed(), trail);
        came.map_err(|error| Failure::of_fetch(&error, OriginForbidden::Forbidden))
    }

    /// What the origin's document is to say otherwise; `None` where the answer is no document, or one that says nothing of
    /// where it comes from.
    fn view(&self, permit: &EndpointPermit, refused: Vec<DeleteError>) -> Option<ClientView> {
        use Operation as O;
        let called = &*self.signed.located.name;
        let renamed = called != permit.bucket().name.as_str();
        let rewritten = match permit.operation().known() {
            // They name the origin, or may turn out to be a refusal behind a 200.
            Some(O::CompleteMultipartUpload | O::CopyObject | O::UploadPartCopy) => true,
            Some(
                O::ListObjects | O::ListObjectsV2 | O::ListMultipartUploads | O::ListParts | O::CreateMultipartUpload,
            ) => renamed,
            Some(O::DeleteObjects) => !refused.is_empty(),
            Some(_) => false,
            // A form's answer names the origin; lists of versions name the bucket. Others of a bucket are documents or empty.
            None => permit.resource().key().is_none() && *self.method != http::Method::HEAD,
        };
        let request = self.signed.request;
        let (scheme, host, path) = (request.scheme, request.host.as_str(), request.target.path());
        rewritten.then(|| ClientView {
            bucket: renamed.then(|| called.into()),
            location: format!("{scheme}://{host}{path}").into(),
            refused,
        })
    }
}

/// What of the bucket will be otherwise, beside what DeleteObjects names; `None` for what only reads or prepares.
fn written(permit: &EndpointPermit) -> Option<WriteScope> {
    use Operation as O;
    let changes = match permit.operation() {
        EndpointOperation::Known(operation) => matches!(
            operation,
            O::PutObject | O::CopyObject | O::CompleteMultipartUpload | O::DeleteObject | O::DeleteObjects
        ),
        EndpointOperation::Other(method) => !matches!(*method, http::Method::GET | http::Method::HEAD),
    };
    changes.then(|| match permit.resource().key() {
        Some(key) => WriteScope::Keys(vec![key.as_str().into()]),
        // A form's key stands in its body, and a bucket that is deleted takes all of its objects along.
        None => WriteScope::Bucket,
    })
}

/// Whether the origin is sent what the client sends.
fn has_body(operation: Option<Operation>, method: &http::Method) -> bool {
    use Operation as O;
    match operation {
        Some(O::PutObject | O::UploadPart | O::CompleteMultipartUpload | O::CreateBucket) => true,
        Some(_) => false,
        None => matches!(*method, http::Method::PUT | http::Method::POST),
    }
}

/// An empty delimiter is none to S3, and rclone sends it with every list in depth. s3s-fs cuts each key behind its first
/// character for it.
fn means_nothing(name: &str, value: &str) -> bool {
    name == "delimiter" && value.is_empty()
}

fn outcome(status: StatusCode, operation: Option<Operation>) -> Outcome {
    match status {
        StatusCode::NOT_MODIFIED => Outcome::NotModified,
        StatusCode::PARTIAL_CONTENT => Outcome::Partial,
        StatusCode::OK if operation == Some(Operation::GetObject) => Outcome::Stream,
        status if status.is_success() => Outcome::Forwarded,
        StatusCode::FORBIDDEN => Outcome::OriginForbidden,
        StatusCode::NOT_FOUND => Outcome::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Outcome::MethodNotAllowed,
        StatusCode::CONFLICT => Outcome::Conflict,
        StatusCode::PRECONDITION_FAILED => Outcome::PreconditionFailed,
        StatusCode::RANGE_NOT_SATISFIABLE => Outcome::RangeNotSatisfiable,
        StatusCode::NOT_IMPLEMENTED => Outcome::NotImplemented,
        status if status.is_client_error() => Outcome::BadRequest,
        _ => Outcome::OriginError,
    }
}
