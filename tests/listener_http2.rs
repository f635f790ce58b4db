//! HTTP/2 by prior knowledge: the same refusals, and the bounds of its own (rule 23).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on ends")]

mod listener_support;

use bytes::Bytes;
use evergate::listener::{Deadline, Limits, Refusal};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use listener_support::{Gate, PATIENCE, Wire, wait_for, wait_until};
use std::future::Future;
use std::io::Read;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

const SHORT: Duration = Duration::from_millis(300);

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE * 2, test).await.unwrap() })
}

type Client = SendRequest<Full<Bytes>>;

async fn connect(gate: &Gate) -> (Client, JoinHandle<hyper::Result<()>>) {
    let stream = TcpStream::connect(gate.address).await.unwrap();
    let builder = Builder::new(TokioExecutor::new());
    let (client, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    (client, tokio::spawn(connection))
}

fn get(path: &str) -> Request<Full<Bytes>> {
    Request::get(format!("http://files.example{path}"))
        .body(Full::default())
        .unwrap()
}

async fn text(response: Response<Incoming>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[test]
fn h2c_by_prior_knowledge_serves_many_requests_at_once() {
    let gate = Gate::open();
    run(async {
        let (client, _connection) = connect(&gate).await;
        let requests = (0..50).map(|n| {
            let mut client = client.clone();
            async move { text(client.send_request(get(&format!("/{n}?q"))).await.unwrap()).await }
        });
        let answers = futures_util::future::join_all(requests).await;
        assert!(
            answers.iter().enumerate().all(|(n, answer)| *answer == format!("/{n}")),
            "{answers:?}"
        );
    });
    let seen = gate.notes.all();
    assert!(seen.iter().all(|seen| seen.version == http::Version::HTTP_2));
    assert_eq!(seen[0].request.as_ref().unwrap().host, "files.example");
    assert_eq!(gate.stats.accepted.get(), 1);
}

#[test]
fn a_large_answer_and_a_large_body_pass_whole() {
    let gate = Gate::open();
    run(async {
        let (mut client, _connection) = connect(&gate).await;
        let answer = client.send_request(get("/big")).await.unwrap();
        assert_eq!(answer.headers()["content-length"], "1048576");
        assert_eq!(text(answer).await.len(), 1024 * 1024);
        let body = Full::new(Bytes::from(vec![b'x'; 3 << 20]));
        let put = Request::put("http://files.example/echo").body(body).unwrap();
        assert_eq!(text(client.send_request(put).await.unwrap()).await, "3145728 bytes");
    });
}

#[test]
fn rule_2_and_23_refusals_are_the_same_as_on_http_1() {
    let too_long = format!("http://a/{}", "x".repeat(8 * 1024));
    let mut many_fields = Request::get("http://a/");
    for n in 0..65 {
        many_fields = many_fields.header(format!("x-{n}"), "y");
    }
    let table = [
        (Request::get("http://a/").header("host", "b"), Refusal::BadHost, 400),
        (
            Request::get("http://a/").header("host", "a").header("host", "a"),
            Refusal::BadHost,
            400,
        ),
        (Request::get("http://a_b..c/"), Refusal::BadHost, 400),
        (Request::get("http://user@a/"), Refusal::BadHost, 400),
        (Request::get("http://a/x\\y"), Refusal::BadTarget, 400),
        (Request::get(too_long), Refusal::TargetTooLong, 414),
        (
            Request::builder().method("BREW").uri("http://a/"),
            Refusal::UnknownMethod,
            501,
        ),
        (many_fields, Refusal::TooManyFields, 431),
    ];
    for (request, refusal, code) in table {
        let gate = Gate::open();
        run(async {
            let (mut client, _connection) = connect(&gate).await;
            let answer = client
                .send_request(request.body(Full::default()).unwrap())
                .await
                .unwrap();
            assert_eq!(answer.status().as_u16(), code, "{refusal:?}");
        });
        assert_eq!(gate.notes.refusal(), refusal);
    }
    let gate = Gate::open();
    run(async {
        let (mut client, _connection) = connect(&gate).await;
        let equal = Request::get("http://a/")
            .header("host", "A:80")
            .body(Full::default())
            .unwrap();
        assert_eq!(client.send_request(equal).await.unwrap().status(), StatusCode::OK);
    });
}

#[test]
fn rule_23_a_header_list_larger_than_16_kib_never_reaches_the_service() {
    let gate = Gate::open();
    run(async {
        let (mut client, _connection) = connect(&gate).await;
        // Our client heeds the announced limit, so it says less than the truth first and adds to it by indexing.
        let request = Request::get("http://a/").header("x-pad", "p".repeat(17 * 1024));
        let answer = client.send_request(request.body(Full::default()).unwrap()).await;
        assert!(answer.is_err() || answer.unwrap().status() == 431);
    });
    assert!(gate.notes.all().is_empty());
}

/// One raw frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: u8 = 4;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn raw(gate: &Gate) -> Wire {
    let mut wire = gate.connect();
    wire.send([PREFACE, &frame(SETTINGS, 0, 0, &[])].concat());
    wire
}

/// `:method GET`, `:scheme http`, `:path /`, `:authority a`, by the static table.
const GET_ROOT: &[u8] = &[0x82, 0x86, 0x84, 0x41, 1, b'a'];

/// Reads and throws away until the connection is closed.
fn drain_to_close(wire: &mut Wire) {
    let mut scratch = [0; 4096];
    loop {
        match wire.0.read(&mut scratch) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return,
            Err(error) => panic!("still open: {error}"),
        }
    }
}

