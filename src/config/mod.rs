//! Configuration: the file as written, the environment, and the validated [`Config`] that the house is built from.
//!
//! Imports the clock, `s3/` and `sigv4/`. The only room that reads the environment. All faults are reported at once.

mod model;

pub use model::*;
