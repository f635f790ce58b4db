//! A hundred awkward keys, stored with boto3, read back through both deliveries, byte-equal.

use crate::support::evergate::Evergate;
use crate::support::http::{follow, get};
use crate::support::origin::{Object, Origin};
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a client that encodes everything sends; `/` stays, as it does everywhere.
const ALL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/');

/// What a client that encodes as little as RFC 3986 allows in a path sends.
const LITTLE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

const SHORT: [&str; 107] = [
    "plain.png",
    "two words.png",
    "three  spaces   here",
    " leading",
    "trailing ",
    "plus+plus",
    "a+b c",
    "%2F",
    "a%2Fb",
    "%25",
    "100%",
    "%",
    "%%",
    "%zz",
    "%00",
    "%252F",
    "a//b",
    "a///b",
    "//leading",
    "/leading",
    "trailing/",
    "trailing//",
    "a/ /b",
    "umlaut-ä-ö-ü",
    "nfc-\u{e9}",
    "nfd-e\u{301}",
    "nfc-\u{c5}ngstr\u{f6}m",
    "nfd-A\u{30a}ngstro\u{308}m",
    "emoji-😀",
    "family-👨‍👩‍👧‍👦",
    "flag-🇨🇭",
    "kanji-漢字",
    "arabic-مرحبا",
    "hebrew-שלום",
    "thai-สวัสดี",
    "rtl-\u{202e}override",
    "zero-\u{200b}width",
    "nbsp-\u{a0}",
    "bom-\u{feff}",
    "!'()*~",
    "!",
    "'",
    "(",
    ")",
    "*",
    "~",
    "a!b",
    "a'b",
    "a(b)",
    "a*b",
    "a~b",
    "~tilde",
    "-",
    "_",
    "...",
    "..a",
    "a..",
    ".hidden",
    "a.b.c",
    "&",
    "a&b",
    "a=b",
    "=",
    "?",
    "a?b=c",
    "#",
    "a#b",
    ";",
    "a;b",
    ":",
    "a:b",
    "@",
    "a@b",
    ",",
    "$",
    "$dollar",
    "[",
    "]",
    "a[b]",
    "{",
    "}",
    "{a}",
    "|",
    "\\",
    "a\\b",
    "^",
    "`",
    "\"",
    "a\"b",
    "<",
    ">",
    "<a>",
    "a<b>c&d",
    "images/u42/avatar-1.png",
    "UPPER/lower/MiXeD",
    "t/tenant-1/images/u/1.png",
    "index.html",
    "x-amz-meta",
    "?uploads",
    "?list-type=2",
    "%2e%2e",
    "%2e",
    "a/%2e%2e/b",
    "aux",
    "con.txt",
    "-rf",
    "a\u{80}b",
];

fn keys() -> Vec<String> {
    let mut keys = SHORT.map(str::to_owned).to_vec();
    keys.push(format!("long/{}", "n".repeat(995)));
    keys.push(format!("{}/x", vec!["segment-of-20-bytes-"; 47].join("/")));
    keys.push("é".repeat(500));
    keys
}

/// What a browser leaves as it is in a path (WHATWG URL), beyond RFC 3986.
const BROWSER: &AsciiSet = &LITTLE.remove(b'[').remove(b']').remove(b'|').remove(b'^');

async fn awkward_keys_come_back_byte_equal(origin: Origin) {
    let keys = keys();
    assert!(keys.len() >= 100, "{}", keys.len());
    assert!(keys.iter().any(|key| key.len() == 1000));
    let objects: Vec<_> = keys
        .iter()
        .map(|key| Object::new(key, format!("body of {key:?}").as_bytes()))
        .collect();
    let refused = origin.put(&objects);
    if origin.s3s.is_some() {
        // s3s-fs keeps keys as files: what a file name can't be, boto3 can't store there directly either.
        for key in &refused {
            let folds = key.contains("//") || key.starts_with('/') || key.ends_with('/');
            let too_long = key.split('/').any(|segment| segment.len() > 255);
            assert!(folds || too_long || key.len() > 900, "s3s-fs should take {key:?}");
        }
    } else {
        assert_eq!(refused, Vec::<String>::new(), "radosgw takes every key");
    }

    let gateway = Evergate::start_with(
        &format!(
            "{}routes:\n  - {{ path: /s/, bucket: files, prefix: '', access: public, delivery: stream }}\n  - {{ path: /r/, bucket: files, prefix: '', access: public, delivery: redirect }}\n",
            origin.bucket_yaml()
        ),
        &origin.environment(),
    );
    let mut read = 0;
    for object in objects.iter().filter(|object| !refused.contains(&object.key)) {
        for set in [ALL, LITTLE, BROWSER] {
            let path = utf8_percent_encode(&object.key, set);
            let streamed = get(gateway.address, &format!("/s/{path}")).await;
            assert_eq!(
                (streamed.status.as_u16(), &streamed.body[..]),
                (200, &object.body[..]),
                "stream {:?}",
                object.key
            );
            let redirect = get(gateway.address, &format!("/r/{path}")).await;
            assert_eq!(redirect.status, 302, "redirect {:?}", object.key);
            let followed = follow(redirect.header("location"), Method::GET).await;
            assert_eq!(
                (followed.status.as_u16(), &followed.body[..]),
                (200, &object.body[..]),
                "redirect {:?}",
                object.key
            );
            read += 1;
        }
    }
    assert!(read >= 3 * 80, "only {read} readings");
}

on_both_origins!(awkward_keys_come_back_byte_equal);
