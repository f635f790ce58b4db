//! The gateway as its users meet it: the real binary, real sockets, two real origins.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on ends"
)]

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod attacks;
mod awkward_keys;
mod deliveries;
mod full_circle;
mod memory;
mod presigned_door;
mod presigned_refusals;
mod presigned_signatures;
mod refusals;
mod rules;
mod running;
mod s3_endpoint;
mod s3_endpoint_heads;
mod s3_endpoint_rules;
mod s3_endpoint_writes;
mod start_up;
