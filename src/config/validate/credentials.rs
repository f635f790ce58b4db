//! Where a bucket's credentials come from.

use super::role;
use crate::config::document::{Entry, Value};
use crate::config::faults::Place;
use crate::config::fields::{self, Fields};
use crate::config::file::CREDENTIALS;
use crate::config::key_files::{KeyFiles, MISSING_TOKEN, is_temporary};
use crate::config::model::{BucketConfig, CredentialsConfig, OriginConfig, RoleSource};
use crate::config::report::{Report, Wrong};
use crate::config::secret::{Found, secret, text_or_file};
use crate::config::text::Text;
use crate::sigv4::{AccessKeyId, Credential};
use secrecy::ExposeSecret;

/// A key pair, which may change or not.
pub(super) enum KeyPair {
    Static(Credential),
    Files(KeyFiles),
}

/// Judges `credentials`: the chain, which is also the default, a profile, a role, a key pair, or none.
pub(super) fn credentials(fields: &Fields<'_>, report: &mut Report<'_>) -> Option<CredentialsConfig> {
    let Some(entry) = fields.get("credentials") else {
        return Some(CredentialsConfig::Chain);
    };
    if let Value::Text(_) | Value::Empty = entry.node.value {
        return fields::value(entry, report, |text| match text.as_str() {
            "chain" => Ok(CredentialsConfig::Chain),
            "anonymous" => Ok(CredentialsConfig::Anonymous),
            // What stands here may well be a secret.
            _ => Err(Wrong::new(
                "\"credentials\" is neither \"chain\" nor \"anonymous\" nor a mapping",
                "write \"chain\" for the provider chain (roles, profiles, web identity), \"anonymous\" for a public \
                 bucket, or access_key_id and secret_access_key below it",
            )),
        });
    }
    let fields = Fields::open(&entry.node, &CREDENTIALS, report)?;
    if !judge_one_way(&fields, &["access_key_id", "profile", "assume_role"], report) {
        return None;
    }
    if let Some(entry) = fields.get("assume_role") {
        return role::assume_role(entry, report)
            .map(Box::new)
            .map(CredentialsConfig::AssumeRole);
    }
    if fields.get("profile").is_some() {
        return fields.value("profile", report, profile).map(CredentialsConfig::Profile);
    }
    key_pair(&fields, "\"credentials: chain\"", report).map(|pair| match pair {
        KeyPair::Static(credential) => CredentialsConfig::Static(credential),
        KeyPair::Files(files) => CredentialsConfig::Files(files),
    })
}

/// Reports fields that stand for different ways to credentials; the rest of a key pair counts as its id.
pub(super) fn judge_one_way(fields: &Fields<'_>, ways: &[&'static str], report: &mut Report<'_>) -> bool {
    let pair = ["access_key_id", "secret_access_key", "session_token"];
    let mut written = ways.iter().filter_map(|way| match *way {
        "access_key_id" => pair.iter().find_map(|part| fields.get(part)),
        way => fields.get(way),
    });
    let (Some(first), Some(second)) = (written.next(), written.next()) else {
        return true;
    };
    report.fault(
        &second.name_place,
        format!("\"{}\" and \"{}\" are two ways to credentials", first.name, second.name),
        "keep one of the two",
    );
    false
}

/// Reads a profile's name.
pub(super) fn profile(text: &Text) -> Result<Box<str>, Wrong> {
    match text.as_str().trim() {
        "" => Err(Wrong::new(
            "the profile's name is empty",
            "write the name that stands in brackets in the shared AWS files",
        )),
        name => Ok(name.into()),
    }
}

/// Reads the public half of a key pair; `remedy` says what to write instead of what is none.
pub(super) fn access_key_id(entry: &Entry, remedy: &str, report: &mut Report<'_>) -> Option<(AccessKeyId, Found)> {
    let found = text_or_file(entry, report)?;
    match AccessKeyId::parse(found.value.expose_secret()) {
        Ok(id) => Some((id, found)),
        Err(error) => {
            report.fault(
                &entry.node.place,
                format!("this is not an access key id: {error}"),
                remedy,
            );
            None
        }
    }
}

/// Whether a bucket's requests are known to be signed with this key; `environment` is the one that the chain finds there.
pub(super) fn signs_with(bucket: &BucketConfig, id: &AccessKeyId, environment: Option<&str>) -> bool {
    let OriginConfig::Server(server) = &bucket.origin else {
        return false;
    };
    match &server.credentials {
        CredentialsConfig::Static(own) => own.access_key_id() == id,
        CredentialsConfig::Files(own) => own.first().access_key_id() == id,
        CredentialsConfig::Chain => environment == Some(id.as_str()),
        CredentialsConfig::AssumeRole(role) => match &role.source {
            RoleSource::Static(own) => own.access_key_id() == id,
            RoleSource::Files(own) => own.first().access_key_id() == id,
            RoleSource::Chain => environment == Some(id.as_str()),
            RoleSource::Profile(_) => false,
        },
        CredentialsConfig::Profile(_) | CredentialsConfig::Anonymous => false,
    }
}

/// Judges a key pair; `instead` is what else could be written.
pub(super) fn key_pair(fields: &Fields<'_>, instead: &str, report: &mut Report<'_>) -> Option<KeyPair> {
    let pair = format!("write both access_key_id and secret_access_key, or {instead}");
    let id = fields.require("access_key_id", &pair, report).and_then(|entry| {
        access_key_id(
            entry,
            "write ${AWS_ACCESS_KEY_ID}, file:/path, or the id itself",
            report,
        )
    });
    let key = fields.require("secret_access_key", &pair, report).and_then(|entry| {
        fields::judge_absence(entry, report);
        secret(entry, report)
    });
    let token = match fields.get("session_token") {
        Some(entry) => secret(entry, report),
        None => None,
    };
    let ((id, found_id), key) = (id?, key?);
    if is_temporary(&id) && token.is_none() {
        let remedy = match fields.place() {
            Place::Text { .. } => format!("add session_token, or write {instead}, which renews what is temporary"),
            Place::Whole | Place::Variable(_) => {
                "set AWS_SESSION_TOKEN too, or unset the keys to use the provider chain, which renews what is temporary"
                    .to_owned()
            }
        };
        report.fault(fields.place(), MISSING_TOKEN, remedy);
    }
    let mut first = Credential::new(id, key.value.clone());
    if let Some(token) = &token {
        match first.with_session_token(token.value.clone()) {
            Ok(with_token) => first = with_token,
            Err(error) => {
                let place = fields
                    .get("session_token")
                    .map_or(fields.place(), |entry| &entry.name_place);
                report.fault(
                    place,
                    format!("this is not a session token: {error}"),
                    "set it to the token as issued, on one line",
                );
                return None;
            }
        }
    }
    let in_files = [Some(&found_id), Some(&key), token.as_ref()];
    if !in_files.into_iter().flatten().any(Found::is_in_file) {
        return Some(KeyPair::Static(first));
    }
    Some(KeyPair::Files(KeyFiles {
        access_key_id: found_id.into_part(),
        secret_access_key: key.into_part(),
        session_token: token.map(Found::into_part),
        first,
    }))
}
