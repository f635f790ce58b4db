//! A body that breaks off is asked for from there on, once, before the reader is cut off. RFC 9110 §13.1.1, §14; rule 19.
//! Where that request fails, it is repeated as any other.
//!
//! Only where there is proof that both halves are of the same object: a strong entity tag, which the origin is held to by
//! `If-Match` and which its answer must show, the very range that is missing, and the same whole length.

use super::attempt::Received;
use super::body::ResponseBody;
use super::conditions::Conditions;
use super::content_range::ContentRange;
use super::entity_tag::EntityTag;
use super::head::OriginHead;
use super::origin::OriginClient;
use super::outcome::OriginStatus;
use super::precondition;
use super::pursuit::Pursuit;
use super::state::OriginState;
use crate::credentials::Credentials;
use crate::resolve::Target;
use crate::s3::ByteRange;
use crate::telemetry::ResumeResult;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// The rest of a body on its way; `None` when there will be none.
pub(super) type Rest = Pin<Box<dyn Future<Output = Option<ResponseBody>> + Send>>;

/// Who asks for what.
pub(super) struct Errand {
    pub(super) client: OriginClient,
    pub(super) state: Arc<OriginState>,
    pub(super) credentials: Credentials,
    pub(super) target: Target,
}

/// How to ask for the rest of one body.
pub(super) struct Resumption {
    errand: Errand,
    tag: EntityTag,
    part: Part,
}

/// Which bytes of the object a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    first: u64,
    last: u64,
    complete: Option<u64>,
}

impl Part {
    /// Which bytes the answer with this head brings; `None` where that is not certain, or nothing.
    fn of(status: OriginStatus, head: &OriginHead) -> Option<Self> {
        match (status, head.content_range) {
            (OriginStatus::Ok, _) => Some(Self {
                first: 0,
                last: head.content_length?.checked_sub(1)?,
                complete: head.content_length,
            }),
            (OriginStatus::Partial, Some(ContentRange::Satisfied { first, last, complete })) => {
                Some(Self { first, last, complete })
            }
            _ => None,
        }
    }

    /// What is missing once so many bytes have come.
    fn after(self, received: u64) -> Option<Self> {
        let first = self.first.checked_add(received)?;
        (first <= self.last).then_some(Self { first, ..self })
    }

    fn range(self) -> ByteRange {
        match self.complete {
            Some(complete) if self.last.checked_add(1) == Some(complete) => ByteRange::From(self.first),
            _ => ByteRange::Closed(self.first, self.last),
        }
    }

    /// Whether `said` is the same bytes of an object that is as long.
    fn is(self, said: Option<ContentRange>) -> bool {
        let Some(ContentRange::Satisfied { first, last, complete }) = said else {
            return false;
        };
        let as_long = match (self.complete, complete) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        };
        (first, last) == (self.first, self.last) && as_long
    }
}

impl Resumption {
    /// Prepares for the body behind `head`; `None` where the halves could not be proven to be of one object.
    pub(super) fn of(status: OriginStatus, head: &OriginHead, errand: impl FnOnce() -> Errand) -> Option<Box<Self>> {
        let tag = head.entity_tag().filter(|tag| tag.is_strong())?;
        let part = Part::of(status, head)?;
        Some(Box::new(Self {
            errand: errand(),
            tag: tag.detached(),
            part,
        }))
    }

    /// Begins to ask for what is missing after `received` bytes; `None` when there is no leave to.
    pub(super) fn begin(self, received: u64) -> Option<Rest> {
        let missing = self.part.after(received)?;
        self.errand
            .state
            .may_repeat()
            .then(|| -> Rest { Box::pin(self.ask(missing)) })
    }

    async fn ask(self, missing: Part) -> Option<ResponseBody> {
        let Self { errand, tag, .. } = self;
        let conditions = Conditions {
            range: Some(missing.range()),
            range_guard: Some(tag),
            ..Conditions::default()
        };
        let (result, body) = match errand.ask(&conditions).await {
            None => (ResumeResult::Failed, None),
            Some(received) => judge(received, &conditions, missing),
        };
        errand.state.resumed(result);
        body
    }
}

impl Errand {
    /// Asks as for any object: what may be repeated of such a request may be repeated of this one.
    async fn ask(&self, conditions: &Conditions) -> Option<Received> {
        let mut pursuit = Pursuit::new(&self.client, &self.state, &self.credentials, &self.target);
        pursuit.ask(conditions).await.ok()
    }
}

fn judge(received: Received, asked: &Conditions, missing: Part) -> (ResumeResult, Option<ResponseBody>) {
    match received.status {
        OriginStatus::Partial if !precondition::guard_holds(asked, &received.head) => (ResumeResult::Changed, None),
        OriginStatus::Partial if missing.is(received.head.content_range) => {
            (ResumeResult::Resumed, Some(received.body))
        }
        OriginStatus::PreconditionFailed => (ResumeResult::Changed, None),
        _ => (ResumeResult::Failed, None),
    }
}

impl fmt::Debug for Resumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resumption")
            .field("tag", &self.tag)
            .field("part", &self.part)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName, HeaderValue};

    fn head(fields: &[(&'static str, &'static str)]) -> OriginHead {
        let fields = fields.iter();
        let fields: HeaderMap = fields
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        OriginHead::from_headers(&fields)
    }

    #[test]
    fn the_rest_of_a_whole_is_open_and_of_a_part_is_closed() {
        let whole = Part::of(OriginStatus::Ok, &head(&[("content-length", "10")])).unwrap();
        assert_eq!(whole.after(4).unwrap().range().to_string(), "bytes=4-");
        assert_eq!(whole.after(0).unwrap().range().to_string(), "bytes=0-");
        assert_eq!(whole.after(10), None);
        let middle = head(&[("content-range", "bytes 2-5/10")]);
        let middle = Part::of(OriginStatus::Partial, &middle).unwrap();
        assert_eq!(middle.after(1).unwrap().range().to_string(), "bytes=3-5");
        let unknown = head(&[("content-range", "bytes 2-9/*")]);
        let unknown = Part::of(OriginStatus::Partial, &unknown).unwrap();
        assert_eq!(unknown.after(1).unwrap().range().to_string(), "bytes=3-9");
    }

    #[test]
    fn what_is_not_certain_is_not_resumed() {
        for (status, fields) in [
            (OriginStatus::Ok, &[][..]),
            (OriginStatus::Ok, &[("content-length", "0")]),
            (OriginStatus::Partial, &[("content-length", "4")]),
            (OriginStatus::Partial, &[("content-range", "bytes */10")]),
            (OriginStatus::NotModified, &[("content-length", "4")]),
        ] {
            assert_eq!(Part::of(status, &head(fields)), None, "{status:?} {fields:?}");
        }
    }

    #[test]
    fn the_answer_must_be_the_very_bytes_of_an_object_as_long() {
        let missing = Part {
            first: 4,
            last: 9,
            complete: Some(10),
        };
        for (said, fits) in [
            ("bytes 4-9/10", true),
            ("bytes 4-9/*", true),
            ("bytes 4-9/11", false),
            ("bytes 4-8/10", false),
            ("bytes 5-9/10", false),
            ("bytes 0-9/10", false),
            ("bytes */10", false),
        ] {
            let said = head(&[("content-range", said)]);
            assert_eq!(missing.is(said.content_range), fits, "{said:?}");
        }
    }
}
