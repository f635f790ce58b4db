//! Evergate: a gateway in front of S3 that makes object links never go stale.
//!
//! The crate is a house of rooms that stand in one order; **a room imports only rooms before it**, and
//! `tests/rooms.rs` proves it. The request walks the house one way:
//!
//! bytes → [`listener::Inbound`] → [`route::Routed`] → [`access::Permit`] → [`resolve::Target`] →
//! [`presign::SignedUrl`] or an origin response → the response.

// The vocabulary and the furniture.
pub mod clock;
pub mod s3;
pub mod sigv4;
pub mod config;
pub mod telemetry;
pub mod credentials;
pub mod cache;
// The walk.
pub mod listener;
pub mod route;
pub mod access;
pub mod resolve;
pub mod presign;
pub mod fetch;
pub mod respond;
// Assembly.
pub mod gateway;
pub mod admin;
#[cfg(feature = "embedded")]
pub mod embedded;
pub mod cli;
