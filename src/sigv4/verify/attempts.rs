//! The requests that a signature may have been made for: of each candidate the canonical form first, then with path and query
//! as they were received (rule 10), and of a presigned HEAD also the GET (rule 12).

use super::{Candidate, Form, Received};
use crate::s3::{DecodedPath, Query, encode_path_into, encoded_query_len};
use crate::sigv4::canonical_query;
use http::Method;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The one parameter that version 4 does not sign.
const SIGNATURE: &str = "X-Amz-Signature";

/// The methods that a signature may have been made for: a presigned GET allows HEAD too; nothing else crosses methods.
pub(super) fn methods(received: &Method, form: Form) -> &[Method] {
    const READS: [Method; 2] = [Method::HEAD, Method::GET];
    match (received, form) {
        (&Method::HEAD, Form::Query) => &READS,
        _ => std::slice::from_ref(received),
    }
}

/// One part of a target as it may have been written down for signing: decoded and encoded by AWS's rule, and as it was received
/// where that differs (some clients send and sign `!'()*` as they are). Both mean the same.
pub(super) struct Spellings<'a> {
    canonical: String,
    raw: Option<Cow<'a, str>>,
}

impl<'a> Spellings<'a> {
    /// Of a candidate's path; `None` for one that no object could have.
    pub(super) fn of_path(candidate: &Candidate<'a>, received: Received<'a>) -> Option<Self> {
        let raw = candidate.path.unwrap_or(received.path);
        let decoded = DecodedPath::decode(raw).ok()?;
        let mut canonical = String::with_capacity(raw.len() + 16);
        encode_path_into(decoded.as_str(), &mut canonical);
        Some(Self::of(canonical, raw.into()))
    }

    /// Of the query that version 4 signs: all parameters but the signature. Nothing else in it is unsigned.
    pub(super) fn of_query(query: &Query<'_>, received: Received<'a>) -> Self {
        let mut parameters: Vec<(&str, &str)> = Vec::with_capacity(12);
        parameters.extend(query.pairs().filter(|(name, _)| *name != SIGNATURE));
        parameters.sort_unstable_by(canonical_query::compare);
        let length = parameters
            .iter()
            .map(|(name, value)| encoded_query_len(name) + encoded_query_len(value) + 2);
        let mut canonical = String::with_capacity(length.sum());
        for parameter in parameters {
            canonical_query::push(&mut canonical, 0, parameter);
        }
        Self::of(canonical, raw_query(received.query).into())
    }

    fn of(canonical: String, raw: Cow<'a, str>) -> Self {
        let raw = Some(raw).filter(|raw| **raw != canonical);
        Self { canonical, raw }
    }

    /// The canonical spelling first (rule 10).
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.canonical).chain(self.raw.as_deref())
    }
}

/// Returns the received parameters but the signature, sorted and with a `=` each; nothing else is changed.
fn raw_query(received: Option<&str>) -> String {
    let received = received.unwrap_or_default();
    let mut parameters: Vec<(&str, &str)> = received
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
        .filter(|(name, _)| percent_decode_str(name).ne(SIGNATURE.bytes()))
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
