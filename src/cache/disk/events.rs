//! What is told of a disk: that it is there, when it fails, and when it works again. One function per event.

use super::DiskError;
use std::path::Path;
use std::time::Duration;

/// What stands before each line; operators need not know which file it comes from.
const TARGET: &str = "evergate";

/// It is open for the first time, with this many `bytes` of an earlier run.
pub(super) fn opened(folder: &Path, bytes: u64, max_bytes: u64) {
    let folder = tracing::field::display(folder.display());
    tracing::info!(target: TARGET, folder, bytes, max_bytes, "the disk cache is open");
}

/// It can't be opened again; it is tried once more after `pause`.
pub(super) fn out_of_order(error: &DiskError, pause: Duration) {
    let seconds = pause.as_secs_f32();
    tracing::error!(target: TARGET, %error, seconds, "the disk cache is out of order; it is opened again later");
}

/// A write failed for this `reason`; nothing more is written for as long as `pause`.
pub(super) fn not_written(folder: &Path, reason: &str, pause: Duration) {
    let (folder, seconds) = (tracing::field::display(folder.display()), pause.as_secs_f32());
    tracing::error!(target: TARGET, folder, reason, seconds, "the disk cache can't write; it tries again later");
}

/// The disk takes what is written again.
pub(super) fn writes_again() {
    tracing::info!(target: TARGET, "the disk cache writes again");
}
