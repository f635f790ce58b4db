//! The validated configuration of the presigned door and the S3 endpoint: who signs, what they may do, which links live on.

use super::caching::CachePolicy;
use super::model::{Config, Delivery};
use crate::clock::Timestamp;
use crate::s3::KeyPrefix;
use crate::sigv4::Credential;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Where requests of S3 clients are expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct S3Config {
    /// Hosts that incoming signatures may have been made for, beside the request's own: at most 8, lower case, with the
    /// port unless it is the scheme's default (rule 11).
    pub public_hosts: Vec<Box<str>>,
    /// What stands in front of `/bucket/key`: empty, or decoded, starting with `/` and not ending in one.
    pub base_path: Box<str>,
    /// Hosts whose sub-domains are buckets: `s3.example.com` for `bucket.s3.example.com`.
    pub domains: Vec<Box<str>>,
}

/// One access key that an app signs with.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// What it is called in logs and metrics: its access key id, unless named. Keys of one app may share a name.
    pub name: Arc<str>,
    /// The key pair. It never reaches an origin.
    pub credential: Credential,
    /// What it is still good for.
    pub state: ClientState,
    /// Which signatures are taken from it.
    pub signature_versions: SignatureVersions,
    /// What it may do; nothing by default.
    pub allow: Vec<AllowConfig>,
}

impl ClientConfig {
    /// Whether a client can be called so: 1 to 64 letters, digits, `-`, `_` and `.`, since it becomes a label in metrics.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        (1..=64).contains(&name.len()) && name.bytes().all(fine)
    }
}

/// What a client's key is still good for (rule 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientState {
    /// Everything that it is allowed.
    Active,
    /// Old links only: presigned reads, fresh or refreshed. Nothing new, nothing written.
    Retired,
    /// Nothing: its holder could back-date links.
    Revoked,
}

impl ClientState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Active, Self::Retired, Self::Revoked];

    /// The word for it in the configuration file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }
}

/// Which signatures are taken from a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureVersions {
    /// Version 4 alone.
    V4,
    /// Version 4, and version 2 in queries, which is verified only.
    V4AndV2,
}

/// Operations on the keys below one prefix of one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowConfig {
    /// Index into [`super::Config::buckets`].
    pub bucket: usize,
    /// What the keys start with; empty for all of the bucket.
    pub prefix: KeyPrefix,
    /// What may be done there.
    pub operations: Vec<AllowedOperations>,
}

/// A kind of operations, as an operator opens them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AllowedOperations {
    /// GetObject and HeadObject.
    Read,
    /// PutObject, CopyObject and the uploads in parts.
    Write,
    /// DeleteObject and DeleteObjects.
    Delete,
    /// The lists of objects and of unfinished uploads.
    List,
    /// Everything that S3 knows, and any bucket of the same origin.
    All,
}

impl AllowedOperations {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Read, Self::Write, Self::Delete, Self::List, Self::All];

    /// The word for it in the configuration file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::List => "list",
            Self::All => "all",
        }
    }
}

/// Which expired links are honoured (rule 13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshConfig {
    /// Index into [`super::Config::buckets`].
    pub bucket: usize,
    /// What the keys start with; of several rules the longest prefix wins.
    pub prefix: KeyPrefix,
    /// How long after its signing a link may be used; zero honours no expired link.
    pub max_age: Duration,
    /// Links that were signed before are dead, expired or not.
    pub not_before: Option<Timestamp>,
    /// How the objects reach the reader, of fresh links too.
    pub delivery: Delivery,
    /// For how long the object cache answers; `None` keeps nothing.
    pub cache: Option<CachePolicy>,
}

impl Config {
    /// Returns what clients call each bucket, and its index in [`Config::buckets`]: its name at the origin, or else its
    /// name in the config file. Of two buckets with one name at their origins, the one that clients or refresh rules
    /// reach; validation has refused that they reach both.
    #[must_use]
    pub fn client_names(&self) -> HashMap<Box<str>, usize> {
        let allowed = self.clients.iter().flat_map(|client| &client.allow);
        let mut reached: Vec<usize> = allowed.map(|allow| allow.bucket).collect();
        reached.extend(self.refresh.iter().map(|rule| rule.bucket));
        let (near, far): (Vec<_>, Vec<_>) = (self.buckets.iter().enumerate()).partition(|(at, _)| reached.contains(at));
        let all = || near.iter().chain(&far).copied();
        let mut names = HashMap::new();
        for (index, bucket) in all() {
            names.entry(bucket.name.as_str().into()).or_insert(index);
        }
        for (index, bucket) in all() {
            names.entry(bucket.id.as_str().into()).or_insert(index);
        }
        names
    }
}
