//! What a right answer is: its status, its length, its bytes.

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, checksum};
use http::StatusCode;
use sha2::{Digest as _, Sha256};

/// What a right answer to one request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// The status.
    pub status: Status,
    /// The body. When redirects are followed: of the last answer.
    pub content: Content,
}

impl Expect {
    /// Expects this status with any body, or none.
    #[must_use]
    pub fn status(status: StatusCode) -> Self {
        Self {
            status: Status::Exactly(status),
            content: Content::Any,
        }
    }

    /// Expects 200 with this content.
    #[must_use]
    pub fn ok(content: Content) -> Self {
        Self {
            status: Status::Exactly(StatusCode::OK),
            content,
        }
    }
}

/// Which statuses are right. What [`Turn`](super::Turn) makes of a request is added: 206 to a range, 304 to a condition.
/// A redirect must have a `Location` in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// This one.
    Exactly(StatusCode),
    /// Any 2xx, and a redirect: the object, or the way to it.
    Object,
}

/// What the bytes of a body must be. Every body is read to its last byte, and an answer that breaks off is never right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Anything.
    Any,
    /// So many bytes.
    Length(u64),
    /// Exactly these bytes. Costs the load least, and ranges of it are checked, too.
    Bytes(Bytes),
    /// So many bytes, where that is known, with this digest.
    Digest(Option<u64>, Digest),
    /// The bytes that the first answer to the same request had (within one load thread).
    Same,
}

impl Content {
    /// Returns the length in bytes, where it is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Length(length) => Some(*length),
            Self::Digest(length, _) => *length,
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Any | Self::Same => None,
        }
    }

    /// Expects what `bytes` are without keeping them: their length and CRC-64.
    #[must_use]
    pub fn crc64_of(bytes: &[u8]) -> Self {
        Self::Digest(Some(bytes.len() as u64), Digest::crc64(bytes))
    }
}

/// A digest of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// CRC-64/NVME: finds every accident at tens of gigabytes a second, so that every body of a contest can be checked.
    Crc64(u64),
    /// SHA-256, as `sha256sum` writes it: for lists that exist already. Costs the load's cores dearly.
    Sha256([u8; 32]),
}

impl Digest {
    /// Returns the CRC-64/NVME of `bytes`.
    #[must_use]
    pub fn crc64(bytes: &[u8]) -> Self {
        Self::Crc64(checksum(CrcAlgorithm::Crc64Nvme, bytes))
    }

    /// Returns the SHA-256 of `bytes`.
    #[must_use]
    pub fn sha256(bytes: &[u8]) -> Self {
        Self::Sha256(Sha256::digest(bytes).into())
    }
}
