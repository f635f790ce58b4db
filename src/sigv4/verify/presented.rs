//! What a request offers as proof of who signed it. Rules 5, 6 and 8.

use super::{Authentic, VerifyError, VerifyingSecret};
use crate::clock::Timestamp;
use crate::s3::Query;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// `Host` as the signer saw it.
    pub host: &'a str,
    /// The raw path as the signer saw it; `None` for the received one.
    pub path: Option<&'a str>,
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

/// Why what is offered can't be a proof at all: 400. Says nothing that depends on a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PresentedError {
    /// More than one AWS form (rule 6).
    #[error("the request is signed in more than one way")]
    Ambiguous,
    /// The owner of `sigv4/verify` completes this list.
    #[error("the signature is not written as AWS writes it")]
    Malformed,
}

/// One proof, taken apart and not yet believed. Deliberately without `Debug`.
pub struct Presented<'a> {
    received: Received<'a>,
    query: Query<'a>,
}

impl<'a> Presented<'a> {
    /// Takes a request apart; `None` when it is not signed in an AWS form. A foreign `Authorization` (`Bearer`, `Basic`) is
    /// none, beside a presigned query too (rule 6).
    ///
    /// # Errors
    /// [`PresentedError`]
    pub fn of(received: Received<'a>) -> Result<Option<Self>, PresentedError> {
        let _ = received;
        Ok(None)
    }

    /// The request that it came with.
    #[must_use]
    pub fn received(&self) -> &Received<'a> {
        &self.received
    }

    /// The access key id that is claimed.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        ""
    }

    /// Where the proof stands.
    #[must_use]
    pub fn form(&self) -> Form {
        Form::Query
    }

    /// The version of the signature.
    #[must_use]
    pub fn version(&self) -> Version {
        Version::V4
    }

    /// Whether a session token came along, which no client of ours has: the mark of temporary credentials.
    #[must_use]
    pub fn has_session_token(&self) -> bool {
        false
    }

    /// The decoded query, what signing added included.
    #[must_use]
    pub fn query(&self) -> &Query<'a> {
        &self.query
    }

    /// Judges the proof. `regions` are those that the scope may name; `now` is our own clock, without any offset (rule 26).
    /// Costs the same whichever way it ends.
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
        let _ = (secret, candidates, regions, now, self.received);
        Err(VerifyError::SignatureMismatch)
    }
}
