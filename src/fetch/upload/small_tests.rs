//! Small bodies and documents: whole and true, or nothing.

use super::fakes::{FakeBody, Request, Step, checksum, chunked, data, md5, sha256};
use super::{SMALL_BODY, Upload, UploadBody, UploadError};
use crate::s3::{ChecksumAlgorithm, Operation};
use crate::sigv4::chunked_encoder::Kind;
use crate::sigv4::{ChunkedError, Payload};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

#[tokio::test]
async fn true_bodies_are_taken_however_they_come() {
    let body = data(5_000);
    let mut requests = vec![
        (Request::new(Payload::Unsigned), body.clone()),
        (
            Request::new(Payload::Unsigned).with("content-md5", &md5(&body)),
            body.clone(),
        ),
        (Request::new(Payload::Sha256(sha256(&body))), body.clone()),
    ];
    for algorithm in ChecksumAlgorithm::ALL {
        let sum = checksum(algorithm, &body);
        let request = Request::new(Payload::Sha256(sha256(&body)));
        requests.push((request.with(algorithm.header(), &sum), body.clone()));
    }
    for kind in Kind::ALL {
        requests.push((Request::chunked(kind, 5_000), chunked(kind, &body, 999)));
        let with_md5 = Request::chunked(kind, 5_000).with("content-md5", &md5(&body));
        requests.push((with_md5, chunked(kind, &body, 5_000)));
    }
    for (request, wire) in requests {
        for step in [1, 7, 1_000, 100_000] {
            for fake in [FakeBody::of(&wire, step), FakeBody::of(&wire, step).of_untold_length()] {
                let upload = request.upload(fake).await.unwrap();
                assert_eq!(upload.bytes(), Some(&body[..]));
                let signed = matches!(request.payload, Payload::Sha256(_));
                assert_eq!(upload.sha256(), signed.then(|| sha256(&body)));
                assert!(matches!(upload.into_body(), UploadBody::Full(_)));
            }
        }
    }
}

#[tokio::test]
async fn rule_14_false_bodies_are_refused_whole() {
    use UploadError as E;
    let body = data(5_000);
    let other = data(4_999);
    let plain = || Request::new(Payload::Unsigned);
    let wire = |kind| chunked(kind, &body, 999);
    let mut flipped = wire(Kind::SignedChunks);
    flipped[1_500] ^= 1;
    let mut cases = vec![
        (
            Request::new(Payload::Sha256(sha256(&other))),
            body.clone(),
            E::HashMismatch,
        ),
        (plain().with("content-md5", &md5(&other)), body.clone(), E::Md5Mismatch),
        (
            Request::chunked(Kind::SignedChunks, 5_000),
            flipped,
            E::Chunked(ChunkedError::SignatureMismatch),
        ),
        (
            Request::chunked(Kind::SignedChunks, 4_999),
            wire(Kind::SignedChunks),
            E::Chunked(ChunkedError::TooLong),
        ),
        (
            Request::chunked(Kind::SignedChunks, 5_001),
            wire(Kind::SignedChunks),
            E::Chunked(ChunkedError::TooShort),
        ),
        (
            Request::chunked(Kind::SignedChunks, 5_000),
            body.clone(),
            E::Chunked(ChunkedError::LineTooLong),
        ),
    ];
    for algorithm in ChecksumAlgorithm::ALL {
        let sum = checksum(algorithm, &other);
        cases.push((
            plain().with(algorithm.header(), &sum),
            body.clone(),
            E::ChecksumMismatch,
        ));
    }
    let mut false_trailer = wire(Kind::UnsignedTrailer);
    false_trailer[10] ^= 1;
    cases.push((
        Request::chunked(Kind::UnsignedTrailer, 5_000),
        false_trailer,
        E::ChecksumMismatch,
    ));
    for (request, wire, error) in cases {
        for step in [1, 1_000, 100_000] {
            assert_eq!(request.upload(FakeBody::of(&wire, step)).await.unwrap_err(), error);
            assert_eq!(
                request.collect(FakeBody::of(&wire, step), 10_000).await.unwrap_err(),
                error
            );
        }
    }
}

#[tokio::test]
async fn rule_14_a_body_that_breaks_off_is_refused() {
    let body = data(3_000);
    let request = Request::new(Payload::Unsigned);
    for (end, error) in [
        (None, UploadError::Incomplete),
        (Some(Step::Fail(UploadError::Incomplete)), UploadError::Incomplete),
        (Some(Step::Fail(UploadError::Stalled)), UploadError::Stalled),
    ] {
        for frames in 0..3 {
            let fake = FakeBody::of(&body, 1_000).ending_after(frames, end.clone());
            assert_eq!(request.upload(fake).await.unwrap_err(), error);
        }
    }
}

