//! What a request's headers say of its body. Nothing here touches the body, so that a client that waits for
//! `100 Continue` is refused before it sends a byte.

use super::UploadError;
use super::checks::{Checks, Sum};
use crate::s3::{Checksum, ChecksumAlgorithm, Operation};
use crate::sigv4::{ChunkedDecoder, Payload};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

pub(super) const DECODED_LENGTH: &str = "x-amz-decoded-content-length";
pub(super) const TRAILER: &str = "x-amz-trailer";
pub(super) const CONTENT_ENCODING: &str = "content-encoding";
const CONTENT_MD5: &str = "content-md5";
const CHECKSUM: &str = "x-amz-checksum-";
/// `x-amz-checksum-*` that are no checksums.
const NO_CHECKSUMS: [&str; 3] = ["x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"];

/// What is known of a body before its first byte.
#[derive(Debug)]
pub(super) struct Announced {
    /// `None` for a body that is not aws-chunked.
    pub(super) decoder: Option<ChunkedDecoder>,
    /// `x-amz-decoded-content-length`, in bytes.
    pub(super) decoded_length: Option<u64>,
    /// What the body must be.
    pub(super) checks: Checks,
    /// The SHA-256 that was signed.
    pub(super) sha256: Option<[u8; 32]>,
    /// The checksum that the trailer is going to bear.
    pub(super) trailer: Option<ChecksumAlgorithm>,
}

impl Announced {
    pub(super) fn of(
        payload: &Payload,
        headers: &HeaderMap,
        operation: Option<Operation>,
    ) -> Result<Self, UploadError> {
        for name in [TRAILER, CONTENT_ENCODING] {
            if headers.get_all(name).iter().any(|line| line.to_str().is_err()) {
                return Err(UploadError::BadHeader(name));
            }
        }
        let trailer = trailer(headers)?;
        let decoded_length = decoded_length(headers)?;
        let decoder = ChunkedDecoder::of(payload, trailer.map(ChecksumAlgorithm::header), decoded_length)?;
        if decoder.is_none() {
            refuse_chunked_headers(headers)?;
        }
        let sha256 = match payload {
            Payload::Sha256(hash) => Some(*hash),
            _ => None,
        };
        let sum = match (checksum(headers, operation)?, trailer) {
            (Named::Nothing | Named::Foreign, None) => None,
            (Named::Nothing, Some(algorithm)) => Some(Sum::InTrailer(algorithm)),
            (_, Some(_)) => return Err(UploadError::ManyChecksums),
            (Named::Known(checksum), None) => Some(Sum::Known(checksum)),
        };
        Ok(Self {
            decoder,
            decoded_length,
            checks: Checks::new(sha256, md5(headers)?, sum),
            sha256,
            trailer,
        })
    }
}

/// Whether a content coding is this one (RFC 9110 §8.4.1: case does not matter).
pub(super) fn is_aws_chunked(coding: &str) -> bool {
    coding.trim().eq_ignore_ascii_case("aws-chunked")
}

/// The items of a list header, over all its lines; none of a line that is not plain text.
pub(super) fn items<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a str> + use<'a> {
    let lines = headers.get_all(name).into_iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

fn single<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, UploadError> {
    let mut values = headers.get_all(name).into_iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(UploadError::BadHeader(name));
    }
    value.to_str().map(Some).map_err(|_| UploadError::BadHeader(name))
}

fn decoded_length(headers: &HeaderMap) -> Result<Option<u64>, UploadError> {
    let Some(text) = single(headers, DECODED_LENGTH)? else {
        return Ok(None);
    };
    // `parse` would take a plus sign.
    let length = text
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok());
    length.flatten().map(Some).ok_or(UploadError::BadHeader(DECODED_LENGTH))
}

fn trailer(headers: &HeaderMap) -> Result<Option<ChecksumAlgorithm>, UploadError> {
    let mut names = items(headers, TRAILER);
    let Some(name) = names.next() else {
        return Ok(None);
    };
    if names.next().is_some() {
        return Err(UploadError::ManyChecksums);
    }
    ChecksumAlgorithm::of_header(name)
        .map(Some)
        .ok_or(UploadError::UnknownTrailer)
}

/// A body that says it is aws-chunked and is signed as if it were not would be stored with its framing by one reader and
/// without it by another (rule 2).
fn refuse_chunked_headers(headers: &HeaderMap) -> Result<(), UploadError> {
    for name in [DECODED_LENGTH, TRAILER] {
        if headers.contains_key(name) {
            return Err(UploadError::NotChunked(name));
        }
    }
    if items(headers, CONTENT_ENCODING).any(is_aws_chunked) {
        return Err(UploadError::NotChunked(CONTENT_ENCODING));
    }
    Ok(())
}

fn md5(headers: &HeaderMap) -> Result<Option<[u8; 16]>, UploadError> {
    let Some(text) = single(headers, CONTENT_MD5)? else {
        return Ok(None);
    };
    let decoded = STANDARD.decode(text).map_err(|_| UploadError::InvalidMd5)?;
    decoded.try_into().map(Some).map_err(|_| UploadError::InvalidMd5)
}

/// The checksum among the headers.
enum Named {
    Nothing,
    /// Of an algorithm that the gateway does not know, which the origin may.
    Foreign,
    Known(Checksum),
}

fn checksum(headers: &HeaderMap, operation: Option<Operation>) -> Result<Named, UploadError> {
    // There the checksum is the whole object's, not that of the list of parts which is the body.
    if operation == Some(Operation::CompleteMultipartUpload) {
        return Ok(Named::Nothing);
    }
    let mut found = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with(CHECKSUM) && !NO_CHECKSUMS.contains(&name.as_str()));
    let Some((name, value)) = found.next() else {
        return Ok(Named::Nothing);
    };
    if found.next().is_some() {
        return Err(UploadError::ManyChecksums);
    }
    let Some(algorithm) = ChecksumAlgorithm::of_header(name.as_str()) else {
        // Of a part no checksum goes on, and of a document that is written anew: nobody would look at it.
        return match operation {
            Some(Operation::UploadPart | Operation::DeleteObjects) => Err(UploadError::InvalidChecksum),
            _ => Ok(Named::Foreign),
        };
    };
    let text = value.to_str().map_err(|_| UploadError::InvalidChecksum)?;
    Checksum::parse(algorithm, text)
        .map(Named::Known)
        .ok_or(UploadError::InvalidChecksum)
}
