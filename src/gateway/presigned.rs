//! The presigned door: a link that a client signed to read one object, fresh or expired. Rules 5, 12, 13 and 22.

use super::app::App;
use super::delivery::{Errand, Manner};
use super::walk::{Answered, Signed};
use crate::access::{Authenticated, Denied, PresignedPermit, Refreshed, S3Access};
use crate::clock::Timestamp;
use crate::credentials::Client;
use crate::fetch::OriginClient;
use crate::resolve::{Overrides, is_plain_read};
use crate::respond::Failure;
use crate::route::{Bucket, Located};
use crate::s3::{ObjectKey, Operation};
use crate::sigv4::Presented;
use crate::telemetry::{AccessGuard, LinkRefreshed};
use std::sync::Arc;

/// A link to read one object of a configured bucket; anything else that a client signs is the endpoint's.
pub(super) struct Link<'a> {
    bucket: &'a Arc<Bucket>,
    key: &'a ObjectKey,
    operation: Operation,
}

impl<'a> Link<'a> {
    /// Takes a presigned GET or HEAD; `None` when it is no plain read of an object (rule 5's allow-list).
    pub(super) fn of(presented: &Presented<'_>, located: &'a Located) -> Option<Self> {
        let operation = match *presented.received().method {
            http::Method::HEAD => Operation::HeadObject,
            _ => Operation::GetObject,
        };
        Some(Self {
            bucket: located.configured().filter(|_| is_plain_read(presented.query()))?,
            key: located.key.as_ref()?,
            operation,
        })
    }

    /// Judges the link of `authenticated`.
    pub(super) fn judge(
        &self,
        access: &S3Access,
        authenticated: &Authenticated,
        now: Timestamp,
    ) -> Result<PresignedPermit, Denied> {
        access.presigned(authenticated, self.bucket, self.key, self.operation, now)
    }
}

/// Leads a link that is honoured to its answer.
pub(super) async fn walk(
    app: &App,
    origin: &OriginClient,
    signed: Signed<'_>,
    permitted: PresignedPermit,
    trail: &mut AccessGuard,
) -> Result<Answered, Failure> {
    let PresignedPermit {
        permit,
        delivery,
        cache,
        refreshed,
    } = permitted;
    let bucket = app.per_bucket.get(permit.bucket().index).ok_or(Failure::Internal)?;
    if let Some(refreshed) = refreshed {
        trail.refreshed(refreshed.age);
        let (client, asked) = (signed.authenticated.client(), trail.request());
        refresh(app, client, permit.bucket(), &refreshed, asked.id, &asked.path);
    }
    let overrides = Overrides::signed(signed.presented.query());
    let errand = Errand {
        app,
        origin,
        bucket,
        request: signed.request,
        manner: Manner::Signed {
            overrides: &overrides,
            cache: cache.as_ref(),
        },
    };
    errand.deliver(permit, delivery, trail).await
}

/// Tells that an expired link of `client` was honoured in request `id`: the audit line and the histogram of rule 13.
pub(super) fn refresh(app: &App, client: &Client, bucket: &Bucket, refreshed: &Refreshed, id: u64, path: &str) {
    if let Some(ages) = app.link_ages.of(client, bucket) {
        ages.observe(refreshed.age);
    }
    let honoured = LinkRefreshed {
        client: &client.name,
        bucket: bucket.id.as_str(),
        rule: refreshed.rule.as_str(),
        age: refreshed.age,
    };
    app.telemetry.events().link_refreshed(&honoured, id, path);
}
