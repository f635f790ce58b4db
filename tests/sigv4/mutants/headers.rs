//! What can be done to the fields of the head, and to `Authorization` above all.

use crate::mutants::Sink;
use crate::request::Request;
use crate::targets::each_character;
use evergate::sigv4::{Form, Version};

/// Spoils all fields but `Authorization`.
pub(crate) fn spoil_fields(request: &Request, sink: &mut impl Sink) {
    let signed = request.signed_headers();
    for (at, (name, value)) in request.fields.iter().enumerate() {
        if name == "authorization" {
            continue;
        }
        let mut with = |kind: &'static str, fields: &[(&str, &str)]| {
            let mut all = request.fields.clone();
            all.splice(
                at..=at,
                fields
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
            );
            sink(
                kind,
                Request {
                    fields: all,
                    ..request.clone()
                },
            );
        };
        if !signed.contains(name) {
            let unsigned = "another header that nobody signed";
            with(unsigned, &[]);
            with(unsigned, &[(name, "x")]);
            with(unsigned, &[(name, value), (name, "x")]);
            continue;
        }
        with("a signed field left out", &[]);
        with("a signed field renamed", &[(&format!("{name}-x"), value)]);
        with("a signed field twice", &[(name, value), (name, value)]);
        with("a signed field with another beside it", &[(name, "x"), (name, value)]);
        with("a signed field with another beside it", &[(name, value), (name, "")]);
        each_character(value, request.number, |kind, other| {
            with(
                match kind {
                    "a character changed" => "a character of a field changed",
                    // One space of several.
                    "a character left out" if folded(&other) == folded(value) => "more spaces in a value",
                    "a character left out" => "a character of a field left out",
                    _ => "a letter of a field in another case",
                },
                &[(name, &other)],
            );
        });
        for other in [
            format!("{value}x"),
            format!("{value},"),
            format!("\"{value}\""),
            format!("{value} x"),
            String::new(),
        ] {
            if other != *value {
                with("another value of a field", &[(name, &other)]);
            }
        }
        let is_text = !matches!(&**name, "x-amz-date" | "x-amz-content-sha256");
        if is_text {
            with("spaces around a value", &[(name, &format!("  {value} "))]);
            if value.contains(' ') {
                with("more spaces in a value", &[(name, &value.replace(' ', "   "))]);
                with("no spaces in a value", &[(name, &value.replace(' ', ""))]);
            }
            for (comma, _) in value.match_indices(',') {
                let (left, right) = (&value[..comma], &value[comma + 1..]);
                let alike = !right.starts_with(' ') && !left.ends_with(' ');
                let kind = if alike {
                    "a list in two fields"
                } else {
                    "a list in two fields, less its space"
                };
                with(kind, &[(name, left), (name, right)]);
            }
        }
    }
    let mut with = |kind, name: &str, value: &str| {
        let mut fields = request.fields.clone();
        fields.insert(0, (name.to_owned(), value.to_owned()));
        sink(
            kind,
            Request {
                fields,
                ..request.clone()
            },
        );
    };
    for (name, value) in [
        ("x-amz-acl", "public-read"),
        ("x-amz-copy-source", "/a/b"),
        ("x-amz-meta-other", "1"),
        ("x-amz-security-token", "t"),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-website-redirect-location", "https://example.com"),
        ("x-amz-", "1"),
    ] {
        with("an x-amz-* header added", name, value);
    }
    for (name, value) in [
        ("range", "bytes=0-1"),
        ("cookie", "a=b"),
        ("if-none-match", "\"x\""),
        ("xx-amz-acl", "1"),
    ] {
        if !signed.iter().any(|signed| signed == name) {
            with("another header that nobody signed", name, value);
        }
    }
    if request.version() == Version::V2 {
        with("version 2: content-type added", "content-type", "text/html");
        with(
            "version 2: content-md5 added",
            "content-md5",
            "1B2M2Y8AsgTpgAmY7PhCfg==",
        );
    }
    let mut fields = request.fields.clone();
    fields.reverse();
    if fields.len() > 1 {
        sink(
            "the fields in another order",
            Request {
                fields,
                ..request.clone()
            },
        );
    }
}

fn folded(value: &str) -> Vec<&str> {
    value.split(' ').filter(|word| !word.is_empty()).collect()
}

