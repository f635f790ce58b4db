//! Streamed uploads through an HTTP client that is not ours: what an origin gets to see.

use super::fakes::{FakeBody, Request, chunked, data, sha256};
use super::{UploadBody, UploadError, UploadFault};
use crate::fetch::OriginTls;
use crate::sigv4::chunked_encoder::Kind;
use crate::sigv4::{ChunkedError, Payload};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const LENGTH: usize = 300_000;

/// Sends the upload to an origin that takes what it gets; returns all that this one got, and how it ended here.
async fn send(request: &Request, body: FakeBody) -> (Vec<u8>, bool, UploadFault) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/b/k", listener.local_addr().unwrap());
    let upload = request.upload(body).await.unwrap();
    let fault = upload.fault();
    let UploadBody::Stream(stream) = upload.into_body() else {
        panic!("a large body streams");
    };
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_backend_preconfigured(OriginTls::load(b"").unwrap().config())
        .build()
        .unwrap();
    let origin = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut got = Vec::new();
        let mut buffer = vec![0; 65_536];
        loop {
            let count = socket.read(&mut buffer).await.unwrap_or(0);
            got.extend_from_slice(&buffer[..count]);
            let whole = head_len(&got).is_some_and(|head| got.len() >= head + LENGTH);
            if whole {
                socket
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    .await
                    .unwrap();
            }
            if whole || count == 0 {
                return got;
            }
        }
    };
    let sending = client.put(url).body(reqwest::Body::wrap(stream)).send();
    let (got, answer) = tokio::join!(origin, sending);
    (got, answer.is_ok(), fault)
}

fn head_len(got: &[u8]) -> Option<usize> {
    memchr::memmem::find(got, b"\r\n\r\n").map(|at| at + 4)
}

#[tokio::test]
async fn rule_14_the_origin_gets_a_plain_body_of_the_decoded_length() {
    let body = data(LENGTH);
    for kind in Kind::ALL {
        let wire = chunked(kind, &body, 65_536);
        let (got, answered, fault) = send(&Request::chunked(kind, LENGTH), FakeBody::of(&wire, 16_384)).await;
        let (head, sent) = got.split_at(head_len(&got).unwrap());
        let head = String::from_utf8_lossy(head).to_lowercase();
        assert!(head.contains("content-length: 300000\r\n"), "{head}");
        assert!(!head.contains("transfer-encoding"), "{head}");
        assert!(sent == body);
        assert!(answered && fault.get().is_none());
    }
}

#[tokio::test]
async fn rule_14_the_origin_never_gets_the_whole_of_a_false_body() {
    let body = data(LENGTH);
    let mut wire = chunked(Kind::SignedChunks, &body, 65_536);
    let last = wire.len() - 200;
    wire[last] ^= 1;
    let vanished = FakeBody::of(&body, 16_384).ending_after(5, None);
    for (request, body, error) in [
        (
            Request::new(Payload::Sha256(sha256(b"another"))),
            FakeBody::of(&body, 16_384),
            UploadError::HashMismatch,
        ),
        (
            Request::chunked(Kind::SignedChunks, LENGTH),
            FakeBody::of(&wire, 16_384),
            UploadError::Chunked(ChunkedError::SignatureMismatch),
        ),
        (Request::new(Payload::Unsigned), vanished, UploadError::Incomplete),
    ] {
        let (got, answered, fault) = send(&request, body).await;
        let sent = got.len() - head_len(&got).unwrap_or(got.len());
        assert!(sent < LENGTH, "{sent} bytes");
        assert!(!answered);
        assert_eq!(fault.get(), Some(error));
    }
}
