//! The requests that a signature may have been made for: of each candidate the canonical form first, then with path and query
//! as they were received (rule 10), and of a presigned HEAD also the GET (rule 12).

use super::{Candidate, Form, Received};
use crate::s3::{DecodedPath, Query, encode_path_into, raw_parameters};
use crate::sigv4::canonical_query;
use http::Method;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::cell::OnceCell;

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
    received: Part<'a>,
    /// Most signatures fit before it is needed.
    raw: OnceCell<Cow<'a, str>>,
}

/// A part of the target as received.
#[derive(Clone, Copy)]
enum Part<'a> {
    Path(&'a str),
    Query(&'a str),
}

impl<'a> Spellings<'a> {
    /// Of a candidate's path; `None` for one that no object could have.
    pub(super) fn of_path(candidate: &Candidate<'a>, received: Received<'a>) -> Option<Self> {
        let raw = candidate.path.unwrap_or(received.path);
        let decoded = DecodedPath::decode(raw).ok()?;
        let mut canonical = String::with_capacity(raw.len() + 16);
        encode_path_into(decoded.as_str(), &mut canonical);
        Some(Self::of(canonical, Part::Path(raw)))
    }

    /// Of the query that version 4 signs: all parameters but the signature. Nothing else in it is unsigned.
    pub(super) fn of_query(query: &Query<'_>, received: Received<'a>) -> Self {
        let mut parameters: Vec<(&str, &str)> = Vec::with_capacity(12);
        parameters.extend(query.pairs().filter(|(name, _)| *name != SIGNATURE));
        parameters.sort_unstable_by(canonical_query::compare);
        let raw = received.query.unwrap_or_default();
        let mut canonical = String::with_capacity(raw.len() + 16);
        for parameter in parameters {
            canonical_query::push(&mut canonical, 0, parameter);
        }
        Self::of(canonical, Part::Query(raw))
    }

    fn of(canonical: String, received: Part<'a>) -> Self {
        Self {
            canonical,
            received,
            raw: OnceCell::new(),
        }
    }

    /// The canonical spelling first (rule 10), then the raw one where it is another.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        let raw = std::iter::once_with(|| self.raw());
        std::iter::once(&*self.canonical).chain(raw.filter(|raw| **raw != *self.canonical))
    }

    fn raw(&self) -> &str {
        self.raw.get_or_init(|| match self.received {
            Part::Path(path) => path.into(),
            Part::Query(query) => raw_query(query).into(),
        })
    }
}

/// Returns the received parameters but the signature, sorted and with a `=` each; nothing else is changed.
fn raw_query(received: &str) -> String {
    let is_signature = |name: &str| name.len() >= SIGNATURE.len() && percent_decode_str(name).eq(SIGNATURE.bytes());
    let mut parameters: Vec<(&str, &str)> = raw_parameters(received)
        .filter(|(name, _)| !name.is_empty() && !is_signature(name))
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
