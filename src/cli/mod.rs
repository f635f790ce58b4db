//! The command line: one file a command. Last room of the house.

pub mod check;
mod exit;
pub mod routes;

pub use exit::Exit;
#[cfg(feature = "embedded")]
pub mod demo;
