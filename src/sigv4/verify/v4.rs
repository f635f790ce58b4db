//! Judges a signature of version 4. Rules 7 to 12.
//!
//! What anybody could compute is judged first, what needs the key after it; the region last of all, so that only a holder
//! of the key learns that it is wrong.

use super::attempts::{Spellings, methods, path_of};
use super::presented::Decoded;
use super::v4_offer::{ONLY_HOST, PayloadKind, V4Offer};
use super::{Authentic, Candidate, ChunkSeed, Form, Payload, Received, VerifyError, VerifyingSecret, Version};
use crate::clock::Timestamp;
use crate::s3::Query;
use crate::sigv4::{CanonicalHeaders, CanonicalRequest, Scope, SignedHeaders, SigningKey};
use http::HeaderMap;
use sha2::Sha256;
use std::sync::Arc;
use std::time::Duration;

/// How far clocks may differ, and how old a request signed in its header may be.
const TOLERANCE: Duration = Duration::from_mins(15);

impl V4Offer<'_> {
    /// As [`super::Presented::verify`].
    pub(super) fn verify(
        &self,
        target: Decoded<'_, '_>,
        secret: &VerifyingSecret,
        candidates: &[Candidate<'_>],
        regions: &[&str],
        now: Timestamp,
    ) -> Result<Authentic, VerifyError> {
        let signed_at = self.date.timestamp();
        self.judge_time(signed_at, now)?;
        self.judge_headers(target.received.headers)?;
        let scope = Scope {
            date: &self.date,
            region: self.credential.region(target.query),
            service: Scope::S3,
        };
        let (candidate, payload) = secret
            .with_key(&scope, |key| {
                let signed_for = |hash| secret.agrees(&key.signature_of(hash, &scope), &self.signature.1);
                let candidate = self.find(target.received, target, candidates, signed_for)?;
                Some((candidate, self.payload(key, target.query)))
            })
            .ok_or(VerifyError::SignatureMismatch)?;
        if !regions.contains(&scope.region) {
            return Err(VerifyError::Region);
        }
        let expires_at = self.expires_at();
        Ok(Authentic {
            form: self.form,
            version: Version::V4,
            signed_at: Some(signed_at),
            expires_at,
            expired_by: expires_at.and_then(|at| Authentic::expired_by(at, now)),
            payload,
            candidate,
        })
    }

    /// Presigned URLs may be of any age: whether an old one is honoured is not decided here (rules 8 and 13).
    fn judge_time(&self, signed_at: Timestamp, now: Timestamp) -> Result<(), VerifyError> {
        if signed_at > now.plus(TOLERANCE) {
            return Err(VerifyError::FromTheFuture);
        }
        if self.form == Form::Header && now > signed_at.plus(TOLERANCE) {
            return Err(VerifyError::TooOld);
        }
        Ok(())
    }

    /// `host` and every `x-amz-*` that came along is signed; every header that is signed came along (rule 7).
    fn judge_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        let signed = || self.signed_headers.split(';');
        let only_host = self.signed_headers == ONLY_HOST;
        if !only_host && !signed().any(|name| name == "host") {
            return Err(VerifyError::HostUnsigned);
        }
        let is_signed = |name: &str| signed().any(|signed| signed == name);
        if headers
            .keys()
            .any(|name| name.as_str().starts_with("x-amz-") && (only_host || !is_signed(name.as_str())))
        {
            return Err(VerifyError::HeaderUnsigned);
        }
        if !only_host && signed().any(|name| name != "host" && !headers.contains_key(name)) {
            return Err(VerifyError::HeaderAbsent);
        }
        Ok(())
    }

    /// Returns the place of the first candidate for whose canonical request's hash `signed_for` says yes.
    ///
    /// What is the same is not done again: a candidate that is another once more is passed over, and method, path and query
    /// are hashed once for hosts that share them.
    fn find<'c>(
        &self,
        received: Received<'c>,
        target: Decoded<'_, 'c>,
        candidates: &[Candidate<'c>],
        signed_for: impl Fn([u8; 32]) -> bool,
    ) -> Option<usize> {
        let queries = Spellings::of_query(target.query, received);
        let mut begun = None;
        let is_same = |one: &Candidate<'c>, other: &Candidate<'c>| {
            one.host == other.host && path_of(one, received) == path_of(other, received)
        };
        let mut places = candidates.iter().enumerate();
        let fits = |(place, candidate): (usize, &Candidate<'c>)| {
            let before = candidates.get(..place).unwrap_or_default();
            if before.iter().any(|other| is_same(other, candidate)) {
                return false;
            }
            let Some(paths) = Spellings::of_path(candidate, received, target.path) else {
                return false;
            };
            let more = place + 1 < candidates.len();
            let others;
            let headers = if self.signed_headers == ONLY_HOST {
                SignedHeaders::Host(candidate.host)
            } else {
                others = self.canonical_headers(candidate.host, received.headers);
                SignedHeaders::These(&others)
            };
            let mut fits = |spelling: (usize, usize), path: &str, query: &str| {
                methods(received.method, self.form).iter().any(|method| {
                    let request = CanonicalRequest {
                        method: method.as_str(),
                        path,
                        query,
                        headers,
                        payload: &self.payload,
                    };
                    let spelled = (path_of(candidate, received), spelling, method);
                    let target = match begun.take() {
                        Some((known, hash)) if known == spelled => hash,
                        _ => request.hash_of_target(),
                    };
                    if more {
                        begun = Some((spelled, Sha256::clone(&target)));
                    }
                    signed_for(request.hash_behind(target))
                })
            };
            let mut paths = paths.all().enumerate();
            paths.any(|(at, path)| {
                let mut queries = queries.all().enumerate();
                queries.any(|(place, query)| fits((at, place), path, query))
            })
        };
        places.position(fits)
    }

    fn canonical_headers(&self, host: &str, headers: &HeaderMap) -> CanonicalHeaders {
        let mut fields: Vec<(&str, &[u8])> = Vec::with_capacity(16);
        for name in self.signed_headers.split(';') {
            if name == "host" {
                fields.push((name, host.as_bytes()));
            } else {
                fields.extend(headers.get_all(name).iter().map(|value| (name, value.as_bytes())));
            }
        }
        CanonicalHeaders::of(fields)
    }

    fn payload(&self, key: &Arc<SigningKey>, query: &Query<'_>) -> Payload {
        let seed = || ChunkSeed {
            key: Arc::clone(key),
            signature: self.signature.0,
            date: self.date.as_bytes(),
            scope: self.credential.scope(query).into(),
        };
        match self.payload_kind {
            PayloadKind::Unsigned => Payload::Unsigned,
            PayloadKind::Sha256(hash) => Payload::Sha256(hash),
            PayloadKind::UnsignedTrailer => Payload::UnsignedTrailer,
            PayloadKind::SignedChunks => Payload::SignedChunks(seed()),
            PayloadKind::SignedChunksTrailer => Payload::SignedChunksTrailer(seed()),
        }
    }
}
