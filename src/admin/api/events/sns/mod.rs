//! Messages of Amazon SNS: who sent them, and what they say. AWS "Verifying the signatures of Amazon SNS messages".
//!
//! Only listed topics are heard, and a topic's ARN alone says which host its certificates and its confirmations are asked of: nothing
//! that a sender writes adds a host or a topic (rule 4). What can't be verified is refused.

mod certificates;
mod envelope;
mod error;
mod signature;
mod topic;
mod web;

pub(super) use envelope::Envelope;
pub use web::SnsWeb;

use crate::clock::{Clock, Timestamp};
use certificates::Certificates;
use envelope::Kind;
use error::SnsError;
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use topic::Topic;

/// How old a message may be: SNS repeats one for an hour at most.
const OLDEST: Duration = Duration::from_hours(1);
/// How long it may take to verify and confirm; SNS waits 15 s for an answer.
const PATIENCE: Duration = Duration::from_secs(12);

/// Hears messages.
pub(super) struct Sns {
    topics: Vec<Topic>,
    certificates: Certificates,
    web: Arc<dyn SnsWeb>,
    clock: Clock,
}

/// What a genuine message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard<'a> {
    /// This, which somebody has published.
    Message(&'a str),
    /// That a subscription to this topic was asked for; it is confirmed now.
    Subscribed(&'a str),
    /// That a subscription to this topic has ended.
    Unsubscribed(&'a str),
}

impl Sns {
    /// Takes the ARNs of the topics that are heard.
    pub(super) fn new(topics: &[Box<str>], web: Arc<dyn SnsWeb>, clock: Clock) -> Self {
        Self {
            topics: topics.iter().filter_map(|arn| Topic::parse(arn)).collect(),
            certificates: Certificates::default(),
            web,
            clock,
        }
    }

    /// Verifies a message, and confirms the subscription if it asks for that.
    pub(super) async fn hear<'a>(&'a self, envelope: &'a Envelope) -> Result<Heard<'a>, SnsError> {
        let heard = timeout(PATIENCE, self.verified(envelope)).await;
        heard.unwrap_or_else(|_| Err(SnsError::Unreachable("it took too long".into())))
    }

    async fn verified<'a>(&'a self, envelope: &'a Envelope) -> Result<Heard<'a>, SnsError> {
        let topic = self.topics.iter().find(|topic| topic.arn() == envelope.topic_arn);
        let topic = topic.ok_or_else(|| SnsError::topic(&envelope.topic_arn))?;
        let now = self.clock.now();
        judge_age(envelope.sent_at().ok_or(SnsError::Timestamp)?, now)?;
        let url = topic.certificate(&envelope.signing_cert_url);
        let url = url.ok_or_else(|| SnsError::CertificateUrl(topic.host().into()))?;
        let certificate = self.certificates.get(&*self.web, &url, now).await?;
        signature::verify(envelope, &certificate, now)?;
        Ok(match envelope.kind {
            Kind::Notification => Heard::Message(&envelope.message),
            Kind::SubscriptionConfirmation => {
                self.confirm(topic, envelope).await?;
                Heard::Subscribed(topic.arn())
            }
            Kind::UnsubscribeConfirmation => Heard::Unsubscribed(topic.arn()),
        })
    }

    async fn confirm(&self, topic: &Topic, envelope: &Envelope) -> Result<(), SnsError> {
        let url = envelope.subscribe_url.as_deref().unwrap_or_default();
        let url = topic
            .subscription(url)
            .ok_or_else(|| SnsError::SubscribeUrl(topic.host().into()))?;
        match self.web.get(&url.url, &url.host).await {
            Ok(answer) if answer.status == StatusCode::OK => Ok(()),
            Ok(answer) => Err(SnsError::Unreachable(format!("it answers {}", answer.status))),
            Err(error) => Err(SnsError::Unreachable(error.to_string())),
        }
    }
}

fn judge_age(sent_at: Timestamp, now: Timestamp) -> Result<(), SnsError> {
    if now.since(sent_at).max(sent_at.since(now)) > OLDEST {
        return Err(SnsError::NotNow);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
