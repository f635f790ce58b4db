//! The object cache as its readers, its origin and its operators meet it: the gateway in this process behind its real
//! listeners, by a clock that the test turns, in front of an origin that writes down all that it is asked. RULES 18 to 22.
//!
//! `origin.rs` is that origin, `gateway.rs` the gateway, `reader.rs` who reads.
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

mod answers;
mod auto;
mod coalescing;
mod entries;
mod freshness;
mod gateway;
mod origin;
mod outages;
mod presigned;
mod reader;
mod real;
mod refusals;
mod reloads;
mod replacing;
mod revalidation;
mod writes;
