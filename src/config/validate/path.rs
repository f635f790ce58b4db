//! Paths, hosts and prefixes of routes, as an operator writes them: decoded, ending in `/` (rule 3).

use crate::config::report::Wrong;
use crate::config::text::Text;
use crate::s3::{KeyError, KeyPrefix, ObjectKey};
use http::uri::Authority;

/// Reads a route's path: decoded, from `/` to `/`.
///
/// # Errors
/// Whatever no request could match, or would match otherwise than it looks.
pub(super) fn path(text: &Text) -> Result<Box<str>, Wrong> {
    let path = text.as_str();
    let wrong = |what: &str, remedy: String| Err(Wrong::new(format!("{} {what}", text.shown()), remedy));
    if !path.starts_with('/') {
        return wrong(
            "does not start with \"/\"",
            text.advice(
                |path| format!("write /{}/", path.trim_end_matches('/')),
                "write a path, from / to /",
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
            "write it without \"*\": a path that ends in \"/\" covers everything below it".into(),
        );
    }
    if !path.ends_with('/') {
        return wrong(
            "does not end in \"/\"",
            text.advice(
                |path| format!("write {path}/, which covers everything below it"),
                "write a path, from / to /",
            ),
        );
    }
    // The rest is what holds for every key: no dot segments, no control bytes.
    match path.strip_prefix('/').map(KeyPrefix::parse) {
        Some(Err(error)) => wrong(
            &format!("holds {error}"),
            "write the path as clients ask for it, decoded".into(),
        ),
        Some(Ok(_)) | None => Ok(path.into()),
    }
}

/// Reads what the keys of a route start with.
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

/// Reads a route's host, in lower case: a name or address, with a port when the route shall answer on that port alone.
///
/// # Errors
/// When no `Host` header could say it.
pub(super) fn host(text: &Text) -> Result<Box<str>, Wrong> {
    let written = text.as_str();
    let wrong = |what: &str, remedy: &str| Err(Wrong::new(format!("{} {what}", text.shown()), remedy));
    let remedy = "write the name alone, such as files.example.com, or with a port that is not the default one";
    if written.contains("://") || written.contains('/') {
        return wrong("is a URL, not a host", remedy);
    }
    if written.contains('*') {
        return wrong(
            "holds a pattern",
            "write one route for each host, or leave \"host\" out for every host",
        );
    }
    if !written.is_ascii() {
        return wrong("is not ASCII", "write the name as it goes over the wire: xn--…");
    }
    match written.parse::<Authority>() {
        Ok(authority) if written.contains('@') || authority.host().is_empty() || written.ends_with([':', '.']) => {
            wrong("is not a host", remedy)
        }
        Ok(authority) if matches!(authority.port_u16(), Some(80 | 443)) => {
            wrong("names a default port, which clients leave out", remedy)
        }
        Ok(_) => Ok(written.to_ascii_lowercase().into()),
        Err(_) => wrong("is not a host", remedy),
    }
}
