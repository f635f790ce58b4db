//! What a client may do: its allow list. Rule 3: prefixes match decoded bytes, what is not listed is denied, order means
//! nothing.

use super::{Denied, S3Access};
use crate::config::{AllowedOperations, ClientConfig};
use crate::credentials::Client;
use crate::route::Bucket;
use std::sync::Arc;

/// What of a bucket a request reaches. Names are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach<'a> {
    /// One object.
    Key(&'a str),
    /// Every object whose key starts so, as a list does.
    Prefix(&'a str),
    /// The bucket as such, and with it all of its objects.
    Bucket,
}

/// The allow lists of all clients, by [`Client::index`].
#[derive(Debug)]
pub(super) struct AllowLists(Vec<Vec<Allowed>>);

#[derive(Debug)]
struct Allowed {
    bucket: Arc<Bucket>,
    prefix: Box<str>,
    operations: Vec<AllowedOperations>,
}

impl Allowed {
    fn covers(&self, bucket: &Bucket, reach: Reach<'_>) -> bool {
        let within = match reach {
            Reach::Key(key) => key.starts_with(&*self.prefix),
            Reach::Prefix(prefix) => prefix.starts_with(&*self.prefix) && (self.prefix.is_empty() || !climbs(prefix)),
            Reach::Bucket => self.prefix.is_empty(),
        };
        within && self.bucket.index == bucket.index
    }

    fn holds(&self, operations: AllowedOperations) -> bool {
        self.operations
            .iter()
            .any(|held| *held == operations || *held == AllowedOperations::All)
    }
}

/// Whether an origin that keeps objects as files might go by a `.` or `..` in it (rule 2): a prefix is no key, and so was not
/// refused as one.
fn climbs(prefix: &str) -> bool {
    prefix.split('/').any(|segment| matches!(segment, "." | ".."))
}

impl AllowLists {
    pub(super) fn new(clients: &[ClientConfig], buckets: &[Arc<Bucket>]) -> Self {
        let of = |client: &ClientConfig| {
            let allowed = client.allow.iter().filter_map(|allow| {
                Some(Allowed {
                    bucket: Arc::clone(buckets.get(allow.bucket)?),
                    prefix: allow.prefix.as_str().into(),
                    operations: allow.operations.clone(),
                })
            });
            allowed.collect()
        };
        Self(clients.iter().map(of).collect())
    }

    fn of(&self, client: &Client) -> &[Allowed] {
        self.0.get(client.index).map_or(&[], Vec::as_slice)
    }
}

impl S3Access {
    /// Judges whether `client` may do `operations` on what it reaches of `bucket`.
    ///
    /// # Errors
    /// [`Denied::NotAllowed`]
    pub fn require(
        &self,
        client: &Client,
        bucket: &Bucket,
        reach: Reach<'_>,
        operations: AllowedOperations,
    ) -> Result<(), Denied> {
        let fits = |allowed: &Allowed| allowed.covers(bucket, reach) && allowed.holds(operations);
        if self.allow.of(client).iter().any(fits) {
            Ok(())
        } else {
            Err(Denied::NotAllowed)
        }
    }

    /// Whether anything at all of `bucket` is open to `client`: then it may know that the bucket is there.
    #[must_use]
    pub fn may_see(&self, client: &Client, bucket: &Bucket) -> bool {
        let allowed = self.allow.of(client);
        allowed.iter().any(|allowed| allowed.bucket.index == bucket.index)
    }

    /// Returns the buckets of which all is open to `client`: their origins are open to it, unconfigured buckets too.
    pub fn whole_origins<'a>(&'a self, client: &Client) -> impl Iterator<Item = &'a Arc<Bucket>> {
        let whole = |allowed: &&Allowed| allowed.prefix.is_empty() && allowed.holds(AllowedOperations::All);
        self.allow
            .of(client)
            .iter()
            .filter(whole)
            .map(|allowed| &allowed.bucket)
    }

    /// Returns the buckets of the configuration, in its order.
    #[must_use]
    pub fn buckets(&self) -> &[Arc<Bucket>] {
        &self.buckets
    }
}
