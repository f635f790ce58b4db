//! Which presigned links are honoured: fresh ones, and expired ones within a refresh rule. Rules 12 and 13.
//!
//! The longest rule that covers the key decides alone. What a rule calls a link's age is counted from its signing;
//! version 2 does not tell when that was, so its `Expires` stands for it, the only date that such a link bears.

use super::{Audience, Authenticated, Denied, Permit, Reach, S3Access};
use crate::clock::Timestamp;
use crate::config::{AllowedOperations, CachePolicy, Delivery, RefreshConfig};
use crate::route::Bucket;
use crate::s3::{KeyPrefix, ObjectKey, Operation};
use crate::sigv4::Authentic;
use std::sync::Arc;
use std::time::Duration;

/// The refresh rules, by [`Bucket::index`]; the longest prefix first.
#[derive(Debug)]
pub(super) struct RefreshRules(Vec<Vec<RefreshConfig>>);

impl RefreshRules {
    pub(super) fn new(rules: &[RefreshConfig], buckets: usize) -> Self {
        let mut by_bucket = vec![Vec::new(); buckets];
        for rule in rules {
            if let Some(of_bucket) = by_bucket.get_mut(rule.bucket) {
                of_bucket.push(rule.clone());
            }
        }
        for of_bucket in &mut by_bucket {
            of_bucket.sort_by_key(|rule: &RefreshConfig| std::cmp::Reverse(rule.prefix.as_str().len()));
        }
        Self(by_bucket)
    }

    fn covering(&self, bucket: &Bucket, key: &ObjectKey) -> Option<&RefreshConfig> {
        let rules = self.0.get(bucket.index)?;
        rules.iter().find(|rule| key.as_str().starts_with(rule.prefix.as_str()))
    }
}

/// A presigned link that is honoured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresignedPermit {
    /// The verdict: one object may be read, by whoever holds the link.
    pub permit: Permit,
    /// How the object reaches the reader.
    pub delivery: Delivery,
    /// For how long the object cache answers, by the rule that covers the key; `None` keeps nothing.
    pub cache: Option<CachePolicy>,
    /// That the link had expired; `None` for a fresh one.
    pub refreshed: Option<Refreshed>,
}

/// An expired link that was honoured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// How long ago it was signed; of version 2, how long ago it expired.
    pub age: Duration,
    /// The prefix of the refresh rule that honoured it.
    pub rule: KeyPrefix,
}

/// Judges whether a link was signed late enough for `rule` (`not_before`), fresh or not.
pub(super) fn require_later(rule: &RefreshConfig, authentic: &Authentic) -> Result<(), Denied> {
    match rule.not_before {
        Some(cutoff) if dated(authentic).is_none_or(|dated| dated < cutoff) => Err(Denied::BeforeCutoff),
        _ => Ok(()),
    }
}

/// The date that a link's age is counted from.
fn dated(authentic: &Authentic) -> Option<Timestamp> {
    authentic.signed_at.or(authentic.expires_at)
}

impl S3Access {
    /// Returns the refresh rule that decides over links to `key`, if there is one.
    #[must_use]
    pub fn refresh_rule(&self, bucket: &Bucket, key: &ObjectKey) -> Option<&RefreshConfig> {
        self.refresh.covering(bucket, key)
    }

    /// Judges a presigned link of `authenticated` to read `key`. `operation` is the one asked for, GetObject or HeadObject;
    /// a signature over GET is good for either (rule 12).
    ///
    /// # Errors
    /// [`Denied`]
    pub fn presigned(
        &self,
        authenticated: &Authenticated,
        bucket: &Arc<Bucket>,
        key: &ObjectKey,
        operation: Operation,
        now: Timestamp,
    ) -> Result<PresignedPermit, Denied> {
        let reach = Reach::Key(key.as_str());
        self.require(authenticated.client(), bucket, reach, AllowedOperations::Read)?;
        let authentic = authenticated.authentic();
        let rule = self.refresh_rule(bucket, key);
        if let Some(rule) = rule {
            require_later(rule, authentic)?;
        }
        let dated = dated(authentic);
        let honoured = rule.filter(|rule| !rule.max_age.is_zero());
        let refreshed = match (authentic.expired_by, honoured) {
            (None, _) => None,
            (Some(_), Some(rule)) => {
                let age = dated.map_or(Duration::MAX, |dated| now.since(dated));
                if age > rule.max_age {
                    return Err(Denied::TooOld);
                }
                Some(Refreshed {
                    age,
                    rule: rule.prefix.clone(),
                })
            }
            (Some(_), None) => return Err(Denied::Expired),
        };
        // A URL that the reader is sent on to dies with the link, or with the rule that lets the link live on.
        let by_rule = honoured.and_then(|rule| Some(dated?.plus(rule.max_age)));
        let until = authentic.expires_at.max(by_rule).unwrap_or(now);
        let permit = Permit::new(Arc::clone(bucket), key.clone(), operation, Audience::Private);
        Ok(PresignedPermit {
            permit: permit.ending(until),
            delivery: rule.map_or(Delivery::Auto, |rule| rule.delivery),
            cache: rule.and_then(|rule| rule.cache),
            refreshed,
        })
    }
}
