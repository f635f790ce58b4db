//! A client's secret, with the keys derived from it.

use crate::sigv4::signing_key::DerivedKeys;
use crate::sigv4::{Scope, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use std::fmt;
use std::sync::Arc;
use subtle::{Choice, ConstantTimeEq};

/// Old links of many days come in together. 128 keys take some 20 KiB a secret.
const KEPT: usize = 128;

/// A secret that signatures are verified with, and the signing keys of the days and regions last seen. Shared by all
/// workers; reading takes no lock.
pub struct VerifyingSecret {
    secret: SecretString,
    known: Choice,
    keys: DerivedKeys<KEPT>,
}

impl VerifyingSecret {
    /// Takes the secret access key.
    #[must_use]
    pub fn new(secret: SecretString) -> Self {
        Self {
            keys: DerivedKeys::of(&secret),
            secret,
            known: Choice::from(1),
        }
    }

    /// A secret that nobody's signature matches: an unknown access key id is verified against it, so that it costs the
    /// same as a wrong signature (rule 9).
    #[must_use]
    pub fn unknown() -> Self {
        let random: String = std::iter::repeat_with(fastrand::alphanumeric).take(40).collect();
        Self {
            known: Choice::from(0),
            ..Self::new(random.into())
        }
    }

    /// Hands over the signing key of the scope's day and region.
    pub(super) fn with_key<T>(&self, scope: &Scope<'_>, take: impl FnOnce(&Arc<SigningKey>) -> T) -> T {
        self.keys.with(scope, take)
    }

    /// Computes version 2's signature of a text that is given in pieces.
    pub(super) fn sha1_mac(&self, text: &[&[u8]]) -> [u8; 20] {
        // Can't fail: HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(self.secret.expose_secret().as_bytes()) else {
            return [0; 20];
        };
        for piece in text {
            mac.update(piece);
        }
        mac.finalize().into_bytes().into()
    }

    /// Compares a signature as computed with this secret and as received, in constant time.
    pub(super) fn agrees(&self, computed: &[u8], received: &[u8]) -> bool {
        (computed.ct_eq(received) & self.known).into()
    }
}

impl fmt::Debug for VerifyingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingSecret").finish_non_exhaustive()
    }
}
