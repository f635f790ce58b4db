//! The keyring of clients: who signs with which access key id.

use crate::config::{ClientConfig, ClientState, SignatureVersions};
use crate::sigv4::VerifyingSecret;
use foldhash::HashMap;
use std::sync::Arc;

/// One access key of a client, as the doors see it.
#[derive(Debug)]
pub struct Client {
    /// Its place in [`crate::config::Config::clients`] and in every per-client table built from it.
    pub index: usize,
    /// What it is called in logs and metrics.
    pub name: Arc<str>,
    /// The public half of its key pair.
    pub access_key_id: Box<str>,
    /// What its signatures are verified with.
    pub secret: VerifyingSecret,
    /// What it is still good for.
    pub state: ClientState,
    /// Which signatures are taken from it.
    pub signature_versions: SignatureVersions,
}

/// All clients of the running configuration.
#[derive(Debug)]
pub struct Keyring {
    by_id: HashMap<Box<str>, Arc<Client>>,
    unknown: VerifyingSecret,
}

impl Keyring {
    /// Takes the clients of the configuration.
    #[must_use]
    pub fn new(clients: &[ClientConfig]) -> Self {
        let client = |(index, config): (usize, &ClientConfig)| {
            let (id, secret, _) = config.credential.parts();
            let client = Client {
                index,
                name: Arc::clone(&config.name),
                access_key_id: id.as_str().into(),
                secret: VerifyingSecret::new(secret.clone()),
                state: config.state,
                signature_versions: config.signature_versions,
            };
            (client.access_key_id.clone(), Arc::new(client))
        };
        Self {
            by_id: clients.iter().enumerate().map(client).collect(),
            unknown: VerifyingSecret::unknown(),
        }
    }

    /// Returns the client that signs with this access key id.
    #[must_use]
    pub fn find(&self, access_key_id: &str) -> Option<&Arc<Client>> {
        self.by_id.get(access_key_id)
    }

    /// What unknown access key ids are verified against.
    #[must_use]
    pub fn unknown(&self) -> &VerifyingSecret {
        &self.unknown
    }

    /// Whether there are no clients: then no S3 door is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigv4::{AccessKeyId, Credential};

    #[test]
    fn a_client_is_found_by_its_key_and_by_nothing_else() {
        let client = |id: &str, state| ClientConfig {
            name: "app".into(),
            credential: Credential::new(AccessKeyId::parse(id).unwrap(), "canary".into()),
            state,
            signature_versions: SignatureVersions::V4,
            allow: Vec::new(),
        };
        let keyring = Keyring::new(&[
            client("EVG1", ClientState::Active),
            client("EVG2", ClientState::Revoked),
        ]);
        let found = keyring.find("EVG2").unwrap();
        assert_eq!((found.index, found.state), (1, ClientState::Revoked));
        assert!(keyring.find("evg2").is_none() && keyring.find("app").is_none() && keyring.find("").is_none());
        assert!(!keyring.is_empty() && Keyring::new(&[]).is_empty());
        assert!(!format!("{keyring:?}").contains("canary"));
    }
}
