//! Conditional and ranged reads, on origins that honour them and on origins that do not. RFC 9110 §13, §14.

use crate::scripted::{Connection, Gateway, Origin, answer};
use evergate::fetch::{FetchError, OriginResponse, OriginStatus};
use http_body_util::BodyExt;

/// Ten bytes under the tag `"now"`, from an origin that knows no condition and no range.
fn plain() -> Origin {
    Origin::saying(answer(
        "200 OK",
        &["ETag: \"now\"", "Last-Modified: Sun, 01 Nov 2026 12:00:00 GMT"],
        b"0123456789",
    ))
}

async fn body(response: OriginResponse) -> Vec<u8> {
    let (_, _, body) = response.into_parts();
    body.collect().await.unwrap().to_bytes().to_vec()
}

#[tokio::test]
async fn an_origin_that_ignores_conditions_is_corrected() {
    for (name, value, status) in [
        ("if-none-match", "\"now\"", OriginStatus::NotModified),
        ("if-none-match", "\"old\", W/\"now\"", OriginStatus::NotModified),
        ("if-none-match", "\"old\"", OriginStatus::Ok),
        (
            "if-modified-since",
            "Sun, 01 Nov 2026 12:00:00 GMT",
            OriginStatus::NotModified,
        ),
        ("if-match", "\"old\"", OriginStatus::PreconditionFailed),
        ("if-match", "\"now\"", OriginStatus::Ok),
        (
            "if-unmodified-since",
            "Sun, 01 Nov 2026 11:00:00 GMT",
            OriginStatus::PreconditionFailed,
        ),
    ] {
        let response = Gateway::new(&plain()).get(&[(name, value)]).await.unwrap();
        assert_eq!(response.status(), status, "{name}: {value}");
        let expected: &[u8] = if status == OriginStatus::Ok { b"0123456789" } else { b"" };
        assert_eq!(body(response).await, expected);
    }
}

#[tokio::test]
async fn an_origin_that_honours_conditions_is_believed() {
    for (status, field, expected) in [
        (
            "304 Not Modified",
            ("if-none-match", "\"a\""),
            OriginStatus::NotModified,
        ),
        (
            "412 Precondition Failed",
            ("if-match", "\"a\""),
            OriginStatus::PreconditionFailed,
        ),
    ] {
        let origin = Origin::saying(format!("HTTP/1.1 {status}\r\nETag: \"b\"\r\nContent-Length: 0\r\n\r\n"));
        let response = Gateway::new(&origin).get(&[field]).await.unwrap();
        assert_eq!(response.status(), expected);
        assert!(origin.requests()[0].contains(&format!("\r\n{}: \"a\"\r\n", field.0)));
    }
}

#[tokio::test]
async fn a_part_knows_the_whole_length() {
    let origin = Origin::saying(answer(
        "206 Partial Content",
        &["Content-Range: bytes 2-4/1000", "ETag: \"a\""],
        b"234",
    ));
    let response = Gateway::new(&origin).get(&[("range", "bytes=2-4")]).await.unwrap();
    assert_eq!(response.status(), OriginStatus::Partial);
    assert_eq!(response.complete_length(), Some(1000));
    assert_eq!(body(response).await, b"234");
    let sent = &origin.requests()[0];
    assert!(
        sent.contains("\r\nrange: bytes=2-4\r\n") && sent.contains("range;x-amz-content-sha256"),
        "{sent}"
    );
}

#[tokio::test]
async fn another_part_than_the_one_asked_for_is_refused() {
    for (range, said) in [
        ("bytes=2-4", "bytes 3-4/9"),
        ("bytes=2-4", "bytes 2-5/9"),
        ("bytes=2-", "bytes 0-8/9"),
        ("bytes=-2", "bytes 5-7/9"),
        ("bytes=-2", "bytes 6-8/9"),
        ("bytes=2-4", "bytes 2-3/9"),
        ("bytes=2-4", "nonsense"),
    ] {
        let field = format!("Content-Range: {said}");
        let origin = Origin::saying(answer("206 Partial Content", &[&field], b"abc"));
        let error = Gateway::new(&origin).get(&[("range", range)]).await.unwrap_err();
        assert!(matches!(error, FetchError::BadGateway(_)), "{range} {said} {error:?}");
    }
}

#[tokio::test]
async fn a_range_outside_the_object_tells_its_length() {
    let answer = answer("416 Range Not Satisfiable", &["Content-Range: bytes */10"], b"<Error/>");
    let response = Gateway::new(&Origin::saying(answer))
        .get(&[("range", "bytes=99-")])
        .await
        .unwrap();
    assert_eq!(response.status(), OriginStatus::RangeNotSatisfiable);
    assert_eq!(response.complete_length(), Some(10));
}

#[tokio::test]
async fn an_ignored_range_gives_the_whole() {
    let response = Gateway::new(&plain()).get(&[("range", "bytes=2-4")]).await.unwrap();
    assert_eq!(response.status(), OriginStatus::Ok);
    assert_eq!(body(response).await, b"0123456789");
}

const RESUME: &[(&str, &str)] = &[("range", "bytes=2-4"), ("if-range", "\"old\"")];

#[tokio::test]
async fn if_range_on_an_origin_that_knows_if_match() {
    let origin = Origin::start(|connection: &mut Connection| {
        while let Some(head) = connection.request() {
            if head.contains("\r\nif-match: ") {
                connection.say(answer("412 Precondition Failed", &[], b"<Error/>"));
            } else {
                connection.say(answer("200 OK", &["ETag: \"now\""], b"0123456789"));
            }
        }
    });
    let response = Gateway::new(&origin).get(RESUME).await.unwrap();
    assert_eq!(response.status(), OriginStatus::Ok);
    assert_eq!(body(response).await, b"0123456789");
    let sent = origin.requests();
    assert_eq!(sent.len(), 2);
    assert!(sent[0].contains("\r\nif-match: \"old\"\r\n") && sent[0].contains("\r\nrange: bytes=2-4\r\n"));
    assert!(!sent[1].contains("range: ") && !sent[1].contains("if-match: "));
}

#[tokio::test]
async fn if_range_on_an_origin_that_ignores_if_match() {
    let origin = Origin::start(|connection: &mut Connection| {
        while let Some(head) = connection.request() {
            if head.contains("\r\nrange: ") {
                let fields = ["Content-Range: bytes 2-4/10", "ETag: \"now\""];
                connection.say(answer("206 Partial Content", &fields, b"234"));
            } else {
                connection.say(answer("200 OK", &["ETag: \"now\""], b"0123456789"));
            }
        }
    });
    let gateway = Gateway::new(&origin);
    let stale = gateway.get(RESUME).await.unwrap();
    assert_eq!(stale.status(), OriginStatus::Ok);
    assert_eq!(body(stale).await, b"0123456789");
    let fresh = gateway
        .get(&[("range", "bytes=2-4"), ("if-range", "\"now\"")])
        .await
        .unwrap();
    assert_eq!(fresh.status(), OriginStatus::Partial);
    assert_eq!(body(fresh).await, b"234");
}

#[tokio::test]
async fn if_range_fails_once_and_not_for_ever() {
    let origin = Origin::saying(answer("412 Precondition Failed", &[], b""));
    let error = Gateway::new(&origin).get(RESUME).await.unwrap_err();
    assert!(matches!(error, FetchError::BadGateway(_)), "{error:?}");
    assert_eq!(origin.requests().len(), 2);
}
