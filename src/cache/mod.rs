//! Bounded caches on moka.
//!
//! Imports everything up to `credentials/`.
