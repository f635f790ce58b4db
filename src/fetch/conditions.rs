//! What a client may ask of the origin beside the object: one range and the preconditions. RFC 9110 §13, §14; rule 16.
//!
//! The request to the origin is built from this allow-list, never from the client's headers. What the RFC tells a
//! server to ignore is ignored here, so that the origin sees only what has a meaning.
//!
//! S3 does not document `If-Range`, and servers that speak its protocol ignore it: a ranged read of an object that has changed would mix
//! two objects. So `Range` + `If-Range: "tag"` is sent as `Range` + `If-Match: "tag"`, and a mismatch is answered by one
//! plain read.

use super::entity_tag::{EntityTag, EntityTags};
use crate::s3::{ByteRange, Operation};
use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::time::SystemTime;

/// The range and the preconditions of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    pub(super) range: Option<ByteRange>,
    /// `If-Range`: the range counts only for the object with this tag.
    pub(super) range_guard: Option<EntityTag>,
    pub(super) if_match: Option<EntityTags>,
    pub(super) if_none_match: Option<EntityTags>,
    pub(super) if_modified_since: Option<SystemTime>,
    pub(super) if_unmodified_since: Option<SystemTime>,
    /// One part is asked for by its number: the answer may be 206 without a range.
    pub(super) by_part: bool,
}

impl Conditions {
    /// Takes the client's header fields. Never fails: what is malformed is ignored as RFC 9110 says, but for a
    /// malformed `If-Match`, which matches nothing.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap, operation: Operation) -> Self {
        let mut conditions = Self::default();
        // Most requests have none, and one look at the names costs less than a look-up for each.
        if !headers.keys().any(is_condition) {
            return conditions;
        }
        if headers.contains_key(IF_MATCH) {
            conditions.if_match = Some(tags(headers, IF_MATCH).unwrap_or(EntityTags::List(Vec::new())));
        } else {
            // §13.1.4: ignored beside If-Match.
            conditions.if_unmodified_since = date(headers, IF_UNMODIFIED_SINCE);
        }
        conditions.if_none_match = tags(headers, IF_NONE_MATCH);
        if conditions.if_none_match.is_none() {
            // §13.1.3: ignored beside If-None-Match.
            conditions.if_modified_since = date(headers, IF_MODIFIED_SINCE);
        }
        // §14.2: Range is defined for GET alone.
        if operation == Operation::GetObject {
            conditions.take_range(headers);
        }
        conditions
    }

    fn take_range(&mut self, headers: &HeaderMap) {
        let range = single(headers, RANGE)
            .and_then(|value| value.to_str().ok())
            .and_then(ByteRange::parse);
        if !headers.contains_key(IF_RANGE) {
            self.range = range;
            return;
        }
        // Without a strong tag there is no proof that the parts fit: the whole object is the answer (§13.1.5). The
        // same beside a client's own If-Match, whose place at the origin the guard would need.
        let guard = single(headers, IF_RANGE).and_then(EntityTag::parse);
        if let (Some(guard), None) = (guard.filter(EntityTag::is_strong), &self.if_match) {
            self.range_guard = range.is_some().then_some(guard);
            self.range = range;
        }
    }

    /// The same request for the whole object.
    #[must_use]
    pub fn without_range(&self) -> Self {
        Self {
            range: None,
            range_guard: None,
            ..self.clone()
        }
    }

    /// The same request for one part by its number (`partNumber`), which S3 takes no range beside.
    #[must_use]
    pub fn of_part(&self) -> Self {
        Self {
            by_part: true,
            ..self.without_range()
        }
    }

    /// What of it counts for another object that stands in for the missing one. Tags tell the two apart; a date or a
    /// range that was meant for the one says nothing of the other, whose older date would pass for "not modified".
    #[must_use]
    pub fn for_stand_in(&self) -> Self {
        Self {
            if_modified_since: None,
            if_unmodified_since: None,
            ..self.without_range()
        }
    }

    /// Whether the answer may be 304 or 412.
    #[must_use]
    pub fn has_preconditions(&self) -> bool {
        self.if_match.is_some()
            || self.if_none_match.is_some()
            || self.if_modified_since.is_some()
            || self.if_unmodified_since.is_some()
    }

    /// The header fields that the origin gets, to be signed and sent.
    #[must_use]
    pub fn to_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut put = |name: HeaderName, value: Option<HeaderValue>| {
            if let Some(value) = value {
                headers.insert(name, value);
            }
        };
        put(RANGE, self.range.and_then(range_value));
        put(IF_MATCH, self.if_match_value());
        put(IF_NONE_MATCH, self.if_none_match_value());
        put(IF_MODIFIED_SINCE, self.if_modified_since.and_then(date_value));
        put(IF_UNMODIFIED_SINCE, self.if_unmodified_since.and_then(date_value));
        headers
    }

    // S3 compares one tag, some servers the whole field value: only what cannot be misread is sent, the rest is judged
    // on the answer.
    fn if_match_value(&self) -> Option<HeaderValue> {
        if let Some(guard) = &self.range_guard {
            return Some(guard.as_value().clone());
        }
        match &self.if_match {
            Some(EntityTags::List(tags)) => match tags.as_slice() {
                [tag] if tag.is_strong() => Some(tag.as_value().clone()),
                _ => None,
            },
            _ => None,
        }
    }

    // The comparison is weak (§13.1.2), so the strong spelling means the same and every origin understands it.
    fn if_none_match_value(&self) -> Option<HeaderValue> {
        match &self.if_none_match {
            Some(EntityTags::List(tags)) => match tags.as_slice() {
                [tag] if tag.is_strong() => Some(tag.as_value().clone()),
                [tag] => HeaderValue::from_bytes(tag.quoted()).ok(),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether a field of this name may be a condition: `Range`, or one that begins with `If-`.
fn is_condition(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("if-") || name == "range"
}

fn single(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next()?;
    lines.next().is_none().then_some(first)
}

fn tags(headers: &HeaderMap, name: HeaderName) -> Option<EntityTags> {
    headers
        .contains_key(&name)
        .then(|| EntityTags::parse(headers.get_all(name).iter().map(HeaderValue::as_bytes)))
        .flatten()
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(single(headers, name)?.to_str().ok()?).ok()
}

fn date_value(date: SystemTime) -> Option<HeaderValue> {
    HeaderValue::try_from(httpdate::fmt_http_date(date)).ok()
}

fn range_value(range: ByteRange) -> Option<HeaderValue> {
    HeaderValue::try_from(range.to_string()).ok()
}

#[cfg(test)]
#[path = "conditions_tests.rs"]
mod tests;
