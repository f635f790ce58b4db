//! One way to ask for a bucket: an address style, with what was learned on the way about region and clock.

use super::verdict::{self, Verdict};
use crate::clock::{Clock, Timestamp};
use crate::config::{BucketConfig, ServerConfig};
use crate::fetch::{FetchError, OriginTls, ProbeAnswer, Prober};
use crate::route::Bucket;
use crate::s3::{AddressStyle, ObjectKey};
use crate::sigv4::{HeaderRequest, Signer};
use http::{HeaderMap, Method};

/// What every question needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kit<'a> {
    pub(super) prober: &'a Prober,
    pub(super) tls: &'a OriginTls,
    pub(super) clock: &'a Clock,
}

/// A bucket, asked for in one style.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) bucket: Bucket,
    pub(super) style: AddressStyle,
}

/// An answer, what it means, and when it came.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) answer: ProbeAnswer,
    pub(super) verdict: Verdict,
    pub(super) at: Timestamp,
}

impl Trial {
    /// The bucket as configured.
    pub(super) fn new(config: &BucketConfig, server: &ServerConfig) -> Self {
        Self {
            bucket: Bucket::new(0, config, server),
            style: server.style,
        }
    }

    /// The same bucket in the other style; `None` where its name or its endpoint rules that out.
    pub(super) fn other_style(config: &BucketConfig, server: &ServerConfig) -> Option<Self> {
        let style = match server.style {
            AddressStyle::Path => AddressStyle::VirtualHosted,
            AddressStyle::VirtualHosted => AddressStyle::Path,
        };
        server.endpoint.check(style, &config.name).ok()?;
        Some(Self::new(
            config,
            &ServerConfig {
                style,
                ..server.clone()
            },
        ))
    }

    /// Asks for `key`, signed where there is a signer.
    pub(super) async fn ask(
        &self,
        method: Method,
        key: &ObjectKey,
        signer: Option<&Signer>,
        kit: Kit<'_>,
    ) -> Result<Asked, FetchError> {
        let place = std::sync::Arc::clone(&self.bucket.place());
        let address = &place.address;
        let (url, headers) = match signer {
            Some(signer) => {
                let request = signer.authorize(&HeaderRequest {
                    method: &method,
                    address,
                    region: &place.region,
                    resource: &key.into(),
                    query: &[],
                    headers: &HeaderMap::new(),
                    content_sha256: None,
                    signed_at: self.bucket.signing_time(kit.clock.now()),
                });
                (request.url, request.headers)
            }
            None => (self.bare_url(key), HeaderMap::new()),
        };
        let answer = kit.prober.ask(method.clone(), &url, address.host(), headers).await?;
        Ok(Asked {
            verdict: verdict::of(&method, &answer),
            answer,
            at: kit.clock.now(),
        })
    }

    /// The object's URL, unsigned.
    pub(super) fn bare_url(&self, key: &ObjectKey) -> String {
        let place = self.bucket.place();
        let address = &place.address;
        format!("{}://{}{}", address.scheme(), address.host(), address.path(key))
    }
}
