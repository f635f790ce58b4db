//! The token that callers of the API show. RFC 6750 §2.1.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A token, kept as its hash: two hashes are compared in a time that tells neither content nor length (rule 9).
#[derive(Clone)]
pub(super) struct Token([u8; 32]);

impl Token {
    pub(super) fn new(token: &SecretString) -> Self {
        Self(Sha256::digest(token.expose_secret()).into())
    }

    /// Whether the one `Authorization` among `headers` shows this token.
    pub(super) fn is_shown_in(&self, headers: &HeaderMap) -> bool {
        let mut fields = headers.get_all(AUTHORIZATION).iter();
        let (Some(field), None) = (fields.next(), fields.next()) else {
            return false;
        };
        let Some((scheme, shown)) = field.as_bytes().split_at_checked(b"Bearer ".len()) else {
            return false;
        };
        let shown: [u8; 32] = Sha256::digest(shown.trim_ascii()).into();
        scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(shown.ct_eq(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_bearer_token_counts() {
        let token = Token::new(&"CANARY-of-the-admin".into());
        let shown = |fields: &[&str]| {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(AUTHORIZATION, field.parse().unwrap());
            }
            token.is_shown_in(&headers)
        };
        for fine in ["Bearer CANARY-of-the-admin", "bearer  CANARY-of-the-admin"] {
            assert!(shown(&[fine]), "{fine}");
        }
        for wrong in [
            "",
            "Bearer",
            "Bearer ",
            "CANARY-of-the-admin",
            "Basic CANARY-of-the-admin",
            "Bearer CANARY-of-the-admi",
            "Bearer CANARY-of-the-admin2",
            "Bearer canary-of-the-admin",
        ] {
            assert!(!shown(&[wrong]), "{wrong}");
        }
        let twice = "Bearer CANARY-of-the-admin";
        assert!(!shown(&[]) && !shown(&[twice, twice]));
    }
}
