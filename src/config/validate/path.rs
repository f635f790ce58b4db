//! Paths and prefixes, as an operator writes them: decoded, ending in `/` (rule 3).

use crate::config::report::Wrong;
use crate::config::text::Text;
use crate::s3::{KeyError, KeyPrefix, ObjectKey};

/// Reads a route's path: decoded, from `/` to `/`.
///
/// # Errors
/// Whatever no request could match, or would match otherwise than it looks.
pub(super) fn path(text: &Text) -> Result<Box<str>, Wrong> {
    let path = absolute(text, |path| format!("/{}/", path.trim_end_matches('/')))?;
    if !path.ends_with('/') {
        return Err(Wrong::new(
            format!("{} does not end in \"/\"", text.shown()),
            text.advice(
                |path| format!("write {path}/, which covers everything below it"),
                "write a path, from / to /",
            ),
        ));
    }
    Ok(path.into())
}

/// Reads what stands in front of `/bucket/key`: decoded, starting with `/` and not ending in one; empty for `/`.
///
/// # Errors
/// Whatever no request could start with, or would start with otherwise than it looks.
pub(super) fn base_path(text: &Text) -> Result<Box<str>, Wrong> {
    let path = absolute(text, |path| format!("/{}", path.trim_matches('/')))?;
    if path == "/" {
        return Ok(Box::default());
    }
    if path.ends_with('/') {
        return Err(Wrong::new(
            format!("{} ends in \"/\"", text.shown()),
            text.advice(
                |path| format!("write {}", path.trim_end_matches('/')),
                "write a path without it",
            ),
        ));
    }
    if path.contains("//") {
        return Err(Wrong::new(
            format!("{} holds an empty segment", text.shown()),
            "write single slashes",
        ));
    }
    Ok(path.into())
}

/// Judges what holds for every path; `mended` makes one of what does not start with `/`.
fn absolute(text: &Text, mended: impl FnOnce(&str) -> String) -> Result<&str, Wrong> {
    let path = text.as_str();
    let wrong = |what: &str, remedy: String| Err(Wrong::new(format!("{} {what}", text.shown()), remedy));
    if !path.starts_with('/') {
        return wrong(
            "does not start with \"/\"",
            text.advice(
                |path| format!("write {}", mended(path)),
                "write a path that starts with /",
            ),
        );
    }
    if path.contains('%') {
        return wrong(
            "holds a \"%\"",
            "paths are written decoded here: a space is a space, ü is ü".into(),
        );
    }
    if path.contains(['?', '#']) {
        return wrong(
            "holds more than a path",
            "write the path alone, without query or fragment".into(),
        );
    }
    if path.split('/').any(|segment| matches!(segment, "*" | "**")) {
        return wrong(
            "holds a pattern",
            "write it without \"*\": a path covers everything below it".into(),
        );
    }
    // The rest is what holds for every key: no dot segments, no control bytes, not too long.
    let with_end = format!("{}/", path.trim_end_matches('/'));
    match with_end.strip_prefix('/').map(KeyPrefix::parse) {
        Some(Err(error)) => wrong(
            &format!("holds {error}"),
            "write the path as clients ask for it, decoded".into(),
        ),
        Some(Ok(_)) | None => Ok(path),
    }
}

/// Reads what the keys of a route or rule start with.
///
/// # Errors
/// When no key could start with it.
pub(super) fn prefix(text: &Text) -> Result<KeyPrefix, Wrong> {
    let prefix = text.as_str();
    let wrong = |what: &str, remedy: String| Err(Wrong::new(format!("{} {what}", text.shown()), remedy));
    if !prefix.is_empty() && !prefix.ends_with('/') {
        return wrong(
            "does not end in \"/\"",
            text.advice(
                |prefix| format!("write {prefix}/, so that it does not open its neighbours ({prefix}-private/)"),
                "write a prefix that ends in /",
            ),
        );
    }
    if prefix == "/" {
        return wrong(
            "is no prefix: keys don't start with \"/\"",
            "write \"\" for the whole bucket".into(),
        );
    }
    if prefix.starts_with('/') {
        return wrong(
            "starts with \"/\", which keys don't",
            text.advice(
                |prefix| format!("write {}", prefix.trim_start_matches('/')),
                "write a prefix without it",
            ),
        );
    }
    if prefix.contains('%') {
        return wrong(
            "holds a \"%\"",
            "prefixes are written decoded, as the keys are stored".into(),
        );
    }
    KeyPrefix::parse(prefix)
        .or_else(|error| wrong(&format!("holds {error}"), "write the prefix as keys are stored".into()))
}

/// Reads the object that stands in for missing ones: a key behind the route's prefix.
///
/// # Errors
/// When it is no key.
pub(super) fn fallback(text: &Text, prefix: &KeyPrefix) -> Result<ObjectKey, Wrong> {
    let rest = text.as_str();
    let wrong = |what: String, remedy: &str| Err(Wrong::new(format!("{} {what}", text.shown()), remedy));
    let remedy = "write the key behind the route's prefix, such as default-avatar.png";
    if rest.is_empty() || rest.ends_with('/') {
        return wrong("names no object".into(), remedy);
    }
    if rest.starts_with('/') {
        return wrong("starts with \"/\"".into(), remedy);
    }
    ObjectKey::in_prefix(prefix, rest).or_else(|error| match error {
        KeyError::TooLong => wrong(format!("makes {error} together with the prefix"), remedy),
        _ => wrong(format!("holds {error}"), remedy),
    })
}
