//! Bodies on their way to the origin: as fast as it takes them, whole or not at all.

use crate::forwarding::{Ask, Client, LONG, full, sent, signed_stream, stream, text};
use crate::scripted::{Connection, Gateway, Origin, Place, answer, document, impatient};
use evergate::clock::{Clock, Timestamp};
use evergate::credentials::{self, Loaded, Source, SourceError};
use evergate::fetch::{
    BreakerBounds, ConcurrencyBounds, Deadlines, FetchError, OriginBounds, OriginSettings, Upload, UploadError, Waited,
};
use evergate::s3::Operation;
use evergate::sigv4::{AccessKeyId, Credential, Payload};
use evergate::telemetry::{AccessSink, BreakerState, Telemetry};
use futures_util::future::join_all;
use http::StatusCode;
use secrecy::SecretString;
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Takes bodies of [`LONG`] bytes and says yes to them.
fn taker() -> Origin {
    Origin::start(|connection: &mut Connection| {
        while connection.request().is_some() {
            connection.body(LONG);
            connection.say(answer("200 OK", &["ETag: \"a\""], b""));
        }
    })
}

/// An origin that tells how much of a body it got before its connection was closed.
fn counter() -> (Origin, mpsc::UnboundedReceiver<usize>) {
    let (tell, told) = mpsc::unbounded_channel();
    let origin = Origin::start(move |connection: &mut Connection| {
        connection.request().unwrap();
        let (mut count, mut buffer) = (0, [0; 4096]);
        loop {
            match connection.socket.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(read) => count += read,
            }
        }
        tell.send(count).unwrap();
    });
    (origin, told)
}

/// More than fits into all buffers on the way.
const HUGE: usize = 1 << 30;

fn impatient_with(deadlines: Deadlines) -> OriginSettings {
    OriginSettings {
        deadlines,
        ..impatient()
    }
}

fn gateway_with(origin: &Origin, deadlines: Deadlines) -> Gateway {
    Gateway::with(&format!("http://{}", origin.address), impatient_with(deadlines), b"")
}

#[tokio::test]
async fn a_body_streams_through() {
    let origin = taker();
    let forwarded = Gateway::new(&origin).put(sent(LONG).await).await.unwrap();
    assert_eq!(forwarded.status, StatusCode::OK);
    assert_eq!(forwarded.headers["etag"], "\"a\"");
}

