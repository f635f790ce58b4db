//! The admin listener: health, readiness, metrics, and the API that renews links and makes the object cache forget.
//!
//! Beside the walk, on an address and a thread of its own (rule 28), so that a gateway at its bounds still answers
//! its probes. It asks for its state through [`Readiness`] and knows nothing of the gateway but what renews links and what
//! forgets. Its pages are only read (`pages.rs`); its API (`api/`) asks for a token and reads bodies within bounds.

mod answer;
mod api;
mod pages;
mod readiness;
mod server;

pub use api::{Api, ApiTools, SnsWeb};
pub use readiness::{Readiness, Report};
pub use server::{Admin, AdminLimits};
