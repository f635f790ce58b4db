//! What a client of the S3 endpoint may do. Rules 3, 12 and 15.
//!
//! | what is asked for | what the allow list must hold |
//! | --- | --- |
//! | GetObject, HeadObject, the source of a copy | `read` of the key |
//! | PutObject, CopyObject, uploads in parts with their ListParts and Abort | `write` of the key |
//! | DeleteObject, each key of DeleteObjects | `delete` of the key |
//! | lists of objects and of unfinished uploads | `list` of the `prefix` that is asked for: it must lie inside of an allowed one |
//! | HeadBucket, GetBucketLocation, CreateBucket | anything at all in that bucket |
//! | everything else that S3 knows, and every other bucket of the origin | `all` of a whole bucket there; of several, the first in the list |
//!
//! What a client may not see looks as if it were not there, whether it is or not.

use super::presigned::require_later;
use super::{Authenticated, Denied, EndpointOperation, EndpointPermit, Reach, S3Access};
use crate::config::{AllowedOperations, ClientState};
use crate::credentials::Client;
use crate::route::{Bucket, Located, LocatedBucket, S3Doors};
use crate::s3::{CopyFrom, ObjectKey, Operation, Resource};
use crate::sigv4::Form;
use std::sync::Arc;

/// Why a request at the S3 endpoint is refused by the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointDenied {
    /// As at every S3 door.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The operation is none that the gateway knows, or is one that it leaves to clients with `operations: [all]`.
    #[error("the operation is open to clients with operations: [all] alone")]
    NotOpen,
    /// The service as a whole knows no such operation.
    #[error("the service can only be asked to list its buckets")]
    NoSuchMethod,
    /// The copy source is at another origin than the target.
    #[error("the copy source is at another origin than the target")]
    OtherOrigin,
}

/// What becomes of a request at the S3 endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointVerdict {
    /// The gateway answers: the buckets that the client may see.
    ListBuckets(Vec<Arc<Bucket>>),
    /// The gateway answers: where the bucket is.
    Location(Arc<Bucket>),
    /// The gateway answers: the bucket is there already.
    Created(Arc<Bucket>),
    /// The origin answers.
    Forward(EndpointPermit),
    /// The origin answers, when each key that the body names has been judged by [`S3Access::may_delete`].
    DeleteEach(EndpointPermit),
}

impl S3Access {
    /// Judges what `authenticated` asks for. `prefix` is the one that a list asks for, empty for none.
    ///
    /// # Errors
    /// [`EndpointDenied`]
    pub fn endpoint(
        &self,
        authenticated: &Authenticated,
        located: &Located,
        operation: EndpointOperation,
        prefix: &str,
    ) -> Result<EndpointVerdict, EndpointDenied> {
        let client = authenticated.client();
        // Its presigned reads are the presigned door's; a presigned list of parts, say, is no old link to an object.
        if client.state == ClientState::Retired {
            return Err(Denied::RetiredKey.into());
        }
        let resource = located.key.clone().map_or(Resource::Bucket, Resource::Object);
        let bucket = match &located.bucket {
            LocatedBucket::Service => return self.service(client, authenticated, &operation),
            LocatedBucket::Configured(bucket) if self.may_see(client, bucket) => bucket,
            other => {
                let bucket = self.beside(client, other, None).map_err(|_| unseen(&operation))?;
                self.require_fresh(authenticated, None, None)?;
                return Ok(forward(bucket, resource, operation));
            }
        };
        self.require_fresh(authenticated, Some(bucket), located.key.as_ref())?;
        let EndpointOperation::Known(known) = operation else {
            self.require(client, bucket, Reach::Bucket, AllowedOperations::All)
                .map_err(|_| EndpointDenied::NotOpen)?;
            return Ok(forward(Arc::clone(bucket), resource, operation));
        };
        match (needed(known), &resource) {
            (Needed::Kind(kind), Resource::Object(key)) => {
                self.require(client, bucket, Reach::Key(key.as_str()), kind)?;
            }
            (Needed::Kind(kind), Resource::Bucket) => self.require(client, bucket, Reach::Prefix(prefix), kind)?,
            (Needed::Sight | Needed::EachKey, _) => {}
        }
        Ok(match known {
            Operation::GetBucketLocation => EndpointVerdict::Location(Arc::clone(bucket)),
            Operation::CreateBucket => EndpointVerdict::Created(Arc::clone(bucket)),
            _ => forward(Arc::clone(bucket), resource, operation),
        })
    }

    /// Judges one key of a DeleteObjects request to `permit`'s bucket.
    ///
    /// # Errors
    /// [`Denied::NotAllowed`]
    pub fn may_delete(
        &self,
        authenticated: &Authenticated,
        permit: &EndpointPermit,
        key: &ObjectKey,
    ) -> Result<(), Denied> {
        let reach = Reach::Key(key.as_str());
        self.require(
            authenticated.client(),
            permit.bucket(),
            reach,
            AllowedOperations::Delete,
        )
    }

    /// Whether `authenticated` may do everything that S3 knows with `permit`'s bucket: then it may open objects to others.
    #[must_use]
    pub fn may_do_all(&self, authenticated: &Authenticated, permit: &EndpointPermit) -> bool {
        let client = authenticated.client();
        self.require(client, permit.bucket(), Reach::Bucket, AllowedOperations::All)
            .is_ok()
    }

