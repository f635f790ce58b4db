//! The deadlines and the connection cap of rule 23, shortened, over raw sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on ends")]

mod listener_support;

use evergate::listener::{Deadline, Limits};
use listener_support::{Gate, PATIENCE, Wire, config, plain_get, status, wait_for, wait_until};
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(300);

/// Every deadline far away; a test brings the one that it is about near.
fn patient() -> Limits {
    Limits {
        head: PATIENCE * 2,
        idle: PATIENCE * 2,
        handshake: PATIENCE * 2,
        write_progress: PATIENCE * 2,
        body_progress: PATIENCE * 2,
        park_after: Duration::from_millis(50),
        ..Limits::default()
    }
}

fn ended_by(gate: &Gate, deadline: Deadline) -> u64 {
    gate.stats.ended_by(deadline).get()
}

#[test]
fn rule_23_a_head_that_is_not_complete_in_time_is_closed() {
    let gate = Gate::with_limits(Limits {
        head: SHORT,
        ..patient()
    });
    let mut wire = gate.connect();
    wire.send("GET / HTTP/1.1\r\nHost: a\r\n");
    assert!(wire.closed_after() >= SHORT * 5 / 6);
    assert_eq!(ended_by(&gate, Deadline::Head), 1);
    assert!(gate.notes.all().is_empty());
}

#[test]
fn rule_23_a_dribbled_head_is_closed_however_often_a_byte_comes() {
    let gate = Gate::with_limits(Limits {
        head: SHORT,
        ..patient()
    });
    let mut wire = gate.connect();
    let start = Instant::now();
    for byte in b"GET /".iter().chain(std::iter::repeat(&b'a')) {
        if !wire.try_send([*byte]) {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "a dribbling client is served for ever");
        std::thread::sleep(Duration::from_millis(20));
    }
    wait_for("the deadline", gate.stats.ended_by(Deadline::Head), 1);
}

#[test]
fn rule_23_a_dribbled_http2_preface_is_closed_too() {
    let gate = Gate::with_limits(Limits {
        head: SHORT,
        ..patient()
    });
    let mut wire = gate.connect();
    wire.send("PRI * HTTP/2.0\r\n");
    wire.closed_after();
    assert_eq!(ended_by(&gate, Deadline::Head), 1);
}

#[test]
fn rule_23_the_head_deadline_holds_for_later_heads_too() {
    // Once right after an answer, once after the connection was parked.
    for pause in [Duration::ZERO, Duration::from_millis(200)] {
        let gate = Gate::with_limits(Limits {
            head: SHORT,
            ..patient()
        });
        let mut wire = gate.connect();
        assert_eq!(status(&wire.get("/")), "200");
        std::thread::sleep(pause);
        wire.send("GET");
        wire.closed_after();
        assert_eq!(ended_by(&gate, Deadline::Head), 1);
    }
}

#[test]
fn rule_23_a_connection_without_a_request_is_closed() {
    let gate = Gate::with_limits(Limits {
        idle: SHORT,
        ..patient()
    });
    assert!(gate.connect().closed_after() >= SHORT * 5 / 6);
    assert_eq!(ended_by(&gate, Deadline::Idle), 1);
    wait_for("the close", &gate.stats.open, 0);
}

#[test]
fn rule_23_an_idle_keep_alive_connection_is_closed_and_each_request_starts_the_time_anew() {
    let gate = Gate::with_limits(Limits {
        idle: Duration::from_millis(600),
        ..patient()
    });
    let mut wire = gate.connect();
    for _ in 0..6 {
        assert_eq!(status(&wire.get("/")), "200");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(ended_by(&gate, Deadline::Idle), 0, "1.2 s and never idle for 0.6");
    wire.closed_after();
    assert_eq!(ended_by(&gate, Deadline::Idle), 1);
}

#[test]
fn a_parked_connection_serves_on() {
    let gate = Gate::with_limits(patient());
    let mut wire = gate.connect();
    for _ in 0..5 {
        assert_eq!(status(&wire.get("/echo")), "200");
        std::thread::sleep(Duration::from_millis(120));
    }
    // A head in two parts, the first of which wakes the connection.
    wire.send("GET /two HT");
    std::thread::sleep(Duration::from_millis(120));
    wire.send("TP/1.1\r\nHost: a\r\n\r\n");
    assert!(wire.read_answer().ends_with("/two"));
    drop(wire);
    wait_for("the close", &gate.stats.open, 0);
}

#[test]
fn the_start_of_a_pipelined_head_survives_parking_and_has_its_own_deadline() {
    let gate = Gate::with_limits(patient());
    let mut wire = gate.connect();
    wire.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HT");
    assert!(wire.read_answer().ends_with("/1"));
    std::thread::sleep(Duration::from_millis(200));
    wire.send("TP/1.1\r\nHost: a\r\n\r\n");
    assert!(wire.read_answer().ends_with("/2"));

    let gate = Gate::with_limits(Limits {
        head: SHORT,
        ..patient()
    });
    let mut wire = gate.connect();
    wire.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HT");
    assert!(wire.read_answer().ends_with("/1"));
    wire.closed_after();
    assert_eq!(ended_by(&gate, Deadline::Head), 1);
}

#[test]
fn rule_23_a_client_that_reads_nothing_is_closed() {
    let gate = Gate::with_limits(Limits {
        write_progress: SHORT,
        ..patient()
    });
    let mut wire = gate.connect();
    wire.send(plain_get("/endless"));
    wait_for("the deadline", gate.stats.ended_by(Deadline::Write), 1);
    wait_for("the close", &gate.stats.open, 0);
    // What the kernel had taken is still there; then the connection is broken off.
    let mut scratch = vec![0; 1 << 20];
    loop {
        match wire.0.read(&mut scratch) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                break;
            }
        }
    }
}

