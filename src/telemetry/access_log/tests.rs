//! One line a request, however it ends; a slow reader of the log costs lines, not requests.

use super::*;
use crate::clock::Timestamp;
use crate::telemetry::{CacheResult, Door, Outcome, SinkGuard, Telemetry};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::StatusCode;
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Full, StreamBody};
use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Mutex, mpsc};
use std::time::Duration;

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Bench {
    telemetry: Telemetry,
    log: AccessLog,
    memory: Memory,
    guard: Option<SinkGuard>,
}

fn config(access: AccessLogConfig) -> LogConfig {
    LogConfig {
        format: LogFormat::Json,
        access,
    }
}

fn bench() -> Bench {
    let memory = Memory::default();
    let (sink, guard) = AccessSink::to(memory.clone()).unwrap();
    let telemetry = Telemetry::new(Clock::manual(Timestamp::from_unix(0)).0, sink).unwrap();
    let log = telemetry.access_log(config(AccessLogConfig::On));
    Bench {
        telemetry,
        log,
        memory,
        guard: Some(guard),
    }
}

impl Bench {
    fn open(&self, method: http::Method) -> AccessGuard {
        let request = AccessRequest {
            id: 7,
            client: Ipv4Addr::LOCALHOST.into(),
            method,
            version: http::Version::HTTP_11,
            host: None,
            path: RawPath::of(http::Uri::from_static("/a")),
            user_agent: None,
            referer: None,
        };
        self.log.open(request, Instant::now())
    }

    /// Flushes the log and returns its only line.
    fn line(&mut self) -> serde_json::Value {
        drop(self.guard.take());
        let text = String::from_utf8(self.memory.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            self.telemetry
                .metrics()
                .render()
                .unwrap()
                .contains("evergate_requests_in_flight 0")
        );
        serde_json::from_str(&text).unwrap()
    }
}

fn answer(outcome: Outcome, status: StatusCode) -> Answer {
    Answer {
        outcome,
        cache: CacheResult::None,
        status,
    }
}

fn ends(line: &serde_json::Value) -> (&str, i64) {
    (line["outcome"].as_str().unwrap(), line["bytes"].as_i64().unwrap())
}

/// Two pieces of three bytes and an end that no length announces.
fn pieces() -> impl Body<Data = Bytes, Error = Infallible> + Unpin {
    let piece = |_| Ok(Frame::data(Bytes::from_static(b"abc")));
    StreamBody::new(futures_util::stream::iter(0..2).map(piece))
}

#[tokio::test]
async fn a_body_read_to_its_end_is_logged_with_its_bytes() {
    let mut bench = bench();
    let mut guard = bench.open(http::Method::GET);
    guard.routed(Door::Stable, &bench.telemetry.metrics().route("/a/"));
    guard.asked_origin(&bench.telemetry.metrics().bucket("files"), Duration::from_millis(3));
    let body = guard.answer(answer(Outcome::Stream, StatusCode::OK), pieces());
    assert!(
        bench
            .telemetry
            .metrics()
            .render()
            .unwrap()
            .contains("evergate_requests_in_flight 1")
    );
    body.collect().await.unwrap();
    let line = bench.line();
    assert_eq!(ends(&line), ("stream", 6));
    assert_eq!(
        (line["route"].as_str(), line["origin_ms"].as_f64()),
        (Some("/a/"), Some(3.0))
    );
}

#[tokio::test]
async fn a_body_dropped_on_the_way_means_a_client_that_has_gone() {
    let mut bench = bench();
    let mut body = bench
        .open(http::Method::GET)
        .answer(answer(Outcome::Stream, StatusCode::OK), pieces());
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert_eq!(ends(&bench.line()), ("client_gone", 3));
}

#[tokio::test]
async fn a_body_of_known_length_ends_at_its_last_byte() {
    let mut bench = bench();
    let mut body = bench
        .open(http::Method::GET)
        .answer(answer(Outcome::Stream, StatusCode::OK), Full::from("abc"));
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert_eq!(ends(&bench.line()), ("stream", 3));
}