/// Spoils `Authorization`, or puts one beside a signed query.
pub(crate) fn spoil_authorization(request: &Request, sink: &mut impl Sink) {
    let mut with = |kind: &'static str, values: &[&str]| {
        let mut fields = request.fields.clone();
        fields.retain(|(name, _)| name != "authorization");
        fields.extend(
            values
                .iter()
                .map(|value| ("authorization".to_owned(), (*value).to_owned())),
        );
        sink(
            kind,
            Request {
                fields,
                ..request.clone()
            },
        );
    };
    let two = "two AWS forms";
    let Some(own) = request
        .field("authorization")
        .filter(|_| request.form() == Form::Header)
    else {
        with("Authorization: Bearer beside a signed query", &["Bearer AWS4"]);
        with("Authorization: Bearer beside a signed query", &["Basic QVdTNDo="]);
        for other in [
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=a",
            "AWS a:b",
            "aws4-hmac-sha256 x",
            "AWS4-ECDSA-P256-SHA256 x",
        ] {
            with(two, &[other]);
        }
        return with(two, &["Bearer x", "AWS a:b"]);
    };
    with("no Authorization", &[]);
    with("Authorization twice", &[own, own]);
    with("Authorization twice", &[own, "Bearer x"]);
    with("Authorization twice", &["Bearer x", own]);
    each_character(own, request.number, |kind, other| {
        with(
            match kind {
                "a character changed" => "a character of Authorization changed",
                "a character left out" if own.replacen(", ", ",", 1) == other => "the separators of Authorization",
                "a character left out" if own.replace(", ", ",") == other.replace(", ", ",") => {
                    "the separators of Authorization"
                }
                "a character left out" => "a character of Authorization left out",
                _ => "a letter of Authorization in another case",
            },
            &[&other],
        );
    });
    let (algorithm, list) = own.split_once(' ').unwrap();
    let parts: Vec<&str> = list.split(", ").collect();
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let other = order.map(|at| parts[at]).join(", ");
        with(
            "the parts of Authorization in another order",
            &[&format!("{algorithm} {other}")],
        );
    }
    with(
        "the separators of Authorization",
        &[&format!("{algorithm} {}", parts.join(","))],
    );
    with(
        "the separators of Authorization",
        &[&format!("{algorithm} {}", parts.join(" ,   "))],
    );
    for (at, part) in parts.iter().enumerate() {
        let mut others = parts.clone();
        others.remove(at);
        with(
            "a part of Authorization left out",
            &[&format!("{algorithm} {}", others.join(", "))],
        );
        with("a part of Authorization twice", &[&format!("{own}, {part}")]);
        with("another part in Authorization", &[&format!("{own}, x{part}")]);
        let (name, value) = part.split_once('=').unwrap();
        for other in [
            format!("{name}=\"{value}\""),
            format!("{name} = {value}"),
            format!("{name}:{value}"),
            format!("{name}="),
            name.to_owned(),
        ] {
            let mut others = parts.clone();
            others[at] = &other;
            with(
                "a part of Authorization written otherwise",
                &[&format!("{algorithm} {}", others.join(", "))],
            );
        }
    }
    for other in [
        "AWS4-HMAC-SHA512",
        "AWS4-ECDSA-P256-SHA256",
        "aws4-hmac-sha256",
        "AWS4-HMAC-SHA256-PAYLOAD",
        "AWS",
        "Bearer",
        "",
    ] {
        with("another algorithm", &[&format!("{other} {list}")]);
    }
    for other in [
        format!("{own},"),
        format!("{own}, "),
        format!("{own};"),
        format!("{algorithm}, {list}"),
        list.to_owned(),
    ] {
        with("Authorization written otherwise", &[&other]);
    }
    for (from, to) in [
        ("/s3/", "/s3express/"),
        ("/s3/", "/sts/"),
        ("/s3/", "//"),
        ("aws4_request", "aws4_requests"),
        ("us-east-1", "eu-west-1"),
        ("eu-west-1", "us-east-1"),
        ("AKIA", "ASIA"),
        ("/20", "/19"),
        ("host;", ""),
        ("host;", "host;host;"),
    ] {
        if own.contains(from) {
            with("another scope or list in Authorization", &[&own.replacen(from, to, 1)]);
        }
    }
}
