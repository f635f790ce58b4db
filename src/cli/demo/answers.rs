//! What the gateway answered last on each avatar's stable path, for the page to show.
use crate::clock::Timestamp;
use http::header::LOCATION;
use http::{HeaderMap, HeaderName, StatusCode};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
const AMZ_DATE: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");

/// The last answer on one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    status: StatusCode,
    cache: Option<CacheState>,
    signed_at: Option<Timestamp>,
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
    /// Reads what the page shows out of an answer's head. Of the signed URL only its date is kept.
    pub(super) fn read(status: StatusCode, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            status,
            cache: text(CACHE_STATUS).and_then(cache_state),
            signed_at: text(LOCATION).and_then(signed_at),
        }
    }
}

/// The state as JSON; `now` tells how old the URLs are.
pub(super) fn to_json<'a>(answers: impl Iterator<Item = (&'a str, Answer)>, now: Timestamp) -> String {
    let line = |answer: Answer| Line {
        status: answer.status.as_u16(),
        cache: answer.cache,
        signed_ago: answer.signed_at.map(|at| now.since(at)).as_ref().map(Duration::as_secs),
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

/// `X-Amz-Date` of a presigned URL.
fn signed_at(url: &str) -> Option<Timestamp> {
    let (_, query) = url.split_once('?')?;
    let date = query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Date="))?;
    let at = PrimitiveDateTime::parse(date, AMZ_DATE)
        .ok()?
        .assume_utc()
        .unix_timestamp();
    u64::try_from(at).ok().map(Timestamp::from_unix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn answer(cache_status: &'static str, location: &'static str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_STATUS, HeaderValue::from_static(cache_status));
        headers.insert(LOCATION, HeaderValue::from_static(location));
        Answer::read(StatusCode::FOUND, &headers)
    }

    #[test]
    fn cache_status_is_read_by_rfc_9211() {
        assert_eq!(cache_state("evergate-urls; hit; ttl=7"), Some(CacheState::Hit));
        assert_eq!(cache_state("evergate; fwd=uri-miss; stored"), Some(CacheState::Miss));
        assert_eq!(cache_state("evergate; fwd=bypass"), Some(CacheState::Off));
        assert_eq!(cache_state("origin; hit, evergate; fwd=stale"), Some(CacheState::Miss));
        assert_eq!(cache_state("evergate"), None);
    }

    #[test]
    fn the_state_tells_the_age_of_a_url_and_never_the_url() {
        let answer = answer(
            "evergate; hit",
            "http://127.0.0.1:9000/samples/avatars/fox.png?X-Amz-Date=20261122T180000Z&X-Amz-Expires=10&X-Amz-Signature=abc",
        );
        let now = Timestamp::from_unix(1_795_370_403);
        let json = to_json([("/avatars/fox.png", answer)].into_iter(), now);
        assert_eq!(
            json,
            r#"{"answers":{"/avatars/fox.png":{"status":302,"cache":"hit","signed_ago":3}}}"#
        );
    }

    #[test]
    fn an_answer_without_a_signed_url_has_no_age() {
        let plain = Answer::read(StatusCode::NOT_FOUND, &HeaderMap::new());
        let json = to_json([("/avatars/x.png", plain)].into_iter(), Timestamp::from_unix(5));
        assert_eq!(
            json,
            r#"{"answers":{"/avatars/x.png":{"status":404,"cache":null,"signed_ago":null}}}"#
        );
        assert_eq!(signed_at("http://127.0.0.1/x?X-Amz-Date=nonsense"), None);
    }
}
