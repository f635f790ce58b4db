//! Each failure is told apart, soon, and never for another.

use crate::scripted::{Connection, Gateway, Origin, PATIENCE, answer, document};
use evergate::config::OriginForbidden;
use evergate::fetch::{FetchError, OriginSettings, Waited};
use evergate::respond::Failure;
use std::thread;
use std::time::{Duration, Instant};

async fn error(origin: &Origin) -> FetchError {
    Gateway::impatient(origin).get(&[]).await.unwrap_err()
}

async fn error_saying(status: &str, fields: &[&str], body: &[u8]) -> FetchError {
    error(&Origin::saying(answer(status, fields, body))).await
}

fn outside(error: &FetchError) -> u16 {
    Failure::of_fetch(error, OriginForbidden::NotFound).status().as_u16()
}

#[tokio::test]
async fn a_missing_key_is_not_a_missing_bucket() {
    let missing = error_saying("404 Not Found", &[], &document("NoSuchKey")).await;
    assert_eq!(missing, FetchError::Missing);
    let version = error_saying("404 Not Found", &[], &document("NoSuchVersion")).await;
    assert_eq!(version, FetchError::Missing);
    let bucket = error_saying("404 Not Found", &[], &document("NoSuchBucket")).await;
    assert_eq!(bucket, FetchError::MissingBucket);
    assert_eq!((outside(&missing), outside(&bucket)), (404, 502));
    // Something that is no S3 server knows nothing of the key.
    let page = error_saying("404 Not Found", &[], b"<html>nginx</html>").await;
    assert_eq!(outside(&page), 502);
    assert_eq!(error_saying("404 Not Found", &[], b"").await, FetchError::Missing);
}

#[tokio::test]
async fn a_head_has_no_document_to_tell_by() {
    let origin = Origin::saying("HTTP/1.1 404 Not Found\r\nContent-Length: 243\r\n\r\n");
    let started = Instant::now();
    assert_eq!(Gateway::new(&origin).head().await.unwrap_err(), FetchError::Missing);
    assert!(started.elapsed() < PATIENCE / 2);
    assert!(origin.requests()[0].starts_with("head /shelf/a/u.png http/1.1\r\n"));
}

#[tokio::test]
async fn a_refusal_names_the_origins_code() {
    for (status, code) in [
        ("403 Forbidden", "AccessDenied"),
        ("403 Forbidden", "RequestTimeTooSkewed"),
        ("400 Bad Request", "ExpiredToken"),
    ] {
        let error = error_saying(status, &[], &document(code)).await;
        let FetchError::Forbidden(said) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(said.as_str(), code);
        assert_eq!(outside(&error), 404);
        assert_eq!(Failure::of_fetch(&error, OriginForbidden::Forbidden).status(), 403);
        assert!(!error.to_string().contains("inside talk"));
    }
}

#[tokio::test]
async fn a_busy_origin_is_waited_for() {
    for (status, fields, after) in [
        ("503 Slow Down", &["Retry-After: 7"][..], Some(7)),
        ("503 Service Unavailable", &[], None),
        ("429 Too Many Requests", &["Retry-After: 99999999"], Some(3600)),
        ("503 Slow Down", &["Retry-After: soon"], None),
    ] {
        let error = error_saying(status, fields, &document("SlowDown")).await;
        let retry_after = after.map(Duration::from_secs);
        assert_eq!(error, FetchError::Throttled { retry_after }, "{status}");
        assert_eq!(outside(&error), 503);
    }
}

