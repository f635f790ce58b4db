//! What a browser keeps of an answer, and for how long (RFC 9111, a private cache without heuristics).

use http::{HeaderMap, HeaderValue, header};
use std::time::{Duration, Instant};

/// What an answer was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// An image with this SHA-256.
    Image([u8; 32]),
    /// A redirect to this place.
    Redirect(String),
}

/// An answer in the cache.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) what: What,
    pub(super) etag: Option<HeaderValue>,
    fresh_until: Instant,
}

impl Kept {
    /// Takes an answer that came at `now`; `None` when it is not to be kept.
    pub(super) fn of(headers: &HeaderMap, what: What, now: Instant) -> Option<Self> {
        let said = headers.get_all(header::CACHE_CONTROL);
        let said: String = said
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect::<Vec<_>>()
            .join(",");
        let mut lifetime = None;
        for directive in said.to_ascii_lowercase().split(',').map(str::trim) {
            match directive {
                "no-store" => return None,
                "no-cache" => lifetime = Some(0),
                _ => {
                    let seconds = directive
                        .strip_prefix("max-age=")
                        .and_then(|seconds| seconds.trim_matches('"').parse().ok());
                    lifetime = lifetime.or(seconds);
                }
            }
        }
        let age = headers
            .get(header::AGE)
            .and_then(|age| age.to_str().ok()?.parse::<u64>().ok())
            .unwrap_or(0);
        let fresh = lifetime.unwrap_or(0_u64).saturating_sub(age);
        let etag = headers.get(header::ETAG).cloned();
        // A redirect without a lifetime is not kept at all; an image without one only to be asked about.
        let is_useful = fresh > 0 || (etag.is_some() && matches!(what, What::Image(_)));
        is_useful.then(|| Self {
            what,
            etag,
            fresh_until: now + Duration::from_secs(fresh.min(31_536_000)),
        })
    }

    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        now < self.fresh_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh_for(fields: &[(&'static str, &str)]) -> Option<u64> {
        let fields = fields
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()));
        let now = Instant::now();
        let kept = Kept::of(&fields.collect(), What::Image([0; 32]), now)?;
        Some(kept.fresh_until.duration_since(now).as_secs())
    }

    #[test]
    fn answers_are_kept_as_long_as_they_say() {
        assert_eq!(fresh_for(&[("cache-control", "private, max-age=7")]), Some(7));
        assert_eq!(fresh_for(&[("cache-control", "max-age=7"), ("age", "5")]), Some(2));
        assert_eq!(
            fresh_for(&[("cache-control", "no-cache, max-age=7"), ("etag", "\"a\"")]),
            Some(0)
        );
        assert_eq!(
            fresh_for(&[("cache-control", "no-store, max-age=7"), ("etag", "\"a\"")]),
            None
        );
        assert_eq!(fresh_for(&[("etag", "\"a\"")]), Some(0));
        assert_eq!(fresh_for(&[]), None);
    }
}
