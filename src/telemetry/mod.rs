//! Metrics, events, the access log.
//!
//! Imports everything up to `config/`.

mod outcome;

pub use outcome::{CacheResult, Deadline, Door, OriginErrorKind, Outcome};
