//! Preconditions judged by the gateway, for origins that ignore them. RFC 9110 §13.2.2.
//!
//! Some S3 servers never answer 304 or 412. The head of their 200 has what it takes to decide; where the origin has
//! decided already, judging its 200 again changes nothing.

use super::conditions::Conditions;
use super::entity_tag::{EntityTag, EntityTags};
use super::head::OriginHead;

/// What the preconditions say of a representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They hold, or there are none.
    Proceed,
    /// The client has it already: 304.
    NotModified,
    /// It is not the one that the client meant: 412.
    Failed,
}

/// Judges `conditions` on the head of the representation that the origin would send, in the order of §13.2.2.
pub(super) fn judge(conditions: &Conditions, head: &OriginHead) -> Verdict {
    let tag = head.entity_tag();
    let modified = head.modified_at();
    match &conditions.if_match {
        Some(EntityTags::List(tags)) if !any(tags, tag, EntityTag::strongly_matches) => return Verdict::Failed,
        _ => {}
    }
    if let (Some(since), Some(modified)) = (conditions.if_unmodified_since, modified)
        && modified > since
    {
        return Verdict::Failed;
    }
    match &conditions.if_none_match {
        Some(EntityTags::Any) => return Verdict::NotModified,
        Some(EntityTags::List(tags)) if any(tags, tag, EntityTag::weakly_matches) => return Verdict::NotModified,
        _ => {}
    }
    if let (Some(since), Some(modified)) = (conditions.if_modified_since, modified)
        && modified <= since
    {
        return Verdict::NotModified;
    }
    Verdict::Proceed
}

/// Whether a partial answer belongs to the object whose tag `If-Range` named; true without `If-Range`.
pub(super) fn guard_holds(conditions: &Conditions, head: &OriginHead) -> bool {
    match (&conditions.range_guard, head.entity_tag()) {
        (None, _) => true,
        (Some(guard), Some(tag)) => guard.strongly_matches(tag),
        (Some(_), None) => false,
    }
}

fn any(tags: &[EntityTag], current: Option<&EntityTag>, matches: fn(&EntityTag, &EntityTag) -> bool) -> bool {
    current.is_some_and(|current| tags.iter().any(|tag| matches(tag, current)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::Operation;
    use http::{HeaderMap, HeaderName, HeaderValue};

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    fn verdict(fields: &[(&'static str, &'static str)]) -> Verdict {
        let head = OriginHead::from_headers(&headers(&[
            ("etag", "\"now\""),
            ("last-modified", "Sun, 01 Nov 2026 12:00:00 GMT"),
        ]));
        let conditions = Conditions::from_headers(&headers(fields), Operation::GetObject);
        judge(&conditions, &head)
    }

    const BEFORE: &str = "Sun, 01 Nov 2026 11:59:59 GMT";
    const SAME: &str = "Sun, 01 Nov 2026 12:00:00 GMT";

    #[test]
    fn judges_in_the_order_of_the_rfc() {
        use Verdict::{Failed, NotModified, Proceed};
        for (fields, expected) in [
            (&[][..], Proceed),
            (&[("if-match", "\"now\"")], Proceed),
            (&[("if-match", "\"old\"")], Failed),
            (&[("if-match", "\"old\", \"now\"")], Proceed),
            (&[("if-match", "W/\"now\"")], Failed),
            (&[("if-match", "now")], Failed),
            (&[("if-match", "*")], Proceed),
            (&[("if-none-match", "\"now\"")], NotModified),
            (&[("if-none-match", "W/\"now\"")], NotModified),
            (&[("if-none-match", "\"old\"")], Proceed),
            (&[("if-none-match", "*")], NotModified),
            (&[("if-modified-since", SAME)], NotModified),
            (&[("if-modified-since", BEFORE)], Proceed),
            (&[("if-modified-since", "yesterday")], Proceed),
            (&[("if-unmodified-since", SAME)], Proceed),
            (&[("if-unmodified-since", BEFORE)], Failed),
            // A matching If-Match makes the dates of the same kind unheard.
            (&[("if-match", "\"now\""), ("if-unmodified-since", BEFORE)], Proceed),
            (&[("if-none-match", "\"old\""), ("if-modified-since", SAME)], Proceed),
            (&[("if-match", "\"old\""), ("if-none-match", "\"now\"")], Failed),
            (&[("if-match", "\"now\""), ("if-none-match", "\"now\"")], NotModified),
        ] {
            assert_eq!(verdict(fields), expected, "{fields:?}");
        }
    }

    #[test]
    fn without_validators_only_tags_can_fail() {
        let bare = OriginHead::default();
        let of = |name, value| Conditions::from_headers(&headers(&[(name, value)]), Operation::HeadObject);
        assert_eq!(judge(&of("if-match", "\"a\""), &bare), Verdict::Failed);
        assert_eq!(judge(&of("if-none-match", "\"a\""), &bare), Verdict::Proceed);
        assert_eq!(judge(&of("if-modified-since", SAME), &bare), Verdict::Proceed);
    }

    #[test]
    fn a_guard_needs_the_same_strong_tag() {
        let conditions = Conditions {
            range_guard: EntityTag::parse(&HeaderValue::from_static("\"now\"")),
            ..Conditions::default()
        };
        for (tag, holds) in [("\"now\"", true), ("\"old\"", false), ("W/\"now\"", false)] {
            assert_eq!(
                guard_holds(&conditions, &OriginHead::from_headers(&headers(&[("etag", tag)]))),
                holds
            );
        }
        assert!(!guard_holds(&conditions, &OriginHead::default()));
    }
}
