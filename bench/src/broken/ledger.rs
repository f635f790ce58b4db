//! Session credentials as a cloud gives them: a key pair with a token and an end, after which the origin takes nothing that was
//! signed with it.

use super::lock;
use crate::error::BenchError;
use evergate::clock::{Clock, Timestamp};
use evergate::sigv4::{AccessKeyId, Credential, VerifyingSecret};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A session that was given.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) token: String,
    /// The first second in which it is refused.
    pub(super) ends: Timestamp,
    pub(super) verifying: VerifyingSecret,
}

impl Session {
    /// The library's view of it, to sign with.
    pub(super) fn credential(&self) -> Result<Credential, BenchError> {
        let id = AccessKeyId::parse(&self.id).map_err(|error| BenchError::said(error.to_string()))?;
        let credential = Credential::new(id, self.secret.clone().into());
        let credential = credential.with_session_token(self.token.clone().into());
        Ok(credential
            .map_err(|error| BenchError::said(error.to_string()))?
            .with_expiry(self.ends))
    }
}

/// All sessions ever given.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    sessions: Mutex<HashMap<String, Arc<Session>>>,
}

impl Ledger {
    /// Gives a new session that lives for `life`, in whole seconds.
    pub(super) fn issue(&self, life: Duration) -> Arc<Session> {
        let mut sessions = lock(&self.sessions);
        let secret = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        // As long as the tokens of AWS are, which go into every URL.
        let token: String = std::iter::repeat_with(fastrand::alphanumeric).take(700).collect();
        let session = Arc::new(Session {
            id: format!("ASIABENCH{:011}", sessions.len()),
            verifying: VerifyingSecret::new(secret.clone().into()),
            secret,
            token,
            ends: Clock::system().now().plus(life),
        });
        sessions.insert(session.id.clone(), Arc::clone(&session));
        session
    }

    /// The session of this access key id, ended or not.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Session>> {
        lock(&self.sessions).get(id).cloned()
    }
}
