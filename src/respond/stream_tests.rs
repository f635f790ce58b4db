//! Heads of streamed answers; whole transfers are in `tests/gateway/deliveries.rs`.

use super::*;
use crate::fetch::ObjectBody;
use bytes::Bytes;

fn head(fields: &[(&'static str, &'static str)]) -> OriginHead {
    let headers: HeaderMap = fields
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    OriginHead::from_headers(&headers)
}

fn told(status: OriginStatus, fields: &[(&'static str, &'static str)], route: Option<&'static str>) -> HeaderMap {
    told_of(&CacheUse::Bypassed, status, fields, route)
}

fn told_of(
    cache: &CacheUse,
    status: OriginStatus,
    fields: &[(&'static str, &'static str)],
    route: Option<&'static str>,
) -> HeaderMap {
    let key = ObjectKey::parse("a/u.png").unwrap();
    let cache_control = route.map(HeaderValue::from_static);
    let view = View {
        cache_control: cache_control.as_ref(),
        ..view_of(&key)
    };
    write(status, &head(fields), cache, &view, Length::Field)
}

fn view_of(key: &ObjectKey) -> View<'_> {
    View {
        key,
        audience: Audience::Public,
        cache_control: None,
        inline: InlinePolicy::Safe,
        download: None,
        overrides: None,
        // Sun, 01 Nov 2026 12:00:06 GMT
        now: Timestamp::from_unix(1_793_534_406),
    }
}

const STORED: &[(&str, &str)] = &[
    ("content-type", "image/png"),
    ("content-length", "4"),
    ("content-encoding", "aws-chunked"),
    ("etag", "\"a\""),
    ("last-modified", "Sun, 01 Nov 2026 12:00:00 GMT"),
    ("accept-ranges", "bytes"),
    ("cache-control", "max-age=9"),
    ("expires", "Sun, 01 Nov 2026 12:00:09 GMT"),
    ("x-amz-request-id", "1"),
    ("set-cookie", "a=b"),
    ("content-range", "bytes 2-5/10"),
];

fn names(headers: &HeaderMap) -> Vec<&str> {
    let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn rule_16_an_answer_is_built_from_the_list() {
    let whole = told(OriginStatus::Ok, STORED, None);
    assert_eq!(
        names(&whole),
        [
            "accept-ranges",
            "cache-control",
            "cache-status",
            "content-length",
            "content-type",
            "etag",
            "expires",
            "last-modified",
            "x-content-type-options",
        ]
    );
    assert_eq!(whole[CACHE_STATUS], "evergate; fwd=bypass; fwd-status=200");
    let part = told(OriginStatus::Partial, STORED, None);
    assert_eq!(part[CONTENT_RANGE], "bytes 2-5/10");
}

#[test]
fn a_304_carries_validators_and_freshness_alone() {
    let unchanged = told(OriginStatus::NotModified, STORED, None);
    assert_eq!(
        names(&unchanged),
        ["cache-control", "cache-status", "etag", "expires", "last-modified"]
    );
}

#[test]
fn the_route_has_the_last_word_on_freshness() {
    let whole = told(OriginStatus::Ok, STORED, Some("public, max-age=300"));
    assert_eq!(whole[CACHE_CONTROL], "public, max-age=300");
    assert!(!whole.contains_key(EXPIRES));
}

#[test]
fn a_412_says_nothing_and_a_416_the_length() {
    assert_eq!(
        names(&told(OriginStatus::PreconditionFailed, STORED, None)),
        ["cache-status"]
    );
    let fields = [("content-range", "bytes */10"), ("content-type", "application/xml")];
    let outside = told(OriginStatus::RangeNotSatisfiable, &fields, None);
    assert_eq!(outside[CONTENT_RANGE], "bytes */10");
    assert_eq!(names(&outside), ["cache-status", "content-range"]);
}

#[test]
fn age_counts_once_for_a_cache_that_measures_by_expires() {
    let hit = CacheUse::Hit {
        left: Duration::from_secs(5),
        age: Duration::from_secs(4),
    };
    let date = |cache: &CacheUse, fields: &[_], route| {
        let told = told_of(cache, OriginStatus::Ok, fields, route);
        told.get(DATE).map(|value| value.to_str().unwrap().to_owned())
    };
    let expiring = &[("expires", "Sun, 01 Nov 2026 12:00:09 GMT")][..];
    let vouched_at = Some("Sun, 01 Nov 2026 12:00:02 GMT".to_owned());
    assert_eq!(date(&hit, expiring, None), vouched_at);
    // Nobody measures from it, so that the listener's will do.
    assert_eq!(date(&hit, &[("cache-control", "max-age=9")], None), None);
    assert_eq!(date(&hit, expiring, Some("max-age=9")), None);
    assert_eq!(date(&CacheUse::Bypassed, expiring, None), None);
}

/// Who tells the length of an answer: a field, and the body to hyper, which writes the field where there is none.
fn lengths(status: OriginStatus, fields: &[(&'static str, &'static str)], body: ObjectBody) -> [Option<String>; 2] {
    let key = ObjectKey::parse("a/u.png").unwrap();
    let object = ObjectResponse {
        status,
        head: Arc::new(head(fields)),
        body,
        cache: CacheUse::Bypassed,
    };
    let answer = stream(object, &view_of(&key));
    let field = answer.headers().get(CONTENT_LENGTH);
    [
        field.map(|length| length.to_str().unwrap().to_owned()),
        answer.body().size_hint().exact().map(|length| length.to_string()),
    ]
}

#[test]
fn a_body_tells_its_own_length_and_a_field_that_of_one_that_does_not_follow() {
    let kept = || ObjectBody::Kept(Bytes::from_static(b"2345"));
    let told = |text: &str| Some(text.to_owned());
    let (whole, part) = (&[("content-length", "4")][..], STORED);
    assert_eq!(lengths(OriginStatus::Ok, whole, kept()), [None, told("4")]);
    assert_eq!(lengths(OriginStatus::Partial, part, kept()), [None, told("4")]);
    // To HEAD, and of an object without bytes.
    assert_eq!(
        lengths(OriginStatus::Ok, whole, ObjectBody::Empty),
        [told("4"), told("0")]
    );
    let empty = &[("content-length", "0")][..];
    assert_eq!(
        lengths(OriginStatus::Ok, empty, ObjectBody::Empty),
        [told("0"), told("0")]
    );
    // To HEAD, from an origin that does not say.
    assert_eq!(lengths(OriginStatus::Ok, &[], ObjectBody::Empty), [None, told("0")]);
    assert_eq!(
        lengths(OriginStatus::NotModified, whole, ObjectBody::Empty),
        [None, told("0")]
    );
}