    /// Judges the source of a copy to `target`: it is a second target with a permit of its own (rule 15).
    ///
    /// # Errors
    /// [`EndpointDenied`]
    pub fn copy_source(
        &self,
        authenticated: &Authenticated,
        doors: &S3Doors,
        from: &CopyFrom,
        target: &EndpointPermit,
    ) -> Result<EndpointPermit, EndpointDenied> {
        let client = authenticated.client();
        let bucket = match doors.named(&from.bucket).map_err(|_| Denied::UnknownBucket)? {
            LocatedBucket::Configured(bucket) if self.may_see(client, &bucket) => bucket,
            other => self.beside(client, &other, Some(target.bucket()))?,
        };
        let reach = Reach::Key(from.key.as_str());
        self.require(client, &bucket, reach, AllowedOperations::Read)?;
        if !bucket.is_beside(target.bucket()) {
            return Err(EndpointDenied::OtherOrigin);
        }
        let operation = EndpointOperation::Known(Operation::GetObject);
        Ok(EndpointPermit::new(bucket, Resource::from(&from.key), operation))
    }

    /// Returns a bucket that is none of the client's, where the client may do everything at its origin (beside `target`, if
    /// that counts): asked for with the credentials that this was said of.
    fn beside(&self, client: &Client, bucket: &LocatedBucket, target: Option<&Bucket>) -> Result<Arc<Bucket>, Denied> {
        let (name, configured) = match bucket {
            LocatedBucket::Service => return Err(Denied::UnknownBucket),
            LocatedBucket::Configured(bucket) => (&bucket.name, Some(&**bucket)),
            LocatedBucket::Unknown(name) if NO_BUCKETS.contains(&name.as_str()) => return Err(Denied::UnknownBucket),
            LocatedBucket::Unknown(name) => (name, None),
        };
        let is_there = |home: &&Arc<Bucket>| {
            [target, configured]
                .into_iter()
                .flatten()
                .all(|other| home.is_beside(other))
        };
        let home = self.whole_origins(client).find(is_there);
        let neighbour = home.and_then(|home| home.neighbour(name.clone()).ok());
        neighbour.map(Arc::new).ok_or(Denied::UnknownBucket)
    }

    fn service(
        &self,
        client: &Client,
        authenticated: &Authenticated,
        operation: &EndpointOperation,
    ) -> Result<EndpointVerdict, EndpointDenied> {
        if operation.known() != Some(Operation::ListBuckets) {
            return Err(EndpointDenied::NoSuchMethod);
        }
        self.require_fresh(authenticated, None, None)?;
        let seen = self.buckets().iter().filter(|bucket| self.may_see(client, bucket));
        Ok(EndpointVerdict::ListBuckets(seen.cloned().collect()))
    }

    /// Presigned requests pass while they are fresh, and not where a refresh rule's `not_before` has killed their like.
    fn require_fresh(
        &self,
        authenticated: &Authenticated,
        bucket: Option<&Bucket>,
        key: Option<&ObjectKey>,
    ) -> Result<(), Denied> {
        let authentic = authenticated.authentic();
        if authentic.form != Form::Query {
            return Ok(());
        }
        if authentic.expired_by.is_some() {
            return Err(Denied::Expired);
        }
        match bucket.zip(key).and_then(|(bucket, key)| self.refresh_rule(bucket, key)) {
            Some(rule) => require_later(rule, authentic),
            None => Ok(()),
        }
    }
}

/// What an allow list must hold for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needed {
    /// This, of the key or the prefix.
    Kind(AllowedOperations),
    /// Anything in the bucket.
    Sight,
    /// `delete`, of each key that the body names.
    EachKey,
}

fn needed(operation: Operation) -> Needed {
    use Operation as O;
    match operation {
        O::GetObject | O::HeadObject => Needed::Kind(AllowedOperations::Read),
        O::PutObject
        | O::CopyObject
        | O::CreateMultipartUpload
        | O::UploadPart
        | O::UploadPartCopy
        | O::CompleteMultipartUpload
        | O::AbortMultipartUpload
        | O::ListParts => Needed::Kind(AllowedOperations::Write),
        O::DeleteObject => Needed::Kind(AllowedOperations::Delete),
        O::DeleteObjects => Needed::EachKey,
        O::ListMultipartUploads | O::ListObjects | O::ListObjectsV2 => Needed::Kind(AllowedOperations::List),
        O::HeadBucket | O::GetBucketLocation | O::ListBuckets | O::CreateBucket => Needed::Sight,
    }
}

fn forward(bucket: Arc<Bucket>, resource: Resource, operation: EndpointOperation) -> EndpointVerdict {
    let each = operation.known() == Some(Operation::DeleteObjects);
    let permit = EndpointPermit::new(bucket, resource, operation);
    if each {
        EndpointVerdict::DeleteEach(permit)
    } else {
        EndpointVerdict::Forward(permit)
    }
}

/// First segments of paths that are no buckets to S3 servers, but their own administration: MinIO takes `/minio/admin/…` and
/// radosgw `/admin/…` with the very signatures that buckets are asked for with. Who has such a bucket may configure it.
const NO_BUCKETS: [&str; 4] = ["admin", "auth", "minio", "swift"];

/// What is told of a bucket that the client may not see: it is not there, and can't be made.
fn unseen(operation: &EndpointOperation) -> Denied {
    match operation.known() {
        Some(Operation::CreateBucket) => Denied::NotAllowed,
        _ => Denied::UnknownBucket,
    }
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
