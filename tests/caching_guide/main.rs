//! The tables of docs/guides/caching.md, row by row: each is played with the configuration that the guide begins with, a clock
//! that the test turns, and an origin of its own, and what a reader then sees has to stand in the guide.
#![allow(unreachable_pub, reason = "a test binary has no outside")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that can't go on ends; it reads nothing secret"
)]

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod disk;
mod forgetting;
mod freshness;
mod gateway;
mod guide;
mod origin;
mod seen;
