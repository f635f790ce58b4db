//! The verdict: may this reader have this object? Third station of the walk.
//!
//! Imports everything up to `route/`. Only this room makes a [`Permit`]; every room behind it asks for one, so that
//! nothing can be signed or fetched without a verdict, by type.

mod permit;
mod verdict;

pub use permit::{Audience, Permit};
pub use verdict::{decide, fallback};
