//! What credentials have to say to an operator: one function per event. Key ids are public (each presigned URL shows
//! one); secrets and tokens are never here (rule 9).

use crate::clock::Timestamp;
use crate::sigv4::AccessKeyId;
use std::time::Duration;

/// A credential was loaded that differs from the one held before.
pub(super) fn loaded(bucket: &str, key_id: &AccessKeyId, expires_at: Option<Timestamp>, next: Option<Duration>) {
    tracing::info!(
        bucket,
        access_key_id = key_id.as_str(),
        expires_at = expires_at.map(Timestamp::as_unix),
        next_renewal_s = next.map(|wait| wait.as_secs()),
        "credentials loaded"
    );
}

/// The source gave the same credential again: common with IMDS, which rotates late.
pub(super) fn unchanged(bucket: &str, next: Option<Duration>) {
    tracing::debug!(
        bucket,
        next_renewal_s = next.map(|wait| wait.as_secs()),
        "credentials unchanged"
    );
}

/// A load failed while the credential held is still valid: signing goes on.
pub(super) fn renewal_failed(bucket: &str, reason: &str, held_until: Option<Timestamp>, retry: Duration) {
    tracing::warn!(
        bucket,
        reason,
        held_until = held_until.map(Timestamp::as_unix),
        retry_ms = retry.as_millis(),
        "renewing credentials failed; the held ones stay in use"
    );
}

/// A load failed and there is nothing valid to sign with.
pub(super) fn unavailable(bucket: &str, reason: &str, retry: Duration) {
    tracing::error!(bucket, reason, retry_ms = retry.as_millis(), "no valid credentials");
}
