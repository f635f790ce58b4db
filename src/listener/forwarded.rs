//! Reading `Forwarded` (RFC 7239) and `X-Forwarded-*` as lists of hops, from the nearest one outwards.
//!
//! Only the part that is walked is parsed: what stands left of the first untrusted hop was written by strangers and
//! must not be able to spoil what the trusted proxies wrote after it.

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName};
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// What one proxy says about the request as it came in there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hop<'a> {
    /// Who sent it; `None` when that can't be read as an address.
    pub(super) sender: Option<IpAddr>,
    /// The host that the sender asked for.
    pub(super) host: Option<Cow<'a, str>>,
    /// The scheme that the sender used.
    pub(super) scheme: Option<Cow<'a, str>>,
}

/// The hops, nearest first. `Forwarded` wins when both are there. A field that does not parse ends the list with a
/// hop without a sender.
pub(super) fn hops(headers: &HeaderMap) -> Vec<Hop<'_>> {
    if headers.contains_key(FORWARDED) {
        let mut hops = Vec::new();
        for line in headers.get_all(FORWARDED).iter().rev() {
            let Some(elements) = line.to_str().ok().and_then(parse_forwarded) else {
                hops.push(Hop::default());
                break;
            };
            hops.extend(elements.into_iter().rev());
        }
        return hops;
    }
    let senders = list(headers, &X_FORWARDED_FOR);
    let mut hosts = PerHop::new(list(headers, &X_FORWARDED_HOST), senders.len());
    let mut schemes = PerHop::new(list(headers, &X_FORWARDED_PROTO), senders.len());
    let mut hop = |sender| Hop {
        sender,
        host: hosts.next(),
        scheme: schemes.next(),
    };
    // A proxy may pass on the host and the scheme and nothing about the sender: that is one hop, sent by the peer.
    if senders.is_empty() {
        vec![hop(None)]
    } else {
        senders.into_iter().map(|sender| hop(node(sender))).collect()
    }
}

/// The values of a comma-separated field, last one first.
fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let lines = headers.get_all(name).iter().rev();
    // A line that is not text gives one value that is no address, no host and no scheme.
    lines
        .flat_map(|line| line.to_str().unwrap_or("?").rsplit(','))
        .map(str::trim)
        .collect()
}

/// `X-Forwarded-Host` and `-Proto` come as one value set by the outermost proxy, or as one value a hop.
struct PerHop<'a> {
    values: Vec<&'a str>,
    at: usize,
    each: bool,
}

impl<'a> PerHop<'a> {
    fn new(values: Vec<&'a str>, hops: usize) -> Self {
        Self {
            each: values.len() == hops,
            values,
            at: 0,
        }
    }

    fn next(&mut self) -> Option<Cow<'a, str>> {
        let value = self.values.get(self.at).copied().map(Cow::Borrowed);
        if self.each {
            self.at = self.at.saturating_add(1);
        }
        value
    }
}

/// `1.2.3.4`, `1.2.3.4:5678`, `[::1]`, `[::1]:5678`, and `::1`, which RFC 7239 forbids and everyone sends.
fn node(written: &str) -> Option<IpAddr> {
    let bracketed = || {
        written
            .strip_prefix('[')?
            .strip_suffix(']')?
            .parse()
            .ok()
            .map(IpAddr::V6)
    };
    let address = written.parse().ok().or_else(bracketed);
    let address = address.or_else(|| written.parse().ok().map(|address: SocketAddr| address.ip()));
    address.map(|address| address.to_canonical())
}

/// One `Forwarded` line: elements left to right. `None` when it breaks the grammar or says something twice.
fn parse_forwarded(line: &str) -> Option<Vec<Hop<'_>>> {
    let mut rest = line;
    let mut elements = vec![Hop::default()];
    let mut seen: [bool; 3] = [false; 3];
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if let Some(after) = rest.strip_prefix(';') {
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix(',') {
            rest = after;
            elements.push(Hop::default());
            seen = [false; 3];
            continue;
        }
        if rest.is_empty() {
            return Some(elements);
        }
        let (name, after) = rest.split_once('=')?;
        if name.is_empty() || !name.bytes().all(is_token_byte) {
            return None;
        }
        let (value, after) = value(after)?;
        if !(after.is_empty() || after.starts_with([' ', '\t', ';', ','])) {
            return None;
        }
        rest = after;
        let hop = elements.last_mut()?;
        let index = match name.to_ascii_lowercase().as_str() {
            "for" => {
                hop.sender = node(&value);
                0
            }
            "host" => {
                hop.host = Some(value);
                1
            }
            "proto" => {
                hop.scheme = Some(value);
                2
            }
            _ => continue,
        };
        if std::mem::replace(seen.get_mut(index)?, true) {
            return None;
        }
    }
}

/// A token or a quoted string at the start of `rest`, and what comes after it. Bare `:`, `[` and `]` are taken in a
/// token although they should be quoted: real proxies send `for=10.0.0.1:5678`.
fn value(rest: &str) -> Option<(Cow<'_, str>, &str)> {
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest
            .bytes()
            .position(|b| !(is_token_byte(b) || matches!(b, b':' | b'[' | b']')))
            .unwrap_or(rest.len());
        let (token, after) = rest.split_at_checked(end)?;
        return (!token.is_empty()).then(|| (token.into(), after));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value.into(), quoted.get(at.checked_add(1)?..)?)),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

/// RFC 9110 §5.6.2.
const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}
