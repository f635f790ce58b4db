//! From a target to the origin's response. Fifth station of the walk, for streams.
//!
//! Imports everything up to `presign/`. A [`Target`](crate::resolve::Target) and the client's [`Conditions`] go in; what
//! comes out is an [`OriginResponse`], whose head is an allow-list and whose body comes chunk by chunk, or a [`FetchError`]
//! that says whose fault it is. Nothing here knows what the client will be told.

mod client;
mod conditions;
mod deadlines;
mod entity_tag;
mod error;
mod head;
mod origin;
mod outcome;
mod precondition;
mod probe;
mod reach;
mod request;
mod tls;
mod transfer;

pub use client::ClientError;
pub use conditions::Conditions;
pub use deadlines::{Deadlines, OriginSettings};
pub use entity_tag::{EntityTag, EntityTags};
pub use error::{FetchError, OriginCode, TransferError, Waited};
pub use head::{ContentRange, OriginHead};
pub use origin::{OriginClient, OriginResponse};
pub use outcome::OriginStatus;
pub use probe::{ProbeAnswer, Prober};
pub use reach::{ReachError, Reached, reach, resolves};
pub use tls::{OriginTls, Roots, TlsError};
pub use transfer::{Length, OriginBody};