#[tokio::test]
async fn rule_4_a_redirect_is_never_followed_and_names_the_region() {
    let elsewhere = Origin::saying(answer("200 OK", &[], b"stolen"));
    let location = format!("Location: http://{}/", elsewhere.address);
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let fields = ["x-amz-bucket-region: eu-west-1", &location];
        let error = error_saying(status, &fields, &document("PermanentRedirect")).await;
        assert!(matches!(error, FetchError::BadGateway(_)), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains("x-amz-bucket-region") && text.contains("eu-west-1"),
            "{text}"
        );
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn what_s3_does_not_say_is_a_bad_gateway() {
    for status in ["500 Internal Server Error", "502 Bad Gateway", "504 Gateway Timeout"] {
        let error = error_saying(status, &[], &document("InternalError")).await;
        assert!(matches!(error, FetchError::Broken(_)), "{error:?}");
        assert_eq!(outside(&error), 502);
    }
    for status in [
        "204 No Content",
        "201 Created",
        "400 Bad Request",
        "418 Teapot",
        "304 Not Modified",
        "412 X",
        "416 X",
    ] {
        let error = error_saying(status, &[], b"").await;
        assert!(matches!(error, FetchError::BadGateway(_)), "{status} {error:?}");
        assert_eq!(outside(&error), 502);
    }
    let unasked = error_saying("206 Partial Content", &["Content-Range: bytes 0-2/9"], b"abc").await;
    assert!(matches!(unasked, FetchError::BadGateway(_)), "{unasked:?}");
}

#[tokio::test]
async fn garbage_is_a_bad_gateway() {
    for garbage in [
        &b"\x00\xff\xfe garbage without a line"[..],
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Len",
        b"",
    ] {
        let error = error(&Origin::saying(garbage)).await;
        assert!(matches!(error, FetchError::BadGateway(_)), "{garbage:?} {error:?}");
    }
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut() {
    let many = Origin::start(|connection: &mut Connection| {
        connection.request();
        connection.say("HTTP/1.1 200 OK\r\n");
        for number in 0..1_000_000 {
            if std::io::Write::write_all(&mut connection.socket, format!("x-{number}: y\r\n").as_bytes()).is_err() {
                return;
            }
        }
    });
    let error_many = error(&many).await;
    assert!(matches!(error_many, FetchError::BadGateway(_)), "{error_many:?}");
    let long = Origin::start(|connection: &mut Connection| {
        connection.request();
        connection.say("HTTP/1.1 200 OK\r\nx: ");
        while std::io::Write::write_all(&mut connection.socket, &[b'y'; 8192]).is_ok() {}
    });
    let error_long = error(&long).await;
    assert!(matches!(error_long, FetchError::BadGateway(_)), "{error_long:?}");
}

#[tokio::test]
async fn a_slow_head_is_a_timeout() {
    let silent = Origin::start(|connection: &mut Connection| {
        connection.request();
        connection.wait_for_close();
    });
    assert_eq!(error(&silent).await, FetchError::Timeout(Waited::Head));
    let trickle = Origin::start(|connection: &mut Connection| {
        connection.request();
        for byte in b"HTTP/1.1 200 OK\r\nx-padding: 0123456789012345678901234567890123456789" {
            connection.say([*byte]);
            thread::sleep(Duration::from_millis(100));
        }
        connection.wait_for_close();
    });
    let late = error(&trickle).await;
    assert_eq!(late, FetchError::Timeout(Waited::Head));
    assert_eq!(outside(&late), 504);
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let gateway = Gateway::with(&format!("http://{port}"), OriginSettings::default(), b"");
    let error = gateway.get(&[]).await.unwrap_err();
    assert!(matches!(error, FetchError::Unreachable(_)), "{error:?}");
    assert_eq!(outside(&error), 502);
    assert!(!error.to_string().contains("Signature"));
}

#[tokio::test]
async fn no_more_than_64_kib_of_an_error_are_read_and_not_for_long() {
    let huge = Origin::start(|connection: &mut Connection| {
        connection.request();
        connection.say("HTTP/1.1 404 Not Found\r\nContent-Length: 99999999999\r\n\r\n");
        while std::io::Write::write_all(&mut connection.socket, &[b' '; 8192]).is_ok() {}
    });
    let started = Instant::now();
    assert!(matches!(error(&huge).await, FetchError::BadGateway(_)));
    let slow = Origin::start(|connection: &mut Connection| {
        connection.request();
        connection.say("HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\n<Error>");
        connection.wait_for_close();
    });
    assert!(matches!(error(&slow).await, FetchError::Forbidden(_)));
    assert!(started.elapsed() < PATIENCE / 2);
}
