//! The tokens that callers of the API show. RFC 6750 §2.1 for `Bearer`, RFC 7617 for `Basic`, whose password the token then is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A token, kept as its hash: two hashes are compared in a time that tells neither content nor length (rule 9).
#[derive(Clone)]
pub(super) struct Token([u8; 32]);

/// In which ways a token may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schemes {
    /// `Bearer <token>` alone.
    Bearer,
    /// That, or `Basic` with any user name: all that SNS and Ceph can send is what fits into a URL.
    BearerOrBasic,
}

/// What a request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// This token.
    Right,
    /// Another, or one in a way that does not count.
    Wrong,
    /// No `Authorization` at all.
    Nothing,
}

impl Token {
    pub(super) fn new(token: &SecretString) -> Self {
        Self(Sha256::digest(token.expose_secret()).into())
    }

    /// What the one `Authorization` among `headers` shows.
    pub(super) fn shown_in(&self, headers: &HeaderMap, schemes: Schemes) -> Shown {
        let mut fields = headers.get_all(AUTHORIZATION).iter();
        let field = match (fields.next(), fields.next()) {
            (None, _) => return Shown::Nothing,
            (Some(_), Some(_)) => return Shown::Wrong,
            (Some(field), None) => field.as_bytes(),
        };
        let right = match after(field, b"Bearer ") {
            Some(token) => self.is(token),
            None if schemes == Schemes::BearerOrBasic => {
                let password = after(field, b"Basic ").and_then(password);
                password.is_some_and(|password| self.is(&password))
            }
            None => false,
        };
        if right { Shown::Right } else { Shown::Wrong }
    }

    fn is(&self, shown: &[u8]) -> bool {
        let shown: [u8; 32] = Sha256::digest(shown).into();
        shown.ct_eq(&self.0).into()
    }
}

/// What stands behind the `scheme`, which is written in any case.
fn after<'a>(field: &'a [u8], scheme: &[u8]) -> Option<&'a [u8]> {
    let (before, behind) = field.split_at_checked(scheme.len())?;
    before.eq_ignore_ascii_case(scheme).then(|| behind.trim_ascii())
}

/// The password: everything behind the first colon.
fn password(credentials: &[u8]) -> Option<Vec<u8>> {
    let mut credentials = STANDARD.decode(credentials).ok()?;
    let colon = credentials.iter().position(|byte| *byte == b':')?;
    Some(credentials.split_off(colon).split_off(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(fields: &[&str], schemes: Schemes) -> Shown {
        let token = Token::new(&"CANARY-of-the-admin".into());
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(AUTHORIZATION, field.parse().unwrap());
        }
        token.shown_in(&headers, schemes)
    }

    fn basic(credentials: &str) -> String {
        format!("Basic {}", STANDARD.encode(credentials))
    }

    #[test]
    fn only_the_one_bearer_token_counts() {
        for fine in ["Bearer CANARY-of-the-admin", "bearer  CANARY-of-the-admin"] {
            assert_eq!(shown(&[fine], Schemes::Bearer), Shown::Right, "{fine}");
            assert_eq!(shown(&[fine], Schemes::BearerOrBasic), Shown::Right, "{fine}");
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
            &basic("sns:CANARY-of-the-admin"),
        ] {
            assert_eq!(shown(&[wrong], Schemes::Bearer), Shown::Wrong, "{wrong}");
        }
        let twice = "Bearer CANARY-of-the-admin";
        assert_eq!(shown(&[], Schemes::Bearer), Shown::Nothing);
        assert_eq!(shown(&[twice, twice], Schemes::Bearer), Shown::Wrong);
    }

    #[test]
    fn the_password_of_any_user_counts_where_it_may() {
        for fine in [
            "sns:CANARY-of-the-admin",
            ":CANARY-of-the-admin",
            "ü:CANARY-of-the-admin",
        ] {
            assert_eq!(shown(&[&basic(fine)], Schemes::BearerOrBasic), Shown::Right, "{fine}");
        }
        let fine = basic("sns:CANARY-of-the-admin");
        assert_eq!(
            shown(&[&fine.replace("Basic", "basic")], Schemes::BearerOrBasic),
            Shown::Right
        );
        for wrong in [
            "",
            ":",
            "CANARY-of-the-admin",
            "CANARY-of-the-admin:",
            "sns:CANARY-of-the-admin:",
            "sns::CANARY-of-the-admin",
            "sns:canary-of-the-admin",
        ] {
            assert_eq!(shown(&[&basic(wrong)], Schemes::BearerOrBasic), Shown::Wrong, "{wrong}");
        }
        for garbage in ["Basic", "Basic ", "Basic %%%", "Basic c25zOkNBTkFSWQ", "Digest x"] {
            assert_eq!(shown(&[garbage], Schemes::BearerOrBasic), Shown::Wrong, "{garbage}");
        }
    }
}
