//! What clients of the S3 endpoint get to hear: the origin's answers, and nothing that concerns the gateway alone.

use crate::forwarding::{Ask, LONG, full, sent, text};
use crate::scripted::{Connection, Gateway, Origin, answer, document, impatient};
use evergate::clock::Timestamp;
use evergate::fetch::{Deadlines, FetchError, Forwarded, Length, OriginSettings, TransferError, Upload};
use evergate::s3::{Operation, Region, Resource};
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use std::time::Duration;

/// What is listed when nothing else matters.
fn list() -> Ask {
    Ask::bucket(Operation::ListObjectsV2).query("list-type", "2")
}

async fn listed(answer: impl Into<Vec<u8>>) -> Result<Forwarded, FetchError> {
    Gateway::impatient(&Origin::saying(answer))
        .forward(list(), Upload::empty())
        .await
}

#[tokio::test]
async fn a_request_is_sent_as_it_was_signed_and_with_a_length() {
    let origin = Origin::start(|connection: &mut Connection| {
        while let Some(head) = connection.request() {
            let length = head
                .split_once("\r\ncontent-length: ")
                .map_or(0, |(_, rest)| rest.split("\r\n").next().unwrap().parse().unwrap());
            connection.body(length);
            connection.say(answer("200 OK", &[], b""));
        }
    });
    let gateway = Gateway::new(&origin);
    let put = || {
        Ask::object(Operation::PutObject, "a b/ü+.png")
            .header("x-amz-meta-owner", "me")
            .header("content-type", "image/png")
    };
    gateway.forward(put(), full("four")).await.unwrap();
    gateway.forward(put(), sent(LONG).await).await.unwrap();
    gateway.forward(put(), Upload::empty()).await.unwrap();
    let page = list().query("prefix", "a b/&").query("start-after", "+");
    gateway.forward(page, Upload::empty()).await.unwrap();
    let other = Ask::other(Method::PUT, Resource::Bucket).query("acl", "");
    gateway.forward(other, full("acl")).await.unwrap();
    let heads = origin.requests();
    let has = |at: usize, line: &str| heads[at].contains(&format!("\r\n{line}\r\n"));
    for (at, start) in [
        "put /shelf/a%20b/%c3%bc%2b.png http/1.1\r\n",
        "put /shelf/a%20b/%c3%bc%2b.png http/1.1\r\n",
        "put /shelf/a%20b/%c3%bc%2b.png http/1.1\r\n",
        "get /shelf?list-type=2&prefix=a%20b%2f%26&start-after=%2b http/1.1\r\n",
        "put /shelf?acl= http/1.1\r\n",
    ]
    .into_iter()
    .enumerate()
    {
        assert!(heads[at].starts_with(start), "{}", heads[at]);
        assert!(has(at, "accept-encoding: identity"), "{}", heads[at]);
        for unasked in ["transfer-encoding", "expect", "user-agent", "cookie"] {
            assert!(!heads[at].contains(unasked), "{}", heads[at]);
        }
    }
    let hashed = |at: usize, hash: &str| has(at, &format!("x-amz-content-sha256: {hash}"));
    assert!(has(0, "content-length: 4") && has(1, "content-length: 200000") && has(2, "content-length: 0"));
    assert!(hashed(
        0,
        "04efaf080f5a3e74e1c29d1ca6a48569382cbbcd324e8d59d2b83ef21c039f00"
    ));
    assert!(hashed(1, "unsigned-payload"));
    assert!(hashed(
        2,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    ));
    assert!(!heads[3].contains("content-length"), "{}", heads[3]);
    let signed = "signedheaders=accept-encoding;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-owner, ";
    assert!(heads[0].contains(signed), "{}", heads[0]);
}

#[tokio::test]
async fn rule_2_what_only_the_gateway_may_say_is_not_sent_for_a_client() {
    let origin = Origin::saying(answer("200 OK", &[], b""));
    let gateway = Gateway::new(&origin);
    for name in [
        "authorization",
        "connection",
        "content-length",
        "cookie",
        "expect",
        "host",
        "te",
        "transfer-encoding",
        "upgrade",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
    ] {
        let ask = Ask::object(Operation::PutObject, "k").header(name, "1");
        let refused = gateway.forward(ask, full("four")).await.unwrap_err();
        assert_eq!(refused, FetchError::NotAsSigned, "{name}");
    }
    let refused = gateway.forward(list(), full("a body")).await.unwrap_err();
    assert_eq!(refused, FetchError::NotAsSigned);
    assert_eq!(origin.connections(), 0);
}

