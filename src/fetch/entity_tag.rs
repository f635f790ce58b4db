//! Entity tags and their two comparisons. RFC 9110 §8.8.3.

use http::HeaderValue;

/// One entity tag, such as `"33a64df5"` or `W/"33a64df5"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag {
    strength: Strength,
    /// The opaque tag with its quotes.
    quoted: Box<[u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    Strong,
    Weak,
}

impl EntityTag {
    /// Takes a field value that is one entity tag and nothing else; `None` for anything else.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        match split_first(value.trim_ascii())? {
            (tag, []) => Some(tag),
            _ => None,
        }
    }

    /// Strong comparison: the same octets (RFC 9110 §8.8.3.2). Weak tags never match.
    #[must_use]
    pub fn strongly_matches(&self, other: &Self) -> bool {
        self.is_strong() && other.is_strong() && self.quoted == other.quoted
    }

    /// Weak comparison: the same meaning.
    #[must_use]
    pub fn weakly_matches(&self, other: &Self) -> bool {
        self.quoted == other.quoted
    }

    /// Whether the tag stands for exact octets.
    #[must_use]
    pub fn is_strong(&self) -> bool {
        self.strength == Strength::Strong
    }

    /// The opaque tag with its quotes, without `W/`.
    #[must_use]
    pub fn quoted(&self) -> &[u8] {
        &self.quoted
    }

    /// The tag as a field value; `None` cannot happen for a tag that came out of a field value.
    #[must_use]
    pub fn to_value(&self) -> Option<HeaderValue> {
        match self.strength {
            Strength::Strong => HeaderValue::from_bytes(&self.quoted).ok(),
            Strength::Weak => HeaderValue::from_bytes(&[b"W/", &*self.quoted].concat()).ok(),
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
        let (tag, tail) = split_first(rest)?;
        tags.push(tag);
        rest = tail.trim_ascii_start();
        if !matches!(rest, [] | [b',', ..]) {
            return None;
        }
    }
}

fn split_first(value: &[u8]) -> Option<(EntityTag, &[u8])> {
    let (strength, quoted) = match value.strip_prefix(b"W/") {
        Some(rest) => (Strength::Weak, rest),
        None => (Strength::Strong, value),
    };
    let inner = quoted.strip_prefix(b"\"")?;
    let end = inner.iter().position(|&b| b == b'"')?;
    let etagc = |b: &u8| matches!(b, 0x21 | 0x23..=0x7e | 0x80..);
    if !inner.get(..end)?.iter().all(etagc) {
        return None;
    }
    let (tag, rest) = quoted.split_at_checked(end.checked_add(2)?)?;
    Some((
        EntityTag {
            strength,
            quoted: tag.into(),
        },
        rest,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> EntityTag {
        EntityTag::parse(text.as_bytes()).unwrap()
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
        let values: Vec<_> = tags.iter().map(|t| t.to_value().unwrap()).collect();
        assert_eq!(values, ["\"a,b\"", "W/\"c\"", "\"d\""]);
        assert_eq!(EntityTags::parse([&b" * "[..]]), Some(EntityTags::Any));
    }

    #[test]
    fn refuses_what_is_no_tag() {
        for bad in ["", "abc", "\"a", "w/\"a\"", "\"a b\"", "\"a\"b", "\"a\", \"b\"", "*"] {
            assert_eq!(EntityTag::parse(bad.as_bytes()), None, "{bad}");
        }
        for bad in ["abc", "\"a\" \"b\"", "\"a\", b"] {
            assert_eq!(EntityTags::parse([bad.as_bytes()]), None, "{bad}");
        }
    }
}
