//! Starting, going on when accepting fails, and ending: used ports, too many open files, the graceful drain (rule 27).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on ends")]

mod listener_support;

use evergate::listener::{Limits, ListenerStats, Service, serve};
use listener_support::{Gate, PATIENCE, config, plain_get, status, wait_for, wait_until};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

#[test]
fn a_used_port_is_one_clear_sentence() {
    let gate = Gate::open();
    let mut config = config();
    config.address = gate.address;
    let error = serve::<Nothing, _>(&config, Limits::default(), &Arc::new(ListenerStats::default()), |_| {
        Nothing
    });
    let said = error.err().unwrap().to_string();
    assert!(
        said.starts_with(&format!("address {} is already in use: ", gate.address)),
        "{said}"
    );
}

struct Nothing;

impl Service for Nothing {
    type Body = http_body_util::Empty<bytes::Bytes>;

    async fn call(&self, _: evergate::listener::Arrival) -> http::Response<Self::Body> {
        http::Response::default()
    }
}

#[test]
fn rule_27_a_drain_without_requests_is_over_at_once() {
    for workers in [1, 3] {
        let mut config = config();
        config.workers = Some(workers);
        let mut gate = Gate::with(&config, Limits::default());
        let mut fresh = gate.connect();
        let mut used = gate.connect();
        assert_eq!(status(&used.get("/")), "200");
        let mut parked = gate.connect();
        assert_eq!(status(&parked.get("/")), "200");
        std::thread::sleep(Duration::from_millis(1200));
        assert_eq!(status(&used.get("/")), "200");
        let mut half_a_head = gate.connect();
        half_a_head.send("GET / HT");
        wait_for("all four", &gate.stats.open, 4);
        let start = Instant::now();
        assert_eq!(gate.drain(PATIENCE), 0);
        assert!(start.elapsed() < PATIENCE / 4, "it waited for nothing");
        for wire in [&mut fresh, &mut used, &mut parked, &mut half_a_head] {
            wire.closed_after();
        }
        assert!(TcpStream::connect(gate.address).is_err(), "nobody listens any more");
    }
}

#[test]
fn rule_27_a_request_in_flight_is_finished_with_connection_close() {
    let mut gate = Gate::open();
    let mut wire = gate.connect();
    wire.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until("the request is there", || !gate.notes.all().is_empty());
    let (notes, address) = (gate.notes.clone(), gate.address);
    let opener = std::thread::spawn(move || {
        wait_until("nobody accepts any more", || TcpStream::connect(address).is_err());
        notes.open_gate.store(true, Ordering::Relaxed);
    });
    assert_eq!(gate.drain(PATIENCE), 0);
    opener.join().unwrap();
    let answer = wire.read_to_end();
    assert!(status(&answer) == "200" && answer.ends_with("through"), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
}

#[test]
fn rule_27_what_is_not_done_in_time_is_cut_and_counted() {
    let mut gate = Gate::open();
    let mut waiting = gate.connect();
    waiting.send(plain_get("/gate"));
    let mut blocked = gate.connect();
    blocked.send(plain_get("/endless"));
    let mut idle = gate.connect();
    wait_until("both requests are there", || gate.notes.all().len() == 2);
    wait_for("all three", &gate.stats.open, 3);
    assert_eq!(gate.drain(Duration::from_millis(300)), 2);
    assert_eq!(waiting.read_to_end(), "");
    idle.closed_after();
    assert_eq!(gate.stats.open.get(), 0, "cut connections are counted out");
}

#[test]
fn a_listener_that_is_dropped_closes_everything() {
    let mut gate = Gate::open();
    let mut wire = gate.connect();
    wire.send(plain_get("/gate"));
    wait_until("the request is there", || !gate.notes.all().is_empty());
    drop(gate.listener.take());
    assert_eq!(wire.read_to_end(), "");
}

#[test]
fn every_worker_makes_its_own_service() {
    let mut config = config();
    config.workers = Some(4);
    let gate = Gate::with(&config, Limits::default());
    let mut seen = std::collections::HashSet::new();
    wait_until("all workers served", || {
        gate.say(plain_get("/"));
        seen.extend(gate.notes.all().into_iter().map(|seen| seen.worker));
        seen.len() == 4
    });
}

#[test]
fn rule_23_too_many_open_files_are_waited_out() {
    let program = std::env::current_exe().unwrap();
    let run = std::process::Command::new("sh")
        .args(["-c", "ulimit -n 64; exec \"$0\" --ignored --exact with_few_files"])
        .arg(program)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "run by the test above, in a process that may open few files"]
fn with_few_files() {
    let gate = Gate::open();
    let mut files: Vec<_> = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
    // Room for the client's end; none for the gateway's.
    files.pop();
    let mut wire = gate.connect();
    wait_until("accepting fails", || gate.stats.accept_errors.get() >= 3);
    assert_eq!(gate.stats.open.get(), 0);
    drop(files);
    assert_eq!(status(&wire.get("/")), "200");
}
