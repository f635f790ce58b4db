//! The verdict: may this reader have this object, may this client do this? Third station of the walk. Stable paths are
//! judged by their route ([`decide`]); what S3 clients sign, by [`S3Access`].
//!
//! Imports everything up to `route/`. Only this room makes a [`Permit`]; every room behind it asks for one, so that
//! nothing can be signed or fetched without a verdict, by type.

mod allow;
mod denied;
mod endpoint;
mod endpoint_permit;
mod permit;
mod presigned;
mod s3_access;
mod verdict;

#[cfg(test)]
mod tests;

pub use allow::Reach;
pub use denied::{DenialCode, Denied};
pub use endpoint::{EndpointDenied, EndpointVerdict};
pub use endpoint_permit::{EndpointOperation, EndpointPermit};
pub use permit::{Audience, Permit};
pub use presigned::{PresignedPermit, Refreshed};
pub use s3_access::{Authenticated, S3Access};
pub use verdict::{decide, fallback};
