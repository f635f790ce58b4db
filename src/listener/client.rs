//! The client's address behind trusted proxies: walk from the right, stop at the first one that is not trusted.

use super::forwarded::hops;
use super::{ClientAddress, Host};
use crate::s3::Scheme;
use http::HeaderMap;
use ipnet::IpNet;
use std::net::IpAddr;

/// Who asks, and the host that they asked for when a trusted proxy says so.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) address: ClientAddress,
    pub(super) host: Option<Host>,
}

/// Finds the client. Nothing is believed unless the peer itself is trusted. A hop whose sender can't be read
/// (`unknown`, an obfuscated name, garbage) ends the walk, and the peer stands for the client.
pub(super) fn identify(peer: ClientAddress, headers: &HeaderMap, trusted: &[IpNet]) -> Client {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip));
    if !is_trusted(peer.ip) {
        return Client {
            address: peer,
            host: None,
        };
    }
    let mut client = Client {
        address: peer,
        host: None,
    };
    for hop in hops(headers) {
        let scheme = hop
            .scheme
            .as_deref()
            .and_then(parse_scheme)
            .unwrap_or(client.address.scheme);
        let host = hop
            .host
            .as_deref()
            .and_then(|host| Host::parse(host.as_bytes(), scheme));
        let ip = hop.sender.unwrap_or(peer.ip);
        client = Client {
            address: ClientAddress { ip, scheme },
            host: host.or(client.host),
        };
        if hop.sender.is_none_or(|sender| !is_trusted(sender)) {
            break;
        }
    }
    client
}

fn parse_scheme(written: &str) -> Option<Scheme> {
    if written.eq_ignore_ascii_case("https") {
        Some(Scheme::Https)
    } else {
        written.eq_ignore_ascii_case("http").then_some(Scheme::Http)
    }
}

#[cfg(test)]
mod tests;
