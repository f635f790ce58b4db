//! From a target to the origin's response. Fifth station of the walk, for streams.
//!
//! Imports everything up to `presign/`. A [`Target`](crate::resolve::Target) and the client's [`Conditions`] go in; what
//! comes out is an [`OriginResponse`], whose head is an allow-list and whose body comes chunk by chunk, or a [`FetchError`]
//! that says whose fault it is. Nothing here knows what the client will be told.
//!
//! An origin that misbehaves is dealt with in one place each: what a failure means (`remedy.rs`), how often and after which
//! pause something is sent again (`retry.rs`, `budget.rs`), when an origin is left in peace (`breaker.rs`), by how many it is
//! asked at once (`concurrency.rs`), what is done about a body that breaks off (`resume.rs`). What workers have to know of
//! each other is in an [`OriginState`]. `docs/guides/origins.md` says what readers and operators see of all this.

mod amends;
mod attempt;
mod bell;
mod body;
mod breaker;
mod budget;
mod cached;
mod client;
mod concurrency;
mod conditions;
mod connect;
mod content_range;
mod deadlines;
mod document;
mod entity_tag;
mod error;
mod forward;
mod head;
mod connection;
mod origin;
mod outcome;
mod pool;
mod precondition;
mod probe;
mod pursuit;
mod reach;
mod remedy;
mod request;
mod resume;
mod retry;
mod state;
mod tls;
mod transfer;
mod upload;

pub use breaker::{Breaker, BreakerBounds};
pub use budget::BudgetBounds;
pub use cached::{After, Asker, Before, CacheUse, Found, ObjectBody, ObjectCache, ObjectResponse, Want};
pub use concurrency::ConcurrencyBounds;
pub use conditions::Conditions;
pub use content_range::ContentRange;
pub use deadlines::{Deadlines, OriginSettings};
pub use entity_tag::{EntityTag, EntityTags};
pub use error::{FetchError, OriginCode, TransferError, Waited};
pub use forward::Forwarded;
pub use head::OriginHead;
pub use origin::{OriginClient, OriginResponse};
pub use outcome::OriginStatus;
pub use probe::{ProbeAnswer, Prober};
pub use reach::{ReachError, Reached, reach};
pub use retry::RetryBounds;
pub use state::{OriginBounds, OriginState};
pub use tls::{OriginTls, Roots, TlsError};
pub use transfer::{Length, OriginBody};
pub use upload::{SMALL_BODY, Upload, UploadBody, UploadError, UploadFault, UploadStream};
