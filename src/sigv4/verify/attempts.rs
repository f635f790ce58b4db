//! The requests that a signature may have been made for: of each candidate the canonical form first, then with path and query
//! as they were received (rule 10), and of a presigned HEAD also the GET (rule 12).

use super::{Candidate, Form, Received};
use crate::s3::{DecodedPath, Query, encode_path_into, is_canonical_path, raw_parameters};
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
    canonical: Cow<'a, str>,
    received: Part<'a>,
    /// Most signatures fit before it is needed.
    raw_query: OnceCell<String>,
}

/// A part of the target as received.
#[derive(Clone, Copy)]
enum Part<'a> {
    /// In canonical form: there is no other spelling.
    Canonical,
    Path(&'a str),
    Query(&'a str),
}

impl<'a> Spellings<'a> {
    /// Of a candidate's path; `None` for one that no object could have. `decoded` is the received one.
    pub(super) fn of_path(
        candidate: &Candidate<'a>,
        received: Received<'a>,
        decoded: &DecodedPath<'_>,
    ) -> Option<Self> {
        let raw = path_of(candidate, received);
        let other;
        let decoded = if candidate.path.is_none() {
            decoded
        } else {
            other = DecodedPath::decode(raw).ok()?;
            &other
        };
        if is_canonical_path(raw) {
            return Some(Self::as_received(raw));
        }
        let mut canonical = String::with_capacity(raw.len() + 16);
        encode_path_into(decoded.as_str(), &mut canonical);
        Some(Self::of(canonical, Part::Path(raw)))
    }

    /// Of the query that version 4 signs: all parameters but the signature. Nothing else in it is unsigned.
    pub(super) fn of_query(query: &Query<'a>, received: Received<'a>) -> Self {
        if let Some(canonical) = canonical_as_received(query) {
            return Self::as_received(canonical);
        }
        let raw = received.query.unwrap_or_default();
        Self::of(canonical_query(query, raw.len()), Part::Query(raw))
    }

    fn as_received(canonical: &'a str) -> Self {
        Self {
            canonical: canonical.into(),
            received: Part::Canonical,
            raw_query: OnceCell::new(),
        }
    }

    fn of(canonical: String, received: Part<'a>) -> Self {
        Self {
            canonical: canonical.into(),
            received,
            raw_query: OnceCell::new(),
        }
    }

    /// The canonical spelling first (rule 10), then the raw one where it is another.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        let raw = std::iter::once_with(|| self.raw()).flatten();
        std::iter::once(&*self.canonical).chain(raw.filter(|raw| **raw != *self.canonical))
    }

    fn raw(&self) -> Option<&str> {
        match self.received {
            Part::Canonical => None,
            Part::Path(path) => Some(path),
            Part::Query(query) => Some(self.raw_query.get_or_init(|| raw_query(query))),
        }
    }
}

/// The raw path that a candidate's signer saw.
pub(super) fn path_of<'a>(candidate: &Candidate<'a>, received: Received<'a>) -> &'a str {
    candidate.path.unwrap_or(received.path)
}

/// Returns what is signed of a received query as it stands there, where it is in canonical form: sorted, spelled by AWS's
/// rule, with the signature behind all others. Nearly every signer writes it so, and then nothing is made anew.
fn canonical_as_received<'a>(query: &Query<'a>) -> Option<&'a str> {
    let (signed, last) = query.canonical_front()?;
    last.strip_prefix(SIGNATURE)?.strip_prefix('=')?;
    Some(signed)
}

/// Returns the parameters but the signature in canonical form, whatever form they came in; `length` is that of the raw query.
fn canonical_query(query: &Query<'_>, length: usize) -> String {
    let mut parameters: Vec<(&str, &str)> = Vec::with_capacity(12);
    parameters.extend(query.pairs().filter(|(name, _)| *name != SIGNATURE));
    parameters.sort_unstable_by(canonical_query::compare);
    let mut canonical = String::with_capacity(length + 16);
    for parameter in parameters {
        canonical_query::push(&mut canonical, 0, parameter);
    }
    canonical
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn a_query_that_is_signed_as_received_is_the_one_that_would_be_made_of_it(
            parameters in prop::collection::vec("[abAé~+ =]{1,2}|%(2[0F]|2f|3D|41|7E|C3%A9)|[ab](=|=.|=%2[Ff]|=[a ~=+]{0,3}|)", 0..5),
            sorted in any::<bool>(),
            last in prop::sample::select(vec!["X-Amz-Signature=0", "X-Amz-Signature=0=", "X-Amz-Signature", "X-Amz-Signatur%65=0", "b=1"]),
        ) {
            let mut parameters = parameters;
            if sorted {
                parameters.sort();
            }
            parameters.push(last.to_owned());
            let raw = parameters.join("&");
            let Ok(query) = Query::parse(Some(&raw)) else { return Ok(()) };
            let plain = canonical_query(&query, raw.len());
            if let Some(fast) = canonical_as_received(&query) {
                prop_assert_eq!(fast, &plain);
            }
            // And where it is canonical to the last byte, nothing is made anew.
            if !plain.is_empty() && raw == format!("{plain}&X-Amz-Signature=0") {
                prop_assert_eq!(canonical_as_received(&query), Some(&*plain));
            }
        }
    }
}
