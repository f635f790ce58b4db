//! The one encoder: SigV4's `UriEncode`. AWS "Signature Version 4 signing process", RFC 3986 §2.3.
//!
//! Unreserved bytes (`A-Z a-z 0-9 - . _ ~`) stay, every other byte becomes `%XX` in upper case. In a path `/` stays
//! too, since it divides; in a query it is encoded. Text that is canonical already costs one table check a byte and
//! one copy.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::cmp::Ordering;

const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// Appends `text` as it stands in a path.
pub(crate) fn encode_path_into(text: &str, out: &mut String) {
    out.extend(utf8_percent_encode(text, PATH));
}

/// Returns how many bytes [`encode_path_into`] appends.
pub(crate) fn encoded_path_len(text: &str) -> usize {
    utf8_percent_encode(text, PATH).map(str::len).sum()
}

/// Appends `text` as it stands in the name or value of a query parameter.
pub(crate) fn encode_query_into(text: &str, out: &mut String) {
    out.extend(utf8_percent_encode(text, QUERY));
}

/// Returns how many bytes [`encode_query_into`] appends.
pub(crate) fn encoded_query_len(text: &str) -> usize {
    utf8_percent_encode(text, QUERY).map(str::len).sum()
}

/// Orders two decoded names or values as their encoded forms are ordered, which is what SigV4 sorts by.
///
/// `%` comes before every unreserved byte, and upper-case hexadecimal keeps the order of the bytes it spells; so
/// encoded bytes come first, in their own order, and unreserved bytes after them. Nothing needs to be written out.
pub(crate) fn compare_encoded(left: &str, right: &str) -> Ordering {
    let rank = |byte: u8| (is_unreserved(byte), byte);
    left.bytes().map(rank).cmp(right.bytes().map(rank))
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn query(text: &str) -> String {
        let mut out = String::new();
        encode_query_into(text, &mut out);
        out
    }

    #[test]
    fn every_ascii_byte_is_encoded_by_the_rule() {
        for byte in 0..=127u8 {
            let text = char::from(byte).to_string();
            let expected = if is_unreserved(byte) {
                text.clone()
            } else {
                format!("%{byte:02X}")
            };
            assert_eq!(query(&text), expected);
            let mut path = String::new();
            encode_path_into(&text, &mut path);
            assert_eq!(path, if byte == b'/' { "/".into() } else { expected });
        }
    }

    #[test]
    fn bytes_outside_ascii_are_encoded_one_by_one() {
        assert_eq!(query("é😀"), "%C3%A9%F0%9F%98%80");
    }

    proptest! {
        #[test]
        fn lengths_are_told_exactly(text in any::<String>()) {
            prop_assert_eq!(query(&text).len(), encoded_query_len(&text));
            let mut path = String::new();
            encode_path_into(&text, &mut path);
            prop_assert_eq!(path.len(), encoded_path_len(&text));
        }

        #[test]
        fn the_order_is_that_of_the_encoded_forms(left in "[a~ %/é_-]{0,4}", right in "[a~ %/é_-]{0,4}") {
            prop_assert_eq!(compare_encoded(&left, &right), query(&left).cmp(&query(&right)));
        }
    }
}