#[tokio::test]
async fn an_origins_answers_are_passed_on() {
    for (status, code) in [
        ("400 Bad Request", "EntityTooSmall"),
        ("400 Bad Request", "BadDigest"),
        ("400 Bad Request", "RequestTimeout"),
        ("403 Forbidden", "AccessDenied"),
        ("404 Not Found", "NoSuchKey"),
        ("404 Not Found", "NoSuchBucket"),
        ("404 Not Found", "NoSuchUpload"),
        ("405 Method Not Allowed", "MethodNotAllowed"),
        ("409 Conflict", "BucketNotEmpty"),
        ("411 Length Required", "MissingContentLength"),
        ("412 Precondition Failed", "PreconditionFailed"),
        ("416 Range Not Satisfiable", "InvalidRange"),
        ("501 Not Implemented", "NotImplemented"),
        ("507 Insufficient Storage", "XMinioStorageFull"),
    ] {
        let answer = answer(status, &["x-amz-request-id: 7"], &document(code));
        let forwarded = listed(answer).await.unwrap();
        assert_eq!(forwarded.status.as_str(), &status[..3]);
        assert_eq!(forwarded.headers["x-amz-request-id"], "7");
        assert_eq!(forwarded.refusal.as_ref().unwrap().code_text, code);
        assert_eq!(text(forwarded).await.into_bytes(), document(code));
    }
    let fine = listed(answer("200 OK", &["x-amz-bucket-region: us-east-1"], b"<List/>"))
        .await
        .unwrap();
    assert_eq!((fine.status, fine.body.length()), (StatusCode::OK, Length::Exact(7)));
    assert_eq!(fine.refusal, None);
    assert_eq!(text(fine).await, "<List/>");
    let unchanged = listed("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);
    assert_eq!(text(unchanged).await, "");
    let gone = listed("HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    assert_eq!(
        (gone.status, gone.body.length()),
        (StatusCode::NO_CONTENT, Length::Exact(0))
    );
    // Something in front of the origin knows about sizes.
    let page = listed(answer("413 Payload Too Large", &[], b"<html>nginx</html>"))
        .await
        .unwrap();
    assert_eq!((page.status, page.refusal), (StatusCode::PAYLOAD_TOO_LARGE, None));
}

#[tokio::test]
async fn what_concerns_the_gateway_alone_never_reaches_the_client() {
    for (status, code) in [
        ("400 Bad Request", "ExpiredToken"),
        ("400 Bad Request", "InvalidToken"),
        ("400 Bad Request", "AuthorizationHeaderMalformed"),
        ("403 Forbidden", "InvalidAccessKeyId"),
        ("403 Forbidden", "SignatureDoesNotMatch"),
        ("403 Forbidden", "RequestTimeTooSkewed"),
        ("401 Unauthorized", "Unauthorized"),
        ("301 Moved Permanently", "PermanentRedirect"),
        ("307 Temporary Redirect", "TemporaryRedirect"),
        ("503 Slow Down", "SlowDown"),
        ("429 Too Many Requests", "TooManyRequests"),
        ("500 Internal Server Error", "InternalError"),
        ("502 Bad Gateway", "Whatever"),
    ] {
        let error = listed(answer(status, &["Location: http://elsewhere/"], &document(code)))
            .await
            .unwrap_err();
        assert!(error.kind().is_some(), "{code} {error:?}");
        assert!(!error.to_string().contains("inside talk"), "{error}");
    }
    let long = vec![b' '; 70_000];
    for (status, body) in [
        ("404 Not Found", &b"<html>nginx</html>"[..]),
        ("403 Forbidden", b"<html>nginx</html>"),
        // What can't be read may be anything.
        ("403 Forbidden", &long),
        ("404 Not Found", &long),
    ] {
        let error = listed(answer(status, &[], body)).await.unwrap_err();
        assert!(error.kind().is_some(), "{status} {error:?}");
    }
    let cut = listed("HTTP/1.1 403 Forbidden\r\nContent-Length: 99\r\n\r\n<Error>")
        .await
        .unwrap_err();
    assert!(matches!(cut, FetchError::Forbidden(_)), "{cut:?}");
}

#[tokio::test]
async fn a_head_alone_is_first_doubted_and_then_passed_on() {
    for status in [
        "400 Bad Request",
        "403 Forbidden",
        "404 Not Found",
        "405 Method Not Allowed",
    ] {
        let origin = Origin::saying(format!(
            "HTTP/1.1 {status}\r\nContent-Length: 99\r\nx-amz-bucket-region: us-east-1\r\n\r\n"
        ));
        let head = Ask::object(Operation::HeadObject, "k");
        let forwarded = Gateway::impatient(&origin)
            .forward(head, Upload::empty())
            .await
            .unwrap();
        assert_eq!(forwarded.status.as_str(), &status[..3]);
        assert_eq!(forwarded.headers["content-length"], "99");
        assert_eq!(forwarded.body.length(), Length::Exact(0));
        assert_eq!(text(forwarded).await, "");
    }
}

#[tokio::test]
async fn rule_19_a_list_that_breaks_off_is_an_error() {
    for (answer, received) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n<List", 5),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<List\r\n", 5),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<Lis", 4),
    ] {
        let forwarded = listed(answer).await.unwrap();
        let error = forwarded.body.collect().await.unwrap_err();
        assert_eq!(error, TransferError::Truncated { received }, "{answer}");
    }
    let whole = listed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n<List/>\r\n0\r\n\r\n").await;
    let whole = whole.unwrap();
    assert_eq!(whole.body.length(), Length::Unknown);
    assert_eq!(text(whole).await, "<List/>");
}

