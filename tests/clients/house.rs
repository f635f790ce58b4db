//! A gateway with clients, in front of an origin, with a tee on either side.

use super::canaries::{Canaries, SESSION_TOKEN};
use super::tee::{Needles, Tee};
use crate::support::evergate::Evergate;
use crate::support::origin::Origin;
use crate::support::s3_client::S3Client;
use crate::support::s3s_origin::S3sOrigin;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;
use tempfile::TempDir;

/// A key pair of a client.
#[derive(Clone, Debug)]
pub struct Key {
    pub id: String,
    pub secret: String,
    /// `active`, `retired` or `revoked`.
    pub state: &'static str,
    operations: &'static str,
}

impl Key {
    pub fn new(name: &str, state: &'static str) -> Self {
        Self {
            id: format!("EVGCANARY{:A>11}", name.to_uppercase()),
            secret: format!("canary/{name}+secret=of/a+client=with~punctuation"),
            state,
            operations: "[read, write, delete, list]",
        }
    }

    /// What it may do, as the configuration says it.
    #[must_use]
    pub fn operations(mut self, operations: &'static str) -> Self {
        self.operations = operations;
        self
    }
}

/// How a house is to be built.
pub struct Plan {
    origin: Origin,
    keys: Vec<Key>,
    more: String,
    tls: bool,
    tees: bool,
    base_path: &'static str,
    domain: Option<&'static str>,
}

impl Plan {
    /// One active key that may do everything with the one bucket.
    pub fn on(origin: Origin) -> Self {
        Self {
            origin: with_token(origin),
            keys: vec![Key::new("app", "active")],
            more: String::new(),
            tls: false,
            tees: true,
            base_path: "",
            domain: None,
        }
    }

    #[must_use]
    pub fn key(mut self, key: &Key) -> Self {
        self.keys.push(key.clone());
        self
    }

    /// One key, and this one.
    #[must_use]
    pub fn only_key(mut self, key: &Key) -> Self {
        self.keys = vec![key.clone()];
        self
    }

    /// More of the configuration, at top level.
    #[must_use]
    pub fn yaml(mut self, yaml: &str) -> Self {
        self.more += yaml;
        self
    }

    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Without searching what passes, where much passes.
    #[must_use]
    pub fn without_tees(mut self) -> Self {
        self.tees = false;
        self
    }

    #[must_use]
    pub fn base_path(mut self, path: &'static str) -> Self {
        self.base_path = path;
        self
    }

    /// Buckets are sub-domains of this one.
    #[must_use]
    pub fn domain(mut self, name: &'static str) -> Self {
        self.domain = Some(name);
        self
    }

