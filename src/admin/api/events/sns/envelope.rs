//! The envelope of a message, and the text that its signature is made of. AWS "Parsing Amazon SNS message formats".

use crate::clock::Timestamp;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A message as SNS posts it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::admin::api::events) struct Envelope {
    #[serde(rename = "Type")]
    pub(super) kind: Kind,
    message_id: String,
    pub(super) topic_arn: String,
    subject: Option<String>,
    pub(super) message: String,
    timestamp: String,
    pub(super) signature_version: String,
    pub(super) signature: String,
    #[serde(rename = "SigningCertURL")]
    pub(super) signing_cert_url: String,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    pub(super) subscribe_url: Option<String>,
}

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Kind {
    /// It brings what was published.
    Notification,
    /// It asks whether a subscription is wanted.
    SubscriptionConfirmation,
    /// It says that a subscription has ended.
    UnsubscribeConfirmation,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

impl Envelope {
    /// Reads a body.
    pub(in crate::admin::api::events) fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }

    /// When it was sent.
    pub(super) fn sent_at(&self) -> Option<Timestamp> {
        let at = OffsetDateTime::parse(&self.timestamp, &Rfc3339).ok()?;
        u64::try_from(at.unix_timestamp()).ok().map(Timestamp::from_unix)
    }

    /// The text that is signed: names and values of the fields that count, a line each. `None` when one is missing.
    pub(super) fn string_to_sign(&self) -> Option<String> {
        let mut text = String::with_capacity(self.message.len() + 1_024);
        let mut add = |name: &str, value: &str| {
            for line in [name, value] {
                text.push_str(line);
                text.push('\n');
            }
        };
        add("Message", &self.message);
        add("MessageId", &self.message_id);
        match self.kind {
            Kind::Notification => {
                if let Some(subject) = &self.subject {
                    add("Subject", subject);
                }
                add("Timestamp", &self.timestamp);
            }
            Kind::SubscriptionConfirmation | Kind::UnsubscribeConfirmation => {
                add("SubscribeURL", self.subscribe_url.as_deref()?);
                add("Timestamp", &self.timestamp);
                add("Token", self.token.as_deref()?);
            }
        }
        add("TopicArn", &self.topic_arn);
        add("Type", self.kind.as_str());
        Some(text)
    }
}