#[tokio::test]
async fn an_origin_that_breaks_off_is_not_the_client_s_fault() {
    let mut bench = bench();
    let frames = [Ok(Frame::data(Bytes::from_static(b"ab"))), Err(io::Error::other("cut"))];
    let body = StreamBody::new(futures_util::stream::iter(frames));
    let mut guard = bench.open(http::Method::GET);
    guard.asked_origin(&bench.telemetry.metrics().bucket("files"), Duration::from_millis(3));
    let body = guard.answer(answer(Outcome::Stream, StatusCode::OK), body);
    body.collect().await.unwrap_err();
    let page = bench.telemetry.metrics().render().unwrap();
    assert!(
        page.contains(r#"evergate_origin_errors_total{bucket="files",kind="truncated"} 1"#),
        "{page}"
    );
    assert_eq!(ends(&bench.line()), ("origin_truncated", 2));
}

#[test]
fn what_has_no_body_is_complete_without_being_read() {
    for (method, status) in [
        (http::Method::HEAD, StatusCode::OK),
        (http::Method::GET, StatusCode::NOT_MODIFIED),
    ] {
        let mut bench = bench();
        drop(
            bench
                .open(method)
                .answer(answer(Outcome::NotModified, status), pieces()),
        );
        assert_eq!(ends(&bench.line()), ("not_modified", 0));
    }
}

#[test]
fn a_request_without_an_answer_is_logged_without_a_status() {
    let mut bench = bench();
    drop(bench.open(http::Method::GET));
    let line = bench.line();
    assert_eq!(ends(&line), ("client_gone", 0));
    assert!(line["status"].is_null());
    assert_eq!(
        (line["route"].as_str(), line["door"].as_str()),
        (Some("none"), Some("none"))
    );
}

#[test]
fn an_access_log_that_is_off_still_counts() {
    let bench = bench();
    let off = bench.telemetry.access_log(config(AccessLogConfig::Off));
    let request = bench.open(http::Method::GET);
    drop(request);
    let bench = Bench { log: off, ..bench };
    drop(bench.open(http::Method::GET));
    let page = bench.telemetry.metrics().render().unwrap();
    assert!(
        page.contains(r#"evergate_requests_total{route="none",outcome="client_gone"} 2"#),
        "{page}"
    );
    drop(bench.guard);
    assert_eq!(
        String::from_utf8_lossy(&bench.memory.0.lock().unwrap()).lines().count(),
        1
    );
}

/// A writer that stands still until the test lets it go.
struct Stuck(mpsc::Receiver<()>);

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_stuck_reader_of_the_log_costs_lines_and_the_metric_counts_them() {
    let (release, stuck) = mpsc::channel();
    let (sink, guard) = AccessSink::to(Stuck(stuck)).unwrap();
    let telemetry = Telemetry::new(Clock::system(), sink).unwrap();
    let log = telemetry.access_log(config(AccessLogConfig::On));
    let bench = Bench {
        telemetry,
        log,
        memory: Memory::default(),
        guard: None,
    };
    // Three mebibytes: one that is being written, one that waits, one too many.
    for _ in 0..12_000 {
        drop(bench.open(http::Method::GET));
    }
    let page = bench.telemetry.metrics().render().unwrap();
    let dropped = page
        .lines()
        .find_map(|line| line.strip_prefix(r#"evergate_log_lines_dropped_total{log="access"} "#))
        .unwrap();
    assert!(dropped.parse::<usize>().unwrap() > 0, "{page}");
    drop(release);
    drop(guard);
}

#[test]
fn a_panic_is_the_gateways_fault_and_not_the_clients() {
    let mut bench = bench();
    let guard = bench.open(http::Method::GET);
    let panicked = std::thread::spawn(move || {
        let _guard = guard;
        panic!("on purpose");
    });
    assert!(panicked.join().is_err());
    assert_eq!(ends(&bench.line()), ("internal", 0));
}
