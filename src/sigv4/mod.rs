//! AWS Signature Version 4, one file per wire thing.
//!
//! Imports the clock and `s3/`. The canonical request is ours, because verifying needs it byte-exact. So are keys and signatures
//! (HMAC-SHA256 and nothing else), since what is made of a key once need not be made for each signature; the tests hold all of it
//! against `aws-sigv4` (docs/adr/0011).

mod amz_date;
mod authorization;
mod caller_identity;
mod canonical_headers;
mod canonical_query;
mod canonical_request;
mod chunked;
mod credential;
mod presigned_query;
mod scope;
mod signer;
mod signing_key;
mod verify;

pub use amz_date::AmzDate;
pub use caller_identity::caller_identity;
pub use canonical_headers::CanonicalHeaders;
pub use canonical_query::write_canonical_query;
pub use canonical_request::{CanonicalRequest, SignedHeaders, UNSIGNED_PAYLOAD};
#[cfg(test)]
pub(crate) use chunked::encoder as chunked_encoder;
pub use chunked::{ChunkedError, Decoder as ChunkedDecoder};
pub use credential::{AccessKeyId, AccessKeyIdError, Credential, SessionTokenError};
pub use scope::Scope;
pub use signer::{AuthorizedRequest, HeaderRequest, PresignRequest, Signer};
pub use signing_key::SigningKey;
pub use verify::{
    Authentic, Candidate, ChunkSeed, Form, Payload, Presented, PresentedError, Received, VerifyError, VerifyingSecret,
    Version,
};
