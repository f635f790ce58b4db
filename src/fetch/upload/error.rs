//! Why a body is not sent to the origin, or not to its end. AWS "List of error codes".

use crate::listener::RequestBodyError;
use crate::sigv4::ChunkedError;
use std::sync::{Arc, OnceLock};

/// Why a body is refused. Always the client's doing, never the origin's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UploadError {
    /// Nothing says how long the body is, and it is not small: 411.
    #[error("the length of the body is not told")]
    MissingLength,
    /// A header about the body stands there twice, or is not written as it should be. Its name.
    #[error("{0} stands there twice or is malformed")]
    BadHeader(&'static str),
    /// A header of aws-chunked bodies on a body that the signature says is none. Its name.
    #[error("{0} belongs to aws-chunked bodies, and the signature says that this is none")]
    NotChunked(&'static str),
    /// `Content-MD5` is no base64 of 16 bytes.
    #[error("Content-MD5 is malformed")]
    InvalidMd5,
    /// The value of an `x-amz-checksum-*` is no base64 of the right length.
    #[error("a checksum is malformed")]
    InvalidChecksum,
    /// More than one `x-amz-checksum-*`, as headers or in the trailer.
    #[error("more than one checksum is announced")]
    ManyChecksums,
    /// `x-amz-trailer` names something else than a checksum that the gateway computes.
    #[error("x-amz-trailer announces a trailer that is not supported")]
    UnknownTrailer,
    /// The aws-chunked framing is broken, or a signature in it.
    #[error(transparent)]
    Chunked(#[from] ChunkedError),
    /// The body ended before the announced length, or the client vanished.
    #[error("the body ended early")]
    Incomplete,
    /// The client sent nothing for longer than [`body_progress`](crate::listener::Limits::body_progress), or too little in
    /// [`body_pace`](crate::listener::Limits::body_pace).
    #[error("the client stopped sending")]
    Stalled,
    /// The body is not the one that was signed.
    #[error("the body is not the one whose SHA-256 was signed")]
    HashMismatch,
    /// The body is not the one that `Content-MD5` is of.
    #[error("the body is not the one whose MD5 was sent")]
    Md5Mismatch,
    /// The body is not the one that the checksum is of.
    #[error("the body is not the one whose checksum was sent")]
    ChecksumMismatch,
    /// A document that is longer than any that S3 takes.
    #[error("the document is too long")]
    TooLong,
}

impl UploadError {
    /// S3's code for it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingLength => "MissingContentLength",
            Self::BadHeader(_)
            | Self::NotChunked(_)
            | Self::InvalidChecksum
            | Self::ManyChecksums
            | Self::UnknownTrailer => "InvalidRequest",
            Self::InvalidMd5 => "InvalidDigest",
            Self::Chunked(error) => chunked_code(error),
            Self::Incomplete => "IncompleteBody",
            Self::Stalled => "RequestTimeout",
            Self::HashMismatch => "XAmzContentSHA256Mismatch",
            Self::Md5Mismatch | Self::ChecksumMismatch => "BadDigest",
            Self::TooLong => "MaxMessageLengthExceeded",
        }
    }
}

const fn chunked_code(error: ChunkedError) -> &'static str {
    match error {
        ChunkedError::SignatureMismatch => "SignatureDoesNotMatch",
        ChunkedError::BadTrailer | ChunkedError::UnexpectedTrailer | ChunkedError::MissingTrailer => {
            "MalformedTrailerError"
        }
        ChunkedError::TooLong | ChunkedError::TooShort | ChunkedError::Truncated => "IncompleteBody",
        ChunkedError::BadSize
        | ChunkedError::BadExtension
        | ChunkedError::LineTooLong
        | ChunkedError::BadLineEnd
        | ChunkedError::BytesAfterEnd => "InvalidRequest",
    }
}

impl From<RequestBodyError> for UploadError {
    fn from(error: RequestBodyError) -> Self {
        match error {
            RequestBodyError::Stalled => Self::Stalled,
            RequestBodyError::Broken(_) => Self::Incomplete,
        }
    }
}

/// Where a streamed upload leaves word of what was wrong with it. The request to the origin fails then, and its own error
/// says no more than that a body broke off.
#[derive(Clone, Debug, Default)]
pub struct UploadFault(Arc<OnceLock<UploadError>>);

impl UploadFault {
    /// What was wrong with the body; `None` while nothing is.
    #[must_use]
    pub fn get(&self) -> Option<UploadError> {
        self.0.get().copied()
    }

    pub(super) fn set(&self, error: UploadError) {
        // The first one counts.
        let _ = self.0.set(error);
    }
}
