//! Version 2 in queries: `AWSAccessKeyId`, `Signature`, `Expires`; verified only, and for reads only. AWS "Signing and
//! authenticating REST requests" (Signature Version 2).
//!
//! It signs neither host nor region, and no parameter that it does not know: a query that holds one of those is refused.

use super::attempts::{Spellings, methods};
use super::presented::Decoded;
use super::v2_text::{Text, is_signed};
use super::{Authentic, Candidate, Form, Payload, PresentedError, VerifyError, VerifyingSecret, Version};
use crate::clock::Timestamp;
use crate::s3::Query;
use crate::sigv4::AccessKeyId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use std::borrow::Cow;

/// A signature of version 2, well-formed and not yet believed.
pub(super) struct V2Offer<'a> {
    access_key_id: Cow<'a, str>,
    signature: [u8; 20],
    expires: Cow<'a, str>,
    expires_at: Timestamp,
}

impl<'a> V2Offer<'a> {
    /// Reads the three parameters, and refuses others that nobody signed.
    pub(super) fn in_query(query: &Query<'a>) -> Result<Self, PresentedError> {
        let part = |name| query.cow(name).ok_or(PresentedError::MissingParameter);
        let access_key_id = part("AWSAccessKeyId")?;
        if !AccessKeyId::is_fine(&access_key_id) {
            return Err(PresentedError::Credential);
        }
        let signature = STANDARD.decode(&*part("Signature")?).ok();
        let signature = signature.and_then(|bytes| bytes.try_into().ok());
        let expires = part("Expires")?;
        let well_formed = (1..=11).contains(&expires.len())
            && !expires.starts_with('0')
            && expires.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = expires.parse().ok().filter(|_| well_formed);
        if !query.pairs().all(|(name, value)| is_signed(name, value)) {
            return Err(PresentedError::V2UnsignedParameter);
        }
        Ok(Self {
            access_key_id,
            signature: signature.ok_or(PresentedError::V2Signature)?,
            expires_at: Timestamp::from_unix(seconds.ok_or(PresentedError::V2Expires)?),
            expires,
        })
    }

    pub(super) fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    pub(super) fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// As [`super::Presented::verify`].
    pub(super) fn verify(
        &self,
        target: Decoded<'_, '_>,
        secret: &VerifyingSecret,
        candidates: &[Candidate<'_>],
        now: Timestamp,
    ) -> Result<Authentic, VerifyError> {
        let received = target.received;
        if !matches!(*received.method, Method::GET | Method::HEAD) {
            return Err(VerifyError::V2NotARead);
        }
        let text = Text::of(received, target.query, &self.expires).ok_or(VerifyError::SignatureMismatch)?;
        let candidate = self
            .find(target, &text, secret, candidates)
            .ok_or(VerifyError::SignatureMismatch)?;
        Ok(Authentic {
            form: Form::Query,
            version: Version::V2,
            signed_at: None,
            expires_at: Some(self.expires_at),
            expired_by: Authentic::expired_by(self.expires_at, now),
            payload: Payload::Unsigned,
            candidate,
        })
    }

    /// Returns the place of the first candidate that the signature was made for.
    fn find(
        &self,
        target: Decoded<'_, '_>,
        text: &Text<'_>,
        secret: &VerifyingSecret,
        candidates: &[Candidate<'_>],
    ) -> Option<usize> {
        let received = target.received;
        candidates.iter().position(|candidate| {
            let Some(paths) = Spellings::of_path(candidate, received, target.path) else {
                return false;
            };
            let fits = |path: &str| {
                methods(received.method, Form::Query).iter().any(|method| {
                    let text = text.pieces(method.as_str(), candidate.host_bucket, path);
                    secret.agrees(&secret.sha1_mac(&text), &self.signature)
                })
            };
            paths.all().any(fits)
        })
    }
}
