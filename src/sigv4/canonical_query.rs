//! The canonical query string: encoded, sorted by name and then by value. AWS "Create a canonical request".
//!
//! What is signed is what is sent: the same string goes into the canonical request and into the URL.

use crate::s3::{compare_encoded, encode_query_into, encoded_query_len};
use std::cmp::Ordering;

/// Orders two decoded parameters as SigV4 orders their encoded forms.
pub(super) fn compare(left: &(&str, &str), right: &(&str, &str)) -> Ordering {
    compare_encoded(left.0, right.0).then_with(|| compare_encoded(left.1, right.1))
}

/// Returns decoded parameters in the order in which they are signed and sent.
pub(super) fn sorted<'a>(query: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut sorted = query.to_vec();
    sorted.sort_by(compare);
    sorted
}

/// Appends one decoded parameter, `name=value`, behind a `&` unless `out` is `start` bytes long.
pub(super) fn push(out: &mut String, start: usize, (name, value): (&str, &str)) {
    if out.len() > start {
        out.push('&');
    }
    encode_query_into(name, out);
    out.push('=');
    encode_query_into(value, out);
}

/// Returns how many bytes [`push`] appends for all of `query`, with a `&` in front of each.
pub(super) fn encoded_len(query: &[(&str, &str)]) -> usize {
    query
        .iter()
        .map(|(name, value)| encoded_query_len(name) + encoded_query_len(value) + 2)
        .sum()
}

/// Appends the canonical form of decoded parameters in any order.
pub fn write_canonical_query(query: &[(&str, &str)], out: &mut String) {
    let start = out.len();
    for parameter in sorted(query) {
        push(out, start, parameter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(query: &[(&str, &str)]) -> String {
        let mut out = String::from("/path?");
        write_canonical_query(query, &mut out);
        out.split_off(6)
    }

    #[test]
    fn names_sort_before_values_and_encoded_before_plain() {
        assert_eq!(canonical(&[]), "");
        assert_eq!(canonical(&[("uploads", "")]), "uploads=");
        assert_eq!(canonical(&[("a-b", "1"), ("a", "2"), ("a", "1")]), "a=1&a=2&a-b=1");
        assert_eq!(
            canonical(&[("a", "~"), ("a", "é"), ("a", "Z"), ("a", "-")]),
            "a=%C3%A9&a=-&a=Z&a=~"
        );
        assert_eq!(
            canonical(&[("é", "+ /"), ("B", "="), ("a", "&")]),
            "%C3%A9=%2B%20%2F&B=%3D&a=%26"
        );
    }

    #[test]
    fn overrides_sort_by_name() {
        assert_eq!(
            canonical(&[
                ("versionId", "v"),
                ("response-content-type", "image/png"),
                ("response-content-disposition", "attachment; filename=\"a b.png\""),
                ("partNumber", "1"),
                ("response-cache-control", "no-store"),
            ]),
            "partNumber=1&response-cache-control=no-store\
             &response-content-disposition=attachment%3B%20filename%3D%22a%20b.png%22\
             &response-content-type=image%2Fpng&versionId=v"
        );
    }
}
