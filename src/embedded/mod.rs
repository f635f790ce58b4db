//! The built-in S3 origin and its sample pictures: something to stand behind the gateway when there is no bucket yet.
//!
//! Part of the assembly, behind the feature `embedded`; imports the vocabulary and `config/`. It is a real origin, not a
//! mock: s3s verifies every signature and every expiry, and s3s-fs keeps objects as plain files. It listens on loopback
//! alone, with keys made at each start that never leave the process, on a thread of its own, so that it needs nothing of the
//! gateway's runtimes and outlives every reload of the configuration.
//!
//! What it can't do: HTTP/2, TLS, 304 and 412 (s3s-fs knows no conditions on reads), keys longer than the file system allows.

mod error;
mod folder;
mod keys;
mod origin;
mod samples;
mod seed;
mod server;

pub use error::EmbeddedError;
pub use origin::Origin;
pub use samples::{DEFAULT_AVATAR, SAMPLE_PREFIX, Sample, samples};
