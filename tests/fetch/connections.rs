//! Connections are kept, die unseen, and are bounded.

use crate::scripted::{Connection, Gateway, Origin, answer, impatient};
use evergate::fetch::{FetchError, OriginSettings};
use http_body::Body as _;
use http_body_util::BodyExt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

async fn whole(gateway: &Gateway) -> Vec<u8> {
    let (_, _, body) = gateway.get(&[]).await.unwrap().into_parts();
    body.collect().await.unwrap().to_bytes().to_vec()
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let origin = Origin::start(|connection: &mut Connection| {
        while connection.request().is_some() {
            connection.say(answer("200 OK", &[], b"abc"));
        }
    });
    let gateway = Gateway::new(&origin);
    for _ in 0..5 {
        assert_eq!(whole(&gateway).await, b"abc");
    }
    assert_eq!(origin.connections(), 1);
}

/// An origin whose objects take many reads each.
fn large_objects() -> Origin {
    Origin::start(|connection: &mut Connection| {
        while connection.request().is_some() {
            connection.say(answer("200 OK", &[], &vec![b'a'; 1 << 20]));
        }
    })
}

/// Asks for `future` each time as a task does that has only this much `left` of the share that tokio gives it.
async fn with_little_left<F: Future>(left: usize, future: F) -> F::Output {
    const SHARE: usize = 128;
    let mut future = pin!(future);
    poll_fn(|context| {
        for _ in left..SHARE {
            let _ = pin!(tokio::task::consume_budget()).poll(context);
        }
        future.as_mut().poll(context)
    })
    .await
}

