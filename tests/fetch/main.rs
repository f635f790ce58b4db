//! What the gateway makes of origins that misbehave, and of those that do not: an origin is played on a raw socket, so
//! that every byte, cut and silence is meant.
#![allow(unreachable_pub, reason = "a test binary has no outside")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that can't go on ends"
)]

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod bodies;
mod conditionals;
mod connections;
mod failures;
mod forwarded;
mod forwarding;
mod forwards_real;
mod pressure;
mod real;
mod scripted;
mod tls;
mod uploads;
