//! The signing key: derived from the secret for one day, region and service, and kept for the day. AWS "Calculate the
//! signature".

use super::{CanonicalRequest, Scope};
use arc_swap::ArcSwapOption;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// The name of the algorithm in every form of a signature.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A key that signs for one day, region and service. Wiped when dropped, never printed.
pub struct SigningKey {
    day_number: u64,
    region: Box<str>,
    key: SecretBox<[u8; 32]>,
}

impl SigningKey {
    /// Derives the key that `scope` names from a secret access key.
    #[must_use]
    pub fn derive(secret: &SecretString, scope: &Scope<'_>) -> Self {
        let midnight = UNIX_EPOCH + Duration::from_secs(scope.date.midnight().as_unix());
        let derived = generate_signing_key(secret.expose_secret(), midnight, scope.region, scope.service);
        Self {
            day_number: scope.date.day_number(),
            region: scope.region.into(),
            key: SecretBox::init_with_mut(|key: &mut [u8; 32]| key.copy_from_slice(derived.as_ref())),
        }
    }

    /// Signs a canonical request; returns 64 lower-case hexadecimal digits.
    ///
    /// `scope` must be the one that this key was derived for: no other signature means anything to an origin.
    #[must_use]
    pub fn sign(&self, request: &CanonicalRequest<'_>, scope: &Scope<'_>) -> String {
        self.sign_text(string_to_sign(request, scope).as_bytes())
    }

    /// Signs a string to sign; returns 64 lower-case hexadecimal digits.
    pub(super) fn sign_text(&self, string_to_sign: &[u8]) -> String {
        calculate_signature(self.key.expose_secret(), string_to_sign)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

/// Returns algorithm, date, scope and the hash of the canonical request, each on a line.
fn string_to_sign(request: &CanonicalRequest<'_>, scope: &Scope<'_>) -> String {
    let mut hash = [0; 64];
    // Can't fail: 32 bytes are 64 digits.
    let _ = hex::encode_to_slice(request.hash(), &mut hash);
    let mut text = String::with_capacity(160 + scope.region.len());
    for part in [ALGORITHM, "\n", scope.date.as_str(), "\n"] {
        text.push_str(part);
    }
    scope.write_into("/", &mut text);
    text.push('\n');
    text.push_str(str::from_utf8(&hash).unwrap_or_default());
    text
}

/// The derived keys of two neighbouring days, of one secret and service.
///
/// Around midnight requests of both days are signed in turn (the signing window turns at another second for each key),
/// so each of the two has its own place, by the parity of its day. A bucket is in one region, so a key of another region
/// than the last one takes its place. Reading takes no lock.
#[derive(Default)]
pub(super) struct DayKeys([ArcSwapOption<SigningKey>; 2]);

impl DayKeys {
    /// Signs with the key of the scope's day, deriving it when it is not at hand.
    pub(super) fn sign(&self, secret: &SecretString, request: &CanonicalRequest<'_>, scope: &Scope<'_>) -> String {
        let place = &self.0[usize::from(!scope.date.day_number().is_multiple_of(2))];
        if let Some(key) = &*place.load()
            && key.day_number == scope.date.day_number()
            && *key.region == *scope.region
        {
            return key.sign(request, scope);
        }
        let key = Arc::new(SigningKey::derive(secret, scope));
        let signature = key.sign(request, scope);
        place.store(Some(key));
        signature
    }
}

impl fmt::Debug for DayKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DayKeys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::sigv4::{AmzDate, SignedHeaders, UNSIGNED_PAYLOAD};

    #[test]
    fn a_key_is_derived_once_for_each_of_two_neighbouring_days() {
        let keys = DayKeys::default();
        let secret = SecretString::from("secret");
        let request = CanonicalRequest {
            method: "GET",
            path: "/",
            query: "",
            headers: SignedHeaders::Host("h"),
            payload: UNSIGNED_PAYLOAD,
        };
        let sign_in = |region, unix| {
            let scope = Scope {
                date: &AmzDate::of(Timestamp::from_unix(unix)),
                region,
                service: Scope::S3,
            };
            let signature = keys.sign(&secret, &request, &scope);
            assert_eq!(signature, SigningKey::derive(&secret, &scope).sign(&request, &scope));
        };
        let sign = |unix| sign_in("us-east-1", unix);
        let at_hand = || {
            keys.0
                .each_ref()
                .map(|place| place.load_full().map(|key| Arc::as_ptr(&key)))
        };
        sign(86_399);
        sign(86_400);
        let derived = at_hand();
        assert!(derived.iter().all(Option::is_some));
        sign(0);
        sign(172_799);
        assert_eq!(at_hand(), derived);
        sign(172_800);
        assert_eq!(at_hand()[1], derived[1]);
        assert_ne!(at_hand()[0], derived[0]);
        sign_in("eu-west-1", 172_800);
        sign_in("us-east-1", 172_800);
    }
}
