//! What is told of origins that correct us: one function per event.

use super::{ClockOffset, Place};
use crate::config::BucketId;
use crate::s3::Region;

/// A bucket is in another region than was taken for granted.
pub(super) fn region_learned(bucket: &BucketId, configured: &Region, place: &Place) {
    tracing::warn!(
        bucket = bucket.as_str(),
        configured = configured.as_str(),
        region = place.region.as_str(),
        host = place.address.host(),
        "the origin says that the bucket is in another region; set `region` to it in the configuration"
    );
}

/// Requests are dated by another clock than before.
pub(super) fn offset_changed(bucket: &BucketId, offset: ClockOffset) {
    if offset.seconds() == 0 {
        tracing::info!(bucket = bucket.as_str(), "the origin's clock agrees with ours again");
        return;
    }
    tracing::warn!(
        bucket = bucket.as_str(),
        offset_seconds = offset.seconds(),
        "the origin's clock is ahead of ours by this much (behind, if negative); requests are signed by its time: set this \
         machine's clock"
    );
}
