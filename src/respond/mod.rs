//! Answers: redirect, stream, error. Last station of the walk, the only one that knows statuses.
//!
//! Imports everything up to `fetch/`. Each function takes what a station found out and returns an
//! `http::Response<Body>`; none of them waits for anything. What the reader may learn of a failure is decided in
//! `failure.rs` alone.

mod body;
mod cache_control;
mod cache_status;
mod content;
mod denial;
pub mod endpoint;
mod error;
mod failure;
pub mod headers;
mod redirect;
mod stream;
mod told;

pub use body::Body;
pub use denial::denial_sentence;
pub use error::{Form, error};
pub use failure::Failure;
pub use redirect::redirect;
pub use stream::{View, stream};