#[tokio::test]
async fn rule_14_a_body_without_bytes_is_judged_before_anything_is_sent() {
    let empty = || FakeBody::of(b"", 1);
    let right = Request::new(Payload::Sha256(sha256(b"")))
        .with("content-md5", &md5(b""))
        .with("x-amz-checksum-crc32", "AAAAAA==");
    let upload = right.upload(empty()).await.unwrap();
    assert_eq!(upload.sha256(), Some(sha256(b"")));
    assert!(matches!(upload.into_body(), UploadBody::Empty));
    for (request, error) in [
        (Request::new(Payload::Sha256(sha256(b"a"))), UploadError::HashMismatch),
        (
            Request::new(Payload::Unsigned).with("content-md5", &md5(b"a")),
            UploadError::Md5Mismatch,
        ),
        (
            Request::new(Payload::Unsigned).with("x-amz-checksum-crc32", "AAAAAQ=="),
            UploadError::ChecksumMismatch,
        ),
        (
            Request::chunked(Kind::SignedChunks, 0),
            UploadError::Chunked(ChunkedError::Truncated),
        ),
    ] {
        assert_eq!(request.upload(empty()).await.unwrap_err(), error);
    }
    for kind in Kind::ALL {
        let wire = chunked(kind, b"", 1);
        let upload = Request::chunked(kind, 0).upload(FakeBody::of(&wire, 10)).await.unwrap();
        assert!(matches!(upload.into_body(), UploadBody::Empty));
    }
}

#[tokio::test]
async fn a_body_of_untold_length_is_taken_while_it_is_small() {
    let limit = usize::try_from(SMALL_BODY).unwrap();
    let plain = Request::new(Payload::Unsigned);
    let framed = Request::new(Payload::UnsignedTrailer).with("x-amz-trailer", "x-amz-checksum-crc32");
    for length in [0, 1, limit, limit + 1, 3 * limit] {
        let body = data(length);
        let wire = chunked(Kind::UnsignedTrailer, &body, 9_999);
        for (request, wire) in [(&plain, &body), (&framed, &wire)] {
            let result = request.upload(FakeBody::of(wire, 10_000).of_untold_length()).await;
            if length <= limit {
                assert_eq!(result.unwrap().bytes(), Some(&body[..]));
            } else {
                assert_eq!(result.unwrap_err(), UploadError::MissingLength);
                assert_eq!(UploadError::MissingLength.code(), "MissingContentLength");
            }
        }
    }
}

#[tokio::test]
async fn a_document_is_bounded() {
    let body = data(1_000);
    let request = Request::new(Payload::Unsigned);
    let told = FakeBody::of(&body, 100);
    let polls = told.polls();
    assert_eq!(request.collect(told, 999).await.unwrap_err(), UploadError::TooLong);
    assert_eq!(
        polls.load(Ordering::Relaxed),
        0,
        "what is told to be too long is not read"
    );
    let untold = FakeBody::of(&body, 100).of_untold_length();
    assert_eq!(request.collect(untold, 999).await.unwrap_err(), UploadError::TooLong);
    let untold = FakeBody::of(&body, 100).of_untold_length();
    assert_eq!(request.collect(untold, 1_000).await.unwrap().bytes(), Some(&body[..]));
    let large = data(200_000);
    let upload = request.collect(FakeBody::of(&large, 10_000), 2 << 20).await.unwrap();
    assert_eq!(upload.bytes(), Some(&large[..]));
}

#[tokio::test]
async fn trailers_of_http_mean_nothing() {
    let fake = FakeBody::of(b"abc", 3).ending_after(1, Some(Step::Trailers));
    let upload = Request::new(Payload::Unsigned).upload(fake).await.unwrap();
    assert_eq!(upload.bytes(), Some(&b"abc"[..]));
}

/// Brings a byte every 29 seconds, and never ends.
struct Trickle(Pin<Box<Sleep>>);

impl Body for Trickle {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        ready!(self.0.as_mut().poll(context));
        self.0 = Box::pin(sleep(Duration::from_secs(29)));
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))))
    }
}

#[tokio::test(start_paused = true)]
async fn rule_23_a_small_body_does_not_trickle_for_ever() {
    let begun = Instant::now();
    let body = Trickle(Box::pin(sleep(Duration::ZERO)));
    let taken = Upload::of(body, &Payload::Unsigned, &HeaderMap::new(), None).await;
    assert_eq!(taken.err(), Some(UploadError::Stalled));
    assert!(begun.elapsed() <= Duration::from_secs(301));
}

#[tokio::test]
async fn rule_14_a_checksum_that_nobody_looks_at_is_refused() {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-checksum-sha512", HeaderValue::from_static("bm90aGluZw=="));
    for (operation, refused) in [
        (Operation::UploadPart, Some(UploadError::InvalidChecksum)),
        (Operation::DeleteObjects, Some(UploadError::InvalidChecksum)),
        // It goes on to the origin, which may know it.
        (Operation::PutObject, None),
    ] {
        let body = FakeBody::of(b"other", 5);
        let taken = Upload::of(body, &Payload::Unsigned, &headers, Some(operation)).await;
        assert_eq!(taken.err(), refused, "{operation:?}");
    }
}
