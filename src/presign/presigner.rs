//! Makes signed URLs, from the cache where it holds one of the window.

use super::window::{self, Window};
use super::{PresignError, SignedUrl};
use crate::cache::{UrlCache, UrlQuery};
use crate::clock::{Clock, Timestamp};
use crate::config::UrlCacheConfig;
use crate::credentials::{Credentials, CredentialsUnavailable, Snapshot};
use crate::resolve::Target;
use crate::route::{ClockOffset, Place};
use crate::sigv4::PresignRequest;
use crate::telemetry::{CacheReading, CacheResult};
use std::num::NonZeroUsize;
use std::time::Duration;

/// A permit with less left than this never becomes a redirect: the reader must still get there.
const SHORTEST_PERMIT: Duration = Duration::from_secs(5);

/// Signs URLs for every bucket of one running configuration. Shared by all workers.
#[derive(Debug)]
pub struct Presigner {
    credentials: Vec<Credentials>,
    cache: Option<UrlCache<SignedUrl>>,
    clock: Clock,
}

/// A signed URL, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presigned {
    /// The URL.
    pub url: SignedUrl,
    /// Where it came from.
    pub cache: UrlCacheStatus,
}

/// What the signed-URL cache had to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UrlCacheStatus {
    /// It held the URL of this window.
    Hit,
    /// It did not; the URL was signed and is stored now.
    Miss,
    /// There is no cache (`url_cache: off`); the URL was signed.
    Off,
    /// The URL was signed for one permit, which ends before others of its window; it is not kept.
    Bypassed,
}

impl From<UrlCacheStatus> for CacheResult {
    fn from(status: UrlCacheStatus) -> Self {
        match status {
            UrlCacheStatus::Hit => Self::Hit,
            UrlCacheStatus::Miss => Self::Miss,
            UrlCacheStatus::Off | UrlCacheStatus::Bypassed => Self::Off,
        }
    }
}

impl Presigner {
    /// Takes the credentials of every bucket, in the order of `Bucket::index`, and how large the cache may be; for one
    /// thread.
    #[must_use]
    pub fn new(credentials: Vec<Credentials>, cache: UrlCacheConfig, clock: Clock) -> Self {
        Self::for_workers(NonZeroUsize::MIN, credentials, cache, clock)
    }

    /// The same for so many threads, which share the bound of the cache.
    #[must_use]
    pub fn for_workers(
        workers: NonZeroUsize,
        credentials: Vec<Credentials>,
        cache: UrlCacheConfig,
        clock: Clock,
    ) -> Self {
        let cache = match cache {
            UrlCacheConfig::Off => None,
            UrlCacheConfig::MaxBytes(bytes) => Some(UrlCache::new(bytes, workers)),
        };
        Self {
            credentials,
            cache,
            clock,
        }
    }

    /// Returns the URL of `target` for the signing window that it is now: byte-identical all through the window, on
    /// a hit and on a miss, here and on any other replica with the same credential.
    ///
    /// # Errors
    /// [`PresignError::CredentialsUnavailable`] with nothing to sign with; [`PresignError::CredentialEndsSoon`] with
    /// under 120 s of the credential left, on hits too. The origin's clock counts there as much as ours: whichever is later.
    /// [`PresignError::PermitEndsSoon`] with under 5 s of the permit left.
    pub fn presign(&self, target: &Target) -> Result<Presigned, PresignError> {
        self.presign_at(target, self.clock.now())
    }

