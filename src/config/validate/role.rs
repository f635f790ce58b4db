//! A role to assume: its ARN, its session, where STS is, whose credentials ask for it. AWS STS API, `AssumeRole`.

use super::credentials::{KeyPair, judge_one_way, key_pair, profile};
use crate::config::document::{Entry, Value};
use crate::config::fields::{self, Fields};
use crate::config::file::{ASSUME_ROLE, ROLE_SOURCE};
use crate::config::model::{AssumeRoleConfig, RoleSource};
use crate::config::report::{Report, Wrong};
use crate::config::text::Text;
use crate::s3::Endpoint;

/// What a session is called unless the configuration says otherwise.
const SESSION_NAME: &str = "evergate";

/// Judges `assume_role`.
pub(super) fn assume_role(entry: &Entry, report: &mut Report<'_>) -> Option<AssumeRoleConfig> {
    let fields = Fields::open(&entry.node, &ASSUME_ROLE, report)?;
    let remedy = "write the role's ARN: arn:aws:iam::123456789012:role/name";
    let role_arn = fields
        .require("role_arn", remedy, report)
        .and_then(|entry| fields::present(entry, report, role_arn));
    let external_id = fields.value("external_id", report, external_id);
    let session_name = fields.value("session_name", report, session_name);
    let sts_endpoint = fields.value("sts_endpoint", report, sts_endpoint);
    let source = source(&fields, report);
    Some(AssumeRoleConfig {
        role_arn: role_arn?,
        external_id,
        session_name: session_name.unwrap_or_else(|| SESSION_NAME.into()),
        sts_endpoint,
        source: source?,
    })
}

/// `arn:partition:iam:region:account:role/…`; S3-compatible servers leave some of it out or make it up.
fn role_arn(text: &Text) -> Result<Box<str>, Wrong> {
    let arn = text.as_str().trim();
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let is_role = arn.starts_with("arn:") && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty());
    if is_role && arn.len() <= 2048 && arn.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(arn.into());
    }
    Err(Wrong::new(
        format!("{} is not the ARN of a role", text.shown()),
        if arn.contains(":assumed-role/") {
            "that is a session of the role; write the role itself: arn:aws:iam::123456789012:role/name"
        } else {
            "write it like arn:aws:iam::123456789012:role/name"
        },
    ))
}

fn external_id(text: &Text) -> Result<Box<str>, Wrong> {
    word(text, 1224, "+=,.@:/-_").ok_or_else(|| {
        Wrong::new(
            format!("{} is not an external id", text.shown()),
            "write 2 to 1224 of A-Z, a-z, 0-9 and + = , . @ : / - _, as the role's trust policy has it",
        )
    })
}

fn session_name(text: &Text) -> Result<Box<str>, Wrong> {
    word(text, 64, "+=,.@-_").ok_or_else(|| {
        Wrong::new(
            format!("{} can't be a session's name", text.shown()),
            "write 2 to 64 of A-Z, a-z, 0-9 and + = , . @ - _",
        )
    })
}

fn word(text: &Text, longest: usize, further: &str) -> Option<Box<str>> {
    let word = text.as_str().trim();
    let fine = |c: char| c.is_ascii_alphanumeric() || further.contains(c);
    ((2..=longest).contains(&word.len()) && word.chars().all(fine)).then(|| word.into())
}

fn sts_endpoint(text: &Text) -> Result<Endpoint, Wrong> {
    Endpoint::parse(text.as_str()).map_err(|error| {
        let error = error.to_string();
        let why = error.split_once(": ").map_or(error.as_str(), |(why, _)| why);
        Wrong::new(
            format!("{} is not an STS endpoint: {why}", text.shown()),
            "write the server's URL, such as http://minio:9000; leave it out for AWS itself",
        )
    })
}

fn source(fields: &Fields<'_>, report: &mut Report<'_>) -> Option<RoleSource> {
    let Some(entry) = fields.get("source") else {
        return Some(RoleSource::Chain);
    };
    if let Value::Text(_) | Value::Empty = entry.node.value {
        return fields::value(entry, report, |text| match text.as_str() {
            "chain" => Ok(RoleSource::Chain),
            // What stands here may well be a secret.
            _ => Err(Wrong::new(
                "\"source\" is neither \"chain\" nor a mapping",
                "write \"chain\" for the provider chain, or access_key_id and secret_access_key below it",
            )),
        });
    }
    let fields = Fields::open(&entry.node, &ROLE_SOURCE, report)?;
    if !judge_one_way(&fields, &["access_key_id", "profile"], report) {
        return None;
    }
    if fields.get("profile").is_some() {
        return fields.value("profile", report, profile).map(RoleSource::Profile);
    }
    key_pair(&fields, "\"source: chain\"", report).map(|pair| match pair {
        KeyPair::Static(credential) => RoleSource::Static(credential),
        KeyPair::Files(files) => RoleSource::Files(files),
    })
}
