//! The verdict: may this reader have this object? Third station of the walk.
//!
//! Imports everything up to `route/`. Only this room makes a [`Permit`]; every room behind it asks for one, so that
//! nothing can be signed or fetched without a verdict, by type.

mod endpoint_permit;
mod permit;
mod verdict;

pub use endpoint_permit::{EndpointOperation, EndpointPermit};
pub use permit::{Audience, Permit};
pub use verdict::{decide, fallback};
