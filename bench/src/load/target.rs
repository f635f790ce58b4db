//! Whom the load is for: the address that is connected to, and the name that is asked for.

use http::HeaderValue;
use http::uri::Authority;
use std::net::{SocketAddr, ToSocketAddrs};
use url::Url;

/// Why a target's address can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is no URL.
    #[error("`{url}` is no URL: {source}")]
    NotUrl {
        /// What was given.
        url: String,
        /// What is wrong.
        source: url::ParseError,
    },
    /// Neither http nor https, or no host.
    #[error("`{0}` is no http:// or https:// URL with a host")]
    NotHttp(String),
    /// The name is not known.
    #[error("{host} can't be looked up: {source}")]
    Lookup {
        /// The name.
        host: String,
        /// What the system says.
        source: std::io::Error,
    },
}

/// How a target is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In the clear; HTTP/2 with prior knowledge.
    Http,
    /// Over TLS with the platform's roots; HTTP/2 by ALPN.
    Https,
}

/// A server: where it is and how it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// How it is spoken to.
    pub scheme: Scheme,
    /// What is connected to.
    pub address: SocketAddr,
    /// What `Host` and `:authority` say, with the port when it is not the scheme's own.
    pub authority: Authority,
}

impl Target {
    /// Takes a server on this machine, in the clear, named by its address.
    #[must_use]
    pub fn local(address: SocketAddr) -> Self {
        let authority = Authority::try_from(address.to_string());
        Self {
            scheme: Scheme::Http,
            address,
            // An address is always an authority.
            authority: authority.unwrap_or_else(|_| Authority::from_static("localhost")),
        }
    }

    /// Takes `https://files.example.com` and looks the name up. A path is not looked at: see [`Target::of_url`].
    ///
    /// # Errors
    /// When it is no URL that can be asked, or its name is not known.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        let parsed = Url::parse(url).map_err(|source| TargetError::NotUrl {
            url: url.to_owned(),
            source,
        })?;
        Self::of_url(&parsed)
    }

    /// The same for a URL that was parsed before.
    ///
    /// # Errors
    /// When it can't be asked, or its name is not known.
    pub fn of_url(url: &Url) -> Result<Self, TargetError> {
        let not_http = || TargetError::NotHttp(url.to_string());
        let (scheme, default_port) = match url.scheme() {
            "http" => (Scheme::Http, 80),
            "https" => (Scheme::Https, 443),
            _ => return Err(not_http()),
        };
        let host = url.host_str().ok_or_else(not_http)?;
        let port = url.port().unwrap_or(default_port);
        let authority = match url.port() {
            None => host.to_owned(),
            Some(port) => format!("{host}:{port}"),
        };
        // An IPv6 address is looked up without its brackets.
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let lookup = |source| TargetError::Lookup {
            host: host.to_owned(),
            source,
        };
        let address = (name, port).to_socket_addrs().map_err(lookup)?.next();
        Ok(Self {
            scheme,
            address: address.ok_or_else(|| lookup(std::io::Error::other("it has no address")))?,
            authority: Authority::try_from(authority).map_err(|_| not_http())?,
        })
    }

    /// Returns the value of `Host`.
    #[must_use]
    pub fn host(&self) -> HeaderValue {
        // An authority holds no byte that a header may not have.
        HeaderValue::from_str(self.authority.as_str()).unwrap_or_else(|_| HeaderValue::from_static("localhost"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_become_an_address_and_a_name() {
        let target = Target::parse("http://127.0.0.1:8080/ignored").expect("a target");
        assert_eq!(target, Target::local("127.0.0.1:8080".parse().expect("an address")));
        let target = Target::parse("https://127.0.0.1").expect("a target");
        assert_eq!((target.scheme, target.address.port()), (Scheme::Https, 443));
        assert_eq!(target.host(), "127.0.0.1");
        let target = Target::parse("http://[::1]:81").expect("a target");
        assert_eq!(
            (target.address.to_string(), target.host().to_str().expect("text")),
            ("[::1]:81".into(), "[::1]:81")
        );
    }

    #[test]
    fn what_can_not_be_asked_is_refused_with_a_reason() {
        for (url, reason) in [
            ("files.example.com", "no URL"),
            ("ftp://x", "no http://"),
            ("http://", "no URL"),
        ] {
            let error = Target::parse(url).expect_err(url).to_string();
            assert!(error.contains(reason), "{url}: {error}");
        }
    }
}
