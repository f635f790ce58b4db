//! Answers: redirect, stream, error. Last station of the walk, the only one that knows statuses.
//!
//! Imports everything up to `fetch/`.
