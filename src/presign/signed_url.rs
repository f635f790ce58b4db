//! A presigned URL with the times that bound it.

use super::PresignError;
use super::window::Window;
use crate::cache::Weigh;
use crate::clock::Timestamp;
use crate::route::ClockOffset;
use http::HeaderValue;

/// A presigned URL, ready to be sent as `Location`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedUrl {
    /// The `Location` value.
    pub location: HeaderValue,
    /// What our clock reads at `X-Amz-Date`, the start of the signing window.
    pub signed_at: Timestamp,
    /// What our clock reads when the origin stops honouring it: sign time + `X-Amz-Expires`, at the latest 60 s before the
    /// credential's end.
    pub expires_at: Timestamp,
    turns_at: Timestamp,
    /// What lies between these times, which are ours, and those in the URL, which are the origin's.
    offset: ClockOffset,
}

impl SignedUrl {
    /// Takes what was signed in `window`, whose times are the origin's, which are `offset` from ours.
    pub(super) fn new(url: String, window: &Window, offset: ClockOffset) -> Result<Self, PresignError> {
        // Boxed to give back what the signer reserved too much: the cache weighs the length.
        let url = String::from(url.into_boxed_str());
        let mut location = HeaderValue::try_from(url).map_err(|_| PresignError::IllegalLocation)?;
        // It is a bearer token: HPACK must not index it, and `Debug` must not print it.
        location.set_sensitive(true);
        Ok(Self {
            location,
            signed_at: offset.to_ours(window.signed_at),
            expires_at: offset.to_ours(window.expires_at),
            turns_at: offset.to_ours(window.turns_at),
            offset,
        })
    }

    /// Whether `now` lies in the window that this URL was made for, and the origin's clock is still taken to be `offset`
    /// from ours. A clock that was set back behind the sign time gets `false`: the URL would be dated in the future.
    pub(super) fn is_current(&self, now: Timestamp, offset: ClockOffset) -> bool {
        self.offset == offset && self.signed_at <= now && now < self.turns_at
    }
}

impl Weigh for SignedUrl {
    fn weigh(&self) -> usize {
        size_of::<Self>() + self.location.len()
    }
}
