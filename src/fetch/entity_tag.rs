//! Entity tags and their two comparisons. RFC 9110 §8.8.3.

use http::HeaderValue;
use memchr::memchr3;

/// One entity tag, such as `"33a64df5"` or `W/"33a64df5"`. Cloning one allocates nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag {
    strength: Strength,
    /// As it is written.
    value: HeaderValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    Strong,
    Weak,
}

/// What is written in front of a weak tag.
const WEAK: &[u8] = b"W/";

impl EntityTag {
    /// Takes a field value that is one entity tag and nothing else; `None` for anything else.
    #[must_use]
    pub fn parse(value: &HeaderValue) -> Option<Self> {
        let text = value.as_bytes().trim_ascii();
        let (strength, tag, rest) = split_first(text)?;
        let value = if tag.len() == value.len() {
            value.clone()
        } else {
            HeaderValue::from_bytes(tag).ok()?
        };
        rest.is_empty().then_some(Self { strength, value })
    }

    /// Strong comparison: the same octets (RFC 9110 §8.8.3.2). Weak tags never match.
    #[must_use]
    pub fn strongly_matches(&self, other: &Self) -> bool {
        self.is_strong() && other.is_strong() && self.value == other.value
    }

    /// Weak comparison: the same meaning.
    #[must_use]
    pub fn weakly_matches(&self, other: &Self) -> bool {
        self.quoted() == other.quoted()
    }

    /// Whether the tag stands for exact octets.
    #[must_use]
    pub fn is_strong(&self) -> bool {
        self.strength == Strength::Strong
    }

    /// The opaque tag with its quotes, without `W/`.
    #[must_use]
    pub fn quoted(&self) -> &[u8] {
        let written = self.value.as_bytes();
        match self.strength {
            Strength::Strong => written,
            Strength::Weak => written.get(WEAK.len()..).unwrap_or_default(),
        }
    }

    /// The tag as a field value.
    #[must_use]
    pub fn as_value(&self) -> &HeaderValue {
        &self.value
    }

    /// The same tag in memory of its own, for whoever keeps it: as it came it is a slice of all that was read with it.
    pub(super) fn detached(&self) -> Self {
        self.clone()
            .moved(|value| HeaderValue::from_bytes(value.as_bytes()).unwrap_or(value))
    }

    /// The same tag, its value kept elsewhere.
    pub(super) fn moved(self, into: impl FnOnce(HeaderValue) -> HeaderValue) -> Self {
        Self {
            strength: self.strength,
            value: into(self.value),
        }
    }
}

/// What `If-Match` and `If-None-Match` hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntityTags {
    /// `*`: any representation.
    Any,
    /// A list; empty when the field held nothing that is a tag.
    List(Vec<EntityTag>),
}

impl EntityTags {
    /// Takes all lines of one field; `None` when one of them is malformed.
    #[must_use]
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut tags = Vec::new();
        for line in lines {
            let line = line.trim_ascii();
            if line == b"*" {
                return Some(Self::Any);
            }
            parse_list(line, &mut tags)?;
        }
        Some(Self::List(tags))
    }
}

impl EntityTags {
    /// Returns the tag when there is exactly one.
    pub(super) fn only(&self) -> Option<&EntityTag> {
        match self {
            Self::List(tags) => match tags.as_slice() {
                [tag] => Some(tag),
                _ => None,
            },
            Self::Any => None,
        }
    }
}

fn parse_list(mut rest: &[u8], tags: &mut Vec<EntityTag>) -> Option<()> {
    loop {
        // Empty list elements are allowed (RFC 9110 §5.6.1.2).
        while let [b',' | b' ' | b'\t', tail @ ..] = rest {
            rest = tail;
        }
        if rest.is_empty() {
            return Some(());
        }
        let (strength, tag, tail) = split_first(rest)?;
        let value = HeaderValue::from_bytes(tag).ok()?;
        tags.push(EntityTag { strength, value });
        rest = tail.trim_ascii_start();
        if !matches!(rest, [] | [b',', ..]) {
            return None;
        }
    }
}

/// Splits the tag that `value` begins with, as it is written, from what stands behind it. It is of a field value, so that a
/// quote, a space and a tab are all that a tag can't hold.
fn split_first(value: &[u8]) -> Option<(Strength, &[u8], &[u8])> {
    let (strength, prefix) = if value.starts_with(WEAK) {
        (Strength::Weak, WEAK.len())
    } else {
        (Strength::Strong, 0)
    };
    let inner = value.get(prefix..)?.strip_prefix(b"\"")?;
    let length = memchr3(b'"', b' ', b'\t', inner)?;
    if inner.get(length) != Some(&b'"') {
        return None;
    }
    let (tag, rest) = value.split_at_checked(prefix.checked_add(length)?.checked_add(2)?)?;
    Some((strength, tag, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &'static str) -> EntityTag {
        EntityTag::parse(&HeaderValue::from_static(text)).unwrap()
    }

    #[test]
    fn compares_as_the_table_of_rfc_9110_says() {
        for (a, b, strong, weak) in [
            ("W/\"1\"", "W/\"1\"", false, true),
            ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true),
            ("\"1\"", "\"1\"", true, true),
        ] {
            assert_eq!(tag(a).strongly_matches(&tag(b)), strong, "{a} {b}");
            assert_eq!(tag(a).weakly_matches(&tag(b)), weak, "{a} {b}");
        }
    }

    #[test]
    fn reads_lists_with_commas_inside_tags() {
        let lines: [&[u8]; 2] = [b"\"a,b\" , W/\"c\",", b"\"d\""];
        let EntityTags::List(tags) = EntityTags::parse(lines).unwrap() else {
            panic!("a list")
        };
        let values: Vec<_> = tags.iter().map(EntityTag::as_value).collect();
        assert_eq!(values, ["\"a,b\"", "W/\"c\"", "\"d\""]);
        assert_eq!(EntityTags::parse([&b" * "[..]]), Some(EntityTags::Any));
    }

    #[test]
    fn refuses_what_is_no_tag() {
        for bad in ["", "abc", "\"a", "w/\"a\"", "\"a b\"", "\"a\"b", "\"a\", \"b\"", "*"] {
            assert_eq!(EntityTag::parse(&HeaderValue::from_static(bad)), None, "{bad}");
        }
        for bad in ["abc", "\"a\" \"b\"", "\"a\", b"] {
            assert_eq!(EntityTags::parse([bad.as_bytes()]), None, "{bad}");
        }
    }
}
