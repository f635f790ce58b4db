//! Other spellings of the same path and query.

use crate::mutants::Sink;
use crate::request::Request;

const LOWER: &str = "a percent-encoding in lower case";
const NEEDLESS: &str = "a character percent-encoded that needs it not";
const BARE: &str = "a reserved character as it is";

/// Hands over other spellings of `text`: percent-encodings in lower case, characters that need it not encoded (every sixth
/// has its turn), `bare` ones as they are.
fn spellings(text: &str, turn: usize, bare: &str, mut take: impl FnMut(&'static str, String)) {
    let lower = text.to_ascii_lowercase();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let end = at + if first == '%' { 3 } else { first.len_utf8() };
        let (before, piece, behind) = (&text[..at], &text[at..end], &text[end..]);
        if first == '%' {
            if piece != &lower[at..end] {
                take(LOWER, format!("{before}{}{behind}", &lower[at..end]));
            }
            let byte = u8::from_str_radix(&piece[1..], 16).unwrap();
            if bare.contains(char::from(byte)) && byte.is_ascii() {
                take(BARE, format!("{before}{}{behind}", char::from(byte)));
            }
        } else if first.is_ascii() && (at + turn).is_multiple_of(6) {
            take(NEEDLESS, format!("{before}%{:02X}{behind}", u32::from(first)));
        }
        at = end;
    }
}

/// Spells path and query in every other way.
pub(crate) fn respell(request: &Request, sink: &mut impl Sink) {
    // The first slash makes it a path.
    spellings(
        &request.path[1..],
        request.number,
        "!\"$&'()*+,:;<=>@[\\]^`{|} ",
        |kind, rest| {
            let path = format!("/{rest}");
            sink(
                kind,
                Request {
                    path,
                    ..request.clone()
                },
            );
        },
    );
    let Some(query) = request.query.as_deref().filter(|query| !query.is_empty()) else {
        let query = if request.query.is_some() {
            None
        } else {
            Some(String::new())
        };
        return sink(
            "a ? with nothing behind it",
            Request {
                query,
                ..request.clone()
            },
        );
    };
    let all: Vec<&str> = query.split('&').collect();
    let mut with = |kind, parameters: &[&str]| {
        let query = Some(parameters.join("&"));
        sink(
            kind,
            Request {
                query,
                ..request.clone()
            },
        );
    };
    for (at, parameter) in all.iter().enumerate() {
        let mut changed = |kind, parameter: &str| {
            let mut parameters = all.clone();
            parameters[at] = parameter;
            with(kind, &parameters);
        };
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        spellings(name, request.number, "", |kind, name| {
            changed(kind, &format!("{name}={value}"));
        });
        spellings(value, request.number, "!\"$'()*+,/:;<=>?@[\\]^`{|} ", |kind, value| {
            changed(kind, &format!("{name}={value}"));
        });
        if value.is_empty() {
            let other = if parameter.contains('=') {
                name.to_owned()
            } else {
                format!("{name}=")
            };
            changed("a parameter without value, with or without =", &other);
        }
    }
    let mut other = all.clone();
    for _ in 1..all.len() {
        other.rotate_left(1);
        with("the parameters in another order", &other);
    }
    other.reverse();
    if other != all {
        with("the parameters in another order", &other);
    }
}
