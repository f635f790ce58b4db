//! What the integration tests share: the gateway as a process and in this one, the two origins, a client, a spy.
//!
//! Each test binary takes what it needs (`mod support;`), so that much is unused in each.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]
#![allow(clippy::disallowed_methods, reason = "tests read the clock and the environment")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that can't go on ends"
)]
#![allow(
    clippy::must_use_candidate,
    clippy::missing_panics_doc,
    reason = "no public interface"
)]

pub mod browser;
pub mod credential_server;
pub mod evergate;
pub mod http;
pub mod in_process;
pub mod liar;
pub mod links;
#[macro_use]
pub mod origin;
pub mod radosgw;
pub mod s3_client;
pub mod s3s_origin;
pub mod spy;
pub mod verifying_origin;
pub mod wire;