#[test]
fn rule_23_a_flood_of_continuation_frames_is_cut_off() {
    let gate = Gate::open();
    let mut wire = raw(&gate);
    wire.send(frame(HEADERS, 0, 1, GET_ROOT));
    // A literal field without indexing: name `x`, value of 100 bytes.
    let field = [&[0, 1, b'x', 100][..], &[b'y'; 100]].concat();
    let flood = frame(CONTINUATION, 0, 1, &field.repeat(100));
    let mut sent = 0;
    while sent < 64 << 20 && wire.try_send(&flood) {
        sent += flood.len();
    }
    assert!(sent < 64 << 20, "64 MiB of one head were taken");
    assert!(gate.notes.all().is_empty());
    wait_for("the close", &gate.stats.open, 0);
}

#[test]
fn rule_23_rapid_resets_are_cut_off() {
    let gate = Gate::open();
    let mut wire = raw(&gate);
    let mut all = Vec::new();
    for stream in (1..4001).step_by(2) {
        all.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, GET_ROOT));
        all.extend(frame(RESET, 0, stream, &[0, 0, 0, 8]));
    }
    wire.try_send(&all);
    drain_to_close(&mut wire);
    assert!(gate.notes.all().len() < 2000, "all of them were served");
}

#[test]
fn rule_23_requests_given_up_one_after_the_other_end_the_connection() {
    let gate = Gate::open();
    let mut wire = raw(&gate);
    let waiting = [&[0x82, 0x86, 0x04, 5][..], b"/gate", &[0x41, 1, b'a']].concat();
    wait_for("the connection", &gate.stats.open, 1);
    // Each is waited for until the service has it, so that no bound on what waits to be taken helps.
    for (taken, stream) in (1..2001).step_by(2).enumerate() {
        let request = frame(HEADERS, END_HEADERS | END_STREAM, stream, &waiting);
        if !wire.try_send(&request) {
            break;
        }
        wait_until("it is taken, or the connection closed", || {
            gate.notes.all().len() > taken || gate.stats.open.get() == 0
        });
        if !wire.try_send(frame(RESET, 0, stream, &[0, 0, 0, 8])) {
            break;
        }
    }
    wait_for("the close", &gate.stats.open, 0);
    let served = gate.notes.all().len();
    assert!((101..=210).contains(&served), "{served} were served");
    assert_eq!(gate.stats.restless.get(), 1);
}

#[test]
fn a_client_that_gives_up_now_and_then_stays() {
    let gate = Gate::open();
    run(async {
        let (mut client, _connection) = connect(&gate).await;
        for _ in 0..3 {
            for _ in 0..60 {
                let seen = gate.notes.all().len();
                let mut gone = std::pin::pin!(client.send_request(get("/gate")));
                while gate.notes.all().len() == seen {
                    assert!(
                        tokio::time::timeout(Duration::from_millis(1), gone.as_mut())
                            .await
                            .is_err()
                    );
                }
            }
            for _ in 0..60 {
                assert_eq!(text(client.send_request(get("/")).await.unwrap()).await, "/");
            }
        }
    });
    assert_eq!(gate.stats.accepted.get(), 1);
}

