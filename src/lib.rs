//! Evergate: a gateway in front of S3 that makes object links never go stale.
//!
//! The crate is a house of rooms that stand in one order; **a room imports only rooms before it**, and
//! `tests/rooms.rs` proves it. The request walks the house one way:
//!
//! bytes → [`listener::Inbound`] → [`route::Routed`] → [`access::Permit`] → [`resolve::Target`] →
//! [`presign::SignedUrl`] or an origin response → the response.

// The vocabulary and the furniture.
pub mod cache;
pub mod clock;
pub mod config;
pub mod credentials;
pub mod s3;
pub mod sigv4;
pub mod telemetry;
// The walk.
pub mod access;
pub mod fetch;
pub mod listener;
pub mod presign;
pub mod resolve;
pub mod respond;
pub mod route;
// Assembly.
pub mod admin;
pub mod cli;
#[cfg(feature = "embedded")]
pub mod embedded;
pub mod gateway;
