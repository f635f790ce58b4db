//! What the object cache did, as `Cache-Status` tells it. RFC 9211.
//!
//! Written by hand for whoever debugs: no more than the RFC's own parameters, and a `detail` for what they can't say.

use super::headers;
use crate::fetch::{After, Asker, Before, CacheUse, OriginStatus};
use http::HeaderValue;
use std::fmt;

/// What is said where nothing more can be.
const EVERGATE: HeaderValue = HeaderValue::from_static("evergate");

/// Returns the field for an answer of `status`.
pub(super) fn of(cache: &CacheUse, status: OriginStatus) -> HeaderValue {
    match cache {
        CacheUse::Bypassed => bypassed(status),
        CacheUse::Hit { left, .. } => headers::counted("evergate; hit; ttl=", left.as_secs()).unwrap_or(EVERGATE),
        CacheUse::Stale { by, reason, .. } => {
            written(format_args!("evergate; hit; ttl=-{}; detail={reason}", by.as_secs()))
        }
        CacheUse::Revalidated { by, .. } => HeaderValue::from_static(match by {
            Asker::Own => "evergate; fwd=stale; fwd-status=304; stored",
            Asker::Other => "evergate; fwd=stale; fwd-status=304; stored; collapsed",
        }),
        CacheUse::Fetched { by, before, after, .. } => HeaderValue::from_static(match (before, after, by) {
            (Before::Nothing, After::Kept, Asker::Own) => "evergate; fwd=uri-miss; fwd-status=200; stored",
            (Before::Nothing, After::Kept, Asker::Other) => "evergate; fwd=uri-miss; fwd-status=200; stored; collapsed",
            (Before::Nothing, After::Passed, _) => "evergate; fwd=uri-miss; fwd-status=200",
            (Before::Stale, After::Kept, Asker::Own) => "evergate; fwd=stale; fwd-status=200; stored",
            (Before::Stale, After::Kept, Asker::Other) => "evergate; fwd=stale; fwd-status=200; stored; collapsed",
            (Before::Stale, After::Passed, _) => "evergate; fwd=stale; fwd-status=200",
        }),
    }
}

fn bypassed(status: OriginStatus) -> HeaderValue {
    HeaderValue::from_static(match status {
        OriginStatus::Ok => "evergate; fwd=bypass; fwd-status=200",
        OriginStatus::Partial => "evergate; fwd=bypass; fwd-status=206",
        OriginStatus::NotModified => "evergate; fwd=bypass; fwd-status=304",
        OriginStatus::PreconditionFailed => "evergate; fwd=bypass; fwd-status=412",
        OriginStatus::RangeNotSatisfiable => "evergate; fwd=bypass; fwd-status=416",
    })
}

fn written(told: fmt::Arguments<'_>) -> HeaderValue {
    headers::written(told).unwrap_or(EVERGATE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::StaleReason;
    use std::time::Duration;

    #[test]
    fn hits_tell_how_long_they_last_and_what_is_stale_why() {
        let (age, seconds) = (Duration::ZERO, Duration::from_secs);
        let said = |cache| of(&cache, OriginStatus::Ok).to_str().unwrap().to_owned();
        let hit = CacheUse::Hit { left: seconds(12), age };
        assert_eq!(said(hit), "evergate; hit; ttl=12");
        let (by, reason) = (seconds(7), StaleReason::Unreachable);
        assert_eq!(
            said(CacheUse::Stale { by, age, reason }),
            "evergate; hit; ttl=-7; detail=unreachable"
        );
        assert_eq!(said(CacheUse::Bypassed), "evergate; fwd=bypass; fwd-status=200");
    }
}
