//! The one encoder: SigV4's `UriEncode`. AWS "Signature Version 4 signing process", RFC 3986 §2.3.
//!
//! Unreserved bytes (`A-Z a-z 0-9 - . _ ~`) stay, every other byte becomes `%XX` in upper case. In a path `/` stays
//! too, since it divides; in a query it is encoded. Text that needs no encoding is seen at one look, many bytes at
//! once; other text costs a table check a byte.

use std::cmp::Ordering;

/// What becomes of each byte in a path, and in a query.
const PATH: [Fate; 256] = fates(Place::Path);
const QUERY: [Fate; 256] = fates(Place::Query);

/// Where a text stands.
#[derive(Clone, Copy)]
enum Place {
    Path,
    Query,
}

impl Place {
    const fn fates(self) -> &'static [Fate; 256] {
        match self {
            Self::Path => &PATH,
            Self::Query => &QUERY,
        }
    }

    /// The byte that stays here beside those that always do; for a query, one of these.
    const fn also_stays(self) -> u8 {
        match self {
            Self::Path => b'/',
            Self::Query => b'~',
        }
    }
}

/// Whether a byte stays, or becomes three.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Encoded,
}

const fn fates(place: Place) -> [Fate; 256] {
    let mut fates = [Fate::Encoded; 256];
    let mut byte = 0u8;
    while byte.is_ascii() {
        if is_unreserved(byte) {
            fates[byte as usize] = Fate::Stays;
        }
        byte += 1;
    }
    fates[place.also_stays() as usize] = Fate::Stays;
    fates
}

/// Appends `text` as it stands in a path.
pub(crate) fn encode_path_into(text: &str, out: &mut String) {
    encode_into(text, Place::Path, out);
}

/// Returns how many bytes [`encode_path_into`] appends.
pub(crate) fn encoded_path_len(text: &str) -> usize {
    encoded_len(text, Place::Path)
}

/// Whether `raw` is what [`encode_path_into`] makes of its decoded form. It must be one that can be decoded.
pub(crate) fn is_canonical_path(raw: &str) -> bool {
    // Upper-case digits, and nothing encoded that need not be: there is no second spelling.
    let mut rest = raw.as_bytes();
    loop {
        rest = match rest.get(stay(rest, &PATH)..) {
            Some([b'%', high, low, behind @ ..]) => match decode_escape(*high, *low) {
                Some(byte) if is_upper(*high, *low) && PATH[usize::from(byte)] == Fate::Encoded => behind,
                _ => return false,
            },
            other => return other.is_none_or(<[u8]>::is_empty),
        };
    }
}

/// Appends `text` as it stands in the name or value of a query parameter.
pub(crate) fn encode_query_into(text: &str, out: &mut String) {
    encode_into(text, Place::Query, out);
}

/// Returns how many bytes [`encode_query_into`] appends.
pub(crate) fn encoded_query_len(text: &str) -> usize {
    encoded_len(text, Place::Query)
}

fn encode_into(text: &str, place: Place, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if all_stay(text, place) {
        return out.push_str(text);
    }
    let fates = place.fates();
    let (mut at, mut rest) = (0, text.as_bytes());
    loop {
        // What stays is ASCII, and a character that does not stay is encoded to its end: both ends are borders.
        let plain = stay(rest, fates);
        out.push_str(text.get(at..at + plain).unwrap_or_default());
        let Some([byte, behind @ ..]) = rest.get(plain..) else {
            return;
        };
        let digits = [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
        out.extend(['%', digits[0], digits[1]]);
        (at, rest) = (at + plain + 1, behind);
    }
}

/// Whether every byte stays as it is: of most keys each does. Without a way out half way it is seen for many bytes at once.
#[allow(
    clippy::needless_bitwise_bool,
    reason = "without branches it becomes vector instructions"
)]
fn all_stay(text: &str, place: Place) -> bool {
    let also = place.also_stays();
    text.bytes().fold(true, |all, byte| {
        let mark = (byte == b'-') | (byte == b'.') | (byte == b'_') | (byte == b'~') | (byte == also);
        let letter = byte.is_ascii_digit() | byte.is_ascii_uppercase() | byte.is_ascii_lowercase();
        all & (mark | letter)
    })
}

/// How many bytes in front stay as they are.
fn stay(bytes: &[u8], fates: &[Fate; 256]) -> usize {
    let changed = bytes.iter().position(|byte| fates[usize::from(*byte)] == Fate::Encoded);
    changed.unwrap_or(bytes.len())
}

fn encoded_len(text: &str, place: Place) -> usize {
    if all_stay(text, place) {
        return text.len();
    }
    let fates = place.fates();
    let changed = text.bytes().filter(|byte| fates[usize::from(*byte)] == Fate::Encoded);
    text.len() + 2 * changed.count()
}

/// Returns the byte that `%` and these two digits stand for.
pub(super) const fn decode_escape(high: u8, low: u8) -> Option<u8> {
    match (hex_digit(high), hex_digit(low)) {
        (Some(high), Some(low)) => Some(high << 4 | low),
        _ => None,
    }
}

/// Whether `%` and these two digits are how [`encode_query_into`] writes `byte`, which they stand for.
pub(super) const fn is_canonical_escape(high: u8, low: u8, byte: u8) -> bool {
    is_upper(high, low) && !is_unreserved(byte)
}

const fn is_upper(high: u8, low: u8) -> bool {
    !high.is_ascii_lowercase() && !low.is_ascii_lowercase()
}

const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Orders two decoded names or values as their encoded forms are ordered, which is what SigV4 sorts by.
///
/// `%` comes before every unreserved byte, and upper-case hexadecimal keeps the order of the bytes it spells; so
/// encoded bytes come first, in their own order, and unreserved bytes after them. Nothing needs to be written out.
pub(crate) fn compare_encoded(left: &str, right: &str) -> Ordering {
    let rank = |byte: u8| (is_unreserved(byte), byte);
    left.bytes().map(rank).cmp(right.bytes().map(rank))
}

/// Whether it stands for itself, in paths and queries.
#[allow(
    clippy::needless_bitwise_bool,
    reason = "without branches it becomes vector instructions where many bytes are asked for"
)]
pub(super) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'.') | (byte == b'_') | (byte == b'~')
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
    fn the_look_at_a_whole_text_sees_what_the_table_says() {
        for place in [Place::Path, Place::Query] {
            for byte in 0..=u8::MAX {
                let text = char::from(byte).to_string();
                let stays = text.bytes().all(|byte| place.fates()[usize::from(byte)] == Fate::Stays);
                assert_eq!(all_stay(&text, place), stays, "{byte}");
            }
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
        fn what_is_canonical_is_what_encoding_makes_of_it(raw in "([a~+ /=é]|%[24][0-9a-fA-F]|%C3%[aA]9){0,4}") {
            let Ok(decoded) = crate::s3::key::percent_decode(&raw) else { return Ok(()) };
            let mut path = String::new();
            encode_path_into(&decoded, &mut path);
            prop_assert_eq!(is_canonical_path(&raw), path == raw);
        }

        #[test]
        fn the_order_is_that_of_the_encoded_forms(left in "[a~ %/é_-]{0,4}", right in "[a~ %/é_-]{0,4}") {
            prop_assert_eq!(compare_encoded(&left, &right), query(&left).cmp(&query(&right)));
        }
    }
}
