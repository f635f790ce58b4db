//! The requests that a signature may have been made for: of each candidate the canonical form first, then the path and
//! query as they were received (rule 10), and of a presigned HEAD also the GET (rule 12).

use super::{Candidate, Form, Received};
use crate::s3::{DecodedPath, encode_path_into};
use http::Method;
use std::borrow::Cow;

/// The methods that a signature may have been made for: a presigned GET allows HEAD too; nothing else crosses methods.
pub(super) fn methods(received: &Method, form: Form) -> &[Method] {
    const READS: [Method; 2] = [Method::HEAD, Method::GET];
    match (received, form) {
        (&Method::HEAD, Form::Query) => &READS,
        _ => std::slice::from_ref(received),
    }
}

/// How a target is written down for signing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// Decoded, and encoded by AWS's rule.
    Canonical,
    /// As received: some clients send and sign `!'()*` as they are.
    Raw,
}

impl Spelling {
    pub(super) const ALL: [Self; 2] = [Self::Canonical, Self::Raw];

    /// Returns the path of a candidate; `None` for one that no object could have.
    pub(super) fn path<'a>(self, candidate: &Candidate<'a>, received: Received<'a>) -> Option<Cow<'a, str>> {
        let raw = candidate.path.unwrap_or(received.path);
        let decoded = DecodedPath::decode(raw).ok()?;
        if self == Self::Raw {
            return Some(raw.into());
        }
        let mut path = String::with_capacity(raw.len() + 16);
        encode_path_into(decoded.as_str(), &mut path);
        Some(path.into())
    }
}

/// Returns the received parameters sorted and with a `=` each, but for those whose decoded name is `without`; nothing else is
/// changed.
pub(super) fn raw_query(received: Option<&str>, without: &str) -> String {
    let received = received.unwrap_or_default();
    let mut parameters: Vec<(&str, &str)> = received
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
        .filter(|(name, _)| percent_encoding::percent_decode_str(name).ne(without.bytes()))
        .collect();
    parameters.sort_unstable();
    let mut query = String::with_capacity(received.len() + 1);
    for (name, value) in parameters {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        query.push_str(value);
    }
    query
}
