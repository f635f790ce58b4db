//! What the gateway answered last on each avatar's stable path, for the page to show.

use crate::clock::Timestamp;
use http::header::LOCATION;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use std::collections::BTreeMap;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// The last answer on one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    status: StatusCode,
    cache: Option<CacheState>,
    signed: Option<Signed>,
}

/// The signed URL of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Signed {
    location: HeaderValue,
    /// When it was first seen. Its own `X-Amz-Date` would not do: it is the start of a signing window.
    since: Timestamp,
}

/// What `Cache-Status` says of the signed-URL cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CacheState {
    /// The URL came from the cache.
    Hit,
    /// It was signed for this request.
    Miss,
    /// There is no cache.
    Off,
}

/// One answer as `/demo/state.json` has it.
#[derive(Debug, Serialize)]
struct Line {
    status: u16,
    cache: Option<CacheState>,
    signed_ago: Option<u64>,
}

/// What `/demo/state.json` holds.
#[derive(Debug, Serialize)]
struct State<'a> {
    answers: BTreeMap<&'a str, Line>,
}

impl Answer {
    /// Reads what the page shows out of an answer's head; `before` is the last answer on the same path.
    pub(super) fn read(status: StatusCode, headers: &HeaderMap, before: Option<&Self>, now: Timestamp) -> Self {
        let known = before.and_then(|answer| answer.signed.as_ref());
        let signed = headers.get(LOCATION).map(|location| match known {
            Some(signed) if signed.location == location => signed.clone(),
            _ => Signed {
                location: location.clone(),
                since: now,
            },
        });
        let cache = headers.get(CACHE_STATUS).and_then(|value| value.to_str().ok());
        Self {
            status,
            cache: cache.and_then(cache_state),
            signed,
        }
    }
}

/// The state as JSON; `now` tells how old the URLs are. Of the URLs themselves it holds nothing.
pub(super) fn to_json<'a>(answers: impl Iterator<Item = (&'a str, &'a Answer)>, now: Timestamp) -> String {
    let line = |answer: &Answer| Line {
        status: answer.status.as_u16(),
        cache: answer.cache,
        signed_ago: answer.signed.as_ref().map(|signed| now.since(signed.since).as_secs()),
    };
    let answers = answers.map(|(path, answer)| (path, line(answer))).collect();
    serde_json::to_string(&State { answers }).unwrap_or_default()
}

/// RFC 9211: the last member is the cache nearest to the client; `hit`, or `fwd` with the reason for going on.
fn cache_state(value: &str) -> Option<CacheState> {
    value
        .rsplit(',')
        .next()?
        .split(';')
        .skip(1)
        .map(str::trim)
        .find_map(|parameter| match parameter {
            "hit" | "hit=?1" => Some(CacheState::Hit),
            "fwd=bypass" => Some(CacheState::Off),
            forwarded if forwarded.starts_with("fwd=") => Some(CacheState::Miss),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOX: &str = "/avatars/fox.png";

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    fn answer(cache_status: &'static str, location: &'static str, before: Option<&Answer>, now: u64) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_STATUS, HeaderValue::from_static(cache_status));
        headers.insert(LOCATION, HeaderValue::from_static(location));
        Answer::read(StatusCode::FOUND, &headers, before, at(now))
    }

    #[test]
    fn cache_status_is_read_by_rfc_9211() {
        assert_eq!(cache_state("evergate; hit; ttl=7"), Some(CacheState::Hit));
        assert_eq!(cache_state("evergate; fwd=uri-miss; stored"), Some(CacheState::Miss));
        assert_eq!(cache_state("evergate; fwd=bypass"), Some(CacheState::Off));
        assert_eq!(cache_state("origin; hit, evergate; fwd=stale"), Some(CacheState::Miss));
        assert_eq!(cache_state("evergate"), None);
    }

    #[test]
    fn the_state_tells_the_age_of_a_url_and_never_the_url() {
        let first = answer(
            "evergate; fwd=uri-miss; stored",
            "http://127.0.0.1:9/x?secret=1",
            None,
            100,
        );
        let again = answer("evergate; hit", "http://127.0.0.1:9/x?secret=1", Some(&first), 102);
        let json = to_json([(FOX, &again)].into_iter(), at(103));
        assert_eq!(
            json,
            r#"{"answers":{"/avatars/fox.png":{"status":302,"cache":"hit","signed_ago":3}}}"#
        );

        let new = answer(
            "evergate; fwd=uri-miss; stored",
            "http://127.0.0.1:9/x?secret=2",
            Some(&again),
            104,
        );
        let json = to_json([(FOX, &new)].into_iter(), at(104));
        assert_eq!(
            json,
            r#"{"answers":{"/avatars/fox.png":{"status":302,"cache":"miss","signed_ago":0}}}"#
        );
    }

    #[test]
    fn an_answer_without_a_signed_url_has_no_age() {
        let plain = Answer::read(StatusCode::NOT_FOUND, &HeaderMap::new(), None, at(5));
        let json = to_json([(FOX, &plain)].into_iter(), at(5));
        assert_eq!(
            json,
            r#"{"answers":{"/avatars/fox.png":{"status":404,"cache":null,"signed_ago":null}}}"#
        );
    }
}
