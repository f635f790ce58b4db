//! The validated configuration. Nothing in it needs to be judged again.

use super::caching::{CachePolicy, ObjectCacheConfig};
use super::doors::{ClientConfig, RefreshConfig, S3Config};
use super::key_files::KeyFiles;
use crate::s3::{AddressStyle, BucketName, Endpoint, KeyPrefix, ObjectKey, Region};
use crate::sigv4::Credential;
use ipnet::IpNet;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Everything that the program runs by. Swapped whole on reload (rule 27).
#[derive(Clone, Debug)]
pub struct Config {
    /// The public listener.
    pub listener: ListenerConfig,
    /// The admin listener; `None` when switched off.
    pub admin: Option<AdminConfig>,
    /// The buckets, in the order of the file; `RouteConfig::bucket` is an index into it.
    pub buckets: Vec<BucketConfig>,
    /// The routes, in the order of the file; order means nothing (rule 3).
    pub routes: Vec<RouteConfig>,
    /// Where requests of S3 clients are expected.
    pub s3: S3Config,
    /// The keys that apps sign with; without any, only stable paths are served.
    pub clients: Vec<ClientConfig>,
    /// Which expired links are honoured; order means nothing (rule 3).
    pub refresh: Vec<RefreshConfig>,
    /// The signed-URL cache.
    pub url_cache: UrlCacheConfig,
    /// The object cache.
    pub object_cache: ObjectCacheConfig,
    /// The largest object that `auto` streams, in bytes.
    pub auto_limit: u64,
    /// What is logged, and how.
    pub log: LogConfig,
}

/// The public listener: address, TLS, who may speak for a client, bounds (rule 23).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerConfig {
    /// Where to listen; port 0 picks one.
    pub address: SocketAddr,
    /// Certificate and key, PEM; plain text when absent.
    pub tls: Option<TlsConfig>,
    /// Peers whose `Forwarded` / `X-Forwarded-*` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The most connections held at once, over all workers.
    pub max_connections: usize,
    /// How many worker threads, each with its own runtime and listening socket; `None` for one per core.
    pub workers: Option<usize>,
    /// How long a drain waits for requests in flight.
    pub drain: Duration,
}

impl ListenerConfig {
    /// How many worker threads that makes on this machine.
    #[must_use]
    pub fn worker_count(&self) -> NonZeroUsize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.workers.and_then(NonZeroUsize::new).unwrap_or_else(cores)
    }
}

/// The admin listener.
#[derive(Clone, Debug)]
pub struct AdminConfig {
    /// Where to listen; port 0 picks one.
    pub address: SocketAddr,
    /// What callers of its API show as `Authorization: Bearer`; `None` closes the API.
    pub token: Option<SecretString>,
    /// What senders of S3 events show; `None` takes no events.
    pub events_token: Option<SecretString>,
    /// The ARNs of the SNS topics that events are taken from.
    pub sns_topics: Vec<Box<str>>,
}

/// PEM files of a certificate chain and its private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConfig {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// The private key.
    pub private_key: PathBuf,
}

/// A bucket's name in the config file, such as `files`; also its label in logs and metrics.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BucketId(pub(crate) Arc<str>);

impl BucketId {
    /// The name in the config file.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One configured bucket.
#[derive(Clone, Debug)]
pub struct BucketConfig {
    /// Its name in the config file.
    pub id: BucketId,
    /// Its name at the origin.
    pub name: BucketName,
    /// How long presigned URLs live: 1 s to 7 days.
    pub url_expiry: Duration,
    /// The server that holds it.
    pub origin: OriginConfig,
}

/// Where a bucket is held.
#[derive(Clone, Debug)]
pub enum OriginConfig {
    /// An S3 server.
    Server(ServerConfig),
    /// The built-in origin, with its data in this folder.
    Embedded(PathBuf),
}

/// An S3 server and how to sign for it.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Its base URL.
    pub endpoint: Endpoint,
    /// The region of the credential scope.
    pub region: Region,
    /// Path style or virtual-hosted style.
    pub style: AddressStyle,
    /// Where the credentials come from.
    pub credentials: CredentialsConfig,
}

/// Where credentials come from.
#[derive(Clone, Debug)]
pub enum CredentialsConfig {
    /// The provider chain: environment, profile files, web identity, ECS/EKS, IMDSv2.
    Chain,
    /// One profile of the shared files, and nothing else.
    Profile(Box<str>),
    /// A key pair that stays as it is, from `${…}` or the file itself.
    Static(Credential),
    /// A key pair of which a part stands in a file that may change.
    Files(KeyFiles),
    /// A role.
    AssumeRole(Box<AssumeRoleConfig>),
    /// None at all: requests are not signed, for public buckets.
    Anonymous,
}

