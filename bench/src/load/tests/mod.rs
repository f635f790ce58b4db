//! The load against servers in this process that answer rightly, wrongly, late or not at all.

mod checks;
mod pace;
pub(crate) mod server;

use super::{Ask, Content, Expect, Outcome, Part, Pick, Plan, Protocol, Target, run};
use bytes::Bytes;
use server::{Server, body_of};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::time::Duration;

const H2: Protocol = Protocol::Http2 {
    streams: NonZeroUsize::new(4).expect("above zero"),
};

/// A plan of 300 requests over four connections: bounded by count, so that a busy machine makes it longer and nothing else.
fn plan(server: &Server, mix: Vec<Part>) -> Plan {
    Plan {
        connections: 4,
        warm_up: Duration::ZERO,
        duration: Duration::from_mins(1),
        most_requests: Some(300),
        ..Plan::new(Target::local(server.address()), mix)
    }
}

/// Asks for ten objects below `folder`, each with the content that `expect` makes of its bytes.
fn objects(folder: &str, expect: impl Fn(&Bytes) -> Content) -> Vec<Ask> {
    let ask = |number: usize| {
        let path = format!("/{folder}/{number}").parse().expect("a path");
        Ask::get(path, Expect::ok(expect(&body_of(&number.to_string()))))
    };
    (0..10).map(ask).collect()
}

fn any_order(asks: Vec<Ask>) -> Vec<Part> {
    vec![Part::all(asks, Pick::Zipf { exponent: 0.9 })]
}

fn go(plan: &Plan) -> Outcome {
    run(plan, &mut |_| ControlFlow::Continue(())).expect("a load")
}

/// Proves that all was answered rightly, and that something was.
fn all_right(outcome: &Outcome) {
    assert!(outcome.answered > 0, "{outcome:?}");
    assert_eq!((outcome.failed, outcome.wrong), (0, 0), "{:?}", outcome.faults);
    assert_eq!(outcome.latency.len(), outcome.answered);
}
