//! Computes what was announced of a body, and nothing else.

use super::UploadError;
use crate::s3::{Checksum, ChecksumAlgorithm, ChecksumHasher};
use md5::Md5;
use sha2::{Digest, Sha256};
use std::fmt;

/// A checksum that was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sum {
    /// In a header.
    Known(Checksum),
    /// It will come in the trailer.
    InTrailer(ChecksumAlgorithm),
}

/// What a body must be, and what it has been so far.
pub(super) struct Checks {
    sha256: Option<([u8; 32], Sha256)>,
    md5: Option<([u8; 16], Md5)>,
    sum: Option<(Sum, ChecksumHasher)>,
}

impl Checks {
    pub(super) fn new(sha256: Option<[u8; 32]>, md5: Option<[u8; 16]>, sum: Option<Sum>) -> Self {
        Self {
            sha256: sha256.map(|expected| (expected, Sha256::new())),
            md5: md5.map(|expected| (expected, Md5::new())),
            sum: sum.map(|sum| {
                let algorithm = match &sum {
                    Sum::Known(checksum) => checksum.algorithm(),
                    Sum::InTrailer(algorithm) => *algorithm,
                };
                (sum, ChecksumHasher::new(algorithm))
            }),
        }
    }

    /// Takes the next bytes of the decoded body.
    pub(super) fn update(&mut self, data: &[u8]) {
        if let Some((_, hash)) = &mut self.sha256 {
            hash.update(data);
        }
        if let Some((_, hash)) = &mut self.md5 {
            hash.update(data);
        }
        if let Some((_, hasher)) = &mut self.sum {
            hasher.update(data);
        }
    }

    /// Judges the whole body; `trailer` is the value of the field that came behind it. Returns that checksum.
    pub(super) fn verify(self, trailer: Option<&str>) -> Result<Option<Checksum>, UploadError> {
        if let Some((expected, hash)) = self.sha256
            && <[u8; 32]>::from(hash.finalize()) != expected
        {
            return Err(UploadError::HashMismatch);
        }
        if let Some((expected, hash)) = self.md5
            && <[u8; 16]>::from(hash.finalize()) != expected
        {
            return Err(UploadError::Md5Mismatch);
        }
        let Some((sum, hasher)) = self.sum else {
            return Ok(None);
        };
        let (expected, came) = match sum {
            Sum::Known(checksum) => (checksum, None),
            Sum::InTrailer(algorithm) => {
                let text = trailer.ok_or(UploadError::InvalidChecksum)?;
                let checksum = Checksum::parse(algorithm, text).ok_or(UploadError::InvalidChecksum)?;
                (checksum, Some(checksum))
            }
        };
        if hasher.finish() == expected {
            Ok(came)
        } else {
            Err(UploadError::ChecksumMismatch)
        }
    }
}

impl fmt::Debug for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checks")
            .field("sha256", &self.sha256.is_some())
            .field("md5", &self.md5.is_some())
            .field("sum", &self.sum.as_ref().map(|(sum, _)| sum))
            .finish()
    }
}
