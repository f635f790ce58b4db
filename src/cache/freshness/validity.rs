//! How old a stored answer is and whether it may be used: RFC 9111 §4.2, RFC 5861, inside a route's policy.

use super::StorageRules;
use super::cache_control::Reuse;
use super::dates::AgeField;
use crate::clock::Timestamp;
use crate::config::CachePolicy;
use std::time::Duration;

/// How far the clock may stand before the time of an answer that it has already told: a request looks at the clock once,
/// and the answer may have come while it waited.
const TOLERATED_SETBACK: Duration = Duration::from_mins(1);

/// The largest age, and lifetime, that is told apart from others: 68 years, as RFC 9111 §1.2.2 has it.
const FOREVER: Duration = Duration::from_secs(1 << 31);

/// When an origin was asked, and when the head of its answer was there, both by the gateway's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// When the request left.
    pub asked_at: Timestamp,
    /// When the head of the answer was there.
    pub answered_at: Timestamp,
}

/// What is kept beside a stored answer to judge it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validity {
    rules: StorageRules,
    answered_at: Timestamp,
    initial_age: Duration,
    /// The origin's own freshness lifetime; `None` when it says nothing of it.
    lifetime: Option<Duration>,
}

/// What may be done with a stored answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is served as it is.
    Fresh {
        /// For how long it stays fresh; more than zero.
        left: Duration,
    },
    /// It is served, and somebody asks the origin meanwhile. RFC 5861 §3.
    WhileRevalidating {
        /// For how long it has been stale.
        stale_by: Duration,
    },
    /// The origin is asked first.
    Stale {
        /// For how long it has been stale.
        stale_by: Duration,
    },
}

impl Validity {
    /// Takes what an answer's head says, and the times of the exchange that it came by.
    ///
    /// The age on arrival is RFC 9111 §4.2.3's corrected age value, `Age` and the time that the exchange took. The apparent
    /// age, which is our time less `Date`, counts only beside an `Age`: only then has a cache stood in between, and only a
    /// cache can make an answer older than its exchange. Without one it would measure nothing but how slow the origin's
    /// clock is, and an origin ten minutes slow would never have a fresh object. A fast clock yields no apparent age
    /// at all, and a lifetime by `Expires` is measured from the `Date` of the same clock, so that a wrong
    /// clock never makes an answer younger than `Age` says.
    #[must_use]
    pub fn new(rules: &StorageRules, exchange: Exchange) -> Self {
        let Exchange { asked_at, answered_at } = exchange;
        let delay = answered_at.since(asked_at);
        let apparent = rules.date.map_or(Duration::ZERO, |date| answered_at.since(date));
        let initial_age = match rules.age {
            AgeField::Seconds(told) => told.saturating_add(delay).max(apparent),
            AgeField::Absent | AgeField::Unreadable => delay,
        };
        Self {
            rules: *rules,
            answered_at,
            initial_age,
            lifetime: rules.lifetime(answered_at),
        }
    }

    /// Returns the validity after a 304 whose head says `told`, with the times of that exchange: what it leaves out stays
    /// as it was. The caller has asked `told.may_store()`.
    #[must_use]
    pub fn renewed(&self, told: &StorageRules, exchange: Exchange) -> Self {
        Self::new(&self.rules.updated_by(told), exchange)
    }

    /// Returns the current age, for the `Age` field: whole seconds since the origin made or confirmed the answer.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Duration {
        let resident = if self.answered_at.since(now) > TOLERATED_SETBACK {
            // The clock was turned back. How long the answer lay here nobody knows any more, so it is as old as can be;
            // else it would stay fresh until the clock has caught up.
            FOREVER
        } else {
            now.since(self.answered_at)
        };
        self.initial_age.saturating_add(resident).min(FOREVER)
    }

    /// Returns what a route with this policy may do with it now.
    #[must_use]
    pub fn standing(&self, policy: &CachePolicy, now: Timestamp) -> Standing {
        let (lifetime, age) = (self.lifetime_within(policy), self.age(now));
        if let Some(left) = lifetime.checked_sub(age).filter(|left| !left.is_zero()) {
            return Standing::Fresh { left };
        }
        let stale_by = age.saturating_sub(lifetime);
        if self.is_within(
            stale_by,
            policy.stale_while_revalidate,
            self.rules.stale_while_revalidate(),
        ) {
            Standing::WhileRevalidating { stale_by }
        } else {
            Standing::Stale { stale_by }
        }
    }

    /// Returns whether a route with this policy may serve it now when the origin fails: while it is fresh, and in the
    /// window of RFC 5861 §4 after that. Which failures those are is the caller's to know (rule 20).
    #[must_use]
    pub fn may_stand_in(&self, policy: &CachePolicy, now: Timestamp) -> bool {
        match self.standing(policy, now) {
            Standing::Fresh { .. } => true,
            Standing::WhileRevalidating { stale_by } | Standing::Stale { stale_by } => {
                self.is_within(stale_by, policy.stale_if_error, self.rules.stale_if_error())
            }
        }
    }

    fn lifetime_within(&self, policy: &CachePolicy) -> Duration {
        if self.rules.reuse() == Reuse::OnceRevalidated {
            return Duration::ZERO;
        }
        let told = self.lifetime.unwrap_or(policy.fresh_for);
        told.min(policy.fresh_for).min(FOREVER)
    }

    /// Strictly within, so that a window of zero is none.
    fn is_within(&self, stale_by: Duration, routes: Duration, origins: Option<Duration>) -> bool {
        let window = origins.map_or(routes, |told| told.min(routes));
        self.rules.reuse() == Reuse::FreshOrStale && stale_by < window
    }
}
