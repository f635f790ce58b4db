//! Hides secrets in the lines that faults repeat. A line may hold a literal secret that nobody has judged yet, so this
//! looks at the words alone and would rather hide too much. Lengths stay, so that carets stay under what they mark.

use std::borrow::Cow;

/// Words that make a key's value a secret.
const SECRET_WORDS: [&str; 3] = ["secret", "token", "passw"];

/// Returns line `number` (from 0) of `lines` as it may be shown.
pub(super) fn line(lines: &[&str], number: usize) -> String {
    let Some(text) = lines.get(number) else {
        return String::new();
    };
    if text.contains("-----BEGIN") || continues_secret(lines, number) {
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
        if is_harmless(value) {
            shown.push_str(value);
        } else {
            shown.extend(value.chars().map(hide));
        }
        done = end;
    }
    shown.push_str(&text[done..]);
    shown
}

/// Finds the next value behind a secret word and a colon, from `from` on. `credentials` counts when a value follows.
fn secret_value(lower: &str, from: usize) -> Option<(usize, usize)> {
    let words = SECRET_WORDS.iter().chain(&["credential"]);
    let word = words.filter_map(|word| lower[from..].find(word)).min()? + from;
    let colon = lower[word..].find(':')? + word + 1;
    let start = colon + (lower[colon..].len() - lower[colon..].trim_start().len());
    if lower[start..].starts_with('{') {
        // A mapping is no value; what is secret inside it has a name of its own.
        return Some((start, start + 1));
    }
    // In a flow mapping a value ends at its comma or brace, elsewhere with the line.
    let in_flow = lower[..word].contains('{');
    let end = if in_flow {
        start + flow_value(&lower[start..])
    } else {
        lower.len()
    };
    Some((start, end))
}

/// Returns the length of a value in a flow mapping: up to the comma or brace that is in no quotes and no `${…}`.
fn flow_value(text: &str) -> usize {
    let mut quote = None;
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            _ if quote == Some(c) => quote = None,
            _ if quote.is_some() => {}
            '"' | '\'' if at == 0 => quote = Some(c),
            '{' if before == '$' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => return at,
            _ => {}
        }
        before = c;
    }
    text.len()
}

/// Tells whether a value is a reference to a secret, a mapping, or the word `chain` or `anonymous`.
fn is_harmless(value: &str) -> bool {
    let value = value.split(" #").next().unwrap_or_default().trim_end();
    let value = value
        .strip_prefix(['"', '\''])
        .map_or(value, |inner| inner.trim_end_matches(['"', '\'']));
    let variable = value
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    variable || value.starts_with("file:") || matches!(value, "" | "{" | "chain" | "anonymous")
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
            SECRET_WORDS
                .iter()
                .chain(&["private_key"])
                .any(|word| key.contains(word))
        })
}

fn hide(c: char) -> char {
    if c.is_whitespace() { c } else { '*' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_references_are_not() {
        for (text, shown) in [
            ("secret_access_key: abc # it", "secret_access_key: *** * **"),
            ("Secret: ${NAME}", "Secret: ${NAME}"),
            ("secret: \"${NAME}\" # fine", "secret: \"${NAME}\" # fine"),
            ("secret: ${NAME:-abc}", "secret: ************"),
            ("secret: file:/run/x", "secret: file:/run/x"),
            (
                "{ token: a, b: c, secret: 'd, }e' }",
                "{ token: *, b: c, secret: *** *** }",
            ),
            ("{ token: a${B:-c,d}, e: f }", "{ token: **********, e: f }"),
            ("credentials: chain", "credentials: chain"),
            ("credentials: anonymous # x", "credentials: anonymous # x"),
            ("credentials: abc", "credentials: ***"),
            (
                "credentials: { access_key_id: A, secret_access_key: b }",
                "credentials: { access_key_id: A, secret_access_key: * }",
            ),
            ("private_key: ./tls/key.pem", "private_key: ./tls/key.pem"),
            ("private_key: -----BEGIN X-----", "************ ********** ******"),
            ("endpoint: https://me:pw@host/x", "endpoint: https://*****@host/x"),
            ("endpoint: https://host/@x", "endpoint: https://host/@x"),
            ("prefix: images/", "prefix: images/"),
        ] {
            assert_eq!(line(&[text], 0), shown);
        }
        let lines = ["a:", "  secret: |", "    one", "", "    two", "  b: c"];
        assert_eq!(line(&lines, 2), "    ***");
        assert_eq!(line(&lines, 4), "    ***");
        assert_eq!(line(&lines, 5), "  b: c");
    }
}
