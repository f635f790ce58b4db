//! Who an S3 client is: the proof that came with a request, judged by the keyring. Rules 6 to 13.
//!
//! Built once for each configuration. What the client may do is judged by [`S3Access::require`] (`allow.rs`); which
//! links live, by [`S3Access::presigned`] (`presigned.rs`).

use super::Denied;
use super::allow::AllowLists;
use super::presigned::RefreshRules;
use crate::clock::Timestamp;
use crate::config::{ClientState, Config, SignatureVersions};
use crate::credentials::{Client, Keyring};
use crate::listener::Host;
use crate::route::{Bucket, Located, LocatedBucket, S3Doors};
use crate::s3::{AddressStyle, Subject};
use crate::sigv4::{Authentic, Candidate, Form, Presented, VerifyError, Version};
use http::Method;
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// The clients of one configuration and what they may do.
#[derive(Debug)]
pub struct S3Access {
    pub(super) keyring: Keyring,
    public_hosts: Vec<PublicHost>,
    pub(super) buckets: Vec<Arc<Bucket>>,
    pub(super) allow: AllowLists,
    pub(super) refresh: RefreshRules,
}

/// A host that signatures may have been made for, and the bucket that it names, if it does.
#[derive(Debug)]
struct PublicHost {
    host: Box<str>,
    bucket: Option<Box<str>>,
}

/// A request that a client is known to have signed. Made by [`S3Access::authenticate`] alone.
#[derive(Clone, Debug)]
pub struct Authenticated {
    pub(super) client: Arc<Client>,
    pub(super) authentic: Authentic,
}

impl Authenticated {
    /// What verification would have made, for tests of what comes behind it.
    #[cfg(test)]
    pub(super) fn pretended(client: Arc<Client>, authentic: Authentic) -> Self {
        Self { client, authentic }
    }

    /// Who signed it.
    #[must_use]
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// What was proven.
    #[must_use]
    pub fn authentic(&self) -> &Authentic {
        &self.authentic
    }
}

/// Nearly always few: our own host, and the public ones.
type Candidates<'a> = SmallVec<[Candidate<'a>; 4]>;

impl S3Access {
    /// Takes the configuration, what it makes of hosts, and its buckets, in its order.
    #[must_use]
    pub fn new(config: &Config, doors: &S3Doors, buckets: &[Arc<Bucket>]) -> Self {
        let public_host = |host: &str| PublicHost {
            host: host.into(),
            bucket: doors.bucket_of(host).map(Into::into),
        };
        let public_hosts = config.s3.public_hosts.iter();
        Self {
            keyring: Keyring::new(&config.clients),
            public_hosts: public_hosts.map(|host| public_host(host)).collect(),
            buckets: buckets.to_vec(),
            allow: AllowLists::new(&config.clients, buckets),
            refresh: RefreshRules::new(&config.refresh, buckets.len()),
        }
    }

    /// Whether there are no clients: then no S3 door is open.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.keyring.is_empty()
    }

    /// Judges who signed a request that names `located` and came for `host`; `now` is our own clock's (rule 26).
    ///
    /// # Errors
    /// [`Denied`]. An unknown access key id costs as much as a wrong signature.
    pub fn authenticate(
        &self,
        presented: &Presented<'_>,
        located: &Located,
        host: &Host,
        now: Timestamp,
    ) -> Result<Authenticated, Denied> {
        if presented.has_session_token() {
            return Err(Denied::TemporaryCredentials);
        }
        let client = self.keyring.find(presented.access_key_id());
        let takes_v2 = client.is_some_and(|client| client.signature_versions == SignatureVersions::V4AndV2);
        if presented.version() == Version::V2 && !takes_v2 {
            return Err(Denied::VersionTwo);
        }
        let path = presented.received().path;
        let candidates = self.candidates(located, host, path, presented.version());
        let secret = client.map_or(self.keyring.unknown(), |client| &client.secret);
        let proven = self.with_regions(located, |regions| presented.verify(secret, &candidates, regions, now));
        let Some(client) = client else {
            // Whatever the random secret made of it, what the proof lacks on its face is told alike.
            return Err(proven.err().map_or(Denied::UnknownKey, unknown_key));
        };
        let authentic = proven?;
        match client.state {
            ClientState::Active => {}
            ClientState::Retired if is_presigned_read(presented, located) => {}
            ClientState::Retired => return Err(Denied::RetiredKey),
            ClientState::Revoked => return Err(Denied::RevokedKey),
        }
        Ok(Authenticated {
            client: Arc::clone(client),
            authentic,
        })
    }
}

