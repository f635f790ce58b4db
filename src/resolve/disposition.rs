//! What a signed link says of how its object is to be saved, as a stable path can say it: `?download`. RFC 6266, RFC 8187.

use super::Overrides;
use crate::s3::encode_query_into;

/// What a stable path's `?download` can say of a disposition.
#[derive(Debug, PartialEq, Eq)]
pub enum Disposition {
    /// To be shown: what a stable path does anyway.
    Inline,
    /// To be saved, under the name that the key has.
    Attachment,
    /// To be saved under this name.
    Named(String),
}

impl Disposition {
    /// Takes the overrides of a link; `None` when they say more than a stable path can: a version, a part, another header.
    #[must_use]
    pub fn of(overrides: &Overrides) -> Option<Self> {
        match overrides.as_slice() {
            [] => Some(Self::Inline),
            [("response-content-disposition", value)] => Self::parse(value),
            _ => None,
        }
    }

    /// Appends the query that says it to a stable path.
    pub fn append_to(&self, path: &mut String) {
        match self {
            Self::Inline => {}
            Self::Attachment => path.push_str("?download"),
            Self::Named(name) => {
                path.push_str("?download=");
                encode_query_into(name, path);
            }
        }
    }

    /// Reads `response-content-disposition` as RFC 6266 writes it; `None` for anything that is written otherwise.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let (kind, parameters) = value.split_once(';').unwrap_or((value, ""));
        let mut name = None;
        let mut exact = None;
        for parameter in split(parameters)? {
            let (field, value) = parameter.split_once('=')?;
            let value = value.trim();
            match &*field.trim().to_ascii_lowercase() {
                "filename" => name = Some(unquoted(value)?),
                "filename*" => {
                    let encoded = value
                        .strip_prefix("UTF-8''")
                        .or_else(|| value.strip_prefix("utf-8''"))?;
                    let decoded = percent_encoding::percent_decode_str(encoded).decode_utf8().ok()?;
                    exact = Some(decoded.into_owned());
                }
                _ => return None,
            }
        }
        match (&*kind.trim().to_ascii_lowercase(), exact.or(name)) {
            ("inline", _) => Some(Self::Inline),
            ("attachment", None) => Some(Self::Attachment),
            ("attachment", Some(name)) => Some(Self::Named(name)),
            _ => None,
        }
    }
}

/// Splits at semicolons that stand in no quotes; `None` when quotes stay open.
fn split(parameters: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in parameters.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                parts.push(&parameters[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&parameters[start..]);
    parts.retain(|part| !part.trim().is_empty());
    (!quoted).then_some(parts)
}

/// A quoted string without its quotes, or a token.
fn unquoted(value: &str) -> Option<String> {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return (!value.contains(['"', ' '])).then(|| value.to_owned());
    };
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => plain.push(characters.next()?),
            '"' => return None,
            c => plain.push(c),
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dispositions_become_what_a_stable_path_can_say() {
        let named = |name: &str| Some(Disposition::Named(name.to_owned()));
        for (value, read) in [
            ("inline", Some(Disposition::Inline)),
            ("Inline; filename=\"a\"", Some(Disposition::Inline)),
            ("attachment", Some(Disposition::Attachment)),
            ("attachment;", Some(Disposition::Attachment)),
            ("attachment; filename=a.pdf", named("a.pdf")),
            ("attachment; filename=\"a; \\\"b\\\".pdf\"", named("a; \"b\".pdf")),
            (
                "attachment; filename=\"_.pdf\"; filename*=UTF-8''%C3%BC.pdf",
                named("ü.pdf"),
            ),
            ("attachment; filename=\"a", None),
            ("attachment; filename=a b", None),
            ("attachment; filename*=ISO-8859-1''a", None),
            ("attachment; filename*=UTF-8''%ff", None),
            ("attachment; size=1", None),
            ("form-data", None),
            ("", None),
        ] {
            assert_eq!(Disposition::parse(value), read, "{value}");
        }
    }
}