#[test]
fn a_client_that_reads_slowly_is_served() {
    let gate = Gate::with_limits(Limits {
        write_progress: Duration::from_secs(1),
        ..patient()
    });
    let mut wire = gate.connect();
    wire.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut scratch = vec![0; 1 << 20];
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(2500) {
        wire.0.read_exact(&mut scratch).unwrap();
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(ended_by(&gate, Deadline::Write), 0);
}

#[test]
fn rule_23_a_request_body_that_stops_ends_with_an_error() {
    let gate = Gate::with_limits(Limits {
        body_progress: SHORT,
        ..patient()
    });
    let mut wire = gate.connect();
    wire.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    let answer = wire.read_to_end();
    assert!(status(&answer) == "408" && answer.ends_with("stalled"), "{answer}");
    assert_eq!(ended_by(&gate, Deadline::RequestBody), 1);
}

#[test]
fn a_request_body_that_comes_slowly_is_read() {
    let gate = Gate::with_limits(Limits {
        body_progress: Duration::from_millis(600),
        ..patient()
    });
    let mut wire = gate.connect();
    wire.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
    for _ in 0..10 {
        std::thread::sleep(Duration::from_millis(100));
        wire.send("x");
    }
    assert!(wire.read_answer().ends_with("10 bytes"));
}

#[test]
fn rule_23_a_request_body_that_trickles_ends_with_an_error() {
    let gate = Gate::with_limits(Limits {
        body_pace: SHORT,
        ..patient()
    });
    let mut wire = gate.connect();
    wire.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    // Each byte comes long before the deadline for the next one.
    let begun = Instant::now();
    while ended_by(&gate, Deadline::RequestBody) == 0 {
        assert!(begun.elapsed() < SHORT * 40, "it is read for ever");
        let _ = wire.0.write_all(b"x");
        std::thread::sleep(SHORT / 10);
    }
    let answer = wire.read_to_end();
    assert!(status(&answer) == "408" && answer.ends_with("stalled"), "{answer}");
}

#[test]
fn a_request_body_has_its_pace_anew_for_each_16_kib() {
    let gate = Gate::with_limits(Limits {
        body_pace: Duration::from_millis(700),
        ..patient()
    });
    let mut wire = gate.connect();
    wire.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 163840\r\n\r\n");
    for _ in 0..10 {
        std::thread::sleep(Duration::from_millis(100));
        wire.send("x".repeat(16 * 1024));
    }
    assert!(wire.read_answer().ends_with("163840 bytes"));
}

#[test]
fn a_service_that_takes_long_is_waited_for() {
    let limits = Limits {
        head: SHORT,
        idle: SHORT,
        write_progress: SHORT,
        body_progress: SHORT,
        ..patient()
    };
    let gate = Gate::with_limits(limits);
    let mut wire = gate.connect();
    wire.send(plain_get("/gate"));
    std::thread::sleep(SHORT * 4);
    gate.notes.open_gate.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(wire.read_to_end().ends_with("through"));
}

#[test]
fn a_client_may_close_its_sending_half_and_is_answered() {
    let gate = Gate::open();
    let mut wire = gate.connect();
    wire.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    wire.0.shutdown(std::net::Shutdown::Write).unwrap();
    wait_until("the request is there", || !gate.notes.all().is_empty());
    gate.notes.open_gate.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(wire.read_to_end().ends_with("through"));
}

#[test]
fn rule_23_connections_past_the_cap_are_closed_and_counted_over_all_workers() {
    let mut config = config();
    config.max_connections = 5;
    config.workers = Some(3);
    let gate = Gate::with(&config, patient());
    let mut held: Vec<Wire> = (0..5).map(|_| gate.connect()).collect();
    wait_for("five open", &gate.stats.open, 5);
    for refused in 1..=10 {
        gate.connect().closed_after();
        wait_for("refusals", &gate.stats.refused_at_cap, refused);
    }
    for wire in &mut held {
        assert_eq!(status(&wire.get("/")), "200", "those inside are served");
    }
    held.pop();
    wait_for("a place", &gate.stats.open, 4);
    assert_eq!(status(&gate.connect().get("/")), "200");
}

#[test]
fn a_thousand_idle_connections_are_held_and_served() {
    let mut config = config();
    config.workers = Some(2);
    let gate = Gate::with(&config, patient());
    let mut wires: Vec<Wire> = Vec::new();
    for _ in 0..1000 {
        wires.push(gate.connect());
    }
    wait_for("all open", &gate.stats.open, 1000);
    for wire in &mut wires {
        assert_eq!(status(&wire.get("/")), "200");
    }
    // All of them parked, all of them woken again.
    std::thread::sleep(Duration::from_millis(200));
    for wire in &mut wires {
        assert_eq!(status(&wire.get("/")), "200");
    }
    let workers: std::collections::HashSet<_> = gate.notes.all().into_iter().map(|seen| seen.worker).collect();
    assert_eq!(workers.len(), 2, "both workers got some");
    drop(wires);
    wait_for("all gone", &gate.stats.open, 0);
    assert_eq!(gate.stats.accepted.get(), 1000);
}
