//! Where a bucket's credentials come from.

use crate::config::document::Value;
use crate::config::faults::Place;
use crate::config::fields::{self, Fields};
use crate::config::file::CREDENTIALS;
use crate::config::model::CredentialsConfig;
use crate::config::report::{Report, Wrong};
use crate::config::secret::{secret, text_or_file};
use crate::sigv4::{AccessKeyId, Credential};

/// Judges `credentials`: the chain, which is also the default, or a key pair.
pub(super) fn credentials(fields: &Fields<'_>, report: &mut Report<'_>) -> Option<CredentialsConfig> {
    let Some(entry) = fields.get("credentials") else {
        return Some(CredentialsConfig::Chain);
    };
    if let Value::Text(_) | Value::Empty = entry.node.value {
        return fields::value(entry, report, |text| match text.as_str() {
            "chain" => Ok(CredentialsConfig::Chain),
            // What stands here may well be a secret.
            _ => Err(Wrong::new(
                "\"credentials\" is neither \"chain\" nor a mapping",
                "write \"chain\" for the provider chain (roles, profiles, web identity), or access_key_id and \
                 secret_access_key below it",
            )),
        });
    }
    let fields = Fields::open(&entry.node, &CREDENTIALS, report)?;
    let pair = "write both access_key_id and secret_access_key, or \"credentials: chain\"";
    let id = fields.require("access_key_id", pair, report).and_then(|entry| {
        let id = text_or_file(entry, report)?;
        AccessKeyId::parse(&id)
            .map_err(|error| {
                report.fault(
                    &entry.node.place,
                    format!("this is not an access key id: {error}"),
                    "write ${AWS_ACCESS_KEY_ID}, file:/path, or the id itself",
                );
            })
            .ok()
    });
    let key = fields.require("secret_access_key", pair, report).and_then(|entry| {
        fields::judge_absence(entry, report);
        secret(entry, report)
    });
    let token = match fields.get("session_token") {
        Some(entry) => secret(entry, report),
        None => None,
    };
    let (id, key) = (id?, key?);
    if id.as_str().starts_with("ASIA") && token.is_none() {
        let remedy = match fields.place() {
            Place::Text { .. } => "add session_token, or write \"credentials: chain\", which renews what is temporary",
            Place::Whole | Place::Variable(_) => {
                "set AWS_SESSION_TOKEN too, or unset the keys to use the provider chain, which renews what is temporary"
            }
        };
        report.fault(
            fields.place(),
            "the access key id starts with ASIA: it is temporary, and its session token is missing",
            remedy,
        );
    }
    let mut credential = Credential::new(id, key);
    if let Some(token) = token {
        match credential.with_session_token(token) {
            Ok(with_token) => credential = with_token,
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
    Some(CredentialsConfig::Static(credential))
}
