//! What reaches the origin of a client's conditions.

use super::*;

fn sent(operation: Operation, fields: &[(&'static str, &'static str)]) -> Vec<String> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let mut lines: Vec<_> = Conditions::from_headers(&headers, operation)
        .to_headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    lines
}

fn get(fields: &[(&'static str, &'static str)]) -> Vec<String> {
    sent(Operation::GetObject, fields)
}

#[test]
fn only_the_list_passes() {
    assert_eq!(
        get(&[
            ("cookie", "a=b"),
            ("authorization", "Bearer x"),
            ("x-forwarded-for", "1.2.3.4"),
            ("if-modified-since", "Sunday, 01-Nov-26 12:00:00 GMT"),
        ]),
        ["if-modified-since: Sun, 01 Nov 2026 12:00:00 GMT"]
    );
}

#[test]
fn one_range_passes_and_anything_else_is_ignored() {
    assert_eq!(get(&[("range", "bytes=0-9")]), ["range: bytes=0-9"]);
    assert_eq!(get(&[("range", "bytes=-5")]), ["range: bytes=-5"]);
    assert_eq!(get(&[("range", "bytes=7-")]), ["range: bytes=7-"]);
    for ignored in ["bytes=0-1,3-4", "lines=1-2", "bytes=9-1", "bytes=a-b", "bytes=-"] {
        let empty: [String; 0] = [];
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_static(ignored));
        let conditions = Conditions::from_headers(&headers, Operation::GetObject);
        assert_eq!(conditions.to_headers().len(), empty.len(), "{ignored}");
    }
    assert!(get(&[("range", "bytes=0-1"), ("range", "bytes=3-4")]).is_empty());
    assert!(sent(Operation::HeadObject, &[("range", "bytes=0-9")]).is_empty());
}

#[test]
fn if_range_becomes_if_match_or_takes_the_range_away() {
    assert_eq!(
        get(&[("range", "bytes=0-9"), ("if-range", "\"a\"")]),
        ["if-match: \"a\"", "range: bytes=0-9"]
    );
    for unproven in ["W/\"a\"", "Sun, 01 Nov 2026 12:00:00 GMT", "a"] {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_static("bytes=0-9"));
        headers.insert(IF_RANGE, HeaderValue::from_static(unproven));
        let conditions = Conditions::from_headers(&headers, Operation::GetObject);
        assert_eq!(conditions, Conditions::default(), "{unproven}");
    }
    assert!(get(&[("if-range", "\"a\"")]).is_empty());
    assert_eq!(
        get(&[("range", "bytes=0-9"), ("if-range", "\"a\""), ("if-match", "\"b\"")]),
        ["if-match: \"b\""]
    );
}

#[test]
fn tags_are_sent_only_where_no_origin_can_misread_them() {
    assert_eq!(get(&[("if-none-match", "W/\"a\"")]), ["if-none-match: \"a\""]);
    assert!(get(&[("if-none-match", "\"a\", \"b\"")]).is_empty());
    assert!(get(&[("if-none-match", "*")]).is_empty());
    assert!(get(&[("if-match", "\"a\", \"b\"")]).is_empty());
    assert!(get(&[("if-match", "W/\"a\"")]).is_empty());
}

#[test]
fn a_date_beside_a_tag_is_not_sent() {
    let date = "Sun, 01 Nov 2026 12:00:00 GMT";
    assert_eq!(
        get(&[
            ("if-match", "\"a\""),
            ("if-unmodified-since", date),
            ("if-none-match", "\"b\""),
            ("if-modified-since", date),
        ]),
        ["if-match: \"a\"", "if-none-match: \"b\""]
    );
}

#[test]
fn of_a_missing_object_tags_alone_count_for_the_one_that_stands_in() {
    let fields = [
        ("if-none-match", "\"a\""),
        ("if-unmodified-since", "Sun, 01 Nov 2026 12:00:00 GMT"),
        ("range", "bytes=0-9"),
    ];
    let headers: HeaderMap = fields
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    let conditions = Conditions::from_headers(&headers, Operation::GetObject).for_stand_in();
    assert_eq!(
        conditions,
        Conditions {
            if_none_match: EntityTags::parse([&b"\"a\""[..]]),
            ..Conditions::default()
        }
    );
}
