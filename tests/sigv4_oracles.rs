//! The signer against three oracles: AWS's own test suite, the signer of `aws-sigv4`, and botocore (DESIGN §4.1); the verifier
//! against the first. What else the verifier must believe and refuse is in `sigv4_verify.rs`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

#[path = "sigv4/aws_sigv4.rs"]
mod aws_sigv4;
#[path = "sigv4/botocore.rs"]
mod botocore;
#[path = "sigv4/suite.rs"]
mod suite;
#[path = "sigv4/suite_verified.rs"]
mod suite_verified;
