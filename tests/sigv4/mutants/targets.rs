//! What can be done to a path and to a query that makes them another one.

use crate::mutants::Sink;
use crate::request::Request;

/// Hands over `text` with its characters changed to their neighbours, left out, or changed in case (outside of the
/// percent-encodings whose case means nothing): at every other place one of the three by turns, so that six requests show all.
pub(crate) fn each_character(text: &str, turn: usize, mut take: impl FnMut(&'static str, String)) {
    let mut digits = 0;
    for (at, old) in text.char_indices() {
        let (before, behind) = (&text[..at], &text[at + old.len_utf8()..]);
        let way = (at + turn) % 6;
        if let Some(next) = char::from_u32(u32::from(old) + 1).filter(|_| way == 0) {
            take("a character changed", format!("{before}{next}{behind}"));
        }
        if way == 2 {
            take("a character left out", format!("{before}{behind}"));
        }
        let other = if old.is_ascii_lowercase() {
            old.to_ascii_uppercase()
        } else {
            old.to_ascii_lowercase()
        };
        if way == 4 && other != old && digits == 0 {
            take("a letter in another case", format!("{before}{other}{behind}"));
        }
        digits = if old == '%' { 2 } else { u8::saturating_sub(digits, 1) };
    }
}

/// Spoils the path.
pub(crate) fn spoil_path(request: &Request, sink: &mut impl Sink) {
    let path = &request.path;
    let mut with = |kind, path: String| {
        // HTTP would read on in the query.
        if !path.contains(['?', '#']) {
            sink(
                kind,
                Request {
                    path,
                    ..request.clone()
                },
            );
        }
    };
    each_character(path, request.number, |kind, path| {
        with(
            match kind {
                "a character changed" => "a character of the path changed",
                "a character left out" => "a character of the path left out",
                _ => "a letter of the path in another case",
            },
            path,
        );
    });
    for (at, _) in path.char_indices() {
        for piece in ["/", "x", "%00", "/."] {
            with(
                "something put into the path",
                format!("{}{piece}{}", &path[..at], &path[at..]),
            );
        }
    }
    for piece in ["/", "//", "x", "%", "%2", "%20", "+", "/..", "/%2e%2e", "%2F"] {
        with("something put behind the path", format!("{path}{piece}"));
    }
    for (at, _) in path.match_indices('%') {
        with(
            "a percent-encoding encoded again",
            format!("{}%25{}", &path[..at], &path[at + 1..]),
        );
    }
    for (at, _) in path.match_indices("%20") {
        with("a + for a space", format!("{}+{}", &path[..at], &path[at + 3..]));
    }
    if let Some((at, _)) = path.match_indices('/').next_back().filter(|(at, _)| *at > 0) {
        with("the last segment left out", path[..at].to_owned());
    }
    with("no path", String::new());
    with("no slash in front", path[1..].to_owned());
}

/// Spoils the query.
pub(crate) fn spoil_query(request: &Request, sink: &mut impl Sink) {
    let mut with = |kind, parameters: &[String]| {
        let query = Some(parameters.join("&"));
        sink(
            kind,
            Request {
                query,
                ..request.clone()
            },
        );
    };
    let all: Vec<String> = match request.query.as_deref() {
        Some("") | None => Vec::new(),
        Some(query) => query.split('&').map(str::to_owned).collect(),
    };
    let changed = |at: usize, parameter: String| {
        let mut parameters = all.clone();
        parameters[at] = parameter;
        parameters
    };
    for (at, parameter) in all.iter().enumerate() {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let mut fewer = all.clone();
        fewer.remove(at);
        with("a parameter left out", &fewer);
        for again in [
            parameter.clone(),
            format!("{name}=x"),
            name.to_owned(),
            name.to_uppercase(),
            name.to_lowercase(),
        ] {
            let mut more = all.clone();
            more.push(again.clone());
            more.rotate_right(request.number % 2);
            with("a parameter twice", &more);
        }
        for other in [name.to_uppercase(), name.to_lowercase()] {
            if other != name {
                with(
                    "a parameter's name in another case",
                    &changed(at, format!("{other}={value}")),
                );
            }
        }
        for other in [
            format!("{name}x"),
            format!("x{name}"),
            format!("{name}%00"),
            format!("{name}+"),
            String::new(),
        ] {
            with("a parameter's name changed", &changed(at, format!("{other}={value}")));
        }
        each_character(value, request.number, |kind, value| {
            // A `&` makes two parameters of one, which is no mutant of this kind but none the less refused.
            with(
                match kind {
                    "a character changed" => "a character of a value changed",
                    "a character left out" => "a character of a value left out",
                    _ => "a letter of a value in another case",
                },
                &changed(at, format!("{name}={value}")),
            );
        });
        let pieces = [
            "x", "+", "%20", "%00", "%", "=", "%0A", "%ff", "0", " ", "%26a%3Db", "&",
        ];
        for piece in pieces.into_iter().skip((at + request.number) % 3).step_by(3) {
            let ways = [format!("{name}={value}{piece}"), format!("{name}={piece}{value}")];
            with(
                "something put to a value",
                &changed(at, ways[request.number % 2].clone()),
            );
        }
        if !value.is_empty() {
            with("no value", &changed(at, format!("{name}=")));
        }
        for other in [
            "0",
            "1",
            "604801",
            "-1",
            "AWS4-ECDSA-P256-SHA256",
            "host",
            "UNSIGNED-PAYLOAD",
            "20130524T000000Z",
        ] {
            if other != value {
                with("another value", &changed(at, format!("{name}={other}")));
            }
        }
        for (place, _) in value.match_indices('%') {
            let again = format!("{name}={}%25{}", &value[..place], &value[place + 1..]);
            with("a percent-encoding encoded again", &changed(at, again));
        }
        if let Some((next_name, next_value)) = all
            .get(at + 1)
            .and_then(|next| next.split_once('='))
            .filter(|(_, next)| *next != value)
        {
            let mut swapped = changed(at, format!("{name}={next_value}"));
            swapped[at + 1] = format!("{next_name}={value}");
            with("two values swapped", &swapped);
        }
    }
    for added in [
        "x=1",
        "x",
        "response-content-type=text/html",
        "response-content-disposition=inline",
        "versionId=x",
        "partNumber=1",
        "uploads",
        "acl",
        "policy=",
        "x-id=PutObject",
        "x-amz-acl=public-read",
        "x-amz-copy-source=%2Fa%2Fb",
        "x-amz-meta-a=b",
        "X-Amz-Security-Token=t",
        "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD",
        "X-Amz-Expires=604800",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE",
        "%58-Amz-Signature=0",
        "&",
        "=",
        "%",
    ] {
        let mut more = all.clone();
        more.insert(request.number % (all.len() + 1), added.to_owned());
        with("a parameter added", &more);
    }
}
