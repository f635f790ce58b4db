//! Credentials that rotate under the gateway: every source of them, outages, and what clients see of it, which is nothing.
//!
//! Nothing here leaves loopback: each process that asks the chain has its metadata endpoints pointed at the scripted
//! server, or switched off.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on ends"
)]

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod files;
mod outages;
mod radosgw_sts;
mod rotation;
mod sources;
