//! The key pair of one start: random, held in memory alone.

use super::EmbeddedError;
use crate::sigv4::{AccessKeyId, Credential};
use s3s::auth::{SecretKey, SimpleAuth};
use secrecy::{ExposeSecret, SecretString};

/// A key pair that both sides know: the gateway signs with it, s3s verifies by it.
#[derive(Clone)]
pub(super) struct Keys {
    id: AccessKeyId,
    secret: SecretString,
}

impl Keys {
    /// Makes a new pair from the operating system's random bytes: 64 bits of id, 256 bits of secret.
    pub(super) fn generate() -> Result<Self, EmbeddedError> {
        let mut id = [0_u8; 8];
        let mut secret = [0_u8; 32];
        let filled = getrandom::fill(&mut id).and_then(|()| getrandom::fill(&mut secret));
        filled.map_err(|fault| no_keys(&fault))?;
        Ok(Self {
            id: AccessKeyId::parse(&format!("EVG{}", hex::encode_upper(id))).map_err(|fault| no_keys(&fault))?,
            secret: SecretString::from(hex::encode(secret)),
        })
    }

    /// What the gateway signs with.
    pub(super) fn credential(&self) -> Credential {
        Credential::new(self.id.clone(), self.secret.clone())
    }

    /// What s3s verifies by.
    pub(super) fn verifier(&self) -> SimpleAuth {
        SimpleAuth::from_single(self.id.as_str(), SecretKey::from(self.secret.expose_secret()))
    }
}

fn no_keys(fault: &impl std::fmt::Display) -> EmbeddedError {
    EmbeddedError::System {
        what: "no random bytes for its keys",
        reason: fault.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_start_has_its_own_keys_and_none_can_be_printed() {
        let (one, two) = (Keys::generate().unwrap(), Keys::generate().unwrap());
        assert_ne!(one.id, two.id);
        assert_ne!(one.secret.expose_secret(), two.secret.expose_secret());
        assert_eq!(one.secret.expose_secret().len(), 64);
        assert!(!format!("{:?}", one.credential()).contains(one.secret.expose_secret()));
    }
}
