//! Metrics, events, the access log.
//!
//! Imports everything up to `config/`.
