//! What the gateway itself refuses at the S3 endpoint, behind the signature: one row each. AWS "Error responses".

use crate::access::EndpointDenied;
use crate::fetch::UploadError;
use crate::resolve::FieldError;
use crate::respond::Failure;
use crate::respond::told::{BAD, FORBIDDEN, NOT_ALLOWED, NOT_IMPLEMENTED, Told};
use crate::s3::CopyFromError;
use crate::sigv4::ChunkedError;
use crate::telemetry::Outcome;
use http::StatusCode;

/// Why a request that its client signed gets no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointFault {
    /// The operation is open to clients with `operations: [all]` alone: 501. Clients that ask for policies and ACLs in
    /// passing (s3cmd) live with that and not with 403.
    NotOpen,
    /// The service as a whole knows no such operation: 405.
    NoSuchMethod,
    /// The copy source is at another origin: 501.
    OtherOrigin,
    /// A header field is refused: 400, 403 or 501.
    Field(FieldError),
    /// The body is refused: 400, 403 or 411.
    Upload(UploadError),
    /// The body is not the document that belongs there: 400.
    Document,
    /// A parameter of the query is none that belongs there: 400.
    Argument,
    /// The bucket that is to be made is there: 409.
    BucketThere,
}

impl EndpointFault {
    /// Returns what is told of it.
    pub(in crate::respond) const fn told(self) -> Told {
        match self {
            Self::NotOpen => Told::new(
                NOT_IMPLEMENTED,
                "NotImplemented",
                "This operation is not open to this key: its client needs operations: [all] on the whole bucket.",
            )
            .because("operation_not_open"),
            Self::NoSuchMethod => Told::new(
                NOT_ALLOWED,
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
            ),
            Self::OtherOrigin => Told::new(
                NOT_IMPLEMENTED,
                "NotImplemented",
                "The copy source is kept by another storage than the target, and neither can copy from the other.",
            )
            .because("copy_across_origins"),
            Self::Field(error) => of_field(error),
            Self::Upload(error) => of_upload(error),
            Self::Document => Told::new(
                BAD,
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our published schema.",
            ),
            Self::Argument => Told::new(BAD, "InvalidArgument", "A parameter of the query is not valid."),
            Self::BucketThere => Told::new(
                (StatusCode::CONFLICT, Outcome::Conflict),
                "BucketAlreadyOwnedByYou",
                "The bucket you tried to create already exists, and you own it.",
            ),
        }
    }
}

const fn of_field(error: FieldError) -> Told {
    match error {
        FieldError::Ambiguous => Told::new(BAD, "InvalidArgument", "An x-amz-* field stands in the request twice, or holds what no field may.").because("field_ambiguous"),
        FieldError::CopySource(CopyFromError::Malformed) => Told::new(BAD, "InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"),
        FieldError::CopySource(CopyFromError::AccessPoint) => Told::new(NOT_IMPLEMENTED, "NotImplemented", "Access points are not implemented here: name the bucket of the copy source."),
        FieldError::Misplaced => Told::new(BAD, "InvalidRequest", "The request names a second object, and its operation has none."),
        FieldError::Unknown => Told::new(NOT_IMPLEMENTED, "NotImplemented", "A header you provided implies functionality that is not implemented.").because("field_unknown"),
        FieldError::AclNotOpen => Told::new(FORBIDDEN, "AccessDenied", "This key may not open objects to others: an ACL other than private, or a bypassed lock, needs a client with \
             operations: [all].").because("acl_not_open"),
    }
}

const fn of_upload(error: UploadError) -> Told {
    let what = match error {
        UploadError::MissingLength => (StatusCode::LENGTH_REQUIRED, Outcome::BadRequest),
        UploadError::Chunked(ChunkedError::SignatureMismatch) => FORBIDDEN,
        _ => BAD,
    };
    let sentence = match error {
        UploadError::MissingLength => "You must provide the Content-Length HTTP header.",
        UploadError::BadHeader(_) => "A header about the body stands there twice or is malformed.",
        UploadError::NotChunked(_) => {
            "The headers say that the body is aws-chunked, and the signature says that it is not."
        }
        UploadError::InvalidMd5 => "The Content-MD5 you specified is not valid.",
        UploadError::InvalidChecksum => "The value of an x-amz-checksum header is not valid.",
        UploadError::ManyChecksums => "Expecting a single x-amz-checksum- header.",
        UploadError::UnknownTrailer => "The trailer that x-amz-trailer announces is not supported.",
        UploadError::Chunked(_) => "The aws-chunked body is malformed, or a signature in it does not match.",
        UploadError::Incomplete => {
            "You did not provide the number of bytes specified by the Content-Length HTTP header."
        }
        UploadError::Stalled => {
            "Your socket connection to the server was not read from or written to within the timeout period."
        }
        UploadError::HashMismatch => "The provided 'x-amz-content-sha256' header does not match what was computed.",
        UploadError::Md5Mismatch => "The Content-MD5 you specified did not match what we received.",
        UploadError::ChecksumMismatch => "The checksum you specified did not match what we received.",
        UploadError::TooLong => "Your request was too big.",
    };
    Told::new(what, error.code(), sentence)
}

impl From<EndpointFault> for Failure {
    fn from(fault: EndpointFault) -> Self {
        Self::Endpoint(fault)
    }
}

impl From<EndpointDenied> for Failure {
    fn from(denied: EndpointDenied) -> Self {
        match denied {
            EndpointDenied::Denied(denied) => denied.into(),
            EndpointDenied::NotOpen => EndpointFault::NotOpen.into(),
            EndpointDenied::NoSuchMethod => EndpointFault::NoSuchMethod.into(),
            EndpointDenied::OtherOrigin => EndpointFault::OtherOrigin.into(),
        }
    }
}

impl From<FieldError> for Failure {
    fn from(error: FieldError) -> Self {
        EndpointFault::Field(error).into()
    }
}

impl From<UploadError> for Failure {
    fn from(error: UploadError) -> Self {
        EndpointFault::Upload(error).into()
    }
}
