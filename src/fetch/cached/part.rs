//! What a request gets of an object that is at hand: all of it, a part, or word that it needs none. RFC 9110 §13.2.2, §14.

use crate::fetch::conditions::Conditions;
use crate::fetch::content_range::ContentRange;
use crate::fetch::head::OriginHead;
use crate::fetch::outcome::OriginStatus;
use crate::fetch::precondition::{self, Verdict};
use crate::s3::{ByteRange, Operation};
use std::sync::Arc;

/// What is answered, and which bytes of the object with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) status: OriginStatus,
    pub(super) head: Arc<OriginHead>,
    /// From where up to where, the end not included; empty where the answer has no body.
    pub(super) bytes: (u64, u64),
}

/// Judges `conditions` on the object of `length` bytes behind `head`.
pub(super) fn of(conditions: &Conditions, operation: Operation, head: &Arc<OriginHead>, length: u64) -> Part {
    let settled = |status| Part {
        status,
        head: Arc::clone(head),
        bytes: (0, 0),
    };
    match precondition::judge(conditions, head) {
        Verdict::NotModified => return settled(OriginStatus::NotModified),
        Verdict::Failed => return settled(OriginStatus::PreconditionFailed),
        Verdict::Proceed => {}
    }
    if operation != Operation::GetObject {
        return settled(OriginStatus::Ok);
    }
    let range = conditions.range.filter(|_| precondition::guard_holds(conditions, head));
    let Some(range) = range else {
        return Part {
            bytes: (0, length),
            ..settled(OriginStatus::Ok)
        };
    };
    match resolve(range, length) {
        Some((first, end)) => Part {
            status: OriginStatus::Partial,
            head: Arc::new(head.of_part(ContentRange::Satisfied {
                first,
                last: end.saturating_sub(1),
                complete: Some(length),
            })),
            bytes: (first, end),
        },
        None => Part {
            head: Arc::new(OriginHead::default().of_part(ContentRange::Unsatisfied { complete: length })),
            ..settled(OriginStatus::RangeNotSatisfiable)
        },
    }
}

/// From where up to where, the end not included; `None` when the object has no byte of it.
fn resolve(range: ByteRange, length: u64) -> Option<(u64, u64)> {
    let (first, end) = match range {
        ByteRange::Closed(first, last) => (first, last.saturating_add(1).min(length)),
        ByteRange::From(first) => (first, length),
        ByteRange::Suffix(suffix) => (length.saturating_sub(suffix), length),
    };
    (first < end).then_some((first, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName, HeaderValue};

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let fields = fields.iter();
        fields
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    fn part(operation: Operation, fields: &[(&'static str, &'static str)], length: u64) -> Part {
        let head = Arc::new(OriginHead::from_headers(&map(&[
            ("etag", "\"a\""),
            ("content-type", "image/png"),
        ])));
        of(
            &Conditions::from_headers(&map(fields), operation),
            operation,
            &head,
            length,
        )
    }

    #[test]
    fn ranges_are_cut_from_what_is_at_hand() {
        use OriginStatus::{NotModified, Ok, Partial, PreconditionFailed, RangeNotSatisfiable};
        let get = |fields: &[_], length| {
            let part = part(Operation::GetObject, fields, length);
            (part.status, part.bytes)
        };
        for (range, length, expected) in [
            ("bytes=0-0", 10, (Partial, (0, 1))),
            ("bytes=2-5", 10, (Partial, (2, 6))),
            ("bytes=2-500", 10, (Partial, (2, 10))),
            ("bytes=2-18446744073709551615", 10, (Partial, (2, 10))),
            ("bytes=9-", 10, (Partial, (9, 10))),
            ("bytes=-3", 10, (Partial, (7, 10))),
            ("bytes=-30", 10, (Partial, (0, 10))),
            ("bytes=10-", 10, (RangeNotSatisfiable, (0, 0))),
            ("bytes=10-11", 10, (RangeNotSatisfiable, (0, 0))),
            ("bytes=-0", 10, (RangeNotSatisfiable, (0, 0))),
            ("bytes=0-", 0, (RangeNotSatisfiable, (0, 0))),
            ("bytes=-1", 0, (RangeNotSatisfiable, (0, 0))),
            ("bytes=0-1,3-4", 10, (Ok, (0, 10))),
        ] {
            assert_eq!(get(&[("range", range)], length), expected, "{range} of {length}");
        }
        assert_eq!(
            get(&[("range", "bytes=2-5"), ("if-range", "\"a\"")], 10),
            (Partial, (2, 6))
        );
        assert_eq!(get(&[("range", "bytes=2-5"), ("if-range", "\"b\"")], 10), (Ok, (0, 10)));
        assert_eq!(
            get(&[("range", "bytes=2-5"), ("if-none-match", "\"a\"")], 10),
            (NotModified, (0, 0))
        );
        assert_eq!(get(&[("if-match", "\"b\"")], 10), (PreconditionFailed, (0, 0)));
    }

    #[test]
    fn a_part_says_which_it_is_and_a_head_has_no_bytes() {
        let some = part(Operation::GetObject, &[("range", "bytes=2-5")], 10);
        let range = some.head.content_range.and_then(ContentRange::to_value).unwrap();
        assert_eq!(
            (some.head.content_length, range.to_str().unwrap()),
            (Some(4), "bytes 2-5/10")
        );
        assert_eq!(some.head.content_type.as_ref().unwrap(), "image/png");
        let none = part(Operation::GetObject, &[("range", "bytes=10-")], 10);
        assert_eq!(
            none.head.content_range,
            Some(ContentRange::Unsatisfied { complete: 10 })
        );
        let head = part(Operation::HeadObject, &[("range", "bytes=2-5")], 10);
        assert_eq!((head.status, head.bytes), (OriginStatus::Ok, (0, 0)));
    }
}
