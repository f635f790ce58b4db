//! What happens at the admin listener's API.

use super::{Events, TARGET};
use crate::telemetry::{ApiName, ApiResult, DenialReason, EventResult, LinkResult, redact};
use std::fmt::Display;

/// A call of the refresh API that was answered link by link.
#[derive(Clone, Copy, Debug)]
pub struct LinksRenewed {
    /// What was asked for: `stable` or `presigned`.
    pub to: &'static str,
    /// How many links have a new one.
    pub renewed: u64,
    /// How many have none.
    pub refused: u64,
    /// The call's id.
    pub id: u64,
}

/// A call of the purge API that was obeyed.
#[derive(Clone, Copy, Debug)]
pub struct Purged<'a> {
    /// The bucket as the caller named it: it is a configured one.
    pub bucket: &'a str,
    /// How many configured buckets it stands for.
    pub buckets: usize,
    /// How many keys were named.
    pub keys: u64,
    /// The prefix that was named instead.
    pub prefix: Option<&'a str>,
    /// The call's id.
    pub id: u64,
}

/// A call of the events API that was taken.
#[derive(Clone, Copy, Debug)]
pub struct EventsTaken {
    /// How many events made the cache forget their object.
    pub forgotten: u64,
    /// How many did not.
    pub ignored: u64,
    /// The call's id.
    pub id: u64,
}

impl Events {
    /// A link that the refresh API was asked about was denied, for this exact reason.
    pub fn api_link_denied(&self, reason: DenialReason) {
        self.metrics.denied(reason);
    }

    /// The refresh API has answered a call, link by link.
    pub fn links_renewed(&self, call: &LinksRenewed) {
        let LinksRenewed {
            to,
            renewed,
            refused,
            id,
        } = *call;
        let api = self.metrics.api();
        api.called(ApiName::Refresh, ApiResult::Ok);
        api.links(LinkResult::Renewed, renewed);
        api.links(LinkResult::Refused, refused);
        let id = format_args!("{id:016x}");
        tracing::info!(target: TARGET, to, renewed, refused, %id, "links renewed by the API");
    }

    /// The purge API has made the object cache forget something: the audit line of each call.
    pub fn purged(&self, call: &Purged<'_>) {
        let Purged {
            bucket,
            buckets,
            keys,
            prefix,
            id,
        } = *call;
        self.metrics.api().called(ApiName::Purge, ApiResult::Ok);
        let id = format_args!("{id:016x}");
        let (keys, prefix) = (prefix.is_none().then_some(keys), prefix.map(redact));
        let prefix = prefix.as_deref();
        tracing::info!(target: TARGET, bucket, buckets, keys, prefix, %id, "object cache purged by the API");
    }

    /// The events API has taken a call. There may be thousands a second, and each is counted, so that the line is for debugging.
    pub fn events_taken(&self, call: &EventsTaken) {
        let EventsTaken { forgotten, ignored, id } = *call;
        let api = self.metrics.api();
        api.called(ApiName::Events, ApiResult::Ok);
        api.events(EventResult::Forgotten, forgotten);
        api.events(EventResult::Ignored, ignored);
        let id = format_args!("{id:016x}");
        tracing::debug!(target: TARGET, forgotten, ignored, %id, "events of an S3 server taken");
    }

    /// A subscription to a listed SNS topic is confirmed.
    pub fn sns_subscribed(&self, topic: &str) {
        self.metrics.api().called(ApiName::Events, ApiResult::Ok);
        tracing::info!(target: TARGET, topic, "subscription to an SNS topic confirmed");
    }

    /// SNS says that a subscription to a listed topic has ended: its events come no more.
    pub fn sns_unsubscribed(&self, topic: &str) {
        self.metrics.api().called(ApiName::Events, ApiResult::Ok);
        tracing::warn!(target: TARGET, topic, "subscription to an SNS topic ended");
    }

    /// The API has refused a call as a whole; the line is written at most once a second, the metric counts each. A sender that
    /// only waits to be asked for its token is not worth a line.
    pub fn api_refused(&self, api: ApiName, result: ApiResult) {
        self.api_refused_for(api, result, &result);
    }

    /// As [`Self::api_refused`], with words for the reason. They must hold no secret.
    pub fn api_refused_for(&self, api: ApiName, result: ApiResult, reason: &dyn Display) {
        self.metrics.api().called(api, result);
        if result == ApiResult::Challenged {
            return;
        }
        let Some(unsaid) = self.api_line.say(self.clock.now()) else {
            return;
        };
        let api = api.as_str();
        let lines_left_out = (unsaid > 0).then_some(unsaid);
        tracing::warn!(target: TARGET, api, %reason, lines_left_out, "the API refused a request");
    }
}
