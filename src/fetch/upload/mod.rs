//! Uploads: from a client's body to what is sent to the origin. Rule 14.
//!
//! A client says of its body how long it is, what its hash or its checksum is, and signs it, chunk by chunk perhaps. All of
//! that is verified here, and the origin gets the decoded body with a plain `Content-Length`. Nothing that is false is ever
//! stored:
//!
//! - what the headers say is judged first (`announced.rs`), before a byte of the body is asked for, so that a client that waits
//!   for `100 Continue` is refused in time;
//! - a small body is read and verified whole before anything is sent ([`UploadBody::Full`]), and can be sent again;
//! - a large one is verified while it is sent ([`UploadStream`]), and its last piece is held back until the verdict.

mod announced;
mod checks;
mod error;
mod intake;
mod stream;
#[cfg(test)]
mod fakes;
#[cfg(test)]
mod header_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod small_tests;
#[cfg(test)]
mod stream_tests;
#[cfg(test)]
mod wire_tests;

pub use error::{UploadError, UploadFault};
pub use stream::UploadStream;

use crate::s3::{Checksum, Operation};
use crate::sigv4::Payload;
use announced::{Announced, CONTENT_ENCODING, DECODED_LENGTH, TRAILER, is_aws_chunked, items};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::Body;
use intake::Intake;
use std::time::Duration;
use tokio::time::timeout;

/// Up to so many bytes a body is read and verified whole before anything is sent: 64 KiB.
pub const SMALL_BODY: u64 = 64 * 1024;

/// How long a body may take that is read whole. One byte in the deadline of each would be weeks (rule 23).
const PATIENCE: Duration = Duration::from_mins(5);

const SDK_ALGORITHM: &str = "x-amz-sdk-checksum-algorithm";

/// A body for the origin, and what is to be said of it.
#[derive(Debug)]
pub struct Upload {
    body: UploadBody,
    sha256: Option<[u8; 32]>,
    /// A checksum that came behind the body and has to go before it.
    checksum: Option<Checksum>,
    /// Whether a trailer was announced, which does not go on.
    had_trailer: bool,
    fault: UploadFault,
}

/// The bytes.
#[derive(Debug)]
pub enum UploadBody {
    /// None.
    Empty,
    /// All of them, verified. Cheap to clone, so it can be sent again.
    Full(Bytes),
    /// Verified while they are sent: once only.
    Stream(UploadStream),
}

impl Upload {
    /// Takes a request's body, what its signature says of the body, its headers as received, and its operation where it is
    /// one of the known. Reads the body when it is small, else not a byte.
    ///
    /// Checksums in the query are not looked at: the SDK for JavaScript puts that of an empty body into presigned URLs.
    ///
    /// # Errors
    /// [`UploadError`]: for a large body what the headers say, for a small one all that may be wrong with it.
    pub async fn of<B>(
        body: B,
        payload: &Payload,
        headers: &HeaderMap,
        operation: Option<Operation>,
    ) -> Result<Self, UploadError>
    where
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<UploadError>,
    {
        let announced = Announced::of(payload, headers, operation)?;
        let upload = Self::promised(&announced);
        let intake = Intake::new(body, announced);
        match intake.length() {
            Some(length) if length > SMALL_BODY => Ok(Self {
                body: UploadBody::Stream(UploadStream::new(intake, length, upload.fault.clone())),
                ..upload
            }),
            _ => {
                upload
                    .gather(intake, SMALL_BODY, UploadError::MissingLength, operation)
                    .await
            }
        }
    }

    /// As [`Upload::of`], for a document that is to be read (XML): always whole, of at most `limit` bytes, whether or not its
    /// length was told.
    ///
    /// # Errors
    /// [`UploadError`], [`UploadError::TooLong`] for a longer one; before a byte of it was read when its length was told.
    pub async fn collect<B>(
        body: B,
        payload: &Payload,
        headers: &HeaderMap,
        operation: Option<Operation>,
        limit: u64,
    ) -> Result<Self, UploadError>
    where
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<UploadError>,
    {
        let announced = Announced::of(payload, headers, operation)?;
        let upload = Self::promised(&announced);
        let intake = Intake::new(body, announced);
        if intake.length().is_some_and(|length| length > limit) {
            return Err(UploadError::TooLong);
        }
        upload.gather(intake, limit, UploadError::TooLong, operation).await
    }

