//! Where credentials come from, and the snapshot of those valid now.
//!
//! Imports everything up to `telemetry/`. [`start`] gives one [`Credentials`] handle per bucket. Reading it never
//! blocks and never allocates: a background task asks the source and swaps the snapshot (DESIGN §4.6, rule 25).
//!
//! - A key pair from the file is there at once and never ends; one in files of its own is read again when they change.
//! - The chain (environment, profile files, web identity, ECS/EKS, IMDSv2) and roles are asked in the background, so
//!   that no metadata service holds up the start; until one has answered there is nothing to sign with, and the handle
//!   says so.
//! - A public bucket needs none: its requests are not signed.
//! - Renewal: at half of the life left with jitter, one call at a time, the old set kept while it is valid,
//!   exponential back-off after a failure, within two seconds with nothing valid. The expiry counts as issued. A changed
//!   credential is a new epoch. A request whose credential the origin refused may ask for a newer one, and waits for it
//!   for at most a second.

mod aws;
mod cell;
mod demand;
mod events;
mod handle;
mod held;
mod key_files;
mod keyring;
mod renewal;
mod schedule;
mod signing;
mod source;

pub use handle::Credentials;
pub use held::{CredentialsUnavailable, Held, Snapshot};
pub use keyring::{Client, Keyring};
pub use signing::Signing;
pub use source::{Loaded, Source, SourceError};

use crate::clock::Clock;
use crate::config::{BucketId, CredentialsConfig};
use crate::s3::Region;
use crate::telemetry::BucketMetrics;
use aws::{Chain, Role, Span};
use key_files::FileSource;
use renewal::Pace;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Starts one bucket's credentials from where its config says that they come from.
///
/// STS is asked in the bucket's configured `region`, unless the environment or a profile names one. `runtime` runs the
/// renewal; it must outlive the handle and be driven (`enable_all`). Dropping the last clone of the handle ends the
/// renewal. `metrics` counts what it does.
#[must_use]
pub fn start(
    bucket: &BucketId,
    region: &Region,
    config: &CredentialsConfig,
    clock: &Clock,
    metrics: &Arc<BucketMetrics>,
    runtime: &Handle,
) -> Credentials {
    match config {
        CredentialsConfig::Anonymous => Credentials::anonymous(bucket, clock),
        CredentialsConfig::Static(credential) => Credentials::fixed(bucket, credential.clone(), clock),
        CredentialsConfig::Files(files) => {
            let first = Loaded {
                credential: files.first().clone(),
                provider: "files".into(),
            };
            let source = FileSource::new(files.clone());
            Credentials::renewed(bucket, Some(first), source, (clock, Pace::default()), metrics, runtime)
        }
        CredentialsConfig::Chain => start_source(bucket, Chain::new(region, Span::Whole), clock, metrics, runtime),
        CredentialsConfig::Profile(name) => {
            let profile = Chain::new(region, Span::Profile(name.clone()));
            start_source(bucket, profile, clock, metrics, runtime)
        }
        CredentialsConfig::AssumeRole(role) => start_source(bucket, Role::new(region, role), clock, metrics, runtime),
    }
}

/// Starts one bucket's credentials from any [`Source`], renewed as the chain is.
#[must_use]
pub fn start_source(
    bucket: &BucketId,
    source: impl Source,
    clock: &Clock,
    metrics: &Arc<BucketMetrics>,
    runtime: &Handle,
) -> Credentials {
    Credentials::renewed(bucket, None, source, (clock, Pace::default()), metrics, runtime)
}
