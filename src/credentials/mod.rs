//! Where credentials come from, and the snapshot of those valid now.
//!
//! Imports everything up to `telemetry/`. [`start`] gives one [`Credentials`] handle per bucket. Reading it never
//! blocks and never allocates: a background task asks the source and swaps the snapshot (DESIGN §4.6, rule 25).
//!
//! - A key pair from the file is there at once and never ends.
//! - The chain (environment, profile files, web identity, ECS/EKS, IMDSv2) is asked in the background, so that no
//!   metadata service holds up the start; until it has answered there is nothing to sign with, and the handle says so.
//! - Renewal: at half of the life left with jitter, one call at a time, the old set kept while it is valid,
//!   exponential back-off after a failure. The expiry counts as issued. A changed credential is a new epoch.

mod chain;
mod events;
mod handle;
mod held;
mod renewal;
mod schedule;
mod source;

pub use handle::Credentials;
pub use held::{CredentialsUnavailable, Held, Snapshot};
pub use source::{Source, SourceError};

use crate::clock::Clock;
use crate::config::{BucketId, CredentialsConfig};
use crate::s3::Region;
use renewal::Pace;
use tokio::runtime::Handle;

/// Starts one bucket's credentials from where its config says that they come from.
///
/// A chain asks STS in the bucket's configured `region`. `runtime` runs the renewal of a chain; it must outlive the handle and be driven (`enable_all`). Dropping the last
/// clone of the handle ends the renewal.
#[must_use]
pub fn start(
    bucket: &BucketId,
    region: &Region,
    config: &CredentialsConfig,
    clock: &Clock,
    runtime: &Handle,
) -> Credentials {
    match config {
        CredentialsConfig::Static(credential) => Credentials::fixed(bucket, credential.clone(), clock),
        CredentialsConfig::Chain => start_source(bucket, chain::Chain::new(region), clock, runtime),
    }
}

/// Starts one bucket's credentials from any [`Source`], renewed as the chain is.
#[must_use]
pub fn start_source(bucket: &BucketId, source: impl Source, clock: &Clock, runtime: &Handle) -> Credentials {
    Credentials::renewed(bucket, source, clock, Pace::default(), runtime)
}
