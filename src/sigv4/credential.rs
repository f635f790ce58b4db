//! What signs: an access key id, its secret, sometimes a session token and an end.

use crate::clock::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;

/// Why an access key id is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an access key id is 1 to 128 of A-Z, a-z, 0-9, '-', '_' and '.'")]
pub struct AccessKeyIdError;

/// The public half of a key pair.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccessKeyId(Arc<str>);

impl AccessKeyId {
    /// Takes the id as issued.
    ///
    /// # Errors
    /// When it could not stand in a credential scope.
    pub fn parse(id: &str) -> Result<Self, AccessKeyIdError> {
        if Self::is_fine(id) {
            Ok(Self(id.into()))
        } else {
            Err(AccessKeyIdError)
        }
    }

    /// Whether [`AccessKeyId::parse`] takes it.
    pub(super) fn is_fine(id: &str) -> bool {
        let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        (1..=128).contains(&id.len()) && id.bytes().all(fine)
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a session token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a session token is 1 to 8,192 visible ASCII characters")]
pub struct SessionTokenError;

/// A key pair that can sign. Neither secret nor token can be printed.
#[derive(Clone)]
pub struct Credential {
    pub(super) access_key_id: AccessKeyId,
    pub(super) secret_access_key: SecretString,
    pub(super) session_token: Option<SecretString>,
    expires_at: Option<Timestamp>,
}

impl Credential {
    /// A long-lived key pair.
    #[must_use]
    pub fn new(access_key_id: AccessKeyId, secret_access_key: SecretString) -> Self {
        Self {
            access_key_id,
            secret_access_key,
            session_token: None,
            expires_at: None,
        }
    }

    /// Adds the session token of temporary credentials.
    ///
    /// # Errors
    /// When it could not stand in a header.
    pub fn with_session_token(mut self, token: SecretString) -> Result<Self, SessionTokenError> {
        let text = token.expose_secret();
        if !(1..=8192).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SessionTokenError);
        }
        self.session_token = Some(token);
        Ok(self)
    }

    /// Adds the time at which the origin stops honouring this credential.
    #[must_use]
    pub fn with_expiry(mut self, at: Timestamp) -> Self {
        self.expires_at = Some(at);
        self
    }

    /// The public half.
    #[must_use]
    pub fn access_key_id(&self) -> &AccessKeyId {
        &self.access_key_id
    }

    /// Id, secret and session token, for code that hands them on to the AWS SDK.
    pub(crate) fn parts(&self) -> (&AccessKeyId, &SecretString, Option<&SecretString>) {
        (
            &self.access_key_id,
            &self.secret_access_key,
            self.session_token.as_ref(),
        )
    }

    /// Whether `other` is the same credential in every part, its end included.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.access_key_id == other.access_key_id
            && self.secret_access_key.expose_secret() == other.secret_access_key.expose_secret()
            && self.session_token.as_ref().map(ExposeSecret::expose_secret)
                == other.session_token.as_ref().map(ExposeSecret::expose_secret)
            && self.expires_at == other.expires_at
    }

    /// When the origin stops honouring it; `None` for never.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("access_key_id", &self.access_key_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
