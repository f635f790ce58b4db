//! What headers alone decide, and that no byte of the body is asked for before.

use super::fakes::{FakeBody, Request, checksum, chunked, data};
use super::{SMALL_BODY, Upload, UploadBody, UploadError};
use crate::listener::RequestBody;
use crate::s3::{ChecksumAlgorithm, Operation};
use crate::sigv4::chunked_encoder::Kind;
use crate::sigv4::{ChunkedError, Payload};
use http::HeaderMap;
use http_body::Body;
use std::sync::atomic::Ordering;

/// One byte more than [`SMALL_BODY`].
const LARGE: usize = 64 * 1024 + 1;

fn plain() -> Request {
    Request::new(Payload::Unsigned)
}

fn unsigned() -> Request {
    Request::chunked(Kind::UnsignedTrailer, 3)
}

#[tokio::test]
async fn rule_14_wrong_headers_are_refused_before_the_body_is_asked_for() {
    use UploadError as E;
    let crc = "x-amz-checksum-crc32";
    let sha = "x-amz-checksum-sha1";
    let length = "x-amz-decoded-content-length";
    let bare = Request::new(Payload::UnsignedTrailer).with("content-encoding", "aws-chunked");
    let signed = |kind: Kind| Request::new(kind.payload()).with(length, "3");
    for (request, error) in [
        (plain().with("content-md5", "?"), E::InvalidMd5),
        (plain().with("content-md5", "AAAA"), E::InvalidMd5),
        (
            plain()
                .with("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")
                .with("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
            E::BadHeader("content-md5"),
        ),
        (plain().with(crc, "AAAA"), E::InvalidChecksum),
        (plain().with(crc, "AAAAAA==-2"), E::InvalidChecksum),
        (plain().with(crc, "AAAAAA==").with(crc, "AAAAAA=="), E::ManyChecksums),
        (plain().with(crc, "AAAAAA==").with(sha, "AAAA"), E::ManyChecksums),
        (
            plain().with(crc, "AAAAAA==").with("x-amz-checksum-xxhash64", "AAAA"),
            E::ManyChecksums,
        ),
        (unsigned().with(crc, "AAAAAA=="), E::ManyChecksums),
        (unsigned().with("x-amz-checksum-xxhash64", "AAAA"), E::ManyChecksums),
        (unsigned().with("x-amz-trailer", sha), E::ManyChecksums),
        (
            bare.clone()
                .with("x-amz-trailer", "x-amz-checksum-crc32, x-amz-checksum-sha1"),
            E::ManyChecksums,
        ),
        (bare.clone().with("x-amz-trailer", "x-amz-meta-a"), E::UnknownTrailer),
        (bare.clone().with(length, "+3"), E::BadHeader(length)),
        (bare.clone().with(length, ""), E::BadHeader(length)),
        (bare.clone().with(length, "3.0"), E::BadHeader(length)),
        (bare.clone().with(length, "18446744073709551616"), E::BadHeader(length)),
        (bare.clone().with(length, "3").with(length, "3"), E::BadHeader(length)),
        (plain().with(length, "3"), E::NotChunked(length)),
        (plain().with("x-amz-trailer", crc), E::NotChunked("x-amz-trailer")),
        (
            plain().with("content-encoding", "gzip, AWS-Chunked"),
            E::NotChunked("content-encoding"),
        ),
        (
            signed(Kind::SignedChunks).with("x-amz-trailer", crc),
            E::Chunked(ChunkedError::UnexpectedTrailer),
        ),
        (
            signed(Kind::SignedChunksTrailer),
            E::Chunked(ChunkedError::MissingTrailer),
        ),
    ] {
        let body = FakeBody::of(b"abc", 3);
        let polls = body.polls();
        assert_eq!(request.upload(body).await.unwrap_err(), error, "{:?}", request.headers);
        assert_eq!(polls.load(Ordering::Relaxed), 0);
        assert_eq!(request.collect(FakeBody::of(b"abc", 3), 3).await.unwrap_err(), error);
    }
}

#[tokio::test]
async fn a_client_that_waits_for_100_continue_waits_until_the_origin_wants_the_body() {
    let body = data(LARGE);
    let hash = Request::new(Payload::Sha256(super::fakes::sha256(&body)));
    let framed = Request::chunked(Kind::UnsignedTrailer, LARGE);
    for (request, wire) in [
        (plain().with("expect", "100-continue"), body.clone()),
        (hash, body.clone()),
        (framed, chunked(Kind::UnsignedTrailer, &body, 9_000)),
    ] {
        let fake = FakeBody::of(&wire, 1_000);
        let polls = fake.polls();
        let upload = request.upload(fake).await.unwrap();
        assert_eq!(upload.length(), LARGE as u64);
        let UploadBody::Stream(mut stream) = upload.into_body() else {
            panic!("a large body streams");
        };
        assert_eq!(polls.load(Ordering::Relaxed), 0);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let _ = std::pin::Pin::new(&mut stream).poll_frame(&mut context);
        assert!(polls.load(Ordering::Relaxed) > 0);
    }
}

#[tokio::test]
async fn a_known_length_decides_what_is_read_before_it_is_sent() {
    let limit = usize::try_from(SMALL_BODY).unwrap();
    for (length, streams) in [(0, false), (1, false), (limit, false), (limit + 1, true)] {
        let body = data(length);
        let upload = plain().upload(FakeBody::of(&body, 1_000)).await.unwrap();
        assert_eq!(upload.length(), length as u64);
        assert_eq!(upload.bytes().is_none(), streams);
        let wire = chunked(Kind::UnsignedTrailer, &body, 9_000);
        let request = Request::chunked(Kind::UnsignedTrailer, length);
        // The length of the framing does not matter, nor whether it is told.
        let upload = request
            .upload(FakeBody::of(&wire, 1_000).of_untold_length())
            .await
            .unwrap();
        assert_eq!(upload.length(), length as u64);
        assert_eq!(upload.bytes().is_none(), streams);
    }
}

#[tokio::test]
async fn the_checksum_of_an_object_that_is_put_together_is_not_that_of_the_list_of_its_parts() {
    let request = plain()
        .with("x-amz-checksum-crc32", "AAAAAA==-2")
        .with("x-amz-checksum-type", "COMPOSITE")
        .doing(Some(Operation::CompleteMultipartUpload));
    assert!(request.collect(FakeBody::of(b"<a/>", 4), 100).await.is_ok());
    // What the gateway can't compute is left to the origin.
    let request = plain().with("x-amz-checksum-xxhash64", "AAAAAAAAAAA=");
    assert!(request.upload(FakeBody::of(b"abc", 4)).await.is_ok());
}

#[tokio::test]
async fn aws_chunked_does_not_go_on() {
    let body = data(10);
    let wire = chunked(Kind::UnsignedTrailer, &body, 9);
    for (sent, left) in [
        (vec!["aws-chunked"], None),
        (vec!["AWS-Chunked,aws-chunked"], None),
        (vec!["gzip,aws-chunked"], Some("gzip")),
        (vec!["aws-chunked", "gzip"], Some("gzip")),
        (vec!["gzip, br", "aws-chunked"], Some("gzip,br")),
        (vec!["gzip"], Some("gzip")),
        (vec![], None),
    ] {
        let mut request = Request::new(Payload::UnsignedTrailer)
            .with("x-amz-decoded-content-length", "10")
            .with("x-amz-trailer", "x-amz-checksum-crc32")
            .with("x-amz-sdk-checksum-algorithm", "CRC32")
            .with("content-type", "text/plain");
        for coding in &sent {
            request = request.with("content-encoding", coding);
        }
        let upload = request.upload(FakeBody::of(&wire, 7)).await.unwrap();
        let mut headers = request.headers;
        upload.amend(&mut headers);
        let mut names: Vec<_> = headers.keys().map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        let expected = if left.is_some() {
            vec!["content-encoding", "content-type"]
        } else {
            vec!["content-type"]
        };
        assert_eq!(names, expected, "{sent:?}");
        assert_eq!(
            headers.get("content-encoding").map(|value| value.to_str().unwrap()),
            left
        );
    }
}

#[tokio::test]
async fn a_document_keeps_the_checksum_of_its_trailer() {
    let body = data(10);
    let wire = chunked(Kind::UnsignedTrailer, &body, 9);
    for operation in [Some(Operation::DeleteObjects), None] {
        let request = Request::chunked(Kind::UnsignedTrailer, 10)
            .with("x-amz-sdk-checksum-algorithm", "CRC32")
            .doing(operation);
        let upload = request.collect(FakeBody::of(&wire, 7), 10).await.unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-sdk-checksum-algorithm", "CRC32".parse().unwrap());
        upload.amend(&mut headers);
        assert_eq!(
            headers["x-amz-checksum-crc32"],
            checksum(ChecksumAlgorithm::Crc32, &body)
        );
        assert_eq!(headers["x-amz-sdk-checksum-algorithm"], "CRC32");
    }
}

#[tokio::test]
async fn a_checksum_in_a_header_goes_on() {
    let sum = checksum(ChecksumAlgorithm::Sha1, b"abc");
    let request = plain()
        .with("x-amz-checksum-sha1", &sum)
        .with("x-amz-sdk-checksum-algorithm", "SHA1");
    let upload = request.upload(FakeBody::of(b"abc", 2)).await.unwrap();
    let mut headers = request.headers.clone();
    upload.amend(&mut headers);
    assert_eq!(headers, request.headers);
}

#[test]
fn a_received_body_is_fit_for_it() {
    fn fit<B: Body<Data = bytes::Bytes, Error: Into<UploadError>> + Send + Sync + 'static>() {}
    fn sendable<B: Body<Data = bytes::Bytes> + Send + Sync + 'static>() {}
    fit::<RequestBody>();
    sendable::<super::UploadStream>();
    assert_eq!(Upload::empty().length(), 0);
}