impl S3Access {
    /// Returns the client that signs with this access key id, whatever its key is still good for.
    #[must_use]
    pub fn client(&self, access_key_id: &str) -> Option<&Arc<Client>> {
        self.keyring.find(access_key_id)
    }

    /// Returns the host that a request was signed for; takes what [`S3Access::authenticate`] took and returned.
    #[must_use]
    pub fn host_signed_for<'a>(
        &'a self,
        authenticated: &Authenticated,
        located: &'a Located,
        host: &'a Host,
        path: &'a str,
    ) -> Option<&'a str> {
        let authentic = &authenticated.authentic;
        let candidates = self.candidates(located, host, path, authentic.version);
        candidates.get(authentic.candidate).map(|candidate| candidate.host)
    }

    /// The hosts and paths that the signature may have been made for (rule 11): the request's own; then each of the
    /// `public_hosts`, with the path as received and as it was in front of a base path; and where that host names the very
    /// bucket that the path names here, as it was in front of the bucket. Version 2 signs bucket and key, and no base path
    /// on its own host either.
    pub(super) fn candidates<'a>(
        &'a self,
        located: &'a Located,
        host: &'a Host,
        path: &'a str,
        version: Version,
    ) -> Candidates<'a> {
        let in_host = located.style == AddressStyle::VirtualHosted;
        let own = |path| Candidate {
            host: host.as_str(),
            path,
            host_bucket: in_host.then_some(&*located.name),
        };
        let mut candidates: Candidates<'a> = smallvec![own(None)];
        if version == Version::V2 {
            candidates.extend(located.behind_base(path).map(|path| own(Some(path))));
        }
        for public in &self.public_hosts {
            let on = |path| Candidate {
                host: &public.host,
                path,
                host_bucket: public.bucket.as_deref(),
            };
            match &public.bucket {
                None if in_host => {}
                Some(bucket) if !is_called(located, bucket) => {}
                Some(_) if !in_host => candidates.extend(located.behind_bucket(path).map(|path| on(Some(path)))),
                None | Some(_) => {
                    candidates.push(on(None));
                    candidates.extend(located.behind_base(path).map(|path| on(Some(path))));
                }
            }
        }
        candidates
    }

    /// Hands over the regions that the scope may name: the bucket's, configured and learned. Where no configured bucket is
    /// named, those of all buckets; of the client's own alone would tell a known access key id from an unknown one (rule 9).
    fn with_regions<T>(&self, located: &Located, take: impl FnOnce(&[&str]) -> T) -> T {
        match &located.bucket {
            LocatedBucket::Configured(bucket) => {
                let place = bucket.place();
                take(&[bucket.configured_region().as_str(), place.region.as_str()])
            }
            LocatedBucket::Service | LocatedBucket::Unknown(_) => {
                let places: Vec<_> = self.buckets.iter().map(|bucket| (bucket, bucket.place())).collect();
                let regions = places
                    .iter()
                    .flat_map(|(bucket, place)| [bucket.configured_region().as_str(), place.region.as_str()]);
                take(&regions.collect::<Vec<_>>())
            }
        }
    }
}

/// Whether `name` is the located bucket's, as the client wrote it or at the origin.
fn is_called(located: &Located, name: &str) -> bool {
    let at_origin = located.configured().is_some_and(|bucket| bucket.name.as_str() == name);
    at_origin || *located.name == *name
}

fn is_presigned_read(presented: &Presented<'_>, located: &Located) -> bool {
    presented.form() == Form::Query
        && located.subject == Subject::Object
        && matches!(*presented.received().method, Method::GET | Method::HEAD)
}

/// What the log is told of an unknown access key id: that, unless the proof could have been none anyway.
fn unknown_key(error: VerifyError) -> Denied {
    match error {
        VerifyError::SignatureMismatch => Denied::UnknownKey,
        other => Denied::Verify(other),
    }
}
