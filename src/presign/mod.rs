//! From a target to a signed URL. Fifth station of the walk, for redirects.
//!
//! Imports everything up to `resolve/`.

use crate::clock::Timestamp;
use http::HeaderValue;

/// A presigned URL, ready to be sent as `Location`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedUrl {
    /// The `Location` value.
    pub location: HeaderValue,
    /// `X-Amz-Date`.
    pub signed_at: Timestamp,
    /// When the origin stops honouring it: sign time + `X-Amz-Expires`, never after the credential's end.
    pub expires_at: Timestamp,
}
