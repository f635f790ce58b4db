//! The admin listener: health, readiness, metrics.
//!
//! Beside the walk, on an address and a thread of its own (rule 28), so that a gateway at its bounds still answers
//! its probes. It asks for its state through [`Readiness`] and knows nothing of the gateway. Reading only: GET and HEAD.

mod pages;
mod readiness;
mod server;

pub use readiness::{Readiness, Report};
pub use server::{Admin, AdminLimits};
