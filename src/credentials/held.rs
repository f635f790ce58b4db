//! What a handle holds: a snapshot, or the reason why there is none.

use super::signing::Signing;
use crate::clock::Timestamp;
use crate::sigv4::{Credential, Signer};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is valid now: how to sign, and the epoch that changes whenever the credential does.
#[derive(Debug)]
pub struct Snapshot {
    /// Signs with the credential, or not at all.
    pub signing: Signing,
    /// Differs for every credential of this process, so that no cache entry outlives its credential.
    pub epoch: u64,
    provider: Arc<str>,
}

impl Snapshot {
    pub(super) fn new(credential: Credential, provider: &str) -> Self {
        Self::of(Signing::Credential(Signer::new(Arc::new(credential))), provider)
    }

    pub(super) fn anonymous() -> Self {
        Self::of(Signing::Anonymous, "anonymous")
    }

    fn of(signing: Signing, provider: &str) -> Self {
        static NEXT_EPOCH: AtomicU64 = AtomicU64::new(1);
        Self {
            signing,
            epoch: NEXT_EPOCH.fetch_add(1, Ordering::Relaxed),
            provider: provider.into(),
        }
    }

    /// When the origin stops honouring the credential; `None` for never.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.signing.credential().and_then(|credential| credential.expires_at())
    }

    /// Who gave the credential, in words for the operator: `instance metadata`, `profile files`.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    pub(super) fn is_valid_at(&self, now: Timestamp) -> bool {
        self.expires_at().is_none_or(|end| now < end)
    }
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

/// One state of a handle. The refusal is made when the state is, so that giving it allocates nothing.
#[derive(Debug)]
pub enum Held {
    /// Nothing was ever loaded.
    Nothing(CredentialsUnavailable),
    /// A snapshot, and what to answer once it has ended.
    Snapshot(Arc<Snapshot>, CredentialsUnavailable),
}

impl Held {
    /// Returns the snapshot if it is valid at `now`.
    ///
    /// # Errors
    /// When nothing was loaded, or what was has ended.
    pub fn usable_at(&self, now: Timestamp) -> Result<&Arc<Snapshot>, CredentialsUnavailable> {
        match self {
            Self::Snapshot(snapshot, _) if snapshot.is_valid_at(now) => Ok(snapshot),
            Self::Snapshot(_, refusal) | Self::Nothing(refusal) => Err(refusal.clone()),
        }
    }

    pub(super) fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        match self {
            Self::Snapshot(snapshot, _) => Some(snapshot),
            Self::Nothing(_) => None,
        }
    }
}