#[test]
fn rule_23_a_last_piece_that_the_client_has_no_window_for_is_watched_too() {
    let gate = Gate::with_limits(Limits {
        write_progress: SHORT,
        ..Limits::default()
    });
    let mut wire = gate.connect();
    // A window of one byte: enough to make hyper hand the whole piece over.
    wire.send([PREFACE, &frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 1])].concat());
    let small = [&[0x82, 0x86, 0x04, 6][..], b"/small", &[0x41, 1, b'a']].concat();
    for stream in (1..41).step_by(2) {
        wire.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, &small));
    }
    wait_for("every stream's end", gate.stats.ended_by(Deadline::Write), 20);
    assert_eq!(gate.stats.open.get(), 1);
}

#[test]
fn a_window_of_exactly_the_answer_is_enough() {
    let gate = Gate::open();
    let mut wire = gate.connect();
    let window = 15_000_u32.to_be_bytes();
    wire.send([PREFACE, &frame(SETTINGS, 0, 0, &[&[0, 4][..], &window].concat())].concat());
    let small = [&[0x82, 0x86, 0x04, 6][..], b"/small", &[0x41, 1, b'a']].concat();
    wire.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &small));
    let (mut bytes, mut ended) = (0, false);
    while !ended {
        let mut head = [0; 9];
        wire.0.read_exact(&mut head).unwrap();
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        wire.0.read_exact(&mut payload).unwrap();
        if head[3] == DATA {
            bytes += payload.len();
            ended = head[4] & END_STREAM != 0;
        }
    }
    assert_eq!(bytes, 15_000);
}

#[test]
fn rule_23_streams_past_100_are_refused() {
    let gate = Gate::open();
    let mut wire = raw(&gate);
    // `:path /gate`, without indexing.
    let waiting = [&[0x82, 0x86, 0x04, 5][..], b"/gate", &[0x41, 1, b'a']].concat();
    // A little more than may be; with far more the connection would be closed.
    for stream in (1..260).step_by(2) {
        wire.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, &waiting));
    }
    wait_until("a hundred are there", || gate.notes.all().len() == 100);
    std::thread::sleep(SHORT);
    assert_eq!(gate.notes.all().len(), 100);
    gate.notes.open_gate.store(true, Ordering::Relaxed);
}

#[test]
fn rule_23_a_stream_whose_client_never_opens_its_window_is_reset_alone() {
    let gate = Gate::with_limits(Limits {
        write_progress: SHORT,
        ..Limits::default()
    });
    run(async {
        let (mut client, _connection) = connect(&gate).await;
        let mut stuck = client.send_request(get("/endless")).await.unwrap().into_body();
        assert!(stuck.frame().await.unwrap().is_ok());
        // hyper's client has 2 MiB of window for it; nobody takes the rest.
        tokio::time::sleep(Duration::from_millis(100)).await;
        while gate.stats.ended_by(Deadline::Write).get() == 0 {
            assert_eq!(text(client.send_request(get("/other")).await.unwrap()).await, "/other");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(text(client.send_request(get("/after")).await.unwrap()).await, "/after");
        let end = loop {
            match stuck.frame().await {
                Some(Ok(_)) => {}
                end => break end,
            }
        };
        assert!(matches!(end, Some(Err(_))), "a cut answer must not look complete");
    });
    assert_eq!(gate.stats.ended_by(Deadline::Write).get(), 1);
    assert_eq!(gate.stats.accepted.get(), 1);
}

#[test]
fn rule_23_a_connection_that_reads_nothing_is_closed() {
    let gate = Gate::with_limits(Limits {
        write_progress: SHORT,
        ..Limits::default()
    });
    let mut wire = gate.connect();
    // All windows as large as they go, so that only the socket holds the answer back.
    wire.send([PREFACE, &frame(SETTINGS, 0, 0, &[0, 4, 0x7f, 0xff, 0xff, 0xff])].concat());
    wire.send(frame(8, 0, 0, &(0x7fff_ffff_u32 - 65_535).to_be_bytes()));
    let endless = [&[0x82, 0x86, 0x04, 8][..], b"/endless", &[0x41, 1, b'a']].concat();
    wire.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &endless));
    wait_for("the deadline", gate.stats.ended_by(Deadline::Write), 1);
    wait_for("the close", &gate.stats.open, 0);
    let given = gate.notes.endless_bytes.load(Ordering::Relaxed);
    assert!(
        given < 64 << 20,
        "{given} bytes were taken for a client that reads nothing"
    );
}

