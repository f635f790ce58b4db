//! The chain of signatures: each chunk's covers the one before it, and the first one covers the request's own.

use super::ChunkedError;
use crate::sigv4::ChunkSeed;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// The SHA-256 of nothing, which AWS puts where a chunk's headers would be.
const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Verifies one signature after the other. Prints nothing of them (rule 9).
pub(super) struct Chain {
    seed: ChunkSeed,
    /// The last signature that held, in hexadecimal digits.
    previous: String,
}

impl Chain {
    pub(super) fn new(seed: ChunkSeed) -> Self {
        let previous = String::from_utf8_lossy(&seed.signature).into_owned();
        Self { seed, previous }
    }

    /// Judges the signature of a chunk whose data has this SHA-256.
    pub(super) fn chunk(&mut self, claimed: &[u8; 32], data: Sha256) -> Result<(), ChunkedError> {
        let data = hex::encode(data.finalize());
        self.judge(claimed, "AWS4-HMAC-SHA256-PAYLOAD", &[OF_NOTHING, "\n", &data])
    }

    /// Judges the signature of a trailer of one field.
    pub(super) fn trailer(&mut self, claimed: &[u8; 32], name: &str, value: &str) -> Result<(), ChunkedError> {
        let mut canonical = Sha256::new();
        for part in [name, ":", value, "\n"] {
            canonical.update(part);
        }
        let canonical = hex::encode(canonical.finalize());
        self.judge(claimed, "AWS4-HMAC-SHA256-TRAILER", &[&canonical])
    }

    fn judge(&mut self, claimed: &[u8; 32], algorithm: &str, payload: &[&str]) -> Result<(), ChunkedError> {
        let mut text: Vec<&[u8]> = vec![
            algorithm.as_bytes(),
            b"\n",
            &self.seed.date,
            b"\n",
            self.seed.scope.as_bytes(),
            b"\n",
            self.previous.as_bytes(),
            b"\n",
        ];
        text.extend(payload.iter().map(|part| part.as_bytes()));
        let computed = self.seed.key.mac(&text);
        if bool::from(computed.ct_eq(claimed)) {
            self.previous = hex::encode(computed);
            Ok(())
        } else {
            Err(ChunkedError::SignatureMismatch)
        }
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chain")
    }
}
