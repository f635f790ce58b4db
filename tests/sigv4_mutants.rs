//! Verifying, held against requests that real clients signed: 2,000 by botocore and the AWS SDK for JavaScript v3 are believed,
//! and of everything that can be done to them only what is listed as the same request (`mutants::EQUIVALENT`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

#[path = "sigv4/mutants/encodings.rs"]
mod encodings;
#[path = "sigv4/mutants/headers.rs"]
mod headers;
#[path = "sigv4/mutants/mutants.rs"]
mod mutants;
#[path = "sigv4/mutants/request.rs"]
mod request;
#[path = "sigv4/mutants/targets.rs"]
mod targets;
