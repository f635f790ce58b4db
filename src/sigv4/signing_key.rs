//! The signing key: derived from the secret for one day, region and service, and kept for the day. AWS "Calculate the
//! signature".

use super::{CanonicalRequest, Scope};
use arc_swap::ArcSwapOption;
use aws_sigv4::sign::v4::generate_signing_key;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;
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
        hex::encode(self.signature(request, scope))
    }

    /// As [`SigningKey::sign`]; returns the 32 bytes, for comparing in constant time (rule 9).
    #[must_use]
    pub fn signature(&self, request: &CanonicalRequest<'_>, scope: &Scope<'_>) -> [u8; 32] {
        let mut hash = [0; 64];
        // Can't fail: 32 bytes are 64 digits.
        let _ = hex::encode_to_slice(request.hash(), &mut hash);
        let slash = b"/".as_slice();
        self.mac(&[
            ALGORITHM.as_bytes(),
            b"\n",
            scope.date.as_str().as_bytes(),
            b"\n",
            scope.date.day().as_bytes(),
            slash,
            scope.region.as_bytes(),
            slash,
            scope.service.as_bytes(),
            b"/aws4_request\n",
            &hash,
        ])
    }

    /// Returns the HMAC-SHA256 of a text that is given in pieces: a string to sign.
    #[must_use]
    pub fn mac(&self, text: &[&[u8]]) -> [u8; 32] {
        // Can't fail: HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.expose_secret()) else {
            return [0; 32];
        };
        for piece in text {
            mac.update(piece);
        }
        mac.finalize().into_bytes().into()
    }

    fn is_for(&self, scope: &Scope<'_>) -> bool {
        self.day_number == scope.date.day_number() && *self.region == *scope.region
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

/// The keys derived from one secret for one service, as many days and regions of them as there are places.
///
/// Neighbouring days have places of their own (around midnight requests of both are signed in turn, since the signing
/// window turns at another second for each key); who comes to a place that is taken takes it. Reading takes no lock, and
/// the number of keys is bounded whatever days and regions a stranger names.
pub(super) struct DerivedKeys<const PLACES: usize>([ArcSwapOption<SigningKey>; PLACES]);

impl<const PLACES: usize> DerivedKeys<PLACES> {
    /// Signs with the key of the scope's day and region, deriving it when it is not at hand.
    pub(super) fn sign(&self, secret: &SecretString, request: &CanonicalRequest<'_>, scope: &Scope<'_>) -> String {
        self.with(secret, scope, |key| key.sign(request, scope))
    }

    /// Hands the key of the scope's day and region to `take`, deriving it when it is not at hand.
    pub(super) fn with<T>(
        &self,
        secret: &SecretString,
        scope: &Scope<'_>,
        take: impl FnOnce(&Arc<SigningKey>) -> T,
    ) -> T {
        let Some(place) = self.0.get(place_of(scope, PLACES)) else {
            return take(&Arc::new(SigningKey::derive(secret, scope)));
        };
        if let Some(key) = &*place.load()
            && key.is_for(scope)
        {
            return take(key);
        }
        let key = Arc::new(SigningKey::derive(secret, scope));
        place.store(Some(Arc::clone(&key)));
        take(&key)
    }
}

/// The day counts on by one; regions lie far apart.
fn place_of(scope: &Scope<'_>, places: usize) -> usize {
    let region = scope.region.bytes().fold(0u64, |hash, byte| {
        hash.wrapping_mul(0x0100_0000_01b3).wrapping_add(byte.into())
    });
    let number = scope.date.day_number().wrapping_add(region);
    usize::try_from(number % (places.max(1) as u64)).unwrap_or_default()
}

impl<const PLACES: usize> Default for DerivedKeys<PLACES> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| ArcSwapOption::empty()))
    }
}

impl<const PLACES: usize> fmt::Debug for DerivedKeys<PLACES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKeys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::sigv4::{AmzDate, SignedHeaders, UNSIGNED_PAYLOAD};

    #[test]
    fn a_key_is_derived_once_for_each_of_two_neighbouring_days() {
        let keys = DerivedKeys::<2>::default();
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
        let kept = at_hand().iter().zip(&derived).filter(|(now, then)| now == then).count();
        assert_eq!(kept, 1, "the day before keeps its key");
        sign_in("eu-west-1", 172_800);
        sign_in("us-east-1", 172_800);
    }

    #[test]
    fn a_hundred_days_have_places_of_their_own_and_no_stranger_takes_more() {
        let keys = DerivedKeys::<128>::default();
        let secret = SecretString::from("secret");
        let derive = |region, day: u64| {
            let date = AmzDate::of(Timestamp::from_unix(day * 86_400));
            let scope = Scope {
                date: &date,
                region,
                service: Scope::S3,
            };
            keys.with(&secret, &scope, |key| {
                assert!(key.is_for(&scope));
                Arc::as_ptr(key)
            })
        };
        let of_days = || {
            (20_000..20_100)
                .map(|day| derive("eu-central-1", day))
                .collect::<Vec<_>>()
        };
        assert_eq!(of_days(), of_days(), "each is derived once");
        for (day, region) in (0..1_000).zip(["us-east-1", "mars", "x"].into_iter().cycle()) {
            derive(region, day);
        }
        assert!(keys.0.iter().all(|place| place.load().is_some()));
    }
}
