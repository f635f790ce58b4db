//! Lets `${VAR:-default}` stand unquoted anywhere in YAML, also in `{ }` and with a colon in its default, where plain
//! YAML would trip over its braces.
//!
//! Inside each `${…}` the characters that YAML knows are swapped, one for one, for private-use ones before parsing, and
//! back after it. Line and column stay right, and what a variable holds is never parsed as YAML.

use std::borrow::Cow;

/// What YAML would stumble over inside `${…}`, and what stands in for it.
const SWAPS: [(char, char); 7] = [
    ('{', '\u{f8f0}'),
    ('}', '\u{f8f1}'),
    ('[', '\u{f8f2}'),
    (']', '\u{f8f3}'),
    (',', '\u{f8f4}'),
    (':', '\u{f8f5}'),
    ('#', '\u{f8f6}'),
];

/// Swaps the characters inside each `${…}` that ends on its line. Text that already holds a stand-in is left alone.
pub(super) fn shield(text: &str) -> Cow<'_, str> {
    if !text.contains("${") || text.contains(|c| SWAPS.iter().any(|(_, stand_in)| *stand_in == c)) {
        return text.into();
    }
    let mut shielded = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, inner) = rest.split_at(start);
        shielded.push_str(before);
        let end = inner.find(['}', '\n']).filter(|end| inner[*end..].starts_with('}'));
        let length = end.map_or(2, |end| end + 1);
        let (token, after) = inner.split_at(length);
        if end.is_some() {
            shielded.extend(token.chars().map(|c| swap(c, |(from, to)| (from, to))));
        } else {
            shielded.push_str(token);
        }
        rest = after;
    }
    shielded.push_str(rest);
    shielded.into()
}

/// Swaps everything back.
pub(super) fn unshield(text: &str) -> String {
    text.chars().map(|c| swap(c, |(from, to)| (to, from))).collect()
}

fn swap(c: char, direction: impl Fn((char, char)) -> (char, char)) -> char {
    SWAPS
        .into_iter()
        .map(direction)
        .find_map(|(from, to)| (from == c).then_some(to))
        .unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_inside_of_a_variable_is_swapped() {
        let text = "a: {b: ${X:-c: d}, e: ${Y\n}";
        let shielded = shield(text);
        assert!(shielded.starts_with("a: {b: $\u{f8f0}X\u{f8f5}-c\u{f8f5} d\u{f8f1}, e: ${Y\n}"));
        assert_eq!(unshield(&shielded), text);
    }

    proptest! {
        #[test]
        fn swapping_back_restores_the_text(text in "[${}\\[\\],:#a\n-]{0,40}") {
            let shielded = shield(&text);
            prop_assert_eq!(unshield(&shielded), text.clone());
            prop_assert_eq!(shielded.chars().count(), text.chars().count());
        }
    }
}
