//! What the cache keeps under one name.

use super::part;
use super::response::{CacheUse, ObjectBody, ObjectResponse};
use crate::cache::{Exchange, StorageRules, Validity, Weigh};
use crate::clock::Timestamp;
use crate::fetch::conditions::Conditions;
use crate::fetch::entity_tag::EntityTags;
use crate::fetch::head::OriginHead;
use crate::s3::Operation;
use bytes::Bytes;
use std::sync::Arc;

/// What is known of one object. Cloning gives another handle on the same bytes.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    /// The object.
    Object(Arc<KeptObject>),
    /// That there was none, which counts until then.
    Missing(Timestamp),
    /// That it is larger than was to be kept, which counts until then.
    TooLarge(u64, Timestamp),
    /// That it may not be kept, which counts until then: nobody need wait for another to find out.
    Unkept(Timestamp),
}

/// An object, complete, as its origin has it.
#[derive(Debug)]
pub(super) struct KeptObject {
    pub(super) head: Arc<OriginHead>,
    pub(super) validity: Validity,
    pub(super) body: Bytes,
}

impl KeptObject {
    /// Answers `operation` under `conditions`.
    pub(super) fn answer(&self, conditions: &Conditions, operation: Operation, cache: CacheUse) -> ObjectResponse {
        let length = self.body.len() as u64;
        let part = part::of(conditions, operation, &self.head, length);
        let bytes = usize::try_from(part.bytes.0)
            .ok()
            .zip(usize::try_from(part.bytes.1).ok());
        let body = match bytes {
            Some((first, end)) if first < end && end <= self.body.len() => {
                ObjectBody::Kept(self.body.slice(first..end))
            }
            _ => ObjectBody::Empty,
        };
        ObjectResponse {
            status: part.status,
            head: part.head,
            body,
            cache,
        }
    }

    /// How the origin is asked whether it is still as it was: by its tag, or else by its date. RFC 9110 §13.1.
    pub(super) fn revalidation(&self) -> Conditions {
        let tag = self.head.entity_tag();
        Conditions {
            if_none_match: tag.map(|tag| EntityTags::List(vec![tag.clone()])),
            if_modified_since: self.head.modified_at().filter(|_| tag.is_none()),
            ..Conditions::default()
        }
    }

    /// Whether a 304 of this `head` speaks of this object. RFC 9111 §4.3.4.
    pub(super) fn is_meant_by(&self, head: &OriginHead) -> bool {
        match (self.head.entity_tag(), head.entity_tag()) {
            (Some(own), Some(told)) => own.weakly_matches(told),
            _ => true,
        }
    }

    /// The same object after the origin has vouched for it with a 304 of this `head`. RFC 9111 §3.2, §4.3.4.
    pub(super) fn vouched_for(&self, head: &OriginHead, told: &StorageRules, exchange: Exchange) -> Self {
        Self {
            head: Arc::new(self.head.updated(head)),
            validity: self.validity.renewed(told, exchange),
            body: self.body.clone(),
        }
    }
}

impl Weigh for Kept {
    fn weigh(&self) -> usize {
        match self {
            Self::Object(object) => size_of::<KeptObject>()
                .saturating_add(object.head.weigh())
                .saturating_add(object.body.len()),
            Self::Missing(_) | Self::TooLarge(..) | Self::Unkept(_) => 0,
        }
    }
}