    pub async fn open(self) -> House {
        let Self { origin, keys, .. } = self;
        direct(&origin).create_bucket(&origin.bucket).await;
        let canaries = Canaries::new(
            &origin,
            keys.iter().map(|key| (key.id.clone(), key.secret.clone())).collect(),
        );
        let address = origin.endpoint.trim_start_matches("http://").parse().unwrap();
        let behind = Tee::start(address, canaries.in_origin_requests(), Needles::default());
        let origin_address = if self.tees { behind.address } else { address };

        let folder = TempDir::new().unwrap();
        let mut yaml = self.more;
        if self.tls {
            let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
            std::fs::write(folder.path().join("tls.crt"), made.cert.pem()).unwrap();
            std::fs::write(folder.path().join("tls.key"), made.signing_key.serialize_pem()).unwrap();
            let folder = folder.path().display();
            writeln!(
                yaml,
                "tls: {{ certificate: {folder}/tls.crt, private_key: {folder}/tls.key }}"
            )
            .unwrap();
        }
        if !self.base_path.is_empty() {
            writeln!(yaml, "s3_base_path: {}", self.base_path).unwrap();
        }
        if let Some(name) = self.domain {
            writeln!(yaml, "s3_domains: [{name}]").unwrap();
        }
        let token = if origin.s3s.is_some() {
            ", session_token: '${ORIGIN_TOKEN}'"
        } else {
            ""
        };
        write!(
            yaml,
            "buckets:\n  files:\n    name: {}\n    region: us-east-1\n    endpoint: http://{}\n    path_style: true\n    credentials: {{ access_key_id: '${{ORIGIN_KEY}}', secret_access_key: '${{ORIGIN_SECRET}}'{token} }}\nclients:\n",
            origin.bucket, origin_address
        )
        .unwrap();
        let mut environment = origin
            .environment()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        if self.tees {
            // What is never told is not told at any level.
            environment.push(("EVERGATE_LOG".to_owned(), "trace".to_owned()));
        }
        environment.push(("ORIGIN_TOKEN".to_owned(), SESSION_TOKEN.to_owned()));
        for (number, key) in keys.iter().enumerate() {
            write!(
                yaml,
                "  - access_key_id: {}\n    secret_access_key: ${{CLIENT_SECRET_{number}}}\n    state: {}\n    signature_versions: [v4, v2]\n    allow: [{{ bucket: files, operations: {} }}]\n",
                key.id, key.state, key.operations
            )
            .unwrap();
            environment.push((format!("CLIENT_SECRET_{number}"), key.secret.clone()));
        }
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let gateway = Evergate::start_with(&yaml, &environment);
        let front = Tee::start(gateway.address, Needles::default(), canaries.in_answers());
        let address = if self.tees { front.address } else { gateway.address };
        let scheme = if self.tls { "https" } else { "http" };
        let authority = self
            .domain
            .map_or_else(|| address.to_string(), |name| format!("{name}:{}", address.port()));
        House {
            endpoint: format!("{scheme}://{authority}{}", self.base_path),
            certificate: self.tls.then(|| folder.path().join("tls.crt")),
            origin,
            keys,
            gateway,
            tees: self.tees,
            front,
            behind,
            canaries,
            _folder: folder,
        }
    }
}

/// What clients meet.
pub struct House {
    /// The URL that clients are given.
    pub endpoint: String,
    pub origin: Origin,
    pub gateway: Evergate,
    keys: Vec<Key>,
    certificate: Option<PathBuf>,
    tees: bool,
    front: Tee,
    behind: Tee,
    canaries: Canaries,
    _folder: TempDir,
}

impl House {
    /// What the programs are told (see `programs`).
    pub fn job(&self) -> Value {
        let key = &self.keys[0];
        let mut job = job(&self.endpoint, &self.origin, &key.id, &key.secret);
        job["ca"] = json!(self.certificate);
        job
    }

    /// The key that the programs use.
    pub fn key(&self) -> &Key {
        &self.keys[0]
    }

    /// The origin itself, past the gateway.
    pub fn direct(&self) -> S3Client {
        direct(&self.origin)
    }

    /// Fails when a secret was seen anywhere.
    pub async fn close(self) {
        let (before, behind) = (self.front.passed(), self.behind.passed());
        assert_eq!(
            self.tees,
            before > 0,
            "{before} bytes before the gateway, {behind} behind it"
        );
        assert_eq!(self.front.found(), Vec::<String>::new(), "in answers");
        assert_eq!(self.behind.found(), Vec::<String>::new(), "in requests to the origin");
        self.canaries.assert_not_told(&self.gateway).await;
    }
}

/// A client of the origin itself.
pub fn direct(origin: &Origin) -> S3Client {
    match &origin.s3s {
        Some(s3s) => s3s.client(),
        None => S3Client::new(&origin.endpoint, &origin.access_key_id, &origin.secret_access_key),
    }
}

/// What the programs are told: where, as whom, and what to expect of the origin.
pub fn job(endpoint: &str, origin: &Origin, key: &str, secret: &str) -> Value {
    json!({
        "endpoint": endpoint, "region": "us-east-1", "bucket": origin.bucket,
        "access_key_id": key, "secret_access_key": secret,
        // s3s-fs lists keys as they are and says that they are encoded.
        "lists_encoded": origin.s3s.is_none(),
        // And it answers with 200 whatever `If-Match` says.
        "hears_conditions": origin.s3s.is_none(),
    })
}

/// The s3s origin again, for temporary credentials.
fn with_token(mut origin: Origin) -> Origin {
    if origin.s3s.take().is_some() {
        let s3s = S3sOrigin::start_requiring(SESSION_TOKEN);
        origin.endpoint = s3s.endpoint();
        origin.s3s = Some(s3s);
    }
    origin
}
