//! What a link asks for, by its query: that it is presigned, for reading one object, and with which overrides. Nothing is
//! verified, since nothing is opened: whoever follows the replacement is judged anew.

use super::link::Link;
use super::tally::Left;
use crate::resolve::Overrides;
use crate::s3::Query;

/// What signing adds to a query, in every version; further ones that change nothing about a read.
const HARMLESS: [&str; 12] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-Content-Sha256",
    // Old versions of the SDK for JavaScript moved it into the query.
    "X-Amz-User-Agent",
    "x-amz-checksum-mode",
    "AWSAccessKeyId",
    "Signature",
];

/// Judges the query of a link; returns the overrides that it asks for.
///
/// # Errors
/// Why it is to be left as it is.
pub(super) fn judge(link: &Link) -> Result<Overrides, Left> {
    let query = Query::parse(Some(link.query())).map_err(|_| Left::Ambiguous)?;
    let v4 = query.get("X-Amz-Signature");
    let v2 = query.get("AWSAccessKeyId");
    let is_hexadecimal = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (v4, v2) {
        (Some(signature), None) => {
            let named = query.get("X-Amz-Credential").is_some() && query.get("X-Amz-Date").is_some();
            if !named || !is_hexadecimal(signature) {
                return Err(Left::Signature);
            }
        }
        (None, Some(_)) => {
            let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            // An HMAC-SHA1 in Base64.
            let is_signature = |text: &str| text.len() == 28 && text.ends_with('=');
            if !query.get("Signature").is_some_and(is_signature) || !query.get("Expires").is_some_and(is_number) {
                return Err(Left::Signature);
            }
        }
        (Some(_), Some(_)) => return Err(Left::Ambiguous),
        // Its name stands in a value: the URL around it is not presigned.
        (None, None) => return Err(Left::Nested),
    }
    for (name, value) in query.pairs() {
        let harmless = HARMLESS.iter().any(|known| known.eq_ignore_ascii_case(name))
            || (name == "Expires" && v2.is_some())
            || (name == "x-id" && matches!(value, "GetObject" | "HeadObject"))
            || Overrides::knows(name);
        if !harmless {
            return Err(Left::NotForReading);
        }
    }
    if link.is_mixed() || link.is_end_unsure() {
        return Err(Left::Ambiguous);
    }
    Ok(Overrides::signed(&query))
}

/// What a stable path's `?download` can say of a disposition.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Disposition {
    /// To be shown: what a stable path does anyway.
    Inline,
    /// To be saved, under the name that the key has.
    Attachment,
    /// To be saved under this name.
    Named(String),
}

impl Disposition {
    /// Reads `response-content-disposition` as RFC 6266 writes it; `None` for anything that is written otherwise.
    pub(super) fn parse(value: &str) -> Option<Self> {
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
