//! What a proof came to.

use super::{Form, Version};
use crate::clock::Timestamp;
use crate::sigv4::SigningKey;
use std::sync::Arc;
use std::time::Duration;

/// The request is what a holder of the key signed. Made by verification alone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Authentic {
    /// Where the proof stood.
    pub form: Form,
    /// The version of the signature.
    pub version: Version,
    /// When it was signed, by the signer's word. `None` for version 2, which does not say.
    pub signed_at: Option<Timestamp>,
    /// When it expires: `signed_at` and `X-Amz-Expires`, or version 2's `Expires`. `None` for the header form.
    pub expires_at: Option<Timestamp>,
    /// How long ago it expired, in whole seconds, never zero; `None` while it is fresh, its last second included, and for
    /// the header form.
    pub expired_by: Option<Duration>,
    /// What was signed of the body.
    pub payload: Payload,
    /// The place in the candidates of the one that it was made for.
    pub candidate: usize,
}

impl Authentic {
    /// How long before `now` it expired.
    pub(super) fn expired_by(expires_at: Timestamp, now: Timestamp) -> Option<Duration> {
        Some(now.since(expires_at)).filter(|age| !age.is_zero())
    }
}

/// What the signature says of the body. Rule 14.
#[derive(Clone, Debug)]
pub enum Payload {
    /// Nothing: `UNSIGNED-PAYLOAD`, and version 2.
    Unsigned,
    /// Its SHA-256.
    Sha256([u8; 32]),
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: aws-chunked, with a trailer that nobody signed.
    UnsignedTrailer,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`: aws-chunked, each chunk signed.
    SignedChunks(ChunkSeed),
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`: likewise, and a signed trailer.
    SignedChunksTrailer(ChunkSeed),
}

/// What the first chunk's signature is chained to.
#[derive(Clone, Debug)]
pub struct ChunkSeed {
    /// The key of the request's day and region.
    pub key: Arc<SigningKey>,
    /// The request's own signature: 64 lower-case hexadecimal digits.
    pub signature: [u8; 64],
    /// `20130524T000000Z`
    pub date: [u8; 16],
    /// `20130524/us-east-1/s3/aws4_request`
    pub scope: Box<str>,
}
