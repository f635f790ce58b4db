//! The second origin of the tests: radosgw, an independent server that verifies signatures and expiry.
//!
//! `make test` starts one for the whole run (`scripts/radosgw run`) and passes its address and keys in the environment.
//! Tests share it, so each makes a bucket of its own. Nobody skips: without radosgw a test fails and says what to do.

use super::s3_client::S3Client;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where radosgw listens, and the keys of its one user, who may do everything.
#[derive(Clone, Debug)]
pub struct Radosgw {
    /// Base URL, `http://127.0.0.1:<port>`, path style. It takes every region's signatures.
    pub endpoint: String,
    /// The user's access key id.
    pub access_key_id: String,
    /// The user's secret access key.
    pub secret_access_key: String,
}

impl Radosgw {
    /// The radosgw of this test run.
    ///
    /// # Panics
    /// When there is none: the test was not started by `make test`.
    pub fn of_this_run() -> Self {
        Self {
            endpoint: variable("EVERGATE_TEST_RADOSGW"),
            access_key_id: variable("EVERGATE_TEST_RADOSGW_ACCESS_KEY_ID"),
            secret_access_key: variable("EVERGATE_TEST_RADOSGW_SECRET_ACCESS_KEY"),
        }
    }

    /// A role that the user may assume at radosgw's own STS, and that may do everything with S3.
    ///
    /// # Panics
    /// When the test was not started by `make test`.
    pub fn role_arn() -> String {
        variable("EVERGATE_TEST_RADOSGW_ROLE_ARN")
    }

    /// A client with its user's keys.
    pub fn client(&self) -> S3Client {
        S3Client::new(&self.endpoint, &self.access_key_id, &self.secret_access_key)
    }

    /// A bucket name that no other test of this run uses.
    pub fn bucket_name(subject: &str) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        format!(
            "{subject}-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        )
    }
}

/// A variable that `make test` sets.
///
/// # Panics
/// When it is missing.
pub fn variable(name: &str) -> String {
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => value,
        _ => panic!("{name} is not set: run make test (or scripts/radosgw run cargo test ...)"),
    }
}
