//! Large bodies: whoever sends them on sees the end only of a true one.

use super::fakes::{FakeBody, Request, Step, checksum, chunked, consume, data, md5, sha256};
use super::{UploadBody, UploadError};
use crate::s3::ChecksumAlgorithm;
use crate::sigv4::chunked_encoder::Kind;
use crate::sigv4::{ChunkedError, Payload};
use http_body_util::BodyExt;

const LENGTH: usize = 100_000;
const STEPS: [usize; 4] = [1, 977, 20_000, 1_000_000];

#[tokio::test]
async fn true_bodies_pass_whole() {
    let body = data(LENGTH);
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
        requests.push((
            Request::new(Payload::Unsigned).with(algorithm.header(), &sum),
            body.clone(),
        ));
    }
    for kind in Kind::ALL {
        for size in [8_192, 65_536, LENGTH] {
            requests.push((Request::chunked(kind, LENGTH), chunked(kind, &body, size)));
        }
    }
    for (request, wire) in requests {
        for step in STEPS {
            let upload = request.upload(FakeBody::of(&wire, step)).await.unwrap();
            assert_eq!(upload.length(), LENGTH as u64);
            let (seen, end, fault) = consume(upload).await;
            assert!(seen == body);
            assert_eq!((end, fault.get()), (Ok(()), None));
        }
    }
}

/// Asserts that nobody sees the whole of such a body, whatever frames it comes in.
async fn refused(request: &Request, bodies: impl Iterator<Item = FakeBody>, error: UploadError) {
    for body in bodies {
        let upload = request.upload(body).await.unwrap();
        let (seen, end, fault) = consume(upload).await;
        assert!(seen.len() < LENGTH, "{error}: {} bytes of {LENGTH}", seen.len());
        assert_eq!((end, fault.get()), (Err(error), Some(error)));
    }
}

fn in_steps(wire: &[u8]) -> impl Iterator<Item = FakeBody> {
    STEPS.into_iter().map(|step| FakeBody::of(wire, step))
}

#[tokio::test]
async fn rule_14_a_wrong_hash_or_checksum_never_passes_whole() {
    let body = data(LENGTH);
    let other = data(LENGTH - 1);
    let plain = || Request::new(Payload::Unsigned);
    let hash = Request::new(Payload::Sha256(sha256(&other)));
    refused(&hash, in_steps(&body), UploadError::HashMismatch).await;
    let sum = plain().with("content-md5", &md5(&other));
    refused(&sum, in_steps(&body), UploadError::Md5Mismatch).await;
    for algorithm in ChecksumAlgorithm::ALL {
        let sum = plain().with(algorithm.header(), &checksum(algorithm, &other));
        refused(&sum, in_steps(&body), UploadError::ChecksumMismatch).await;
    }
}

#[tokio::test]
async fn rule_14_a_wrong_chunk_or_trailer_never_passes_whole() {
    let body = data(LENGTH);
    let chunked_error = |error| UploadError::Chunked(error);
    let mismatch = chunked_error(ChunkedError::SignatureMismatch);
    for kind in [Kind::SignedChunks, Kind::SignedChunksTrailer] {
        let wire = chunked(kind, &body, 30_000);
        // In the first chunk's data, and in the last one's.
        for at in [5_000, 100_000] {
            let mut wire = wire.clone();
            wire[at] ^= 1;
            refused(&Request::chunked(kind, LENGTH), in_steps(&wire), mismatch).await;
        }
        // The chunk that ends it all, signed as if there were more before it.
        let mut ended = chunked(kind, &body, LENGTH);
        let end = LENGTH + 90 + "0;chunk-signature=".len();
        ended[end] = if ended[end] == b'0' { b'1' } else { b'0' };
        refused(&Request::chunked(kind, LENGTH), in_steps(&ended), mismatch).await;
    }
    let request = Request::chunked(Kind::UnsignedTrailer, LENGTH);
    let mut wire = chunked(Kind::UnsignedTrailer, &body, 30_000);
    wire[50_000] ^= 1;
    refused(&request, in_steps(&wire), UploadError::ChecksumMismatch).await;
    let sha1 = Request::chunked(Kind::SignedChunks, LENGTH)
        .with("x-amz-checksum-sha1", &checksum(ChecksumAlgorithm::Sha1, b"a"));
    let wire = chunked(Kind::SignedChunks, &body, 30_000);
    refused(&sha1, in_steps(&wire), UploadError::ChecksumMismatch).await;
    // The trailer's signature is of another trailer.
    let request = Request::chunked(Kind::SignedChunksTrailer, LENGTH);
    let mut wire = chunked(Kind::SignedChunksTrailer, &body, 30_000);
    let value = wire.len() - "AAAAAA==\r\nx-amz-trailer-signature:\r\n\r\n".len() - 64;
    wire[value] = if wire[value] == b'A' { b'B' } else { b'A' };
    refused(&request, in_steps(&wire), mismatch).await;
    // Something stands behind the end.
    let mut wire = chunked(Kind::SignedChunksTrailer, &body, 30_000);
    wire.push(b'0');
    refused(&request, in_steps(&wire), chunked_error(ChunkedError::BytesAfterEnd)).await;
}

#[tokio::test]
async fn rule_14_a_body_that_breaks_off_never_passes_whole() {
    let body = data(LENGTH);
    let ends = [
        (None, UploadError::Incomplete),
        (Some(Step::Fail(UploadError::Incomplete)), UploadError::Incomplete),
        (Some(Step::Fail(UploadError::Stalled)), UploadError::Stalled),
    ];
    for (end, error) in ends {
        let plain = Request::new(Payload::Unsigned);
        let cut = (0..9).map(|frames| FakeBody::of(&body, 11_111).ending_after(frames, end.clone()));
        refused(&plain, cut, error).await;
        for kind in Kind::ALL {
            let wire = chunked(kind, &body, 30_000);
            let step = wire.len().div_ceil(9);
            let request = Request::chunked(kind, LENGTH);
            // The end of the framing is worth as much as the end of the data.
            let almost = [FakeBody::of(&wire[..wire.len() - 1], step).ending_after(9, end.clone())];
            let cut = (0..9).map(|frames| FakeBody::of(&wire, step).ending_after(frames, end.clone()));
            let error = if end.is_none() {
                UploadError::Chunked(ChunkedError::Truncated)
            } else {
                error
            };
            refused(&request, cut.chain(almost), error).await;
        }
    }
    // All is there, and yet the client's connection broke before that was clear.
    for (end, error) in [(Step::Fail(UploadError::Incomplete), UploadError::Incomplete)] {
        let whole = FakeBody::of(&body, 50_000).ending_after(2, Some(end));
        refused(&Request::new(Payload::Unsigned), std::iter::once(whole), error).await;
    }
}

#[tokio::test]
async fn a_piece_is_given_on_when_the_next_one_is_there() {
    let body = data(LENGTH);
    let upload = Request::new(Payload::Unsigned)
        .upload(FakeBody::of(&body, 10_000))
        .await
        .unwrap();
    let UploadBody::Stream(mut stream) = upload.into_body() else {
        panic!("a large body streams");
    };
    let mut left = LENGTH as u64;
    while let Some(frame) = stream.frame().await {
        assert_eq!(frame.unwrap().into_data().unwrap().len(), 10_000);
        left -= 10_000;
        assert_eq!(stream.length(), left);
    }
    assert_eq!(left, 0);
}