/// A role, and who assumes it where.
#[derive(Clone, Debug)]
pub struct AssumeRoleConfig {
    /// The role's ARN.
    pub role_arn: Box<str>,
    /// What the role's trust policy may ask for.
    pub external_id: Option<Box<str>>,
    /// What the session is called in audit logs.
    pub session_name: Box<str>,
    /// The STS server; `None` for AWS's, or the one that `AWS_ENDPOINT_URL_STS` names.
    pub sts_endpoint: Option<Endpoint>,
    /// Whose credentials ask for the role.
    pub source: RoleSource,
}

/// Whose credentials ask for a role.
#[derive(Clone, Debug)]
pub enum RoleSource {
    /// What the provider chain finds.
    Chain,
    /// One profile of the shared files.
    Profile(Box<str>),
    /// A key pair that stays as it is.
    Static(Credential),
    /// A key pair of which a part stands in a file that may change.
    Files(KeyFiles),
}

impl CredentialsConfig {
    /// Whether `other` leads to the same credentials, by the same way.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Chain, Self::Chain) | (Self::Anonymous, Self::Anonymous) => true,
            (Self::Profile(own), Self::Profile(other)) => own == other,
            (Self::Static(own), Self::Static(other)) => own.is_same_as(other),
            (Self::Files(own), Self::Files(other)) => own.is_same_as(other),
            (Self::AssumeRole(own), Self::AssumeRole(other)) => own.is_same_as(other),
            _ => false,
        }
    }
}

impl AssumeRoleConfig {
    fn is_same_as(&self, other: &Self) -> bool {
        let Self {
            role_arn,
            external_id,
            session_name,
            sts_endpoint,
            source,
        } = self;
        *role_arn == other.role_arn
            && *external_id == other.external_id
            && *session_name == other.session_name
            && *sts_endpoint == other.sts_endpoint
            && source.is_same_as(&other.source)
    }
}

impl RoleSource {
    fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Chain, Self::Chain) => true,
            (Self::Profile(own), Self::Profile(other)) => own == other,
            (Self::Static(own), Self::Static(other)) => own.is_same_as(other),
            (Self::Files(own), Self::Files(other)) => own.is_same_as(other),
            _ => false,
        }
    }
}

/// A stable path prefix and what it opens.
#[derive(Clone, Debug)]
pub struct RouteConfig {
    /// The host that it answers for; `None` for every host.
    pub host: Option<Box<str>>,
    /// The decoded path prefix; starts and ends with `/`, or is an exact path.
    pub path: Box<str>,
    /// Index into [`Config::buckets`].
    pub bucket: usize,
    /// What the keys start with.
    pub prefix: KeyPrefix,
    /// Who may read.
    pub access: AccessConfig,
    /// Redirect, stream, or by size.
    pub delivery: Delivery,
    /// `Cache-Control` of streamed answers; `None` keeps the origin's, made `private` unless the route is public.
    pub cache_control: Option<http::HeaderValue>,
    /// Served with 200 when the key is missing; inside `prefix`.
    pub fallback: Option<ObjectKey>,
    /// What a client sees when the origin refuses the gateway.
    pub origin_forbidden: OriginForbidden,
    /// Which types may be shown inline.
    pub inline: InlinePolicy,
    /// For how long the object cache answers; `None` keeps nothing.
    pub cache: Option<CachePolicy>,
}

/// Who may read a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessConfig {
    /// Everyone.
    Public,
}

/// How an object reaches the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// 302 to a presigned URL.
    Redirect,
    /// The bytes, through the gateway.
    Stream,
    /// Stream up to `auto_limit`, redirect above it.
    Auto,
}

impl Delivery {
    /// Every delivery.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Redirect, Self::Stream];

    /// The word for it in the configuration file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redirect => "redirect",
            Self::Stream => "stream",
            Self::Auto => "auto",
        }
    }
}

/// What a client sees when the origin answers 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginForbidden {
    /// 404: outsiders learn nothing.
    NotFound,
    /// 403.
    Forbidden,
}

/// Which stored types may be shown inline (DESIGN §4.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InlinePolicy {
    /// Raster images, audio, video, plain text; SVG sandboxed; the rest as attachment.
    Safe,
    /// Whatever the bucket says; for buckets that only the operator writes to.
    All,
}

/// The signed-URL cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlCacheConfig {
    /// Sign every time; the signing window still makes equal URLs.
    Off,
    /// At most this many bytes.
    MaxBytes(u64),
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// JSON or plain lines.
    pub format: LogFormat,
    /// Whether each request writes a line.
    pub access: AccessLogConfig,
}

/// The shape of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Plain,
}

/// Whether each request writes a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessLogConfig {
    /// Yes.
    On,
    /// No.
    Off,
}
