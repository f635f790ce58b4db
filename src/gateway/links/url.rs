//! A URL as somebody stored it, taken apart as a request to it would be: nothing decoded, nothing repaired (rule 2).

use crate::listener::{Host, RawTarget};
use crate::s3::Scheme;
use std::str::FromStr;

/// The longest target that the listener takes (rule 23), and the longest host behind its scheme.
const LONGEST: usize = 8 * 1024 + 512;

/// An absolute `http` or `https` URL that a request could be sent to.
///
/// Deliberately without `Debug` and `Display`: its query is a bearer token.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkUrl {
    host: Host,
    target: RawTarget,
}

/// Why a text is no such URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkUrlError {
    /// It is longer than any that the gateway would take.
    #[error("the URL is longer than 8 KiB")]
    TooLong,
    /// It does not begin with a scheme and a host.
    #[error("it does not begin with http:// or https:// and a host")]
    NotAbsolute,
    /// The host is not valid, or there is a user name in front of it.
    #[error("its host is not valid")]
    Host,
    /// Path or query hold what no URL may hold, or there is a fragment.
    #[error("its path or query holds a character that no URL may hold, or a fragment (#)")]
    Target,
}

impl FromStr for LinkUrl {
    type Err = LinkUrlError;

    fn from_str(written: &str) -> Result<Self, LinkUrlError> {
        if written.len() > LONGEST {
            return Err(LinkUrlError::TooLong);
        }
        let (scheme, rest) = written.split_once("://").ok_or(LinkUrlError::NotAbsolute)?;
        let scheme = match scheme {
            _ if scheme.eq_ignore_ascii_case("https") => Scheme::Https,
            _ if scheme.eq_ignore_ascii_case("http") => Scheme::Http,
            _ => return Err(LinkUrlError::NotAbsolute),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, target) = rest.split_at(end);
        let host = Host::parse(host.as_bytes(), scheme).ok_or(LinkUrlError::Host)?;
        // The path of `https://example.com` is `/` (RFC 3986 §6.2.3).
        let target = if target.is_empty() { "/" } else { target };
        let target = target.parse().map_err(|_| LinkUrlError::Target)?;
        Ok(Self { host, target })
    }
}

impl LinkUrl {
    /// The host, lower case, with its port unless that is the scheme's own.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Path and query as written.
    #[must_use]
    pub fn target(&self) -> &RawTarget {
        &self.target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_comes_apart_as_it_is_written() {
        let url: LinkUrl = "HTTPS://Files.Example.com:443/b/a%2Fb//c?X=%20&y".parse().unwrap();
        assert_eq!(url.host().as_str(), "files.example.com");
        assert_eq!(url.target().path(), "/b/a%2Fb//c");
        assert_eq!(url.target().query(), Some("X=%20&y"));
        let bare: LinkUrl = "http://minio:9000".parse().unwrap();
        assert_eq!((bare.host().as_str(), bare.target().path()), ("minio:9000", "/"));
    }

    #[test]
    fn rule_2_nothing_is_repaired() {
        use LinkUrlError::{Host, NotAbsolute, Target, TooLong};
        let long = format!("https://h/{}", "a".repeat(LONGEST));
        for (written, error) in [
            ("", NotAbsolute),
            ("/b/k?X-Amz-Signature=x", NotAbsolute),
            ("files.example.com/b/k", NotAbsolute),
            ("ftp://h/k", NotAbsolute),
            (" https://h/k", NotAbsolute),
            ("https:///k", Host),
            ("https://user@h/k", Host),
            ("https://h:x/k", Host),
            ("https://h\\k", Host),
            ("https://h?x", Target),
            ("https://h/k#x", Target),
            ("https://h/k x", Target),
            ("https://h/ü", Target),
            ("https://h/k\n", Target),
            (&long, TooLong),
        ] {
            assert_eq!(written.parse::<LinkUrl>().err(), Some(error), "{written}");
        }
    }
}
