//! AWS Signature Version 4, one file per wire thing.
//!
//! Imports the clock and `s3/`. The canonical request is ours, because verifying needs it byte-exact;
//! `aws-sigv4` derives keys and computes signatures (DESIGN §4.1).

mod credential;
mod signer;

pub use credential::{AccessKeyId, AccessKeyIdError, Credential};
pub use signer::{AuthorizedHeaders, HeaderRequest, PresignRequest, Signer};
