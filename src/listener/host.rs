//! Parsing the Host: the one grammar for `Host`, `:authority` and forwarded hosts (RFC 3986 §3.2.2, rule 2).

use super::Host;
use crate::s3::Scheme;
use std::net::Ipv6Addr;

/// What DNS allows; longer names can be no host of ours.
const LONGEST_NAME: usize = 253;

impl Host {
    /// Takes `name`, `name:port`, `1.2.3.4:port` or `[::1]:port` and returns it in lower case, without the default
    /// port of `scheme`. Names are letters, digits, `-`, `_` and single dots: RFC 3986 would allow percent-encoding
    /// and sub-delimiters too, but no such host exists, and each is a second spelling. `None` for everything else.
    pub(crate) fn parse(written: &[u8], scheme: Scheme) -> Option<Self> {
        let written = str::from_utf8(written).ok()?;
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
        let keep = match port.strip_prefix(':') {
            Some(digits) => {
                let port = parse_port(digits)?;
                port != default_port(scheme)
            }
            None if port.is_empty() => false,
            None => return None,
        };
        let kept = if keep { written } else { name };
        // Nearly every client sends lower case, which then is copied once.
        let is_lower = !kept.bytes().any(|byte| byte.is_ascii_uppercase());
        Some(Self(if is_lower {
            kept.into()
        } else {
            kept.to_ascii_lowercase().into()
        }))
    }
}

const fn default_port(scheme: Scheme) -> u16 {
    match scheme {
        Scheme::Http => 80,
        Scheme::Https => 443,
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

    fn parse(written: &str) -> Option<String> {
        Host::parse(written.as_bytes(), Scheme::Http).map(|host| host.as_str().to_owned())
    }

    #[test]
    fn valid_hosts_come_out_in_one_spelling() {
        for (written, host) in [
            ("files.example.com", "files.example.com"),
            ("FILES.Example.COM", "files.example.com"),
            ("files.example.com:80", "files.example.com"),
            ("files.example.com:443", "files.example.com:443"),
            ("minio:9000", "minio:9000"),
            ("my_service:9000", "my_service:9000"),
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("[::1]", "[::1]"),
            ("[::1]:80", "[::1]"),
            ("[2001:DB8::1]:8443", "[2001:db8::1]:8443"),
        ] {
            assert_eq!(parse(written).as_deref(), Some(host), "{written}");
        }
        let https = Host::parse(b"a.example:443", Scheme::Https);
        assert_eq!(https.as_ref().map(Host::as_str), Some("a.example"));
    }

    #[test]
    fn rule_2_anything_else_is_no_host() {
        let long = "a".repeat(254);
        for written in [
            "",
            ":80",
            "a:",
            "a:x",
            "a:0",
            "a:080",
            "a:65536",
            "a:+80",
            "a:80:80",
            "a b",
            "a,b",
            "a/b",
            "a@b",
            "a?b",
            "a#b",
            "a%20b",
            "a..b",
            ".a",
            "a.",
            "[::1",
            "::1",
            "[::1]x",
            "[::1]:",
            "[1.2.3.4]",
            "[fe80::1%eth0]",
            "[]",
            "a\\b",
            "é",
            "a;b",
            "*",
            &long,
        ] {
            assert_eq!(parse(written), None, "{written}");
        }
        assert_eq!(Host::parse(b"\xff", Scheme::Http), None);
    }
}
