//! A key pair of which some part stands in a file: read when the configuration is, and again whenever the file changes.
//!
//! Both readings judge by the same rules; [`crate::credentials`] decides when to read again.

use crate::sigv4::{AccessKeyId, Credential};
use secrecy::{ExposeSecret, SecretString};
use std::fs;
use std::path::{Path, PathBuf};

/// The most bytes that a secret's file may hold; anything larger is some other file.
const MAX_BYTES: u64 = 64 * 1024;

/// Where one part of a key pair is.
#[derive(Clone, Debug)]
pub enum KeyPart {
    /// Written in the configuration, or taken from the environment when that was read.
    Given(SecretString),
    /// In this file, alone.
    File(PathBuf),
}

/// A key pair of which some part stands in a file.
#[derive(Clone, Debug)]
pub struct KeyFiles {
    pub(super) access_key_id: KeyPart,
    pub(super) secret_access_key: KeyPart,
    pub(super) session_token: Option<KeyPart>,
    pub(super) first: Credential,
}

/// Why a key pair can't be read again: one sentence, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeyFilesError(String);

impl KeyFiles {
    /// The key pair as it was when the configuration was read.
    #[must_use]
    pub fn first(&self) -> &Credential {
        &self.first
    }

    /// Reads the files again; blocks on the disk.
    ///
    /// # Errors
    /// When a file can't be read, or what it holds can't be the part that it is for.
    pub fn read(&self) -> Result<Credential, KeyFilesError> {
        let id = AccessKeyId::parse(self.access_key_id.read()?.expose_secret())
            .map_err(|error| KeyFilesError(format!("the access key id: {error}")))?;
        let key = self.secret_access_key.read()?;
        let token = self.session_token.as_ref().map(KeyPart::read).transpose()?;
        if is_temporary(&id) && token.is_none() {
            return Err(KeyFilesError(MISSING_TOKEN.into()));
        }
        let credential = Credential::new(id, key);
        match token {
            Some(token) => credential
                .with_session_token(token)
                .map_err(|error| KeyFilesError(format!("the session token: {error}"))),
            None => Ok(credential),
        }
    }

    /// Whether `other` takes each part from the same place.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        let token = match (&self.session_token, &other.session_token) {
            (Some(own), Some(other)) => own.is_same_as(other),
            (own, other) => own.is_none() && other.is_none(),
        };
        token
            && self.access_key_id.is_same_as(&other.access_key_id)
            && self.secret_access_key.is_same_as(&other.secret_access_key)
    }
}

impl KeyPart {
    fn read(&self) -> Result<SecretString, KeyFilesError> {
        match self {
            Self::Given(secret) => Ok(secret.clone()),
            Self::File(path) => {
                read(path).map_err(|reason| KeyFilesError(format!("{} can't be used: {reason}", path.display())))
            }
        }
    }

    fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Given(own), Self::Given(other)) => own.expose_secret() == other.expose_secret(),
            (Self::File(own), Self::File(other)) => own == other,
            _ => false,
        }
    }
}

/// What is said of a temporary key without its token.
pub(super) const MISSING_TOKEN: &str =
    "the access key id starts with ASIA: it is temporary, and its session token is missing";

/// Tells whether an access key id is one of temporary credentials, by AWS's prefixes.
pub(super) fn is_temporary(id: &AccessKeyId) -> bool {
    id.as_str().starts_with("ASIA")
}

/// Reads a secret's file; blanks around the secret are dropped.
///
/// # Errors
/// Says why in half a sentence.
pub(super) fn read(file: &Path) -> Result<SecretString, String> {
    let metadata = fs::metadata(file).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a regular file".into());
    }
    if metadata.len() > MAX_BYTES {
        return Err(format!("it holds {} bytes", metadata.len()));
    }
    let secret = fs::read_to_string(file).map_err(|error| error.to_string())?;
    match secret.trim() {
        "" => Err("it is empty".into()),
        secret => Ok(secret.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_files(folder: &Path) -> KeyFiles {
        KeyFiles {
            access_key_id: KeyPart::File(folder.join("id")),
            secret_access_key: KeyPart::File(folder.join("key")),
            session_token: None,
            first: Credential::new(AccessKeyId::parse("FIRST").unwrap(), "first".into()),
        }
    }

    #[test]
    fn a_rotated_pair_is_read_and_a_broken_one_refused() {
        let folder = tempfile::tempdir().unwrap();
        let files = key_files(folder.path());
        assert!(files.read().unwrap_err().to_string().contains("id can't be used"));
        fs::write(folder.path().join("id"), " AKIA2\n").unwrap();
        fs::write(folder.path().join("key"), "canary\n").unwrap();
        let read = files.read().unwrap();
        assert_eq!(read.access_key_id().as_str(), "AKIA2");
        assert!(read.is_same_as(&Credential::new(AccessKeyId::parse("AKIA2").unwrap(), "canary".into())));
        for (id, key, says) in [
            ("AKIA 3", "canary", "the access key id: "),
            ("ASIA3", "canary", "its session token is missing"),
            ("AKIA3", " \n", "it is empty"),
        ] {
            fs::write(folder.path().join("id"), id).unwrap();
            fs::write(folder.path().join("key"), key).unwrap();
            let error = files.read().unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn the_places_tell_whether_two_are_the_same() {
        let files = key_files(Path::new("/a"));
        assert!(files.is_same_as(&key_files(Path::new("/a"))));
        assert!(!files.is_same_as(&key_files(Path::new("/b"))));
        let mut other = key_files(Path::new("/a"));
        other.session_token = Some(KeyPart::Given("token".into()));
        assert!(!files.is_same_as(&other) && other.is_same_as(&other.clone()));
    }
}
