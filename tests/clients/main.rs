//! Real S3 clients against the real binary, on both origins: what an app sends must arrive, and nothing else.
//!
//! The clients run as programs of their own (`js/`, `python/`, `sh/`, `rust/`), which `make test` installs. Between them
//! and the gateway, and between the gateway and its origin, stands a tee that searches every byte for secrets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on ends"
)]
#![allow(clippy::disallowed_methods, reason = "tests read the clock and the environment")]
#![allow(unreachable_pub, reason = "one binary, not a library")]

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod canaries;
mod house;
mod programs;
mod tee;

mod keys;
mod librechat;
mod many_uploads;
mod real_clients;
mod refusals;
mod wrong_bodies;
