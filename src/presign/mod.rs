//! From a target to a signed URL. Fifth station of the walk, for redirects.
//!
//! Imports everything up to `resolve/`. [`Presigner`] asks the signed-URL cache first and signs on a miss; the
//! signing window decides what is signed, so hit and miss give byte-identical URLs within a window (DESIGN §4.2–3,
//! rule 25). URLs are dated by the origin's clock where that is known to differ (rule 26); the times that come with them
//! are ours. What an expiry of 1 s can't promise, and why 2 s can: see `window.rs`.

mod presigner;
mod signed_url;
mod window;

pub use presigner::{Presigned, Presigner, UrlCacheStatus};
pub use signed_url::SignedUrl;

use crate::credentials::CredentialsUnavailable;

/// Why no URL is signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PresignError {
    /// Nothing to sign with: 503.
    #[error(transparent)]
    CredentialsUnavailable(#[from] CredentialsUnavailable),
    /// The credential has under 120 s left; a redirect would hand out a URL that dies on the way. Stream, or 503.
    #[error("the credential has less than 120 seconds left")]
    CredentialEndsSoon,
    /// The permit has under 5 s left; a redirect would hand out a URL that dies on the way, or outlives it. Stream.
    #[error("the permit has less than 5 seconds left")]
    PermitEndsSoon,
    /// The URL can't be sent as `Location`. Keys are encoded and hosts are parsed, so this tells of a fault here: 500.
    #[error("the signed URL is not a legal header value")]
    IllegalLocation,
}
