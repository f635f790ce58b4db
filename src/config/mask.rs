//! Hides secrets in the lines that faults repeat. A line may hold a literal secret that nobody has judged yet, so this
//! looks at the words alone and would rather hide too much. Lengths stay, so that carets stay under what they mark.

use std::borrow::Cow;

/// Words that make a key's value a secret.
const SECRET_WORDS: [&str; 4] = ["secret", "token", "passw", "private"];

/// Returns line `number` (from 0) of `lines` as it may be shown.
pub(super) fn line(lines: &[&str], number: usize) -> String {
    let Some(text) = lines.get(number) else {
        return String::new();
    };
    if continues_secret(lines, number) {
        return text.chars().map(hide).collect();
    }
    values(&user_info(text))
}

/// Hides user and password of URLs.
pub(super) fn user_info(text: &str) -> Cow<'_, str> {
    let Some(start) = text.find("://").map(|at| at + 3) else {
        return text.into();
    };
    let end = text[start..]
        .find(|c: char| c == '/' || c.is_whitespace())
        .map_or(text.len(), |length| start + length);
    match text[start..end].rfind('@') {
        Some(at) => {
            let (before, rest) = text.split_at(start);
            let (user, rest) = rest.split_at(at);
            format!("{before}{}{rest}", user.chars().map(hide).collect::<String>()).into()
        }
        None => text.into(),
    }
}

/// Hides what stands behind keys that sound secret, unless it is a reference to a secret.
fn values(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut shown = String::with_capacity(text.len());
    let mut done = 0;
    while let Some((start, end)) = secret_value(&lower, done) {
        shown.push_str(&text[done..start]);
        let value = &text[start..end];
        if is_reference(value) {
            shown.push_str(value);
        } else {
            shown.extend(value.chars().map(hide));
        }
        done = end;
    }
    shown.push_str(&text[done..]);
    shown
}

/// Finds the next value behind a secret word and a colon, from `from` on.
fn secret_value(lower: &str, from: usize) -> Option<(usize, usize)> {
    let word = SECRET_WORDS.iter().filter_map(|word| lower[from..].find(word)).min()? + from;
    let colon = lower[word..].find(':')? + word + 1;
    let start = colon + (lower[colon..].len() - lower[colon..].trim_start().len());
    let rest = &lower[start..];
    // A flow mapping ends values at a comma or brace; `${…}` holds braces of its own.
    let end = if rest.starts_with("${") {
        rest.find('}').map_or(rest.len(), |at| at + 1)
    } else {
        rest.find([',', '}']).unwrap_or(rest.len())
    };
    // Not a flow mapping: the value is the rest of the line, commas and braces included.
    let in_flow = lower[..word].contains('{');
    Some((start, if in_flow { start + end } else { lower.len() }))
}

fn is_reference(value: &str) -> bool {
    let value = value.trim_end();
    let value = value
        .strip_prefix(['"', '\''])
        .map_or(value, |inner| inner.trim_end_matches(['"', '\'']));
    let variable = value
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    variable || value.starts_with("file:") || value.is_empty() || value.ends_with(".pem")
}

/// Tells whether a line continues the value of a key that sounds secret: such a key stands above it, less indented.
fn continues_secret(lines: &[&str], number: usize) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(lines[number]);
    lines[..number]
        .iter()
        .rev()
        .find(|line| !line.trim().is_empty() && indent(line) < own)
        .is_some_and(|line| {
            let line = line.to_ascii_lowercase();
            let key = line.split(':').next().unwrap_or_default();
            SECRET_WORDS.iter().any(|word| key.contains(word))
        })
}

fn hide(c: char) -> char {
    if c.is_whitespace() { c } else { '*' }
}
