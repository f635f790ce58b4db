//! What the origin holds: every key, in any number of versions, each with bytes of its own.

use sha2::{Digest, Sha256};

/// One version of one object.
#[derive(Clone, Debug)]
pub struct Object {
    pub bytes: Vec<u8>,
    /// Strong, with its quotes.
    pub tag: String,
}

impl Object {
    /// The same bytes each time. A key that ends in `-` and a number is that long, others are up to 24 KiB.
    pub fn of(key: &str, version: u32) -> Self {
        let seed = Sha256::digest(format!("{key} {version}"));
        let mut random = fastrand::Rng::with_seed(u64::from_le_bytes(seed[..8].try_into().unwrap()));
        let length = match key.rsplit_once('-').and_then(|(_, length)| length.parse().ok()) {
            Some(length) => length,
            None => random.usize(1..24 * 1024),
        };
        let mut bytes = vec![0; length];
        random.fill(&mut bytes);
        Self {
            tag: format!("\"{}\"", hash(&bytes)),
            bytes,
        }
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

pub fn hash(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..16])
}
