//! The signer against three oracles: AWS's own test suite, the signer of `aws-sigv4`, and botocore (DESIGN §4.1).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may")]

#[path = "sigv4/aws_sigv4.rs"]
mod aws_sigv4;
#[path = "sigv4/botocore.rs"]
mod botocore;
#[path = "sigv4/suite.rs"]
mod suite;
