//! Verifying, held against requests that real clients signed (2,000 by botocore and the AWS SDK for JavaScript v3, and all that
//! can be done to them), against a table of wrong requests each with its refusal, and against another verifier, that of s3s.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]
#![allow(
    clippy::too_many_lines,
    reason = "a list of what can be done to a request is as long as it is"
)]
#![allow(
    clippy::print_stdout,
    reason = "how many mutants there were of each kind is worth reading"
)]

#[path = "sigv4/mutants/encodings.rs"]
mod encodings;
#[path = "sigv4/hand.rs"]
mod hand;
#[path = "sigv4/mutants/headers.rs"]
mod headers;
#[path = "sigv4/mutants/mutants.rs"]
mod mutants;
#[path = "sigv4/mutants/request.rs"]
mod request;
#[path = "sigv4/s3s_verifier.rs"]
mod s3s_verifier;
#[path = "sigv4/mutants/targets.rs"]
mod targets;
#[path = "sigv4/wrong/mod.rs"]
mod wrong;
