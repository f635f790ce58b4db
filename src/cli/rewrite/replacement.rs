//! What a presigned URL is replaced by: the stable path of its object, or a URL presigned afresh for the gateway.

use super::tally::Left;
use crate::cli::EMBEDDED_REGION;
use crate::clock::Timestamp;
use crate::config::{AllowedOperations, BucketConfig, ClientConfig, ClientState, Config, OriginConfig, RefreshConfig};
use crate::resolve::{Disposition, Overrides};
use crate::route::{LinkTarget, StablePaths};
use crate::s3::{Address, AddressStyle, BucketName, Endpoint, ObjectKey, Region, encode_path_into};
use crate::sigv4::{PresignRequest, Signer};
use http::Method;
use std::sync::Arc;
use std::time::Duration;

/// Makes replacements.
#[derive(Debug)]
pub enum Replacement {
    /// Stable paths.
    Stable(Stable),
    /// URLs presigned for the gateway.
    Gateway(Box<Gateway>),
}

impl Replacement {
    /// Returns what replaces a URL that names `target` and asks for `overrides`.
    ///
    /// # Errors
    /// Why there is nothing that could.
    pub(super) fn make(&self, target: &LinkTarget<'_>, overrides: &Overrides) -> Result<String, Left> {
        match self {
            Self::Stable(stable) => stable.make(target, overrides),
            Self::Gateway(gateway) => gateway.make(target, overrides),
        }
    }
}

/// Why a command line can't be followed with this configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(pub(super) String);

/// Stable paths, in front of a base URL or by themselves.
#[derive(Debug)]
pub struct Stable {
    paths: StablePaths,
    /// The URL in front of them, and its host.
    base: Option<(String, Box<str>)>,
}

impl Stable {
    /// Takes the routes; `base` is the gateway's URL, `None` for paths alone.
    #[must_use]
    pub fn new(config: &Config, base: Option<&Endpoint>) -> Self {
        Self {
            paths: StablePaths::new(&config.routes),
            base: base.map(|base| (base.to_string(), base.authority().into())),
        }
    }

    fn make(&self, target: &LinkTarget<'_>, overrides: &Overrides) -> Result<String, Left> {
        let disposition = Disposition::of(overrides).ok_or(Left::Overrides)?;
        let path = |bucket: &usize| {
            if let Some((base, host)) = &self.base {
                let path = self.paths.at(host, *bucket, &target.key)?;
                return Some([base, &*path].concat());
            }
            // A path alone may stand on any site: a route of one host is no route there.
            let stable = self.paths.of(*bucket, &target.key)?;
            stable.host.is_none().then_some(stable.path)
        };
        let mut url = target.buckets.iter().find_map(path).ok_or(Left::NoRoute)?;
        disposition.append_to(&mut url);
        Ok(url)
    }
}

/// URLs presigned with a client's key.
#[derive(Debug)]
pub struct Gateway {
    signer: Signer,
    client: ClientConfig,
    refresh: Vec<RefreshConfig>,
    /// By bucket; `None` where clients have no name for it.
    buckets: Vec<Option<Signed>>,
    now: Timestamp,
}

/// How URLs of one bucket are signed.
#[derive(Debug)]
struct Signed {
    address: Address,
    region: Region,
    expires: Duration,
}

