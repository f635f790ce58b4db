//! Version 4 as presented, read strictly, in both forms. Rules 6 to 8; AWS "Authenticating requests: using the
//! Authorization header" and "… using query parameters".

use super::credential::ClaimedCredential;
use super::{Form, PresentedError, Received};
use crate::clock::Timestamp;
use crate::s3::Query;
use crate::sigv4::signer::{X_AMZ_CONTENT_SHA256, X_AMZ_DATE};
use crate::sigv4::signing_key::ALGORITHM;
use crate::sigv4::{AmzDate, UNSIGNED_PAYLOAD};
use http::{HeaderMap, HeaderName};
use std::borrow::Cow;
use std::time::Duration;

/// `X-Amz-Expires` at most: 7 days.
const LONGEST: u64 = 604_800;

/// SignedHeaders of a request that signs none but this one.
pub(super) const ONLY_HOST: &str = "host";

/// A signature of version 4, well-formed and not yet believed.
pub(super) struct V4Offer<'a> {
    pub(super) form: Form,
    pub(super) credential: ClaimedCredential<'a>,
    pub(super) date: AmzDate,
    /// Lower case, sorted, unique, with `;` between them.
    pub(super) signed_headers: Cow<'a, str>,
    /// As it was received, and decoded.
    pub(super) signature: ([u8; 64], [u8; 32]),
    /// `X-Amz-Expires`; none in the header form.
    pub(super) lifetime: Option<Duration>,
    /// What stands for the body in the canonical request.
    pub(super) payload: Cow<'a, str>,
    pub(super) payload_kind: PayloadKind,
}

/// What `x-amz-content-sha256` says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PayloadKind {
    Unsigned,
    Sha256([u8; 32]),
    UnsignedTrailer,
    SignedChunks,
    SignedChunksTrailer,
}

impl PayloadKind {
    fn parse(text: &str) -> Result<Self, PresentedError> {
        match text {
            UNSIGNED_PAYLOAD => Ok(Self::Unsigned),
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Ok(Self::UnsignedTrailer),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => Ok(Self::SignedChunks),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => Ok(Self::SignedChunksTrailer),
            hash => digits(hash)
                .map(|(_, hash)| Self::Sha256(hash))
                .ok_or(PresentedError::PayloadKind),
        }
    }
}

impl<'a> V4Offer<'a> {
    /// Reads the header form.
    pub(super) fn in_header(authorization: &'a str, received: Received<'a>) -> Result<Self, PresentedError> {
        let (algorithm, rest) = authorization.split_once(' ').unwrap_or((authorization, ""));
        if algorithm != ALGORITHM {
            return Err(PresentedError::Algorithm);
        }
        let [credential, signed_headers, signature] = parts(rest)?;
        let date = single(received.headers, &X_AMZ_DATE, PresentedError::DateMissing)?;
        let date = AmzDate::parse(date.ok_or(PresentedError::DateMissing)?).ok_or(PresentedError::Date)?;
        let payload = single(received.headers, &X_AMZ_CONTENT_SHA256, PresentedError::PayloadMissing)?;
        let payload = payload.ok_or(PresentedError::PayloadMissing)?;
        Ok(Self {
            form: Form::Header,
            credential: ClaimedCredential::in_header(credential, &date)?,
            date,
            signed_headers: names(signed_headers.into())?,
            signature: digits(signature).ok_or(PresentedError::Signature)?,
            lifetime: None,
            payload_kind: PayloadKind::parse(payload)?,
            payload: payload.into(),
        })
    }

    /// Reads the query form.
    pub(super) fn in_query(query: &Query<'a>, received: Received<'a>) -> Result<Self, PresentedError> {
        let text = |name| query.get(name).ok_or(PresentedError::MissingParameter);
        if text("X-Amz-Algorithm")? != ALGORITHM {
            return Err(PresentedError::Algorithm);
        }
        let date = query.get("X-Amz-Date").ok_or(PresentedError::DateMissing)?;
        let date = AmzDate::parse(date).ok_or(PresentedError::Date)?;
        let payload = presigned_payload(query, received.headers)?;
        let payload_kind = PayloadKind::parse(&payload)?;
        if matches!(
            payload_kind,
            PayloadKind::SignedChunks | PayloadKind::SignedChunksTrailer
        ) {
            return Err(PresentedError::PayloadKind);
        }
        Ok(Self {
            form: Form::Query,
            credential: ClaimedCredential::in_query(query, &date)?,
            date,
            signed_headers: names(
                query
                    .cow("X-Amz-SignedHeaders")
                    .ok_or(PresentedError::MissingParameter)?,
            )?,
            signature: digits(text("X-Amz-Signature")?).ok_or(PresentedError::Signature)?,
            lifetime: Some(lifetime(query.get("X-Amz-Expires"))?),
            payload,
            payload_kind,
        })
    }
}

