//! The redirect: 302 to a presigned URL. RFC 9110 §15.4.3, RFC 9111 §5.2.2; rules 22 and 25.

use super::body::Body;
use super::headers::{CACHE_STATUS, NO_STORE, REDIRECT_BYPASSED, REDIRECT_HIT, REDIRECT_OFF, REDIRECT_STORED, counted};
use crate::clock::Timestamp;
use crate::presign::{SignedUrl, UrlCacheStatus};
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use std::cell::RefCell;

/// The part of a URL's life that no cache may rely on, since the object must still be fetched with it: a tenth,
/// but at least a second (clocks count whole ones) and at most a minute.
const SHORTEST_MARGIN: u64 = 1;
const LONGEST_MARGIN: u64 = 60;

/// Answers with `url`. The reader may keep the redirect for as long as the URL is sure to live, nobody else may.
#[must_use]
pub fn redirect(url: &SignedUrl, cache: UrlCacheStatus, now: Timestamp) -> Response<Body> {
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(LOCATION, url.location.clone());
    headers.insert(
        CACHE_CONTROL,
        cache_control(max_age(url.signed_at, url.expires_at, now)),
    );
    headers.insert(CACHE_STATUS, cache_status(cache));
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::FOUND;
    *response.headers_mut() = headers;
    response
}

/// How long a redirect to a URL of this life may be kept, in whole seconds; zero for not at all.
fn max_age(signed_at: Timestamp, expires_at: Timestamp, now: Timestamp) -> u64 {
    let life = expires_at.since(signed_at).as_secs();
    let left = expires_at.since(now).as_secs();
    let margin = life.div_euclid(10).clamp(SHORTEST_MARGIN, LONGEST_MARGIN);
    // A clock set back must not make a URL live longer than it was signed for.
    left.min(life).saturating_sub(margin)
}

/// How many values are kept ready a thread: URLs of two minutes have fewer.
const READY: usize = 128;

fn cache_control(max_age: u64) -> HeaderValue {
    thread_local!(static MADE: RefCell<[Option<(u64, HeaderValue)>; READY]> = const { RefCell::new([const { None }; READY]) });
    if max_age == 0 {
        return NO_STORE;
    }
    let place = usize::try_from(max_age).ok().and_then(|age| age.checked_rem(READY));
    MADE.with_borrow_mut(|made| match place.and_then(|place| made.get_mut(place)) {
        Some(Some((age, value))) if *age == max_age => value.clone(),
        Some(place) => place.insert((max_age, written(max_age))).1.clone(),
        None => written(max_age),
    })
}

fn written(max_age: u64) -> HeaderValue {
    counted("private, max-age=", max_age).unwrap_or(NO_STORE)
}

fn cache_status(cache: UrlCacheStatus) -> HeaderValue {
    match cache {
        UrlCacheStatus::Hit => REDIRECT_HIT,
        UrlCacheStatus::Miss => REDIRECT_STORED,
        UrlCacheStatus::Off => REDIRECT_OFF,
        UrlCacheStatus::Bypassed => REDIRECT_BYPASSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(life: u64, age: u64) -> HeaderValue {
        let at = |seconds| Timestamp::from_unix(1000 + seconds);
        cache_control(max_age(at(0), at(life), at(age)))
    }

    #[test]
    fn the_margin_is_a_tenth_between_a_second_and_a_minute() {
        for (life, age, expected) in [
            (120, 20, "private, max-age=88"),
            (2, 0, "private, max-age=1"),
            (2, 1, "no-store"),
            (1, 0, "no-store"),
            (604_800, 0, "private, max-age=604740"),
            (120, 107, "private, max-age=1"),
            (120, 108, "no-store"),
            (120, 500, "no-store"),
        ] {
            assert_eq!(told(life, age), expected, "{life} {age}");
        }
    }

    #[test]
    fn cache_status_is_a_list_of_rfc_9211() {
        for (cache, expected) in [
            (UrlCacheStatus::Hit, "evergate; hit"),
            (UrlCacheStatus::Miss, "evergate; fwd=uri-miss; stored"),
            (UrlCacheStatus::Off, "evergate; fwd=bypass; detail=url-cache-off"),
            (UrlCacheStatus::Bypassed, "evergate; fwd=bypass"),
        ] {
            assert_eq!(cache_status(cache), expected);
        }
    }

    proptest! {
        #[test]
        fn rule_22_max_age_never_exceeds_the_life_left(
            life in 1_u64..604_801,
            signed in 0_u64..4_000_000_000,
            now in 0_u64..4_000_000_000,
        ) {
            let end = signed + life;
            let age = max_age(Timestamp::from_unix(signed), Timestamp::from_unix(end), Timestamp::from_unix(now));
            prop_assert!(age < life);
            // Less than the whole seconds left, as the clock may be up to a second further than it reads.
            prop_assert!(age == 0 || age < end - now);
        }
    }
}
