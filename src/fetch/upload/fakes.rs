//! For tests: bodies that do as they are told, and requests with such bodies.

use super::{Upload, UploadBody, UploadError, UploadFault};
use crate::s3::{ChecksumAlgorithm, ChecksumHasher, Operation};
use crate::sigv4::Payload;
use crate::sigv4::chunked_encoder::{FieldEnd, Kind, encode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use md5::Md5;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

/// What a fake body does when it is polled.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Data(Bytes),
    /// Nothing yet.
    Wait,
    Fail(UploadError),
    /// HTTP's own trailers.
    Trailers,
}

/// A body that takes its steps and counts how often it was polled.
#[derive(Debug)]
pub(super) struct FakeBody {
    steps: VecDeque<Step>,
    length: Option<u64>,
    polls: Arc<AtomicUsize>,
}

impl FakeBody {
    /// These bytes in frames of `step` bytes, each but the first after a wait, of a length that is told.
    pub(super) fn of(bytes: &[u8], step: usize) -> Self {
        let mut steps = VecDeque::new();
        for frame in bytes.chunks(step) {
            steps.push_back(Step::Data(Bytes::copy_from_slice(frame)));
            steps.push_back(Step::Wait);
        }
        Self {
            steps,
            length: Some(bytes.len() as u64),
            polls: Arc::default(),
        }
    }

    pub(super) fn of_untold_length(mut self) -> Self {
        self.length = None;
        self
    }

    /// Ends so after `frames` frames.
    pub(super) fn ending_after(mut self, frames: usize, step: Option<Step>) -> Self {
        self.steps.truncate(frames * 2);
        self.steps.extend(step);
        self
    }

    pub(super) fn polls(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.polls)
    }
}

impl Body for FakeBody {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        self.polls.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(match self.steps.pop_front() {
            None => None,
            Some(Step::Data(data)) => Some(Ok(Frame::data(data))),
            Some(Step::Fail(error)) => Some(Err(error)),
            Some(Step::Trailers) => Some(Ok(Frame::trailers(HeaderMap::new()))),
            Some(Step::Wait) => {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// A `PutObject`.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) payload: Payload,
    pub(super) headers: HeaderMap,
    pub(super) operation: Option<Operation>,
}

impl Request {
    pub(super) fn new(payload: Payload) -> Self {
        Self {
            payload,
            headers: HeaderMap::new(),
            operation: Some(Operation::PutObject),
        }
    }

    /// An aws-chunked one, of so many decoded bytes, with the trailer announced that its kind wants.
    pub(super) fn chunked(kind: Kind, decoded_length: usize) -> Self {
        let request = Self::new(kind.payload())
            .with("content-encoding", "aws-chunked")
            .with("x-amz-decoded-content-length", &decoded_length.to_string());
        if kind == Kind::SignedChunks {
            return request;
        }
        request.with("x-amz-trailer", "x-amz-checksum-crc32")
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().unwrap();
        self.headers.append(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub(super) fn doing(mut self, operation: Option<Operation>) -> Self {
        self.operation = operation;
        self
    }

    pub(super) async fn upload(&self, body: FakeBody) -> Result<Upload, UploadError> {
        Upload::of(body, &self.payload, &self.headers, self.operation).await
    }

    pub(super) async fn collect(&self, body: FakeBody, limit: u64) -> Result<Upload, UploadError> {
        Upload::collect(body, &self.payload, &self.headers, self.operation, limit).await
    }
}

/// What a consumer saw of a body: the bytes, and how it ended.
pub(super) async fn consume(upload: Upload) -> (Vec<u8>, Result<(), UploadError>, UploadFault) {
    let fault = upload.fault();
    let mut seen = Vec::new();
    let mut body = match upload.into_body() {
        UploadBody::Empty => return (seen, Ok(()), fault),
        UploadBody::Full(bytes) => return (bytes.to_vec(), Ok(()), fault),
        UploadBody::Stream(stream) => stream,
    };
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => seen.extend(frame.into_data().unwrap()),
            Err(error) => {
                assert!(body.frame().await.is_none(), "nothing comes after an error");
                return (seen, Err(error), fault);
            }
        }
        assert_eq!(body.size_hint().exact(), Some(body.length()));
    }
    assert_eq!(body.length(), 0);
    (seen, Ok(()), fault)
}

/// So many bytes that don't repeat.
pub(super) fn data(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// An aws-chunked body of these bytes in chunks of `size` bytes, with the trailer that its kind wants.
pub(super) fn chunked(kind: Kind, data: &[u8], size: usize) -> Vec<u8> {
    let chunks: Vec<&[u8]> = data.chunks(size).collect();
    let checksum = checksum(ChecksumAlgorithm::Crc32, data);
    let field = (kind != Kind::SignedChunks).then_some(("x-amz-checksum-crc32", &*checksum));
    encode(kind, &chunks, field, FieldEnd::CrLf)
}

pub(super) fn checksum(algorithm: ChecksumAlgorithm, data: &[u8]) -> String {
    let mut hasher = ChecksumHasher::new(algorithm);
    hasher.update(data);
    hasher.finish().to_text()
}

pub(super) fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

pub(super) fn md5(data: &[u8]) -> String {
    STANDARD.encode(Md5::digest(data))
}
