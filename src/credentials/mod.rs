//! Where credentials come from, and the snapshot of those valid now.
//!
//! Imports everything up to `telemetry/`.

use crate::sigv4::Signer;
use std::sync::Arc;

/// What is valid now: a signer, and the epoch that changes whenever the credential does.
#[derive(Debug)]
pub struct Snapshot {
    /// Signs with the credential.
    pub signer: Signer,
    /// Differs for every credential of one bucket.
    pub epoch: u64,
}

/// Why there is nothing to sign with: 503.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no valid credentials for bucket {bucket}: {reason}")]
pub struct CredentialsUnavailable {
    /// The bucket's id.
    pub bucket: Arc<str>,
    /// What the provider said, without secrets.
    pub reason: Arc<str>,
}
