//! The command line: one file a command. Last room of the house.

mod exit;

pub use exit::Exit;
