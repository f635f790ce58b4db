//! How long an origin's answer may be kept and used: RFC 9111 for a shared cache, with RFC 5861's stale windows.
//!
//! Pure: no I/O and no clock. [`StorageRules`] is what an answer's head says, [`Validity`] is that with the times of one
//! exchange and is kept beside the object; a route's `CachePolicy` is the bound that nothing in a head can widen, so that
//! each request judges one entry by its own route.
//!
//! A value that can't be read never makes anything fresher (RFC 9111 §4.2.1: what is invalid is considered stale).

mod cache_control;
mod dates;
mod validity;
mod vary;

use crate::clock::Timestamp;
use crate::telemetry::NotKept;
use cache_control::{CacheControl, Reuse};
use dates::AgeField;
use http::HeaderMap;
use std::time::Duration;
use thiserror::Error;

pub use validity::{Exchange, Standing, Validity};

/// Why an answer may not be kept. RFC 9111 §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum NotStored {
    /// `Cache-Control: no-store`.
    #[error("the origin's answer says `Cache-Control: no-store`")]
    NoStore,
    /// `Cache-Control: private`, also when it names single fields: the whole answer is taken as private.
    #[error("the origin's answer says `Cache-Control: private`")]
    Private,
    /// `Vary` names a request field that the cache's key does not hold.
    #[error("the origin's answer says `Vary` with a request field that the cache does not tell answers apart by")]
    Vary,
}

impl From<NotStored> for NotKept {
    fn from(reason: NotStored) -> Self {
        match reason {
            NotStored::NoStore => Self::NoStore,
            NotStored::Private => Self::Private,
            NotStored::Vary => Self::Vary,
        }
    }
}

/// What the head of an answer says of keeping it.
///
/// RFC 9111 §3.5 (answers to requests with `Authorization`) is no part of it: the only authorisation that an origin sees
/// is the gateway's own, and each reader of a stored answer has a permit of their own (rule 18).
/// `Pragma` counts in requests alone (RFC 9111 §5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageRules {
    cache_control: Option<CacheControl>,
    /// What can't be read is the epoch: long gone.
    expires: Option<Timestamp>,
    vary: Option<Result<(), NotStored>>,
    date: Option<Timestamp>,
    age: AgeField,
}

impl StorageRules {
    /// Reads an answer's `Cache-Control`, `Expires`, `Vary`, `Date` and `Age`; any bytes will do.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Self {
        Self {
            cache_control: CacheControl::from_headers(headers),
            expires: dates::expires(headers),
            vary: vary::judge(headers),
            date: dates::date(headers),
            age: AgeField::from_headers(headers),
        }
    }

    /// Tells whether the answer may be kept at all.
    ///
    /// # Errors
    /// The first reason not to: `NoStore`, `Private`, `Vary`.
    pub fn may_store(&self) -> Result<(), NotStored> {
        self.cache_control.map_or(Ok(()), |told| told.may_store())?;
        self.vary.unwrap_or(Ok(()))
    }

    /// Returns the rules of a stored answer after a 304 with the rules `told`: a field that the 304 repeats replaces the
    /// stored one, a field that it leaves out stays; its times always count. RFC 9111 §3.2, §4.3.4.
    fn updated_by(&self, told: &Self) -> Self {
        Self {
            cache_control: told.cache_control.or(self.cache_control),
            expires: told.expires.or(self.expires),
            vary: told.vary.or(self.vary),
            date: told.date,
            age: told.age,
        }
    }

    /// Returns the origin's freshness lifetime for an answer that arrived at `answered_at`, `None` when it says nothing.
    /// RFC 9111 §4.2.1: `s-maxage`, then `max-age`, then `Expires`.
    fn lifetime(&self, answered_at: Timestamp) -> Option<Duration> {
        let told = self.cache_control.and_then(|told| told.lifetime());
        // Both by the origin's own clock, so that its error cancels out.
        let until_expiry = |at: Timestamp| at.since(self.date.unwrap_or(answered_at));
        told.or_else(|| self.expires.map(until_expiry))
    }

    fn reuse(&self) -> Reuse {
        let told = self.cache_control.map_or(Reuse::FreshOrStale, |told| told.reuse());
        match self.age {
            // Nobody knows for how long it has been stale, either.
            AgeField::Unreadable => Reuse::OnceRevalidated,
            AgeField::Absent | AgeField::Seconds(_) => told,
        }
    }

    fn stale_while_revalidate(&self) -> Option<Duration> {
        self.cache_control?.stale_while_revalidate()
    }

    fn stale_if_error(&self) -> Option<Duration> {
        self.cache_control?.stale_if_error()
    }
}

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod validity_tests;
