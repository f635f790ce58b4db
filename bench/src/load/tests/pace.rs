//! The pace: an open loop leaves nothing out, and bounds are kept.

use super::server::Server;
use super::{H2, all_right, any_order, go, objects, plan};
use crate::load::{Content, LoadError, Pace, Plan, Protocol, Waiting, run};
use crate::process::Cores;
use bytes::Bytes;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const RATE: u32 = 500;

fn exact(bytes: &Bytes) -> Content {
    Content::Bytes(bytes.clone())
}

fn open(server: &Server) -> Plan {
    Plan {
        pace: Pace::Open { rate: f64::from(RATE) },
        warm_up: Duration::from_millis(100),
        duration: Duration::from_millis(1_500),
        most_requests: None,
        ..plan(server, any_order(objects("object", exact)))
    }
}

#[test]
fn an_open_loop_asks_as_often_as_it_should() {
    let server = Server::start();
    for protocol in [Protocol::Http1, H2] {
        let outcome = go(&Plan {
            protocol,
            ..open(&server)
        });
        all_right(&outcome);
        assert!(
            outcome.answered.abs_diff(750) <= 4,
            "1.5 s at 500 a second: {}",
            outcome.answered
        );
        assert!(outcome.measured >= Duration::from_millis(1_500));
    }
}

#[test]
fn a_server_that_stalls_is_not_asked_less_often_and_every_wait_counts() {
    for protocol in [Protocol::Http1, H2] {
        let server = Server::stalling(Duration::from_secs(1));
        let outcome = go(&Plan {
            protocol,
            warm_up: Duration::ZERO,
            ..open(&server)
        });
        all_right(&outcome);
        assert!(
            outcome.answered.abs_diff(750) <= 4,
            "none was left out: {}",
            outcome.answered
        );
        // All but those that the connections took along are sent late, and wait for what is left of the second.
        let lanes = if protocol == H2 { 16 } else { 4 };
        assert!(outcome.late + lanes >= u64::from(RATE), "{} were late", outcome.late);
        let waited_half = outcome.latency.len() - outcome.latency.count_between(0, 500_000);
        assert!(
            waited_half >= u64::from(RATE) / 2 - 5,
            "{waited_half} waited for half a second or more"
        );
        assert!(outcome.latency.max() >= 990_000, "{} µs", outcome.latency.max());
    }
}

#[test]
fn what_a_server_is_too_slow_for_is_said_and_never_left_out() {
    let server = Server::stalling(Duration::from_mins(1));
    let outcome = go(&Plan {
        timeout: Duration::from_millis(200),
        warm_up: Duration::ZERO,
        duration: Duration::from_millis(400),
        ..open(&server)
    });
    assert_eq!(outcome.answered, 0);
    assert!(
        outcome.failed.abs_diff(200) <= 4,
        "0.4 s at 500 a second: {:?}",
        outcome.faults
    );
    assert_eq!(
        outcome.faults.len(),
        2,
        "some took too long, the others were never sent: {:?}",
        outcome.faults
    );
    assert_eq!(outcome.latency.len(), outcome.failed);
}

#[test]
fn a_load_ends_after_so_many_requests() {
    let server = Server::start();
    for pace in [Pace::Closed, Pace::Open { rate: 2_000.0 }] {
        server.state.requests.store(0, Ordering::Relaxed);
        let began = Instant::now();
        let outcome = go(&Plan {
            pace,
            most_requests: Some(100),
            warm_up: Duration::ZERO,
            duration: Duration::from_mins(1),
            ..open(&server)
        });
        all_right(&outcome);
        assert_eq!(outcome.answered, 100, "{pace:?}");
        assert_eq!(server.state.requests.load(Ordering::Relaxed), 100, "{pace:?}");
        assert!(began.elapsed() < Duration::from_secs(30), "{pace:?}");
    }
}

#[test]
fn a_load_ends_early_when_it_is_told_to() {
    let server = Server::start();
    for pace in [Pace::Closed, Pace::Open { rate: 500.0 }] {
        let plan = Plan {
            pace,
            warm_up: Duration::ZERO,
            duration: Duration::from_mins(1),
            ..open(&server)
        };
        let began = Instant::now();
        let mut asked = 0;
        let outcome = run(&plan, &mut |snapshot| {
            asked += 1;
            assert_eq!(snapshot.total, Duration::from_mins(1));
            if snapshot.elapsed > Duration::from_millis(300) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .expect("a load");
        assert!(asked >= 2);
        assert!(outcome.answered > 0 && outcome.measured < Duration::from_secs(30));
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}

#[test]
fn load_threads_run_on_the_cores_that_they_are_given() {
    let server = Server::start();
    let cores = Cores::available().expect("cores").one(0);
    all_right(&go(&Plan {
        cores: Some(cores),
        ..plan(&server, any_order(objects("object", exact)))
    }));
}

#[test]
fn a_load_that_stays_awake_asks_and_ends_as_any_other() {
    let server = Server::start();
    let outcome = go(&Plan {
        waiting: Waiting::Awake,
        ..open(&server)
    });
    all_right(&outcome);
    assert!(outcome.answered.abs_diff(750) <= 4, "{}", outcome.answered);
}

#[test]
fn plans_that_make_no_sense_are_refused() {
    let server = Server::start();
    let fine = open(&server);
    let wrong = [
        Plan {
            connections: 0,
            ..fine.clone()
        },
        Plan {
            pace: Pace::Open { rate: 0.0 },
            ..fine.clone()
        },
        Plan {
            pace: Pace::Open { rate: f64::NAN },
            ..fine.clone()
        },
        Plan {
            duration: Duration::ZERO,
            ..fine.clone()
        },
        Plan {
            requests_per_connection: Some(0),
            ..fine.clone()
        },
        Plan {
            mix: Vec::new(),
            ..fine.clone()
        },
        Plan {
            mix: any_order(Vec::new()),
            ..fine
        },
    ];
    for plan in wrong {
        let refused = run(&plan, &mut |_| ControlFlow::Continue(()));
        assert!(matches!(refused, Err(LoadError::Plan(_))), "{plan:?}");
    }
}
