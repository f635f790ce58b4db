//! What S3 servers post: AWS "Event message structure" (its `Records` are MinIO's and Ceph's too), AWS "EventBridge event message
//! structure", and the test message that S3 sends first.

use crate::admin::api::list;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

/// A body, by who must have made it.
pub(super) enum Posted {
    /// An S3 server, or something that passes on what it says.
    ByServer(Message),
    /// SNS, with its envelope around it.
    BySns,
}

/// What a message says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// The objects that something has happened to.
    pub(super) changed: Vec<Changed>,
    /// How many events there are beside: about no object, of a kind that changes none, or unknown.
    pub(super) others: u64,
}

/// An object that something has happened to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changed {
    /// The bucket's name at its server.
    pub(super) bucket: String,
    /// The key as it is written there.
    pub(super) key: String,
}

/// What tells the shapes apart.
#[derive(Deserialize)]
#[serde(expecting = "the JSON object of an event")]
struct Shape {
    #[serde(rename = "Type")]
    sns_type: Option<String>,
    #[serde(rename = "Records")]
    records: Option<IgnoredAny>,
    #[serde(rename = "Event")]
    event: Option<String>,
    source: Option<String>,
}

impl Posted {
    /// Reads a body. What is JSON and nothing that is known is one event to ignore.
    pub(super) fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        let shape: Shape = serde_json::from_slice(body)?;
        let is_sns = matches!(
            shape.sns_type.as_deref(),
            Some("Notification" | "SubscriptionConfirmation" | "UnsubscribeConfirmation")
        );
        if is_sns {
            return Ok(Self::BySns);
        }
        let message = if shape.records.is_some() {
            serde_json::from_slice::<Notification>(body)?.into()
        } else if shape.source.as_deref() == Some("aws.s3") {
            serde_json::from_slice::<BridgedEvent>(body)?.into()
        } else if shape.event.as_deref() == Some("s3:TestEvent") {
            Message::default()
        } else {
            Message::unknown()
        };
        Ok(Self::ByServer(message))
    }
}

impl Message {
    /// Reads the text of an SNS message. Anybody may publish anything to a topic: what can't be read is one event to ignore.
    pub(super) fn inside(text: &str) -> Self {
        match Posted::parse(text.as_bytes()) {
            Ok(Posted::ByServer(message)) => message,
            Ok(Posted::BySns) | Err(_) => Self::unknown(),
        }
    }

    fn unknown() -> Self {
        Self {
            changed: Vec::new(),
            others: 1,
        }
    }

    fn add(&mut self, object: Option<Changed>) {
        match object {
            Some(object) => self.changed.push(object),
            None => self.others = self.others.saturating_add(1),
        }
    }
}

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Records", deserialize_with = "records")]
    records: Vec<Record>,
}

fn records<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Record>, D::Error> {
    list::bounded(deserializer, "records")
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventName")]
    name: Option<String>,
    s3: Option<Place>,
}

/// An event of EventBridge, whose kind does not matter: all of S3's change something.
#[derive(Deserialize)]
struct BridgedEvent {
    detail: Option<Place>,
}

/// Where something has happened.
#[derive(Deserialize)]
struct Place {
    bucket: Option<Bucket>,
    object: Option<Object>,
}

#[derive(Deserialize)]
struct Bucket {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Object {
    key: Option<String>,
}

impl Place {
    fn changed(self) -> Option<Changed> {
        Some(Changed {
            bucket: self.bucket?.name?,
            key: self.object?.key?,
        })
    }
}

impl Record {
    /// MinIO also tells of reads. To forget what was just read would leave the cache with nothing.
    fn is_a_read(&self) -> bool {
        let name = self.name.as_deref().unwrap_or_default();
        name.trim_start_matches("s3:").starts_with("ObjectAccessed:")
    }
}

impl From<Notification> for Message {
    fn from(notification: Notification) -> Self {
        let mut message = Self::default();
        for record in notification.records {
            let object = if record.is_a_read() { None } else { record.s3 };
            message.add(object.and_then(Place::changed));
        }
        message
    }
}

impl From<BridgedEvent> for Message {
    fn from(event: BridgedEvent) -> Self {
        let mut message = Self::default();
        message.add(event.detail.and_then(Place::changed));
        message
    }
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