#[tokio::test]
async fn rule_14_a_body_that_is_not_whole_never_ends_at_the_origin() {
    for error in [UploadError::Incomplete, UploadError::Stalled] {
        let (origin, mut told) = counter();
        let gateway = Gateway::impatient(&origin);
        let (client, upload) = stream(LONG).await;
        let sending = tokio::spawn(async move {
            client.send(LONG - 1).await;
            client.fail(error).await;
        });
        assert_eq!(gateway.put(upload).await.unwrap_err(), FetchError::Upload(error));
        sending.await.unwrap();
        assert!(told.recv().await.unwrap() < LONG);
    }
    // Of the wrong hash, too long, and of a client that is gone: the last piece is never sent.
    for (payload, length) in [
        (Payload::Sha256([7; 32]), LONG),
        (Payload::Unsigned, LONG + 1),
        (Payload::Unsigned, LONG - 1),
    ] {
        let (origin, mut told) = counter();
        let gateway = Gateway::impatient(&origin);
        let (client, upload) = signed_stream(LONG, &payload).await;
        tokio::spawn(async move { client.send_all(length).await });
        let error = gateway.put(upload).await.unwrap_err();
        assert!(matches!(error, FetchError::Upload(_)), "{error:?}");
        assert_eq!(error.kind(), None, "it is none of the origin's");
        assert!(told.recv().await.unwrap() < LONG, "{length}");
    }
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing() {
    let (origin, mut told) = counter();
    let gateway = Gateway::impatient(&origin);
    let (client, upload) = stream(LONG).await;
    let mut put = Box::pin(gateway.put(upload));
    tokio::select! {
        _ = &mut put => panic!("an answer to half a body"),
        () = async {
            client.send(LONG / 2).await;
            begun(&client).await;
        } => {}
    }
    drop(put);
    client.given_up().await;
    assert!(told.recv().await.unwrap() < LONG);
}

#[tokio::test]
async fn clients_faults_open_no_breaker() {
    let origin = Origin::start(|connection: &mut Connection| {
        connection.request();
        connection.wait_for_close();
    });
    let gateway = Gateway::impatient(&origin);
    for _ in 0..=BreakerBounds::default().failures {
        let (client, upload) = stream(LONG).await;
        client.fail(UploadError::Incomplete).await;
        gateway.put(upload).await.unwrap_err();
    }
    assert_eq!(gateway.state.breaker().state(), BreakerState::Closed);
}

#[tokio::test]
async fn an_early_refusal_is_passed_on_and_ends_the_upload() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let origin = Origin::start(move |connection: &mut Connection| {
        connection.request().unwrap();
        connection.body(20_000);
        connection.say(answer("413 Payload Too Large", &[], &document("EntityTooLarge")));
        connection.wait_for_close();
        tell.send(()).unwrap();
    });
    let gateway = Gateway::impatient(&origin);
    let (client, upload) = stream(HUGE).await;
    let sending = tokio::spawn(async move {
        client.send_all(HUGE).await;
        client.given_up().await;
    });
    let forwarded = gateway.put(upload).await.unwrap();
    assert_eq!(forwarded.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(forwarded.refusal.as_ref().unwrap().code_text, "EntityTooLarge");
    assert_eq!(text(forwarded).await.into_bytes(), document("EntityTooLarge"));
    sending.await.unwrap();
    told.recv().await.unwrap();
}

#[tokio::test]
async fn a_success_that_comes_before_the_body_is_none() {
    let origin = Origin::start(|connection: &mut Connection| {
        connection.request().unwrap();
        connection.say(answer("200 OK", &[], b""));
        connection.wait_for_close();
    });
    let (client, upload) = stream(LONG).await;
    client.send(1).await;
    let error = Gateway::impatient(&origin).put(upload).await.unwrap_err();
    assert!(matches!(error, FetchError::BadGateway(_)), "{error:?}");
    client.given_up().await;
}

#[tokio::test]
async fn what_a_refusal_teaches_is_learned_though_the_body_is_gone() {
    let late = "Date: Mon, 21 Sep 2026 15:33:20 GMT";
    let origin = Origin::start(move |connection: &mut Connection| {
        while let Some(head) = connection.request() {
            connection.body(LONG);
            if head.contains("\r\nx-amz-date: 20260921t1533") {
                connection.say(answer("200 OK", &[], b""));
            } else {
                connection.say(answer("403 Forbidden", &[late], &document("RequestTimeTooSkewed")));
            }
        }
    });
    let gateway = Gateway::impatient(&origin);
    assert_eq!(gateway.put(sent(LONG).await).await.unwrap_err(), FetchError::Corrected);
    assert_eq!(gateway.put(sent(LONG).await).await.unwrap().status, StatusCode::OK);
    assert_eq!(origin.requests().len(), 2);
}

/// Gives `token-1`, `token-2` and so on.
struct Issuer(AtomicUsize);

impl Source for Issuer {
    async fn load(&self) -> Result<Loaded, SourceError> {
        let token = format!("token-{}", self.0.fetch_add(1, Ordering::SeqCst) + 1);
        let key = AccessKeyId::parse("ASIAEXAMPLE").unwrap();
        let credential = Credential::new(key, SecretString::from("not-a-secret"));
        Ok(Loaded {
            credential: credential.with_session_token(SecretString::from(token)).unwrap(),
            provider: "a script".into(),
        })
    }
}

#[tokio::test]
async fn rule_25_newer_credentials_sign_what_is_at_hand_and_the_next_of_what_is_not() {
    let origin = Origin::start(|connection: &mut Connection| {
        while let Some(head) = connection.request() {
            let length = if head.contains("content-length: 4\r\n") {
                4
            } else {
                LONG
            };
            connection.body(length);
            if head.contains("\r\nx-amz-security-token: token-1\r\n") {
                connection.say(answer("400 Bad Request", &[], &document("ExpiredToken")));
            } else {
                connection.say(answer("200 OK", &[], b""));
            }
        }
    });
    let benches = [full("four"), sent(LONG).await].map(async |upload| {
        let clock = Clock::system();
        let telemetry = Telemetry::new(clock.clone(), AccessSink::none()).unwrap();
        let metrics = telemetry.metrics().bucket("files");
        let mut gateway = Gateway::new(&origin);
        let (id, runtime) = (&gateway.bucket.id, tokio::runtime::Handle::current());
        let source = Issuer(AtomicUsize::new(0));
        gateway.credentials = credentials::start_source(id, source, &clock, &metrics, &runtime);
        while !gateway.credentials.ready() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The least time between two calls of the source.
        tokio::time::sleep(Duration::from_millis(5_200)).await;
        let first = gateway.put(upload).await.map(|forwarded| forwarded.status);
        let next = gateway.put(sent(LONG).await).await.unwrap().status;
        assert_eq!(next, StatusCode::OK);
        first
    });
    let [at_hand, gone] = join_all(benches).await.try_into().unwrap();
    assert_eq!((at_hand, gone), (Ok(StatusCode::OK), Err(FetchError::Corrected)));
}

#[tokio::test]
async fn a_body_of_which_nothing_was_taken_is_sent_again() {
    let late = "Date: Mon, 21 Sep 2026 15:33:20 GMT";
    let origin = Origin::start(move |connection: &mut Connection| {
        if connection.request().unwrap().contains("\r\nx-amz-date: 20260921t1533") {
            connection.body(LONG);
            connection.say(answer("200 OK", &[], b""));
        } else {
            connection.say(answer("403 Forbidden", &[late], &document("RequestTimeTooSkewed")));
        }
    });
    let gateway = Gateway::impatient(&origin);
    let (client, upload) = stream(LONG).await;
    // A client that waits for `100 Continue`, and takes its time.
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        client.send_all(LONG).await;
    });
    assert_eq!(gateway.put(upload).await.unwrap().status, StatusCode::OK);
    assert_eq!(origin.connections(), 2);
}

