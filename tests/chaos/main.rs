//! An origin of our own that misbehaves in every way that we know of, behind a gateway in this process: each byte that a
//! reader gets is checked, each request has a deadline, and what reaches the origin is counted there.
//!
//! `play.rs` is what the origin can do, `table.rs` says what a reader sees of each, `storm.rs` does all of it at once.
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
mod corrections;
mod gateway;
mod object;
mod origin;
mod play;
mod program;
mod reader;
mod sparing;
mod storm;
mod table;
mod tokens;
