//! Parsing the Host: `Host`, `:authority` and forwarded hosts come out in one spelling (rule 2). The grammar is
//! [`HostParts`](crate::s3::HostParts).

use super::Host;
use crate::s3::{Scheme, canonical_host};
use std::cell::RefCell;

impl Host {
    /// Takes what [`HostParts::parse`] takes and returns it in lower case, without the default port of `scheme`.
    /// `None` for everything else.
    ///
    /// [`HostParts::parse`]: crate::s3::HostParts::parse
    pub(crate) fn parse(written: &[u8], scheme: Scheme) -> Option<Self> {
        canonical_host(str::from_utf8(written).ok()?, scheme).map(|host| Self(host.into()))
    }
}

/// The host that a worker was last asked for, as it was written: nearly every request asks for the same one, which then
/// is neither parsed nor copied again.
#[derive(Debug, Default)]
pub(super) struct LastHost(RefCell<Option<Seen>>);

#[derive(Debug)]
struct Seen {
    written: Box<[u8]>,
    scheme: Scheme,
    host: Host,
}

impl LastHost {
    /// Does what [`Host::parse`] does.
    pub(super) fn parse(&self, written: &[u8], scheme: Scheme) -> Option<Host> {
        if let Some(seen) = &*self.0.borrow()
            && *seen.written == *written
            && seen.scheme == scheme
        {
            return Some(seen.host.clone());
        }
        let host = Host::parse(written, scheme)?;
        self.0.replace(Some(Seen {
            written: written.into(),
            scheme,
            host: host.clone(),
        }));
        Some(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_host_is_known_as_it_was_written_and_by_its_scheme() {
        let last = LastHost::default();
        let parse = |written: &str, scheme| {
            last.parse(written.as_bytes(), scheme)
                .map(|host| host.as_str().to_owned())
        };
        for _ in 0..2 {
            for (written, scheme, expected) in [
                ("A.example:443", Scheme::Https, Some("a.example")),
                ("A.example:443", Scheme::Http, Some("a.example:443")),
                ("a.example", Scheme::Http, Some("a.example")),
                ("a..example", Scheme::Http, None),
                ("", Scheme::Http, None),
                ("a.example", Scheme::Http, Some("a.example")),
            ] {
                assert_eq!(parse(written, scheme).as_deref(), expected, "{written}");
                assert_eq!(parse(written, scheme).as_deref(), expected, "{written}");
            }
        }
    }

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
