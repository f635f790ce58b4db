//! What a request offers as proof of who signed it. Rules 5, 6 and 8.

use super::claim::Claim;
use super::v2::V2Offer;
use super::v4_offer::V4Offer;
use super::{Authentic, PresentedError, VerifyError, VerifyingSecret};
use crate::clock::Timestamp;
use crate::s3::{DecodedPath, Query};
use crate::sigv4::signer::X_AMZ_SECURITY_TOKEN;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method};

/// A request as received, as far as signatures cover it.
#[derive(Clone, Copy)]
pub struct Received<'a> {
    /// The method.
    pub method: &'a Method,
    /// The raw path, with the base path.
    pub path: &'a str,
    /// The raw query, without `?`.
    pub query: Option<&'a str>,
    /// Every header field.
    pub headers: &'a HeaderMap,
}

/// A host and path that the signature may have been made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// `Host` as the signer saw it.
    pub host: &'a str,
    /// The raw path as the signer saw it; `None` for the received one.
    pub path: Option<&'a str>,
    /// The bucket's name where `host` names it (virtual-hosted style), as the client wrote it; `None` in path style. Version 2
    /// signs it and not the host; version 4 has no use for it.
    pub host_bucket: Option<&'a str>,
}

/// Where the proof stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query: a presigned URL.
    Query,
}

/// The version of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// AWS Signature Version 4.
    V4,
    /// Signature Version 2, in queries only.
    V2,
}

/// One proof, taken apart and not yet believed. Deliberately without `Debug`.
pub struct Presented<'a> {
    received: Received<'a>,
    query: Query<'a>,
    path: DecodedPath<'a>,
    offer: Offer<'a>,
}

/// The request as received, its path and query decoded.
#[derive(Clone, Copy)]
pub(super) struct Decoded<'t, 'a> {
    pub(super) received: Received<'a>,
    pub(super) path: &'t DecodedPath<'a>,
    pub(super) query: &'t Query<'a>,
}

enum Offer<'a> {
    V4(V4Offer<'a>),
    V2(V2Offer<'a>),
}

impl<'a> Presented<'a> {
    /// Takes a request apart; `None` when it is not signed in an AWS form. A foreign `Authorization` (`Bearer`, `Basic`) is
    /// none, beside a presigned query too (rule 6).
    ///
    /// # Errors
    /// [`PresentedError`]
    pub fn of(received: Received<'a>) -> Result<Option<Self>, PresentedError> {
        // Most readers offer nothing at all.
        if received.query.is_none_or(str::is_empty) && !received.headers.contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        let query = Query::parse(received.query);
        let claim = match &query {
            Ok(query) => Claim::of(query.names(), received.headers),
            Err(_) => Claim::of_raw(received.query.unwrap_or_default(), received.headers),
        };
        let Some(claim) = claim? else {
            return Ok(None);
        };
        let query = query?;
        let path = DecodedPath::decode(received.path).map_err(|_| PresentedError::Path)?;
        let offer = match claim {
            Claim::Header(authorization) => Offer::V4(V4Offer::in_header(authorization, received)?),
            Claim::V4Query => Offer::V4(V4Offer::in_query(&query, received)?),
            Claim::V2Query => Offer::V2(V2Offer::in_query(&query)?),
        };
        Ok(Some(Self {
            received,
            query,
            path,
            offer,
        }))
    }

    /// The request that it came with.
    #[must_use]
    pub fn received(&self) -> &Received<'a> {
        &self.received
    }

    /// The access key id that is claimed.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        match &self.offer {
            Offer::V4(offer) => offer.credential.access_key_id(&self.query),
            Offer::V2(offer) => offer.access_key_id(),
        }
    }

    /// Where the proof stands.
    #[must_use]
    pub fn form(&self) -> Form {
        match &self.offer {
            Offer::V4(offer) => offer.form,
            Offer::V2(_) => Form::Query,
        }
    }

    /// The version of the signature.
    #[must_use]
    pub fn version(&self) -> Version {
        match &self.offer {
            Offer::V4(_) => Version::V4,
            Offer::V2(_) => Version::V2,
        }
    }

    /// The region that the scope names, which version 2 does not have.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        match &self.offer {
            Offer::V4(offer) => Some(offer.credential.region(&self.query)),
            Offer::V2(_) => None,
        }
    }

    /// When it says that it was signed; version 2 does not say.
    #[must_use]
    pub fn signed_at(&self) -> Option<Timestamp> {
        match &self.offer {
            Offer::V4(offer) => Some(offer.date.timestamp()),
            Offer::V2(_) => None,
        }
    }

    /// When it says that it expires; `None` in the header form.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        match &self.offer {
            Offer::V4(offer) => offer.expires_at(),
            Offer::V2(offer) => Some(offer.expires_at()),
        }
    }

    /// Whether a session token came along, which no client of ours has: the mark of temporary credentials.
    #[must_use]
    pub fn has_session_token(&self) -> bool {
        self.received.headers.contains_key(X_AMZ_SECURITY_TOKEN)
            || self.query.get_in_any_case(X_AMZ_SECURITY_TOKEN.as_str()).is_some()
    }

    /// The path, decoded.
    #[must_use]
    pub fn path(&self) -> &DecodedPath<'a> {
        &self.path
    }

    /// The decoded query, what signing added included.
    #[must_use]
    pub fn query(&self) -> &Query<'a> {
        &self.query
    }

    /// Judges the proof. `regions` are those that the scope may name; `now` is our own clock, without any offset (rule 26).
    ///
    /// What depends on the key is judged last, and an unknown key ([`VerifyingSecret::unknown`]) costs what a wrong
    /// signature costs. No more than 32 candidates are tried.
    ///
    /// # Errors
    /// [`VerifyError`]
    pub fn verify(
        &self,
        secret: &VerifyingSecret,
        candidates: &[Candidate<'_>],
        regions: &[&str],
        now: Timestamp,
    ) -> Result<Authentic, VerifyError> {
        let candidates = candidates.get(..MOST_CANDIDATES).unwrap_or(candidates);
        let target = Decoded {
            received: self.received,
            path: &self.path,
            query: &self.query,
        };
        match &self.offer {
            Offer::V4(offer) => offer.verify(target, secret, candidates, regions, now),
            Offer::V2(offer) => offer.verify(target, secret, candidates, now),
        }
    }
}

/// Our own host, and three paths at each of 8 public hosts, fit in.
const MOST_CANDIDATES: usize = 32;