#[test]
fn rule_23_a_request_body_that_stops_ends_with_an_error() {
    let gate = Gate::with_limits(Limits {
        body_progress: SHORT,
        ..Limits::default()
    });
    let mut wire = raw(&gate);
    let put = [&[0x02, 3][..], b"PUT", &[0x86, 0x04, 5], b"/echo", &[0x41, 1, b'a']].concat();
    wire.send(frame(HEADERS, END_HEADERS, 1, &put));
    wait_for("the deadline", gate.stats.ended_by(Deadline::RequestBody), 1);
}

#[test]
fn rule_23_an_idle_connection_is_told_to_go() {
    let gate = Gate::with_limits(Limits {
        idle: SHORT,
        ..Limits::default()
    });
    run(async {
        let (mut client, connection) = connect(&gate).await;
        assert_eq!(text(client.send_request(get("/")).await.unwrap()).await, "/");
        // GOAWAY without an error: the client's connection ends well.
        connection.await.unwrap().unwrap();
    });
    wait_for("the deadline", gate.stats.ended_by(Deadline::Idle), 1);
    wait_for("the close", &gate.stats.open, 0);
    // A client that ignores GOAWAY is closed all the same.
    let gate = Gate::with_limits(Limits {
        idle: SHORT,
        write_progress: SHORT,
        ..Limits::default()
    });
    drain_to_close(&mut raw(&gate));
    wait_for("the close", &gate.stats.open, 0);
}

#[test]
fn rule_23_a_client_that_does_not_answer_pings_is_closed() {
    let gate = Gate::with_limits(Limits {
        h2_ping: SHORT,
        ..Limits::default()
    });
    let mut wire = raw(&gate);
    wire.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, GET_ROOT));
    drain_to_close(&mut wire);
    wait_for("the close", &gate.stats.open, 0);
}

#[test]
fn rule_27_a_drain_finishes_streams_and_says_goaway() {
    let mut gate = Gate::open();
    let address = gate.address;
    let notes = gate.notes.clone();
    let client = std::thread::spawn(move || {
        run(async {
            let stream = TcpStream::connect(address).await.unwrap();
            let builder = Builder::new(TokioExecutor::new());
            let (mut client, connection) = builder
                .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
                .await
                .unwrap();
            let connection = tokio::spawn(connection);
            let gated = Request::get("http://a/gate").body(Empty::new()).unwrap();
            let answer = text(client.send_request(gated).await.unwrap()).await;
            connection.await.unwrap().unwrap();
            answer
        })
    });
    wait_until("the request is there", || !notes.all().is_empty());
    let opener = std::thread::spawn(move || {
        wait_until("nobody accepts any more", || {
            std::net::TcpStream::connect(address).is_err()
        });
        notes.open_gate.store(true, Ordering::Relaxed);
    });
    assert_eq!(gate.drain(PATIENCE), 0);
    opener.join().unwrap();
    assert_eq!(client.join().unwrap(), "through");
}

#[test]
fn rule_29_a_panic_ends_its_own_stream_alone() {
    let gate = Gate::open();
    run(async {
        let (mut client, _connection) = connect(&gate).await;
        let mut other = client.clone();
        let waiting = tokio::spawn(async move { other.send_request(get("/gate")).await });
        while gate.notes.all().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(client.send_request(get("/panic")).await.is_err());
        gate.notes.open_gate.store(true, Ordering::Relaxed);
        assert_eq!(text(waiting.await.unwrap().unwrap()).await, "through");
        assert_eq!(text(client.send_request(get("/after")).await.unwrap()).await, "/after");
    });
    assert_eq!(gate.stats.accepted.get(), 1);
}