#[tokio::test]
async fn an_answer_comes_to_a_task_that_has_had_its_share() {
    let origin = large_objects();
    let gateway = Gateway::new(&origin);
    for left in 1..=12 {
        let body = with_little_left(left, whole(&gateway));
        let body = tokio::time::timeout(Duration::from_secs(20), body).await;
        assert_eq!(body.map(|body| body.len()), Ok(1 << 20), "{left} left");
    }
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn a_read_error_document_leaves_the_connection_fit_for_use() {
    let origin = Origin::start(|connection: &mut Connection| {
        while connection.request().is_some() {
            connection.say(answer("404 Not Found", &[], &crate::scripted::document("NoSuchKey")));
        }
    });
    let gateway = Gateway::new(&origin);
    for _ in 0..5 {
        assert_eq!(gateway.get(&[]).await.unwrap_err(), FetchError::Missing);
    }
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn an_error_document_that_nobody_reads_leaves_the_connection_fit_for_use() {
    let origin = Origin::start(|connection: &mut Connection| {
        while connection.request().is_some() {
            let document = crate::scripted::document("InvalidRange");
            connection.say(answer(
                "416 Range Not Satisfiable",
                &["Content-Range: bytes */3"],
                &document,
            ));
        }
    });
    let gateway = Gateway::new(&origin);
    for _ in 0..5 {
        let (status, ..) = gateway.get(&[("range", "bytes=9-")]).await.unwrap().into_parts();
        assert_eq!(status, evergate::fetch::OriginStatus::RangeNotSatisfiable);
    }
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_ended_while_idle_costs_no_repeat() {
    let (ended, end) = std::sync::mpsc::channel();
    let origin = Origin::start(move |connection: &mut Connection| {
        connection.request();
        connection.say(answer("200 OK", &[], b"abc"));
        connection.socket.shutdown(std::net::Shutdown::Both).unwrap();
        let _ = ended.send(());
    });
    let gateway = Gateway::impatient(&origin);
    for _ in 0..5 {
        assert_eq!(whole(&gateway).await, b"abc");
        end.recv_timeout(Duration::from_secs(10)).unwrap();
    }
    assert_eq!((origin.connections(), origin.requests().len()), (5, 5));
}

#[tokio::test]
async fn a_body_that_nobody_reads_to_its_end_takes_its_connection_with_it() {
    let origin = large_objects();
    let gateway = Gateway::new(&origin);
    let (_, _, mut body) = gateway.get(&[]).await.unwrap().into_parts();
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert_eq!(whole(&gateway).await.len(), 1 << 20);
    assert_eq!(origin.connections(), 2);
}

#[tokio::test]
async fn a_stale_connection_is_not_the_readers_problem() {
    // Closes each first connection in the worst moment: when the second request on it has been written.
    let origin = Origin::start(|connection: &mut Connection| {
        connection.request();
        connection.say(answer("200 OK", &[], b"abc"));
        if connection.number.is_multiple_of(2) {
            connection.request();
            return;
        }
        connection.wait_for_close();
    });
    let gateway = Gateway::impatient(&origin);
    assert_eq!(whole(&gateway).await, b"abc");
    assert_eq!(whole(&gateway).await, b"abc");
    assert_eq!(origin.requests().len(), 3);
}

#[tokio::test]
async fn rule_24_a_request_is_sent_three_times_at_most() {
    let origin = Origin::start(|connection: &mut Connection| {
        connection.request();
        connection.reset();
    });
    let error = Gateway::impatient(&origin).get(&[]).await.unwrap_err();
    assert!(matches!(error, FetchError::BadGateway(_)), "{error:?}");
    assert_eq!(origin.requests().len(), 3);
}

#[tokio::test]
async fn rule_23_transfers_under_way_are_bounded() {
    let origin = Origin::start(|connection: &mut Connection| {
        connection.request();
        connection.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        connection.wait_for_close();
    });
    let settings = OriginSettings {
        max_in_flight: 2,
        ..impatient()
    };
    let gateway = Gateway::with(&format!("http://{}", origin.address), settings, b"");
    let first = gateway.get(&[]).await.unwrap();
    let _second = gateway.get(&[]).await.unwrap();
    assert_eq!(gateway.get(&[]).await.unwrap_err(), FetchError::Saturated);
    assert_eq!(origin.connections(), 2);
    drop(first);
    assert!(gateway.get(&[]).await.is_ok());
}

#[tokio::test]
async fn rule_23_what_came_whole_from_the_origin_counts_until_the_client_has_it() {
    let origin = Origin::saying(answer("200 OK", &[], b"abc"));
    let settings = OriginSettings {
        max_in_flight: 1,
        ..impatient()
    };
    let gateway = Gateway::with(&format!("http://{}", origin.address), settings, b"");
    let (_, _, mut body) = gateway.get(&[]).await.unwrap().into_parts();
    let chunk = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(chunk == "abc" && body.is_end_stream());
    assert_eq!(gateway.get(&[]).await.unwrap_err(), FetchError::Saturated);
    drop(body);
    assert!(gateway.get(&[]).await.is_ok());
}

#[tokio::test]
async fn a_key_is_sent_as_it_is_stored() {
    use evergate::s3::Operation::GetObject;
    for (key, path) in [
        ("a b+c", "/shelf/a%20b%2bc"),
        ("a//b/", "/shelf/a//b/"),
        ("100%/ü", "/shelf/100%25/%c3%bc"),
        ("a%2Fb", "/shelf/a%252fb"),
        ("!'()*~", "/shelf/%21%27%28%29%2a~"),
    ] {
        let origin = Origin::saying(answer("200 OK", &[], b"x"));
        Gateway::new(&origin).fetch(GetObject, key, &[]).await.unwrap();
        assert!(
            origin.requests()[0].starts_with(&format!("get {path} http/1.1\r\n")),
            "{:?}",
            origin.requests()
        );
    }
}

/// An origin that answers whatever comes, and counts the connections that were closed.
fn counting_closed() -> (Origin, Arc<AtomicUsize>) {
    let closed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&closed);
    let origin = Origin::start(move |connection: &mut Connection| {
        while connection.request().is_some() {
            connection.say(answer("200 OK", &[], b"abc"));
        }
        count.fetch_add(1, Ordering::SeqCst);
    });
    (origin, closed)
}

async fn until(closed: &AtomicUsize, expected: usize) {
    while closed.load(Ordering::SeqCst) != expected {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn rule_23_an_idle_connection_is_closed_when_its_time_is_over() {
    let (origin, closed) = counting_closed();
    let settings = OriginSettings {
        idle_timeout: Duration::from_millis(200),
        ..impatient()
    };
    let gateway = Gateway::with(&format!("http://{}", origin.address), settings, b"");
    for round in 1..=2 {
        assert_eq!(whole(&gateway).await, b"abc");
        assert_eq!(origin.connections(), round);
        until(&closed, round).await;
    }
}

#[tokio::test]
async fn rule_23_no_more_idle_connections_are_kept_than_allowed() {
    let (origin, closed) = counting_closed();
    let settings = OriginSettings {
        max_idle_per_origin: 1,
        ..impatient()
    };
    let gateway = Gateway::with(&format!("http://{}", origin.address), settings, b"");
    tokio::join!(whole(&gateway), whole(&gateway), whole(&gateway));
    until(&closed, 2).await;
    assert_eq!(whole(&gateway).await, b"abc");
    assert_eq!(origin.connections(), 3);
}