    /// What is known before the body.
    fn promised(announced: &Announced) -> Self {
        Self {
            sha256: announced.sha256,
            had_trailer: announced.trailer.is_some(),
            ..Self::empty()
        }
    }

    async fn gather(
        self,
        intake: Intake,
        limit: u64,
        too_much: UploadError,
        operation: Option<Operation>,
    ) -> Result<Self, UploadError> {
        let whole = timeout(PATIENCE, intake.whole(limit, too_much)).await;
        let (bytes, trailer) = whole.map_err(|_| UploadError::Stalled)??;
        let object_data = matches!(operation, Some(Operation::PutObject | Operation::UploadPart));
        Ok(Self {
            body: UploadBody::of(bytes),
            checksum: trailer.filter(|_| !object_data),
            ..self
        })
    }

    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self::full(Bytes::new())
    }

    /// A body of the gateway's own making.
    #[must_use]
    pub fn full(bytes: Bytes) -> Self {
        Self {
            body: UploadBody::of(bytes),
            sha256: None,
            checksum: None,
            had_trailer: false,
            fault: UploadFault::default(),
        }
    }

    /// The length of the body in bytes: the `Content-Length` for the origin.
    #[must_use]
    pub fn length(&self) -> u64 {
        match &self.body {
            UploadBody::Empty => 0,
            UploadBody::Full(bytes) => bytes.len() as u64,
            UploadBody::Stream(stream) => stream.length(),
        }
    }

    /// The SHA-256 that the client signed, to be signed for the origin too; `None` for `UNSIGNED-PAYLOAD`.
    #[must_use]
    pub fn sha256(&self) -> Option<[u8; 32]> {
        self.sha256
    }

    /// The whole body, verified; `None` for one that streams.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.body {
            UploadBody::Empty => Some(&[]),
            UploadBody::Full(bytes) => Some(bytes),
            UploadBody::Stream(_) => None,
        }
    }

    /// Where to ask, when the origin's connection broke, whether it was the client's body that did it. Take it before
    /// [`Upload::into_body`].
    #[must_use]
    pub fn fault(&self) -> UploadFault {
        self.fault.clone()
    }

    /// Takes the body out.
    #[must_use]
    pub fn into_body(self) -> UploadBody {
        self.body
    }

    /// Makes a client's headers those of the decoded body: without `aws-chunked` and what belongs to it.
    ///
    /// The checksum of a trailer is not sent on with an object's data: a stream's is known too late, and parts of one upload
    /// must all have one or none. A document (`DeleteObjects` and its like) gets it as a header, since S3 demands one there.
    pub fn amend(&self, headers: &mut HeaderMap) {
        headers.remove(DECODED_LENGTH);
        headers.remove(TRAILER);
        if items(headers, CONTENT_ENCODING).any(is_aws_chunked) {
            let rest: Vec<_> = items(headers, CONTENT_ENCODING)
                .filter(|coding| !is_aws_chunked(coding))
                .collect();
            match HeaderValue::from_str(&rest.join(",")) {
                Ok(value) if !value.is_empty() => drop(headers.insert(CONTENT_ENCODING, value)),
                _ => drop(headers.remove(CONTENT_ENCODING)),
            }
        }
        match &self.checksum {
            Some(checksum) => {
                let name = HeaderName::from_static(checksum.algorithm().header());
                // Base64 is always a valid value.
                if let Ok(value) = HeaderValue::from_str(&checksum.to_text()) {
                    headers.insert(name, value);
                }
            }
            // It announces a checksum that is not sent.
            None if self.had_trailer => drop(headers.remove(SDK_ALGORITHM)),
            None => {}
        }
    }
}

impl UploadBody {
    fn of(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            Self::Empty
        } else {
            Self::Full(bytes)
        }
    }
}
