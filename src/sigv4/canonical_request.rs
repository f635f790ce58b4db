//! The canonical request, by S3's rules: the path is encoded once and never normalised. AWS "Create a canonical
//! request".
//!
//! It is hashed piece by piece from what is going to be sent, and so is never written down as a whole: there is
//! nothing to log (rule 9), and nothing to allocate.

use super::CanonicalHeaders;
use sha2::{Digest, Sha256};

/// What stands for the body's hash when the body is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// A request as both sides of a signature see it. Deliberately without `Debug`.
#[derive(Clone, Copy)]
pub struct CanonicalRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, encoded once, as sent.
    pub path: &'a str,
    /// The query, encoded and sorted, as sent; without the signature.
    pub query: &'a str,
    /// The signed headers.
    pub headers: SignedHeaders<'a>,
    /// The body's hash in lower-case hexadecimal, or [`UNSIGNED_PAYLOAD`].
    pub payload: &'a str,
}

/// The headers that a signature covers.
#[derive(Clone, Copy)]
pub enum SignedHeaders<'a> {
    /// `Host` alone, with this value: a presigned URL.
    Host(&'a str),
    /// All of these.
    These(&'a CanonicalHeaders),
}

impl SignedHeaders<'_> {
    /// Their names, lower case, sorted, with `;` between them.
    #[must_use]
    pub fn names(&self) -> &str {
        match self {
            Self::Host(_) => "host",
            Self::These(headers) => headers.names(),
        }
    }
}

impl CanonicalRequest<'_> {
    /// Hands the canonical request to `take`, piece by piece.
    pub fn pieces(&self, mut take: impl FnMut(&[u8])) {
        self.target(&mut take);
        self.behind_target(&mut take);
    }

    /// The pieces that are the same for every host.
    fn target(&self, mut take: impl FnMut(&[u8])) {
        for piece in [self.method, "\n", self.path, "\n", self.query] {
            take(piece.as_bytes());
        }
    }

    fn behind_target(&self, mut take: impl FnMut(&[u8])) {
        match self.headers {
            SignedHeaders::Host(host) => {
                for piece in ["\nhost:", host, "\n\nhost\n"] {
                    take(piece.as_bytes());
                }
            }
            SignedHeaders::These(headers) => {
                take(b"\n");
                take(headers.block());
                for piece in ["\n", headers.names(), "\n"] {
                    take(piece.as_bytes());
                }
            }
        }
        take(self.payload.as_bytes());
    }

    /// Returns its SHA-256.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash_behind(self.hash_of_target())
    }

    /// Begins its SHA-256 with method, path and query: most of it, and the same for every host.
    pub(super) fn hash_of_target(&self) -> Sha256 {
        let mut hash = Sha256::new();
        self.target(|piece| hash.update(piece));
        hash
    }

    /// Ends the SHA-256 that was begun with this target.
    pub(super) fn hash_behind(&self, mut target: Sha256) -> [u8; 32] {
        self.behind_target(|piece| target.update(piece));
        target.finalize().into()
    }
}
