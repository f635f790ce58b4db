//! From a target to the origin's response. Fifth station of the walk, for streams.
//!
//! Imports everything up to `presign/`.