impl V4Offer<'_> {
    /// When it expires; `None` in the header form.
    pub(super) fn expires_at(&self) -> Option<Timestamp> {
        Some(self.date.timestamp().plus(self.lifetime?))
    }
}

/// Takes `Credential=…, SignedHeaders=…, Signature=…` apart: in any order, as AWS does, each of them once.
fn parts(list: &str) -> Result<[&str; 3], PresentedError> {
    let mut found = [None; 3];
    for part in list.split(',') {
        let (name, value) = part
            .trim_matches(' ')
            .split_once('=')
            .ok_or(PresentedError::Authorization)?;
        let place = ["Credential", "SignedHeaders", "Signature"]
            .iter()
            .position(|known| *known == name);
        let place = place.and_then(|place| found.get_mut(place));
        if place.ok_or(PresentedError::Authorization)?.replace(value).is_some() {
            return Err(PresentedError::Authorization);
        }
    }
    match found {
        [Some(credential), Some(signed_headers), Some(signature)] => Ok([credential, signed_headers, signature]),
        _ => Err(PresentedError::Authorization),
    }
}

/// What stands for the body in the canonical request of a presigned URL: nothing is signed of it, unless
/// `X-Amz-Content-Sha256` says so in the query or in a header (which must be signed then, as every `x-amz-*` is).
fn presigned_payload<'a>(query: &Query<'a>, headers: &'a HeaderMap) -> Result<Cow<'a, str>, PresentedError> {
    let in_query = query.get_in_any_case(X_AMZ_CONTENT_SHA256.as_str());
    let in_header = single(headers, &X_AMZ_CONTENT_SHA256, PresentedError::PayloadMissing)?;
    match (in_query, in_header) {
        (None | Some(UNSIGNED_PAYLOAD), None) => Ok(UNSIGNED_PAYLOAD.into()),
        (None, Some(text)) => Ok(text.into()),
        (Some(text), None) => Ok(text.to_owned().into()),
        (Some(text), Some(same)) if text == same => Ok(same.into()),
        (Some(_), Some(_)) => Err(PresentedError::PayloadKind),
    }
}

/// The value of a header that stands there once at most, as text.
fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    error: PresentedError,
) -> Result<Option<&'a str>, PresentedError> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(error);
    }
    first.map(|value| value.to_str().map_err(|_| error)).transpose()
}

/// Judges SignedHeaders: names of headers, in lower case, sorted, unique.
fn names(list: Cow<'_, str>) -> Result<Cow<'_, str>, PresentedError> {
    // Nearly every link.
    if list == ONLY_HOST {
        return Ok(list);
    }
    let fine = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
    let mut before = "";
    for name in list.split(';') {
        // The empty name sorts before all others, and so is refused here as well.
        if name <= before || !name.bytes().all(fine) {
            return Err(PresentedError::SignedHeaders);
        }
        before = name;
    }
    Ok(list)
}

/// What each lower-case hexadecimal digit stands for.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};
const NO_DIGIT: u8 = 0x80;

/// Reads 64 lower-case hexadecimal digits. By table: digits are as good as random, and a branch for each would be guessed wrong.
fn digits(text: &str) -> Option<([u8; 64], [u8; 32])> {
    let digits: [u8; 64] = text.as_bytes().try_into().ok()?;
    let (mut bytes, mut faults) = ([0; 32], 0);
    for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
        let [high, low] = pair.map(|digit| DIGITS[usize::from(digit)]);
        faults |= high | low;
        *byte = high << 4 | low;
    }
    (faults & NO_DIGIT == 0).then_some((digits, bytes))
}

/// Reads `X-Amz-Expires`: `^[1-9][0-9]{0,5}$`, at most 604,800 (rule 8).
fn lifetime(text: Option<&str>) -> Result<Duration, PresentedError> {
    let text = text.ok_or(PresentedError::ExpiresMissing)?;
    if text.len() > 6 || text.starts_with('0') || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PresentedError::Expires);
    }
    let seconds: u64 = text.parse().map_err(|_| PresentedError::Expires)?;
    if seconds > LONGEST {
        return Err(PresentedError::ExpiresTooLong);
    }
    Ok(Duration::from_secs(seconds))
}
