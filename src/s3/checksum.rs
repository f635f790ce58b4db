//! The checksums that S3 keeps beside an object, and clients send in `x-amz-checksum-*`, as a header or in a trailer. AWS
//! "Checking object integrity in Amazon S3".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc_fast::{CrcAlgorithm, Digest as Crc};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::fmt;

/// The longest digest, in bytes.
const LONGEST: usize = 32;

/// How a checksum is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChecksumAlgorithm {
    /// CRC-32 of ISO-HDLC, the one of zip and Ethernet.
    Crc32,
    /// CRC-32C (Castagnoli).
    Crc32c,
    /// CRC-64/NVME.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl ChecksumAlgorithm {
    /// All that the gateway computes.
    pub const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// The name of the header that bears such a checksum, in lower case.
    #[must_use]
    pub const fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// Takes a header's name, in whatever case.
    #[must_use]
    pub fn of_header(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.header().eq_ignore_ascii_case(name))
    }

    /// The length of a digest, in bytes.
    const fn digest_len(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// One checksum: algorithm and digest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Checksum {
    algorithm: ChecksumAlgorithm,
    /// Zeros behind the digest.
    digest: [u8; LONGEST],
}

impl Checksum {
    /// Takes a header's value: padded base64 of a digest of the right length. `None` for anything else.
    #[must_use]
    pub fn parse(algorithm: ChecksumAlgorithm, text: &str) -> Option<Self> {
        let decoded = STANDARD.decode(text).ok()?;
        (decoded.len() == algorithm.digest_len()).then(|| Self::new(algorithm, &decoded))
    }

    fn new(algorithm: ChecksumAlgorithm, bytes: &[u8]) -> Self {
        let mut digest = [0; LONGEST];
        for (place, byte) in digest.iter_mut().zip(bytes) {
            *place = *byte;
        }
        Self { algorithm, digest }
    }

    /// How it was computed.
    #[must_use]
    pub fn algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    /// Returns it as the value of its header.
    #[must_use]
    pub fn to_text(&self) -> String {
        STANDARD.encode(&self.digest[..self.algorithm.digest_len()])
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.header(), self.to_text())
    }
}

/// A checksum in the making.
#[derive(Clone)]
pub struct ChecksumHasher(Running);

#[derive(Clone)]
enum Running {
    // The CRC's state holds its constants, 250 bytes of them.
    Crc(ChecksumAlgorithm, Box<Crc>),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl ChecksumHasher {
    /// Begins one.
    #[must_use]
    pub fn new(algorithm: ChecksumAlgorithm) -> Self {
        let crc = |kind| Running::Crc(algorithm, Box::new(Crc::new(kind)));
        Self(match algorithm {
            ChecksumAlgorithm::Crc32 => crc(CrcAlgorithm::Crc32IsoHdlc),
            ChecksumAlgorithm::Crc32c => crc(CrcAlgorithm::Crc32Iscsi),
            ChecksumAlgorithm::Crc64Nvme => crc(CrcAlgorithm::Crc64Nvme),
            ChecksumAlgorithm::Sha1 => Running::Sha1(Sha1::new()),
            ChecksumAlgorithm::Sha256 => Running::Sha256(Sha256::new()),
        })
    }

    /// Takes the next bytes.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            Running::Crc(_, crc) => crc.update(data),
            Running::Sha1(sha) => sha.update(data),
            Running::Sha256(sha) => sha.update(data),
        }
    }

    /// Returns the checksum of all bytes.
    #[must_use]
    pub fn finish(self) -> Checksum {
        match self.0 {
            Running::Crc(algorithm, crc) => {
                let number = crc.finalize().to_be_bytes();
                Checksum::new(algorithm, &number[number.len() - algorithm.digest_len()..])
            }
            Running::Sha1(sha) => Checksum::new(ChecksumAlgorithm::Sha1, &sha.finalize()),
            Running::Sha256(sha) => Checksum::new(ChecksumAlgorithm::Sha256, &sha.finalize()),
        }
    }
}

impl fmt::Debug for ChecksumHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChecksumHasher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of "123456789" that each algorithm's catalogue entry gives, in base64.
    const CHECKS: [(ChecksumAlgorithm, &str); 5] = [
        (ChecksumAlgorithm::Crc32, "y/Q5Jg=="),
        (ChecksumAlgorithm::Crc32c, "4waSgw=="),
        (ChecksumAlgorithm::Crc64Nvme, "rosUhgp5mIg="),
        (ChecksumAlgorithm::Sha1, "98O8HYCOBHMq32eZZczDTKeuNEE="),
        (
            ChecksumAlgorithm::Sha256,
            "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
        ),
    ];

    #[test]
    fn each_algorithm_gives_its_known_value_however_the_bytes_come() {
        for (algorithm, expected) in CHECKS {
            for split in 0..=9 {
                let (head, tail) = b"123456789".split_at(split);
                let mut hasher = ChecksumHasher::new(algorithm);
                hasher.update(head);
                hasher.update(tail);
                assert_eq!(hasher.finish().to_text(), expected, "{algorithm:?}");
            }
            let parsed = Checksum::parse(algorithm, expected).unwrap();
            assert_eq!((parsed.algorithm(), parsed.to_text().as_str()), (algorithm, expected));
            assert_eq!(
                ChecksumAlgorithm::of_header(&algorithm.header().to_uppercase()),
                Some(algorithm)
            );
        }
        assert_eq!(ChecksumAlgorithm::of_header("x-amz-checksum-algorithm"), None);
    }

    #[test]
    fn nothing_to_sum_has_a_checksum_too() {
        assert_eq!(
            ChecksumHasher::new(ChecksumAlgorithm::Crc32).finish().to_text(),
            "AAAAAA=="
        );
    }

    #[test]
    fn a_value_is_padded_base64_of_the_right_length() {
        for text in [
            "",
            "y/Q5Jg",
            "y/Q5Jg=",
            "y/Q5Jh==",
            "y_Q5Jg==",
            " y/Q5Jg==",
            "y/Q5Jg==-2",
            "y/Q5JgA=",
        ] {
            assert_eq!(Checksum::parse(ChecksumAlgorithm::Crc32, text), None, "{text}");
        }
    }
}