#[tokio::test]
async fn rule_24_a_stream_that_was_begun_is_not_sent_again() {
    let origin = Origin::start(|connection: &mut Connection| {
        connection.request().unwrap();
        connection.body(LONG);
    });
    let error = Gateway::impatient(&origin).put(sent(LONG).await).await.unwrap_err();
    assert!(matches!(error, FetchError::BadGateway(_)), "{error:?}");
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn a_slow_client_is_not_the_origins_fault() {
    let gateway = gateway_with(
        &taker(),
        Deadlines {
            head: Duration::from_millis(200),
            stall: Duration::from_millis(400),
            ..impatient().deadlines
        },
    );
    let (client, upload) = stream(LONG).await;
    tokio::spawn(async move {
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(600)).await;
            client.send_all(LONG / 4).await;
        }
    });
    assert_eq!(gateway.put(upload).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn rule_23_an_origin_that_takes_nothing_is_given_up() {
    let origin = Origin::start(|connection: &mut Connection| {
        connection.request().unwrap();
        thread::sleep(Duration::from_mins(2));
    });
    let gateway = Gateway::impatient(&origin);
    let (client, upload) = stream(HUGE).await;
    let sending = tokio::spawn(async move {
        client.send_all(HUGE).await;
        client.given_up().await;
    });
    let error = gateway.put(upload).await.unwrap_err();
    assert_eq!(error, FetchError::Timeout(Waited::Room));
    sending.await.unwrap();
}

#[tokio::test]
async fn an_answer_is_waited_for_from_the_end_of_the_body() {
    let slow = |pause| {
        Origin::start(move |connection: &mut Connection| {
            connection.request().unwrap();
            connection.body(LONG);
            thread::sleep(pause);
            connection.say(answer("200 OK", &[], b""));
        })
    };
    let deadlines = Deadlines {
        stall: Duration::from_secs(2),
        ..impatient().deadlines
    };
    let late = slow(Duration::from_mins(2));
    let started = Instant::now();
    let error = gateway_with(&late, deadlines).put(sent(LONG).await).await.unwrap_err();
    assert_eq!(error, FetchError::Timeout(Waited::Head));
    assert!(started.elapsed() >= deadlines.stall);

    let in_time = slow(Duration::from_secs(1));
    let (client, upload) = stream(LONG).await;
    tokio::spawn(async move {
        client.send(1).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        client.send_all(LONG - 1).await;
    });
    assert_eq!(
        gateway_with(&in_time, deadlines).put(upload).await.unwrap().status,
        StatusCode::OK
    );
}

/// Waits until some of the body was taken. One piece waits in front of the gateway, and one in it.
async fn begun(client: &Client) {
    for _ in 0..3 {
        assert!(client.send(1).await);
    }
}

/// A gateway whose origin takes so many uploads at once.
fn narrow(origin: &Origin, most: usize) -> Gateway {
    let bounds = OriginBounds {
        long_concurrency: ConcurrencyBounds {
            most,
            ..OriginBounds::default().long_concurrency
        },
        ..OriginBounds::default()
    };
    let place = Place {
        endpoint: &format!("http://{}", origin.address),
        bucket: "shelf",
        access_key_id: "AKIDEXAMPLE",
        secret_access_key: "not-a-secret",
    };
    let (clock, _) = Clock::manual(Timestamp::from_unix(1_790_000_000));
    Gateway::within(bounds, &place, OriginSettings::default(), b"", &clock)
}

#[tokio::test]
async fn two_hundred_uploads_wait_for_their_turn() {
    let origin = taker();
    let gateway = narrow(&origin, 4);
    let uploads = join_all((0..200).map(|_| sent(LONG))).await;
    for forwarded in join_all(uploads.into_iter().map(|upload| gateway.put(upload))).await {
        assert_eq!(forwarded.unwrap().status, StatusCode::OK);
    }
    assert!(origin.connections() <= 4, "{}", origin.connections());
}

#[tokio::test]
async fn uploads_are_not_in_the_way_of_readers() {
    let origin = Origin::start(|connection: &mut Connection| {
        if connection.request().unwrap().starts_with("get") {
            connection.say(answer("200 OK", &[], b""));
        } else {
            connection.wait_for_close();
        }
    });
    let gateway = narrow(&origin, 1);
    let (client, upload) = stream(LONG).await;
    let mut put = Box::pin(gateway.put(upload));
    let read = async {
        begun(&client).await;
        let list = Ask::bucket(Operation::ListObjectsV2).query("list-type", "2");
        gateway.forward(list, Upload::empty()).await.unwrap();
        gateway.get(&[]).await.unwrap();
    };
    tokio::select! {
        _ = &mut put => panic!("nobody answered it"),
        () = read => {}
    }
}

#[tokio::test]
async fn a_slow_upload_is_no_probe() {
    let barrier = Arc::new(Barrier::new(2));
    let works = Arc::clone(&barrier);
    let origin = Origin::start(move |connection: &mut Connection| {
        let head = connection.request().unwrap();
        if connection.number < 10 {
            return;
        }
        if head.starts_with("put") {
            works.wait();
            connection.wait_for_close();
        } else {
            connection.say(answer("200 OK", &[], b""));
        }
    });
    let gateway = gateway_with(
        &origin,
        Deadlines {
            head: Duration::from_millis(500),
            ..impatient().deadlines
        },
    );
    let complete = || Ask::object(Operation::CompleteMultipartUpload, "k").query("uploadId", "u");
    for _ in 0..10 {
        gateway.forward(complete(), full("")).await.unwrap_err();
    }
    assert_eq!(gateway.state.breaker().state(), BreakerState::Open);
    tokio::time::sleep(BreakerBounds::default().open).await;
    let (client, upload) = stream(LONG).await;
    let mut put = Box::pin(gateway.put(upload));
    let others = async {
        begun(&client).await;
        assert_eq!(gateway.state.breaker().state(), BreakerState::HalfOpen);
        tokio::task::spawn_blocking(move || barrier.wait()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        gateway.get(&[]).await.unwrap();
    };
    tokio::select! {
        put = &mut put => panic!("{put:?}"),
        () = others => {}
    }
    assert_eq!(gateway.state.breaker().state(), BreakerState::Closed);
}
