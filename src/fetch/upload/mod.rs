//! The body of a request to the origin.
//!
//! What a client signed of its body is checked on the way (rule 14): a body that is not as it was signed never comes to its
//! end here, so that the origin stores nothing.

use crate::listener::RequestBodyError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What is sent to the origin beside the head.
#[derive(Debug)]
pub enum Upload {
    /// Nothing.
    Empty,
    /// All of it, at hand: it can be sent again.
    Full(Bytes),
    /// What comes as the client sends it: once begun, it can't be sent again.
    Stream(UploadStream),
}

impl Upload {
    /// How many bytes it has, as the origin is told before the first one.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Full(bytes) => bytes.len() as u64,
            Self::Stream(stream) => stream.length,
        }
    }

    /// The SHA-256 that the client signed, for the origin to check; `None` for `UNSIGNED-PAYLOAD`.
    #[must_use]
    pub fn content_sha256(&self) -> Option<[u8; 32]> {
        match self {
            Self::Empty | Self::Full(_) => None,
            Self::Stream(stream) => stream.content_sha256,
        }
    }
}

/// Why a body did not come to its end: the client's doing, and none of the origin's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UploadFault {
    /// The client sent nothing for too long.
    #[error("the client stopped sending its body")]
    Stalled,
    /// The connection broke, or the body's framing did.
    #[error("the body broke off")]
    Broken,
    /// It has another length than was announced.
    #[error("the body is not as long as was announced")]
    WrongLength,
}

/// A body on its way from the client to the origin: exactly as long as was announced, or it ends in a fault.
pub struct UploadStream {
    body: Pin<Box<dyn Body<Data = Bytes, Error = UploadFault> + Send + Sync>>,
    length: u64,
    content_sha256: Option<[u8; 32]>,
}

impl UploadStream {
    /// Takes a body of `length` bytes.
    pub fn new(
        body: impl Body<Data = Bytes, Error = UploadFault> + Send + Sync + 'static,
        length: u64,
        content_sha256: Option<[u8; 32]>,
    ) -> Self {
        Self {
            body: Box::pin(body),
            length,
            content_sha256,
        }
    }
}

impl From<RequestBodyError> for UploadFault {
    fn from(error: RequestBodyError) -> Self {
        match error {
            RequestBodyError::Stalled => Self::Stalled,
            RequestBodyError::Broken(_) => Self::Broken,
        }
    }
}

impl Body for UploadStream {
    type Data = Bytes;
    type Error = UploadFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadFault>>> {
        self.body.as_mut().poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

impl fmt::Debug for UploadStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadStream")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
