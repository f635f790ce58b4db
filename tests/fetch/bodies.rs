//! A body comes whole or the reader is told that it did not. Rule 19.

use crate::scripted::{Connection, Gateway, Origin, PATIENCE, answer};
use evergate::fetch::{Length, OriginStatus, TransferError};
use http_body_util::BodyExt;
use std::sync::mpsc;
use std::time::Duration;

async fn body_of(answer: &str) -> Result<Vec<u8>, TransferError> {
    let response = Gateway::impatient(&Origin::saying(answer)).get(&[]).await.unwrap();
    let (_, _, body) = response.into_parts();
    let collected = tokio::time::timeout(PATIENCE, body.collect())
        .await
        .expect("the body hung");
    collected.map(|body| body.to_bytes().to_vec())
}

#[tokio::test]
async fn a_body_comes_as_it_was_sent() {
    let origin = Origin::saying(answer(
        "200 OK",
        &["Content-Type: image/png", "x-amz-id-2: x"],
        b"pixels",
    ));
    let response = Gateway::new(&origin).get(&[]).await.unwrap();
    assert_eq!(response.status(), OriginStatus::Ok);
    assert_eq!(response.complete_length(), Some(6));
    let (_, _, body) = response.into_parts();
    assert_eq!(body.length(), Length::Exact(6));
    assert_eq!(body.collect().await.unwrap().to_bytes(), "pixels");
    let sent = &origin.requests()[0];
    assert!(sent.starts_with("get /shelf/a/u.png http/1.1\r\n"), "{sent}");
    assert!(sent.contains(&format!("\r\nhost: {}\r\n", origin.address)), "{sent}");
    assert!(sent.contains("\r\naccept-encoding: identity\r\n"), "{sent}");
    assert!(
        sent.contains("\r\nauthorization: aws4-hmac-sha256 credential=akidexample/"),
        "{sent}"
    );
    for unasked in ["cookie", "user-agent", "x-forwarded", "referer"] {
        assert!(!sent.contains(unasked), "{sent}");
    }
}

#[tokio::test]
async fn a_compressed_object_stays_compressed() {
    let answer = answer("200 OK", &["Content-Encoding: gzip"], b"\x1f\x8b not really");
    let response = Gateway::new(&Origin::saying(answer)).get(&[]).await.unwrap();
    assert_eq!(response.head().content_encoding.as_ref().unwrap(), "gzip");
    let (_, _, body) = response.into_parts();
    assert_eq!(&body.collect().await.unwrap().to_bytes()[..], b"\x1f\x8b not really");
}

#[tokio::test]
async fn rule_19_a_short_body_is_an_error() {
    assert_eq!(
        body_of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd").await,
        Err(TransferError::Truncated { received: 4 })
    );
    assert_eq!(
        body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n").await,
        Err(TransferError::Truncated { received: 4 })
    );
    assert!(matches!(
        body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\nzz\r\n").await,
        Err(TransferError::Truncated { .. })
    ));
}

#[tokio::test]
async fn rule_19_a_reset_in_the_body_is_an_error() {
    let origin = Origin::start(|connection: &mut Connection| {
        connection.request();
        connection.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd");
        connection.reset();
    });
    // The reset may overtake the head, which is another failure.
    if let Ok(response) = Gateway::impatient(&origin).get(&[]).await {
        let (_, _, body) = response.into_parts();
        let result = tokio::time::timeout(PATIENCE, body.collect())
            .await
            .expect("the body hung");
        assert!(matches!(result, Err(TransferError::Truncated { .. })));
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_ends_at_its_length() {
    let long = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcdHTTP/1.1 200 OK\r\n\r\n";
    assert_eq!(body_of(long).await.unwrap(), b"abcd");
}

#[tokio::test]
async fn a_body_of_unknown_length_is_marked() {
    for unsized_body in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\nx-trailer: 1\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nabcd",
    ] {
        let response = Gateway::new(&Origin::saying(unsized_body)).get(&[]).await.unwrap();
        assert_eq!(response.complete_length(), None);
        let (_, _, body) = response.into_parts();
        assert_eq!(body.length(), Length::Unknown);
        let whole = body.collect().await.unwrap();
        assert!(whole.trailers().is_none());
        assert_eq!(whole.to_bytes(), "abcd");
    }
}

#[tokio::test]
async fn silence_in_the_body_ends_it() {
    let origin = Origin::start(|connection: &mut Connection| {
        connection.request();
        connection.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd");
        connection.wait_for_close();
    });
    let (_, _, body) = Gateway::impatient(&origin).get(&[]).await.unwrap().into_parts();
    let result = tokio::time::timeout(PATIENCE, body.collect())
        .await
        .expect("the body hung");
    assert_eq!(result.unwrap_err(), TransferError::Stalled { received: 4 });
}

#[tokio::test]
async fn a_slow_reader_is_not_taken_for_a_silent_origin() {
    let origin = Origin::saying(answer("200 OK", &[], b"abcdefghij"));
    let gateway = Gateway::impatient(&origin);
    let (_, _, body) = gateway.get(&[]).await.unwrap().into_parts();
    // Longer than the deadline for silence.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(body.collect().await.unwrap().to_bytes(), "abcdefghij");
}

#[tokio::test]
async fn a_head_has_a_length_and_no_body() {
    let origin = Origin::saying("HTTP/1.1 200 OK\r\nContent-Length: 123456789\r\nETag: \"a\"\r\n\r\n");
    let response = Gateway::new(&origin).head().await.unwrap();
    assert_eq!(response.complete_length(), Some(123_456_789));
    let (_, _, body) = response.into_parts();
    assert!(body.collect().await.unwrap().to_bytes().is_empty());
}

#[tokio::test]
async fn dropping_the_response_ends_the_transfer() {
    let (closed, told) = mpsc::channel();
    let origin = Origin::start(move |connection: &mut Connection| {
        connection.request();
        connection.say("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nfirst bytes");
        connection.wait_for_close();
        closed.send(()).unwrap();
    });
    let gateway = Gateway::new(&origin);
    let response = gateway.get(&[]).await.unwrap();
    assert_eq!(response.complete_length(), Some(99_999_999_999));
    assert_eq!(gateway.client.in_flight(), 1);
    drop(response);
    assert_eq!(gateway.client.in_flight(), 0);
    tokio::task::spawn_blocking(move || told.recv_timeout(PATIENCE))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn giving_up_before_the_head_ends_the_request() {
    let (closed, told) = mpsc::channel();
    let origin = Origin::start(move |connection: &mut Connection| {
        connection.request();
        connection.wait_for_close();
        closed.send(()).unwrap();
    });
    let gateway = Gateway::new(&origin);
    tokio::select! {
        _ = gateway.get(&[]) => panic!("no answer was given"),
        () = async { while origin.requests().is_empty() { tokio::time::sleep(Duration::from_millis(5)).await } } => {}
    }
    assert_eq!(gateway.client.in_flight(), 0);
    tokio::task::spawn_blocking(move || told.recv_timeout(PATIENCE))
        .await
        .unwrap()
        .unwrap();
}
