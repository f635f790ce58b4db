//! The one grammar of hosts: of `Host`, `:authority` and forwarded hosts, and of those that the configuration names.
//! RFC 3986 §3.2.2, rule 2.

use super::Scheme;
use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What DNS allows; longer names can be no host of ours.
const LONGEST_NAME: usize = 253;

/// A host as it was written, taken apart. Nothing is changed, case neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostParts<'a> {
    /// A name, an IPv4 address, or an IPv6 address in its brackets.
    pub name: &'a str,
    /// The port, if one was written.
    pub port: Option<u16>,
}

impl<'a> HostParts<'a> {
    /// Takes `name`, `name:port`, `1.2.3.4:port` or `[::1]:port`. Names are letters, digits, `-`, `_` and single dots:
    /// RFC 3986 would allow percent-encoding and sub-delimiters too, but no such host exists, and each is a second
    /// spelling. `None` for everything else.
    #[must_use]
    pub fn parse(written: &'a str) -> Option<Self> {
        let (name, port) = if let Some(rest) = written.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            // Zone identifiers (`%eth0`) mean nothing to anyone but the machine that wrote them.
            let _: Ipv6Addr = address.parse().ok()?;
            (written.get(..address.len().checked_add(2)?)?, port)
        } else {
            let end = written.find(':').unwrap_or(written.len());
            let (name, port) = written.split_at(end);
            is_name(name).then_some((name, port))?
        };
        let port = match port.strip_prefix(':') {
            Some(digits) => Some(parse_port(digits)?),
            None if port.is_empty() => None,
            None => return None,
        };
        Some(Self { name, port })
    }

    /// Whether it is an address, which has no sub-domains.
    #[must_use]
    pub fn is_address(&self) -> bool {
        self.name.starts_with('[') || self.name.parse::<Ipv4Addr>().is_ok()
    }
}

/// Returns `written` in the one spelling that hosts are compared in: lower case, without the default port of `scheme`.
/// `None` for what [`HostParts::parse`] does not take.
pub(crate) fn canonical_host(written: &str, scheme: Scheme) -> Option<Cow<'_, str>> {
    let parts = HostParts::parse(written)?;
    let keep = parts.port.is_some_and(|port| port != scheme.default_port());
    let kept = if keep { written } else { parts.name };
    // Nearly everybody writes lower case, which then is not copied.
    Some(if kept.bytes().any(|byte| byte.is_ascii_uppercase()) {
        kept.to_ascii_lowercase().into()
    } else {
        kept.into()
    })
}

/// Returns the name of a host that [`HostParts::parse`] takes.
pub(crate) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // An IPv6 address ends in a bracket.
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    }
}

/// Digits only, no leading zero: `8080`, not `+8080`, `08080` or nothing.
fn parse_port(digits: &str) -> Option<u16> {
    let canonical = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    canonical.then(|| digits.parse().ok()).flatten()
}

fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.as_bytes().split(|&byte| byte == b'.').all(|label| {
            !label.is_empty()
                && label
                    .iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_come_apart_as_they_were_written() {
        for (written, name, port) in [
            ("Files.example.com", "Files.example.com", None),
            ("minio:9000", "minio", Some(9000)),
            ("1.2.3.4:65535", "1.2.3.4", Some(65535)),
            ("[2001:DB8::1]", "[2001:DB8::1]", None),
            ("[::1]:443", "[::1]", Some(443)),
        ] {
            let parts = HostParts::parse(written).unwrap();
            assert_eq!(parts, HostParts { name, port });
            assert_eq!(parts.is_address(), !name.ends_with('m') && name != "minio", "{written}");
        }
        for (host, name) in [("a:9000", "a"), ("a", "a"), ("[::1]", "[::1]"), ("[::1]:443", "[::1]")] {
            assert_eq!(without_port(host), name);
        }
        for written in [
            "", "a:", "a:0", "a:08", "a:65536", "a..b", "a.", ".a", "a/b", "[::1", "::1", "[::1]x",
        ] {
            assert_eq!(HostParts::parse(written), None, "{written}");
        }
    }
}
