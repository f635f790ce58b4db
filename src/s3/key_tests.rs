//! Keys and paths: encoder and decoder against each other, and every refusal of rules 1 and 2.

use super::*;
use proptest::prelude::*;
use url::Url;

fn encode(key: &ObjectKey) -> String {
    let mut out = String::new();
    key.encode_into(&mut out);
    out
}

/// Valid keys, made of what breaks encoders.
fn keys() -> impl Strategy<Value = ObjectKey> {
    let piece = prop_oneof![
        Just("/".to_owned()),
        "[a-zA-Z0-9._~-]{1,8}",
        "[ !\"#$%&'()*+,:;<=>?@\\[\\\\\\]^`{|}]{1,4}",
        "%[0-9a-fA-F]{2}",
        // Precomposed and decomposed, outside the basic plane, right to left, invisible.
        prop::sample::select(vec![
            "é", "e\u{301}", "😀", "ሴ", "א", "\u{200d}", "\u{feff}", "\u{fffd}", "\u{85}"
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 1..40)
        .prop_map(|pieces| pieces.concat())
        .prop_filter_map("not a key", |text| ObjectKey::parse(&text).ok())
}

/// Raw paths as clients may spell them.
fn raw_paths() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "/",
        "[ -~]{1,4}",
        "%[0-9a-fA-F]{2}",
        "%2[eEfF]",
        "[.]{1,2}",
        any::<char>().prop_map(String::from)
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| format!("/{}", pieces.concat()))
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_itself(key in keys()) {
        let raw = format!("/{}", encode(&key));
        let decoded = DecodedPath::decode(&raw).unwrap();
        prop_assert_eq!(&decoded.as_str()[1..], key.as_str());
    }

    #[test]
    fn the_encoded_form_is_canonical(key in keys()) {
        let encoded = encode(&key);
        prop_assert_eq!(encoded.len(), key.encoded_len());
        let expected: String = key
            .as_str()
            .bytes()
            .map(|byte| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect();
        prop_assert_eq!(encoded, expected);
    }

    #[test]
    fn every_spelling_of_a_key_has_one_encoded_form(raw in raw_paths()) {
        if let Ok(path) = DecodedPath::decode(&raw) && let Ok(key) = ObjectKey::parse(&path.as_str()[1..]) {
            let canonical = format!("/{}", encode(&key));
            let again = DecodedPath::decode(&canonical).unwrap();
            prop_assert_eq!(again.as_str(), path.as_str());
        }
    }

    /// The origin client takes a URL; were its parser to change the path, something else than the signed path is sent.
    #[test]
    fn a_url_parser_leaves_the_encoded_form_alone(key in keys()) {
        let url = format!("https://s3.example.com/{}", encode(&key));
        let parsed = Url::parse(&url).unwrap();
        prop_assert_eq!(parsed.as_str(), &url);
    }

    #[test]
    fn no_dot_segment_survives_however_it_is_spelled(
        before in "(/|/[a-z]{1,3}|%2[fF][a-z]{0,3}|//){0,3}",
        open in "/|%2f|%2F",
        dots in "([.]|%2e|%2E){1,2}",
        after in "((/|%2f|%2F)([a-z]{0,3}|%41)){0,3}",
    ) {
        let raw = format!("/{before}{open}{dots}{after}");
        prop_assert_eq!(DecodedPath::decode(&raw), Err(KeyError::DotSegment));
    }

    #[test]
    fn what_decodes_holds_nothing_that_is_refused(raw in raw_paths()) {
        if let Ok(path) = DecodedPath::decode(&raw) {
            prop_assert!(path.as_str().starts_with('/'));
            prop_assert!(!path.as_str().bytes().any(|byte| byte < 0x20 || byte == 0x7f));
            prop_assert!(!path.as_str().split('/').any(|segment| segment == "." || segment == ".."));
        }
    }

    #[test]
    fn a_key_in_a_prefix_is_the_join_of_both(prefix in "([a-z ]{0,3}/){0,3}", rest in "[a-z./%]{0,6}") {
        let joined = ObjectKey::in_prefix(&KeyPrefix::parse(&prefix).unwrap(), &rest);
        prop_assert_eq!(joined, ObjectKey::parse(&format!("{prefix}{rest}")));
    }

    #[test]
    fn what_stands_behind_a_route_needs_no_second_judgement(
        prefix in "([a-z ]{0,3}/){0,3}", front in "(/[a-z]{0,2}){0,2}/", rest in "([a-z./]|%2[eEfF]|%00|%3f){0,6}",
    ) {
        let raw = format!("{front}{rest}");
        let Ok(path) = DecodedPath::decode(&raw) else { return Ok(()) };
        let (_, behind) = path.split_behind_slash(front.len()).unwrap();
        let key = ObjectKey::behind(&KeyPrefix::parse(&prefix).unwrap(), behind);
        prop_assert_eq!(key, ObjectKey::parse(&format!("{prefix}{}", &path.as_str()[front.len()..])));
    }

    #[test]
    fn a_path_is_split_behind_a_slash_alone(raw in "(/|[a-zé]){0,8}", length in 0..12usize) {
        let Ok(path) = DecodedPath::decode(&raw) else { return Ok(()) };
        let split = path.split_behind_slash(length).map(|(front, rest)| (front.to_owned(), rest.is_empty()));
        let expected = raw.get(..length).filter(|front| front.ends_with('/'));
        prop_assert_eq!(split, expected.map(|front| (front.to_owned(), length == raw.len())));
    }

    #[test]
    fn the_quick_look_at_a_path_takes_only_what_the_thorough_one_takes(raw in raw_paths()) {
        if super::is_plain(raw.as_bytes()) {
            prop_assert_eq!(percent_decode(&raw), Ok(Cow::Borrowed(&*raw)));
            prop_assert_eq!(refuse_unsafe(&raw), Ok(()));
            prop_assert!(!raw.contains(['?', '#']));
        }
    }
}

#[test]
fn paths_are_decoded_once_and_kept_distinct() {
    for (raw, decoded) in [
        ("/", "/"),
        ("/a", "/a"),
        ("//a//b/", "//a//b/"),
        ("/a%2Fb", "/a/b"),
        ("/a%252Fb", "/a%2Fb"),
        ("/%252e%252e/b", "/%2e%2e/b"),
        ("/a+b", "/a+b"),
        ("/a%20b", "/a b"),
        ("/a%3Fb%23c", "/a?b#c"),
        ("/!'()*~", "/!'()*~"),
        ("/caf%C3%A9", "/café"),
        ("/cafe%cc%81", "/cafe\u{301}"),
        ("/café", "/café"),
        ("/...", "/..."),
        ("/.a/a./..a/a../. ./.%20", "/.a/a./..a/a../. ./. "),
        ("/a\\..\\b", "/a\\..\\b"),
    ] {
        assert_eq!(DecodedPath::decode(raw).unwrap().as_str(), decoded, "{raw}");
    }
}

#[test]
fn ambiguous_paths_are_refused() {
    for (raw, error) in [
        ("", KeyError::NotAbsolute),
        ("a", KeyError::NotAbsolute),
        ("*", KeyError::NotAbsolute),
        ("%2Fa", KeyError::NotAbsolute),
        ("http://host/a", KeyError::NotAbsolute),
        ("/%", KeyError::BadPercent),
        ("/%2", KeyError::BadPercent),
        ("/%2g", KeyError::BadPercent),
        ("/%%41", KeyError::BadPercent),
        ("/%u0041", KeyError::BadPercent),
        ("/%+1", KeyError::BadPercent),
        ("/%c3", KeyError::NotUtf8),
        ("/%c0%ae%c0%ae/", KeyError::NotUtf8),
        ("/%ed%a0%80", KeyError::NotUtf8),
        ("/%ff", KeyError::NotUtf8),
        ("/a%00b", KeyError::Control),
        ("/a%0d%0ab", KeyError::Control),
        ("/a\tb", KeyError::Control),
        ("/a%7F", KeyError::Control),
        ("/a?b", KeyError::RawDelimiter),
        ("/a#b", KeyError::RawDelimiter),
        ("/.", KeyError::DotSegment),
        ("/..", KeyError::DotSegment),
        ("/a/../b", KeyError::DotSegment),
        ("/a%2f.%2E%2fb", KeyError::DotSegment),
        ("/a/%2e", KeyError::DotSegment),
    ] {
        assert_eq!(DecodedPath::decode(raw), Err(error), "{raw}");
    }
}

#[test]
fn keys_have_1_to_1024_bytes() {
    assert_eq!(ObjectKey::parse(""), Err(KeyError::Empty));
    assert!(ObjectKey::parse(&"a".repeat(1024)).is_ok());
    assert_eq!(ObjectKey::parse(&"a".repeat(1025)), Err(KeyError::TooLong));
    assert_eq!(ObjectKey::parse(&"é".repeat(513)), Err(KeyError::TooLong));
    assert_eq!(ObjectKey::parse("a\u{7f}"), Err(KeyError::Control));
    assert_eq!(ObjectKey::parse("a/."), Err(KeyError::DotSegment));
    assert_eq!(ObjectKey::parse("/").unwrap().as_str(), "/");
    let prefix = KeyPrefix::parse("images/").unwrap();
    assert!(ObjectKey::in_prefix(&prefix, &"a".repeat(1017)).is_ok());
    assert_eq!(ObjectKey::in_prefix(&prefix, &"a".repeat(1018)), Err(KeyError::TooLong));
}

#[test]
fn prefixes_are_empty_or_end_in_a_slash() {
    for fine in ["", "/", "images/", "a/b/", "//"] {
        assert_eq!(KeyPrefix::parse(fine).unwrap().as_str(), fine);
    }
    for (prefix, error) in [
        ("images", KeyError::OpenPrefix),
        ("a/b", KeyError::OpenPrefix),
        ("../", KeyError::DotSegment),
        ("a/./", KeyError::DotSegment),
        ("a\n/", KeyError::Control),
        (&*format!("{}/", "a".repeat(1024)), KeyError::TooLong),
    ] {
        assert_eq!(KeyPrefix::parse(prefix), Err(error), "{prefix:?}");
    }
    assert_eq!(ObjectKey::in_prefix(&KeyPrefix::default(), ""), Err(KeyError::Empty));
}
