//! Links judged without a request: what the refresh API and `evergate inspect` are asked about.
//!
//! A [`LinkUrl`] is judged by a [`Judge`] as a GET of it would be at the presigned door, by the same
//! [`crate::access::S3Access`] and the same [`super::presigned::Link`]; one host more counts, the URL's own. [`Renewer`] makes a
//! new link of one that is honoured. Nothing here opens a socket, whatever a URL names.

mod judge;
mod renewer;
mod url;

pub use judge::{Claim, Honoured, Judge, Judgement, Proven, Refused};
pub use renewer::{Batch, Destination, Renewal, RenewalError, Renewed, Renewer};
pub use url::{LinkUrl, LinkUrlError};
