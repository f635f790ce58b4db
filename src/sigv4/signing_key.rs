//! The signing key: derived from the secret for one day, region and service, and kept for the day. AWS "Calculate the
//! signature".

use super::{CanonicalRequest, Scope};
use arc_swap::ArcSwapOption;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The name of the algorithm in every form of a signature.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The first line of every string to sign.
const ALGORITHM_LINE: &[u8] = b"AWS4-HMAC-SHA256\n";

/// HMAC-SHA256 with its key taken in: what is made of the key once is not made again for each text. Wiped when dropped.
struct KeyedMac(Hmac<Sha256>);

impl KeyedMac {
    fn new(key: &[u8]) -> Self {
        // Can't fail: HMAC takes keys of any length.
        Self(Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default())))
    }

    /// Takes a secret access key as every signing key is derived from it.
    fn of_secret(secret: &SecretString) -> Self {
        let secret = secret.expose_secret();
        let mut key = Zeroizing::new(Vec::with_capacity(4 + secret.len()));
        key.extend_from_slice(b"AWS4");
        key.extend_from_slice(secret.as_bytes());
        Self::new(&key)
    }

    fn of<'a>(&self, text: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
        let mut mac = self.0.clone();
        for piece in text {
            mac.update(piece);
        }
        mac.finalize().into_bytes().into()
    }

    fn next(&self, text: &str) -> Self {
        let key = Zeroizing::new(self.of([text.as_bytes()]));
        Self::new(&*key)
    }
}

/// A key that signs for one day, region and service. Wiped when dropped, never printed.
pub struct SigningKey {
    day_number: u64,
    /// A line of the string to sign: `\n20130524/us-east-1/s3/aws4_request\n`.
    scope_line: Box<str>,
    region: Range<usize>,
    mac: KeyedMac,
}

impl SigningKey {
    /// Derives the key that `scope` names from a secret access key.
    #[must_use]
    pub fn derive(secret: &SecretString, scope: &Scope<'_>) -> Self {
        Self::derive_from(&KeyedMac::of_secret(secret), scope)
    }

    fn derive_from(secret: &KeyedMac, scope: &Scope<'_>) -> Self {
        let of_service = secret.next(scope.date.day()).next(scope.region).next(scope.service);
        let mut scope_line = String::with_capacity(64);
        scope_line.push('\n');
        scope.write_into("/", &mut scope_line);
        scope_line.push('\n');
        let region = "\n".len() + scope.date.day().len() + "/".len();
        Self {
            day_number: scope.date.day_number(),
            scope_line: scope_line.into(),
            region: region..region + scope.region.len(),
            mac: of_service.next("aws4_request"),
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
        self.signature_of(request.hash(), scope)
    }

    /// The same for the hash of a canonical request.
    pub(super) fn signature_of(&self, hash: [u8; 32], scope: &Scope<'_>) -> [u8; 32] {
        let mut digits = [0; 64];
        // Can't fail: 32 bytes are 64 digits.
        let _ = hex::encode_to_slice(hash, &mut digits);
        let date = scope.date.as_bytes();
        self.mac(&[ALGORITHM_LINE, &date, self.scope_line.as_bytes(), &digits])
    }

    /// Returns the HMAC-SHA256 of a text that is given in pieces: a string to sign.
    #[must_use]
    pub fn mac(&self, text: &[&[u8]]) -> [u8; 32] {
        self.mac.of(text.iter().copied())
    }

    fn is_for(&self, scope: &Scope<'_>) -> bool {
        self.day_number == scope.date.day_number() && self.scope_line.get(self.region.clone()) == Some(scope.region)
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
pub(super) struct DerivedKeys<const PLACES: usize> {
    secret: KeyedMac,
    places: [ArcSwapOption<SigningKey>; PLACES],
}

impl<const PLACES: usize> DerivedKeys<PLACES> {
    /// Takes the secret access key.
    pub(super) fn of(secret: &SecretString) -> Self {
        Self {
            secret: KeyedMac::of_secret(secret),
            places: std::array::from_fn(|_| ArcSwapOption::empty()),
        }
    }

    /// Signs with the key of the scope's day and region, deriving it when it is not at hand.
    pub(super) fn signature(&self, request: &CanonicalRequest<'_>, scope: &Scope<'_>) -> [u8; 32] {
        self.with(scope, |key| key.signature(request, scope))
    }

    /// Hands the key of the scope's day and region to `take`, deriving it when it is not at hand.
    pub(super) fn with<T>(&self, scope: &Scope<'_>, take: impl FnOnce(&Arc<SigningKey>) -> T) -> T {
        let Some(place) = self.places.get(place_of(scope, PLACES)) else {
            return take(&Arc::new(SigningKey::derive_from(&self.secret, scope)));
        };
        if let Some(key) = &*place.load()
            && key.is_for(scope)
        {
            return take(key);
        }
        let key = Arc::new(SigningKey::derive_from(&self.secret, scope));
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
    use aws_sigv4::sign::v4::generate_signing_key;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_key_is_derived_as_aws_derives_it() {
        let secret = SecretString::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        for (unix, region) in [(1_369_353_600, "us-east-1"), (1_798_761_599, "eu-central-1")] {
            let date = AmzDate::of(Timestamp::from_unix(unix));
            let scope = Scope {
                date: &date,
                region,
                service: Scope::S3,
            };
            let day = UNIX_EPOCH + Duration::from_secs(unix);
            let theirs = generate_signing_key(secret.expose_secret(), day, region, Scope::S3);
            let ours = SigningKey::derive(&secret, &scope);
            assert_eq!(
                ours.mac(&[b"te", b"xt"]),
                KeyedMac::new(theirs.as_ref()).of([&b"text"[..]])
            );
        }
    }

    #[test]
    fn a_key_is_derived_once_for_each_of_two_neighbouring_days() {
        let secret = SecretString::from("secret");
        let keys = DerivedKeys::<2>::of(&secret);
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
            let signature = keys.signature(&request, &scope);
            assert_eq!(
                signature,
                SigningKey::derive(&secret, &scope).signature(&request, &scope)
            );
        };
        let sign = |unix| sign_in("us-east-1", unix);
        let at_hand = || {
            keys.places
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
        let keys = DerivedKeys::<128>::of(&"secret".into());
        let derive = |region, day: u64| {
            let date = AmzDate::of(Timestamp::from_unix(day * 86_400));
            let scope = Scope {
                date: &date,
                region,
                service: Scope::S3,
            };
            keys.with(&scope, |key| {
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
        assert!(keys.places.iter().all(|place| place.load().is_some()));
    }
}
