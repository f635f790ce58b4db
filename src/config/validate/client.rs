//! Clients: the keys that apps sign with, and what is taken from each. Rules 6, 9 and 13.

use super::bucket::Bucket;
use super::{allow, credentials};
use crate::config::document::Node;
use crate::config::doors::{ClientConfig, ClientState, SignatureVersions};
use crate::config::faults::Place;
use crate::config::fields::{self, Fields};
use crate::config::file::CLIENT;
use crate::config::key_files::is_temporary;
use crate::config::report::{Report, Wrong};
use crate::config::secret;
use crate::config::text::Text;
use crate::config::units::word;
use crate::sigv4::{AccessKeyId, Credential};
use std::sync::Arc;

/// A client as far as it could be read.
pub(super) struct Client {
    /// Where its access key id stands, or the client.
    place: Place,
    id: Option<AccessKeyId>,
    config: Option<ClientConfig>,
}

impl Client {
    /// Whether it is allowed anything in the bucket of this index.
    pub(super) fn reaches(&self, bucket: usize) -> bool {
        self.config()
            .is_some_and(|client| client.allow.iter().any(|allow| allow.bucket == bucket))
    }

    /// What it is, when that could be read.
    pub(super) fn config(&self) -> Option<&ClientConfig> {
        self.config.as_ref()
    }
}

/// Judges all clients.
pub(super) fn clients(fields: &Fields<'_>, buckets: &[Bucket], report: &mut Report<'_>) -> Vec<Client> {
    let nodes = (fields.get("clients")).map_or(&[][..], |entry| fields::list(entry, report));
    let clients: Vec<_> = nodes.iter().filter_map(|node| client(node, buckets, report)).collect();
    judge_ids(&clients, report);
    for client in &clients {
        judge_life(client, report);
        judge_origins(client, buckets, report);
    }
    clients
}

/// Warns about clients that may do nothing.
pub(super) fn judge_use(clients: &[Client], report: &mut Report<'_>) {
    if report.has_faults() {
        return;
    }
    for client in clients {
        let idle = |client: &ClientConfig| client.allow.is_empty() && client.state != ClientState::Revoked;
        if client.config().is_some_and(idle) {
            report.warn(
                &client.place,
                "this client is allowed nothing",
                "write what it may do: allow: [{ bucket: files, operations: [read, write, delete, list] }]",
            );
        }
    }
}

/// Returns the clients when all of them could be read.
pub(super) fn settled(clients: Vec<Client>) -> Option<Vec<ClientConfig>> {
    clients.into_iter().map(|client| client.config).collect()
}

fn client(node: &Node, buckets: &[Bucket], report: &mut Report<'_>) -> Option<Client> {
    let fields = Fields::open(node, &CLIENT, report)?;
    let named = fields.value("name", report, name);
    let remedy = "issue a pair by `evergate client new NAME`, which prints what to write here";
    let id_entry = fields.require("access_key_id", remedy, report);
    let id = id_entry
        .and_then(|entry| {
            credentials::access_key_id(entry, "write the id as it was issued, ${NAME} or file:/path", report)
        })
        .map(|(id, _)| id);
    let secret = fields.require("secret_access_key", remedy, report).and_then(|entry| {
        fields::judge_absence(entry, report);
        secret::long_secret(entry, report)
    });
    let states = ClientState::ALL.map(|state| (state.as_str(), state));
    let state = fields
        .value("state", report, |text| word(text, &states))
        .unwrap_or(ClientState::Active);
    let signature_versions = signature_versions(&fields, report);
    let allow = match fields.get("allow") {
        Some(entry) => allow::allow(entry, buckets, report),
        None => Some(Vec::new()),
    };
    let place = id_entry.map_or(&node.place, |entry| &entry.node.place).clone();
    let config = || {
        let id = id.clone()?;
        Some(ClientConfig {
            name: named.unwrap_or_else(|| id.as_str().into()),
            credential: Credential::new(id, secret?.value),
            state,
            signature_versions: signature_versions?,
            allow: allow?,
        })
    };
    Some(Client {
        config: config(),
        place,
        id,
    })
}

fn name(text: &Text) -> Result<Arc<str>, Wrong> {
    let name = text.as_str();
    if ClientConfig::is_name(name) {
        return Ok(name.into());
    }
    Err(Wrong::new(
        format!("{} can't be the name of a client", text.shown()),
        "write 1 to 64 of a-z, A-Z, 0-9, \"-\", \"_\" and \".\"; it becomes a label in logs and metrics",
    ))
}

/// `[v4]` or `[v4, v2]`. `None` when it is wrong and reported.
fn signature_versions(fields: &Fields<'_>, report: &mut Report<'_>) -> Option<SignatureVersions> {
    #[derive(Clone, Copy, PartialEq)]
    enum Version {
        V4,
        V2,
    }
    let Some(entry) = fields.get("signature_versions") else {
        return Some(SignatureVersions::V4);
    };
    let remedy = "write [v4], or [v4, v2] to take the old query signatures too";
    let mut versions = Vec::new();
    for (place, text) in fields::values(entry, remedy, report) {
        match word(text, &[("v4", Version::V4), ("v2", Version::V2)]) {
            Ok(version) => versions.push(version),
            Err(wrong) => {
                report.wrong(place, wrong);
                return None;
            }
        }
    }
    match (versions.contains(&Version::V4), versions.contains(&Version::V2)) {
        (true, true) => Some(SignatureVersions::V4AndV2),
        (true, false) => Some(SignatureVersions::V4),
        (false, _) => {
            report.fault(
                &entry.name_place,
                "version 4 is always taken, and it is not listed",
                remedy,
            );
            None
        }
    }
}

/// Reports a key that nobody can sign lasting links with.
fn judge_life(client: &Client, report: &mut Report<'_>) {
    if client.id.as_ref().is_some_and(is_temporary) {
        report.fault(
            &client.place,
            "the access key id starts with ASIA: it is temporary, and what it signs can't be verified once it has ended",
            "issue the app a key by `evergate client new NAME`",
        );
    }
}

/// Reports access key ids that several clients have.
fn judge_ids(clients: &[Client], report: &mut Report<'_>) {
    for (index, client) in clients.iter().enumerate() {
        let same = |earlier: &&Client| client.id.is_some() && earlier.id == client.id;
        if let Some(first) = clients[..index].iter().find(same) {
            let line = match first.place {
                Place::Text { line, .. } => format!(" on line {line}"),
                Place::Whole | Place::Variable(_) => String::new(),
            };
            report.fault(
                &client.place,
                format!("this is the access key id of another client too, the one{line}"),
                "keep one of the two: an id has one secret and one state",
            );
        }
    }
}

/// Reports a client whose key is the gateway's own at an origin: its holder could go past the gateway, and every URL that
/// the gateway signs would be a client's.
fn judge_origins(client: &Client, buckets: &[Bucket], report: &mut Report<'_>) {
    let Some(id) = &client.id else { return };
    let from_environment = report.env().get("AWS_ACCESS_KEY_ID").map(str::to_owned);
    let signs = |bucket: &&Bucket| {
        let config = bucket.config();
        config.is_some_and(|config| credentials::signs_with(config, id, from_environment.as_deref()))
    };
    if let Some(bucket) = buckets.iter().find(signs) {
        report.fault(
            &client.place,
            format!("this is the key that the gateway itself signs with for bucket \"{}\"", bucket.id),
            "issue the app a key of its own by `evergate client new NAME`; to honour links signed with this one, give the \
             gateway another key at S3 and keep this one here with \"state: retired\"",
        );
    }
}
