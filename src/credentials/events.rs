//! What credentials have to say to an operator: one function per event. Key ids are public (each presigned URL shows
//! one); secrets and tokens are never here (rule 9).

use super::source::SourceError;
use crate::clock::Timestamp;
use crate::sigv4::AccessKeyId;
use std::time::Duration;

/// What stands before each line; operators need not know which file it comes from.
const TARGET: &str = "evergate";

/// A credential was loaded that differs from the one held before.
pub(super) fn loaded(
    bucket: &str,
    provider: &str,
    key_id: &AccessKeyId,
    expires_at: Option<Timestamp>,
    next: Option<Duration>,
) {
    tracing::info!(
        target: TARGET,
        bucket,
        provider,
        access_key_id = key_id.as_str(),
        expires_at = expires_at.map(Timestamp::as_unix),
        next_renewal_s = next.map(|wait| wait.as_secs()),
        "credentials loaded"
    );
}

/// The source gave the same credential again: common with IMDS, which rotates late, and with files.
pub(super) fn unchanged(bucket: &str, next: Option<Duration>) {
    tracing::trace!(
        target: TARGET,
        bucket,
        next_renewal_s = next.map(|wait| wait.as_secs()),
        "credentials unchanged"
    );
}

/// A load failed while the credential held is still valid: signing goes on.
pub(super) fn renewal_failed(bucket: &str, reason: &str, held_until: Option<Timestamp>, retry: Duration) {
    tracing::warn!(
        target: TARGET,
        bucket,
        reason,
        held_until = held_until.map(Timestamp::as_unix),
        retry_ms = retry.as_millis(),
        "renewing credentials failed; the held ones stay in use"
    );
}

/// A load failed and there is nothing valid to sign with.
pub(super) fn unavailable(bucket: &str, reason: &str, retry: Duration) {
    tracing::error!(target: TARGET, bucket, reason, retry_ms = retry.as_millis(), "no valid credentials");
}

/// Keeps a long outage from filling the log: the first failure of a row is told, each second, fourth, eighth and so
/// on, and any that has another reason than the last one told.
#[derive(Debug, Default)]
pub(super) struct Grumble(Option<SourceError>);

impl Grumble {
    /// Whether the `failures`-th failure in a row, for this reason, is to be told.
    pub(super) fn says(&mut self, failures: u32, reason: &SourceError) -> bool {
        let says = failures.is_power_of_two() || self.0.as_ref() != Some(reason);
        if says {
            self.0 = Some(reason.clone());
        }
        says
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_outage_is_told_ever_more_seldom_unless_its_reason_changes() {
        let mut grumble = Grumble::default();
        let refused = SourceError::new("connection refused");
        let told: Vec<u32> = (1..=40).filter(|failures| grumble.says(*failures, &refused)).collect();
        assert_eq!(told, [1, 2, 4, 8, 16, 32]);
        let denied = SourceError::new("access denied");
        assert!(grumble.says(41, &denied) && !grumble.says(42, &denied) && grumble.says(43, &refused));
    }
}
