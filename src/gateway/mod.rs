//! Assembly: the walk in one place, and everything that it needs in one handle.
//!
//! A [`Gateway`] is one worker's [`crate::listener::Service`]. It takes one snapshot of the [`App`] for each request and
//! leads the request through the house (`walk.rs`), through the door that its proof opens (`stable.rs`, `presigned.rs`,
//! `endpoint.rs`). The app is built whole from a configuration and swapped whole when [`reload`] says that it is time
//! ([`Running`], rule 27), so that no request ever sees half of two.

mod app;
mod delivery;
mod endpoint;
mod endpoint_errand;
mod forget;
mod link_ages;
pub mod links;
mod per_bucket;
mod presigned;
pub mod reload;
mod running;
mod service;
mod stable;
mod walk;

pub use app::{App, AppError, Furniture};
pub use forget::Forget;
pub use running::Running;
pub use service::Gateway;