#[tokio::test]
async fn rule_24_what_is_idempotent_is_sent_again_and_nothing_else() {
    // Takes each request, and answers the second one.
    let moody = || {
        Origin::start(|connection: &mut Connection| {
            let head = connection.request().unwrap();
            if head.contains("content-length: 4\r\n") {
                connection.body(4);
            }
            if connection.number > 0 {
                connection.say(answer("200 OK", &[], b""));
            }
        })
    };
    let put = || Ask::object(Operation::PutObject, "k");
    for (ask, upload) in [
        (put(), full("four")),
        (put(), Upload::empty()),
        (Ask::object(Operation::DeleteObject, "k"), Upload::empty()),
        (list(), Upload::empty()),
    ] {
        let origin = moody();
        let forwarded = Gateway::impatient(&origin).forward(ask, upload).await.unwrap();
        assert_eq!((forwarded.status, origin.connections()), (StatusCode::OK, 2));
    }
    let complete = Ask::object(Operation::CompleteMultipartUpload, "k").query("uploadId", "u");
    for (ask, upload) in [
        (complete, full("four")),
        (Ask::bucket(Operation::DeleteObjects).query("delete", ""), full("four")),
        (Ask::other(Method::POST, Resource::Bucket), full("four")),
        // Done once, it can't be done again.
        (put().header("if-none-match", "*"), full("four")),
        (put().header("if-match", "\"a\""), full("four")),
    ] {
        let origin = moody();
        let error = Gateway::impatient(&origin).forward(ask, upload).await.unwrap_err();
        assert!(matches!(error, FetchError::BadGateway(_)), "{error:?}");
        assert_eq!(origin.connections(), 1);
    }
}

#[tokio::test]
async fn rule_26_a_skewed_clock_is_learned_and_a_body_at_hand_is_sent_again() {
    let late = "Date: Mon, 21 Sep 2026 15:33:20 GMT";
    let origin = Origin::start(move |connection: &mut Connection| {
        while let Some(head) = connection.request() {
            connection.body(4);
            if head.contains("\r\nx-amz-date: 20260921t1533") {
                connection.say(answer("200 OK", &[late], b""));
            } else {
                connection.say(answer("403 Forbidden", &[late], &document("RequestTimeTooSkewed")));
            }
        }
    });
    let gateway = Gateway::impatient(&origin);
    let complete = || Ask::object(Operation::CompleteMultipartUpload, "k").query("uploadId", "u");
    // A refused request was not done, whatever it was.
    assert_eq!(
        gateway.forward(complete(), full("four")).await.unwrap().status,
        StatusCode::OK
    );
    assert_eq!(origin.requests().len(), 2);
    let now = Timestamp::from_unix(1_790_000_000);
    assert_ne!(gateway.bucket.clock_offset(now).seconds(), 0);
    gateway.forward(complete(), full("four")).await.unwrap();
    assert_eq!(origin.requests().len(), 3);
}

#[tokio::test]
async fn a_bucket_elsewhere_is_signed_for_where_it_is() {
    for status in ["301 Moved Permanently", "307 Temporary Redirect", "400 Bad Request"] {
        let origin = Origin::start(move |connection: &mut Connection| {
            let head = connection.request().unwrap();
            if head.contains("/eu-west-1/s3/aws4_request") {
                connection.say(answer("200 OK", &[], b"<List/>"));
            } else {
                let code = document("AuthorizationHeaderMalformed");
                connection.say(answer(status, &["x-amz-bucket-region: eu-west-1"], &code));
            }
        });
        let gateway = Gateway::impatient(&origin);
        let forwarded = gateway.forward(list(), Upload::empty()).await.unwrap();
        assert_eq!(text(forwarded).await, "<List/>");
        assert_eq!(gateway.bucket.place().region, Region::parse("eu-west-1").unwrap());
    }
}

#[tokio::test]
async fn what_the_origin_has_work_with_may_take_long() {
    let settings = OriginSettings {
        deadlines: Deadlines {
            stall: Duration::from_millis(300),
            head: Duration::from_millis(300),
            slow: Duration::from_secs(30),
            ..impatient().deadlines
        },
        ..impatient()
    };
    let origin = Origin::start(|connection: &mut Connection| {
        connection.request().unwrap();
        std::thread::sleep(Duration::from_secs(1));
        // AWS sends white space so that nobody hangs up.
        connection.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n \r\n");
        std::thread::sleep(Duration::from_secs(1));
        connection.say("7\r\n<Done/>\r\n0\r\n\r\n");
    });
    let gateway = Gateway::with(&format!("http://{}", origin.address), settings, b"");
    let copy = Ask::object(Operation::CopyObject, "k").header("x-amz-copy-source", "/shelf/other");
    let forwarded = gateway.forward(copy, Upload::empty()).await.unwrap();
    assert_eq!(text(forwarded).await, " <Done/>");
    let waited = gateway.forward(list(), Upload::empty()).await.unwrap_err();
    assert!(matches!(waited, FetchError::Timeout(_)), "{waited:?}");
}
