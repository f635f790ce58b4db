//! Hosts that the configuration names, by the grammar that requests' hosts are read by.

use crate::config::report::Wrong;
use crate::config::text::Text;
use crate::s3::HostParts;

/// Reads a host, in lower case: a name or address, with a port unless that is a default one. `pattern` is what to write
/// instead of a pattern.
///
/// # Errors
/// When no `Host` header could say it.
pub(super) fn host(text: &Text, pattern: &str) -> Result<Box<str>, Wrong> {
    let written = text.as_str();
    let wrong = |what: &str, remedy: &str| Err(Wrong::new(format!("{} {what}", text.shown()), remedy));
    let remedy = "write the name alone, such as files.example.com, or with a port that is not the default one";
    if written.contains("://") || written.contains('/') {
        return wrong("is a URL, not a host", remedy);
    }
    if written.contains('*') {
        return wrong("holds a pattern", pattern);
    }
    if !written.is_ascii() {
        return wrong("is not ASCII", "write the name as it goes over the wire: xn--…");
    }
    match HostParts::parse(written) {
        Some(HostParts {
            port: Some(80 | 443), ..
        }) => wrong("names a default port, which clients leave out", remedy),
        Some(_) => Ok(written.to_ascii_lowercase().into()),
        None => wrong("is not a host", remedy),
    }
}