    /// The same for a caller who has looked at the clock already: it reads `now`.
    ///
    /// # Errors
    /// As [`Presigner::presign`].
    pub fn presign_at(&self, target: &Target, now: Timestamp) -> Result<Presigned, PresignError> {
        let bucket = target.permit().bucket();
        let credentials = self
            .credentials
            .get(bucket.index)
            .ok_or_else(|| no_such_bucket(target))?;
        let held = credentials.load();
        let snapshot = held.usable_at(now)?;
        let offset = bucket.clock_offset(now);
        let latest = now.max(offset.to_origin(now));
        window::check_credential(latest, snapshot.expires_at())?;

        if let Some(until) = target.permit().until()
            && let Some(url) = sign_until(target, snapshot, now, offset, until)?
        {
            return Ok(Presigned {
                url,
                cache: UrlCacheStatus::Bypassed,
            });
        }
        let Some(cache) = &self.cache else {
            let url = sign(target, snapshot, &bucket.place(), now, offset)?;
            return Ok(Presigned {
                url,
                cache: UrlCacheStatus::Off,
            });
        };
        let mut query = query_of(target, snapshot, bucket.generation());
        if let Some(url) = cache.get(&query, |url| url.is_current(now, offset)) {
            return Ok(Presigned {
                url,
                cache: UrlCacheStatus::Hit,
            });
        }
        // The place itself is looked at only here: a hit is spared of that.
        let place = bucket.place();
        query.generation = place.generation;
        let url = sign(target, snapshot, &place, now, offset)?;
        cache.insert(&query, url.clone());
        Ok(Presigned {
            url,
            cache: UrlCacheStatus::Miss,
        })
    }

    /// Returns what the signed-URL cache counted and holds; `None` when it is off.
    #[must_use]
    pub fn cache_reading(&self) -> Option<CacheReading> {
        self.cache.as_ref().map(UrlCache::reading)
    }
}

fn query_of<'a>(target: &'a Target, snapshot: &Snapshot, generation: u32) -> UrlQuery<'a> {
    UrlQuery {
        bucket: target.permit().bucket().index,
        generation,
        epoch: snapshot.epoch,
        operation: target.permit().operation(),
        key: target.permit().key(),
        overrides: target.overrides().as_slice(),
    }
}

/// Signs a URL that ends with its permit; `None` when the usual one ends before. Such a URL is one reader's, so that
/// keeping it would be of no use to anybody else.
fn sign_until(
    target: &Target,
    snapshot: &Snapshot,
    now: Timestamp,
    offset: ClockOffset,
    until: Timestamp,
) -> Result<Option<SignedUrl>, PresignError> {
    let window = window_of(target, snapshot, now, offset)?;
    let until_there = offset.to_origin(until);
    if window.expires_at <= until_there {
        return Ok(None);
    }
    if until.since(now) < SHORTEST_PERMIT {
        return Err(PresignError::PermitEndsSoon);
    }
    let window = Window {
        expires_at: until_there,
        ..window
    };
    let place = target.permit().bucket().place();
    sign_in(&window, target, snapshot, &place, offset).map(Some)
}

fn sign(
    target: &Target,
    snapshot: &Snapshot,
    place: &Place,
    now: Timestamp,
    offset: ClockOffset,
) -> Result<SignedUrl, PresignError> {
    let window = window_of(target, snapshot, now, offset)?;
    sign_in(&window, target, snapshot, place, offset)
}

fn window_of(
    target: &Target,
    snapshot: &Snapshot,
    now: Timestamp,
    offset: ClockOffset,
) -> Result<Window, PresignError> {
    let permit = target.permit();
    Window::at(
        offset.to_origin(now),
        permit.key().as_str(),
        permit.bucket().url_expiry,
        snapshot.expires_at(),
    )
}

fn sign_in(
    window: &Window,
    target: &Target,
    snapshot: &Snapshot,
    place: &Place,
    offset: ClockOffset,
) -> Result<SignedUrl, PresignError> {
    let permit = target.permit();
    let url = snapshot.signing.presign(&PresignRequest {
        method: &permit.operation().method(),
        address: &place.address,
        region: &place.region,
        key: permit.key(),
        query: &target.query(),
        signed_at: window.signed_at,
        expires: window.expires_at.since(window.signed_at),
    });
    SignedUrl::new(url, window, offset)
}

fn no_such_bucket(target: &Target) -> CredentialsUnavailable {
    CredentialsUnavailable {
        bucket: target.permit().bucket().id.as_str().into(),
        reason: "the bucket is not part of the running configuration".into(),
    }
}

#[cfg(test)]
mod tests;
