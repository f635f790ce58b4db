//! Answers a permitted read out of memory, at once: the way that most reads take, which waits for nothing.

use super::ObjectCache;
use super::kept::{Kept, KeptObject};
use super::read::{Found, Want};
use super::response::{CacheUse, ObjectResponse};
use crate::cache::{ObjectQuery, Standing};
use crate::clock::Timestamp;

/// What a look at what is kept comes to.
pub(super) enum AtHand {
    /// It answers.
    Found(Found),
    /// The origin has to be asked; this is kept, and is not fresh, or says that nobody need wait for another.
    Asks(Option<Kept>),
}

impl ObjectCache {
    /// Looks for what may be served without a word to the origin.
    pub(super) fn at_hand(&self, want: Want<'_>, query: Option<&ObjectQuery<'_>>) -> AtHand {
        let Some(query) = query else {
            return AtHand::Asks(None);
        };
        let kept = self.store.get(query);
        let now = self.clock.now();
        match kept {
            Some(Kept::Object(object)) => match fresh(&object, want, now) {
                Some(response) => AtHand::Found(Found::Object(response)),
                None => AtHand::Asks(Some(Kept::Object(object))),
            },
            Some(Kept::Missing(until)) if now < until => AtHand::Found(Found::Missing),
            Some(Kept::TooLarge(length, until)) if now < until && length > self.most(want) => {
                AtHand::Found(Found::TooLarge(length))
            }
            Some(Kept::Unkept(until)) if now < until => AtHand::Asks(Some(Kept::Unkept(until))),
            Some(Kept::Missing(_) | Kept::TooLarge(..) | Kept::Unkept(_)) | None => AtHand::Asks(None),
        }
    }
}

/// The answer out of `object` while it is fresh.
pub(super) fn fresh(object: &KeptObject, want: Want<'_>, now: Timestamp) -> Option<ObjectResponse> {
    let Standing::Fresh { left } = object.validity.standing(want.policy, now) else {
        return None;
    };
    let age = object.validity.age(now);
    Some(object.answer(want.conditions, want.operation(), CacheUse::Hit { left, age }))
}