impl Gateway {
    /// Takes the client by its name or access key id, the gateway's URL as S3 clients are given it, how long the URLs live
    /// (`None` for what their buckets say), and the time that they are signed at.
    ///
    /// # Errors
    /// [`Unfit`]
    pub fn new(
        config: &Config,
        client: &str,
        base: &Endpoint,
        expires: Option<Duration>,
        now: Timestamp,
    ) -> Result<Self, Unfit> {
        let named =
            |config: &&ClientConfig| *config.name == *client || config.credential.access_key_id().as_str() == client;
        let mut known = config.clients.iter().filter(named).peekable();
        if known.peek().is_none() {
            let mut all: Vec<_> = config.clients.iter().map(|client| &*client.name).collect();
            all.sort_unstable();
            all.dedup();
            return Err(Unfit(format!(
                "no client is called {client:?}; there is {}",
                all.join(", ")
            )));
        }
        let Some(client) = known.find(|client| client.state == ClientState::Active) else {
            return Err(Unfit(format!(
                "no key of client {client:?} is active, so nothing new can be signed with it"
            )));
        };
        let base = with_base_path(base, &config.s3.base_path)?;
        let embedded_region = Region::parse(EMBEDDED_REGION).map_err(|error| Unfit(error.to_string()))?;
        let called = config.client_names();
        let signed = |(index, bucket): (usize, &BucketConfig)| {
            let region = match &bucket.origin {
                OriginConfig::Server(server) => server.region.clone(),
                OriginConfig::Embedded(_) => embedded_region.clone(),
            };
            let known = [bucket.name.as_str(), bucket.id.as_str()];
            let name = known.into_iter().find(|name| called.get(*name) == Some(&index));
            let name = name.and_then(|name| BucketName::parse(name).ok());
            name.map(|name| Signed {
                address: base.address(AddressStyle::Path, &name),
                region,
                expires: expires.unwrap_or(bucket.url_expiry),
            })
        };
        Ok(Self {
            signer: Signer::new(Arc::new(client.credential.clone())),
            client: client.clone(),
            refresh: config.refresh.clone(),
            buckets: config.buckets.iter().enumerate().map(signed).collect(),
            now,
        })
    }

    fn make(&self, target: &LinkTarget<'_>, overrides: &Overrides) -> Result<String, Left> {
        let may_read = |bucket: &&usize| self.may_read(**bucket, &target.key);
        let bucket = *target.buckets.iter().find(may_read).ok_or(Left::NotAllowed)?;
        if !self.is_refreshed(bucket, &target.key) {
            return Err(Left::NoRefresh);
        }
        let signed = self.buckets.get(bucket).and_then(Option::as_ref).ok_or(Left::NoName)?;
        let query: Vec<(&str, &str)> = overrides
            .as_slice()
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        Ok(self.signer.presign(&PresignRequest {
            method: &Method::GET,
            address: &signed.address,
            region: &signed.region,
            key: &target.key,
            query: &query,
            signed_at: self.now,
            expires: signed.expires,
        }))
    }

    fn may_read(&self, bucket: usize, key: &ObjectKey) -> bool {
        let reads =
            |operation: &AllowedOperations| matches!(operation, AllowedOperations::Read | AllowedOperations::All);
        self.client.allow.iter().any(|allow| {
            allow.bucket == bucket
                && key.as_str().starts_with(allow.prefix.as_str())
                && allow.operations.iter().any(reads)
        })
    }

    /// Whether a URL that is signed now will be honoured when it has expired.
    fn is_refreshed(&self, bucket: usize, key: &ObjectKey) -> bool {
        let covering = |rule: &&RefreshConfig| rule.bucket == bucket && key.as_str().starts_with(rule.prefix.as_str());
        let longest = self
            .refresh
            .iter()
            .filter(covering)
            .max_by_key(|rule| rule.prefix.as_str().len());
        longest.is_some_and(|rule| !rule.max_age.is_zero() && rule.not_before.is_none_or(|cut_off| cut_off <= self.now))
    }
}

/// Adds the path that signed requests are expected below, unless the URL has it already.
fn with_base_path(base: &Endpoint, base_path: &str) -> Result<Endpoint, Unfit> {
    let mut encoded = String::new();
    encode_path_into(base_path, &mut encoded);
    let url = base.to_string();
    if url.ends_with(&encoded) {
        return Ok(base.clone());
    }
    Endpoint::parse(&format!("{url}{encoded}")).map_err(|error| Unfit(error.to_string()))
}
