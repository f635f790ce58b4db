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
        for piece in [self.method, "\n", self.path, "\n", self.query, "\n"] {
            take(piece.as_bytes());
        }
        match self.headers {
            SignedHeaders::Host(host) => {
                take(b"host:");
                take(host.as_bytes());
                take(b"\n");
            }
            SignedHeaders::These(headers) => take(headers.block()),
        }
        for piece in ["\n", self.headers.names(), "\n", self.payload] {
            take(piece.as_bytes());
        }
    }

    /// Returns its SHA-256.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        self.pieces(|piece| hash.update(piece));
        hash.finalize().into()
    }
}
