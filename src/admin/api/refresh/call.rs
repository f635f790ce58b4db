//! What a call of the refresh API says, and what it is answered: JSON on both sides.

use crate::admin::api::list;
use crate::gateway::links::{Destination, Renewal};
use serde::{Deserialize, Deserializer, Serialize};

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object of `urls`, and `to` if need be")]
pub(super) struct Call {
    #[serde(deserialize_with = "urls")]
    urls: Vec<String>,
    #[serde(default)]
    to: To,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum To {
    #[default]
    Stable,
    Presigned,
}

impl Call {
    /// Reads a body.
    pub(super) fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }

    pub(super) fn urls(&self) -> &[String] {
        &self.urls
    }

    pub(super) fn to(&self) -> Destination {
        match self.to {
            To::Stable => Destination::Stable,
            To::Presigned => Destination::Presigned,
        }
    }
}

fn urls<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    list::bounded(deserializer, "URLs")
}

/// The answer: one result for each URL, in their order.
#[derive(Default, Serialize)]
pub(super) struct Results {
    results: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Refusal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_at: Option<String>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    expired_by: Option<u64>,
}

#[derive(Serialize)]
struct Refusal {
    code: &'static str,
    detail: Box<str>,
}

impl Results {
    pub(super) fn push(&mut self, renewal: Renewal) {
        let (bucket, key) = renewal.object.unzip();
        let (renewed, error) = match renewal.result {
            Ok(renewed) => (Some(renewed), None),
            Err(error) => (None, Some(error)),
        };
        self.results.push(Item {
            expires_at: renewed.as_ref().and_then(|new| new.expires_at).map(|at| at.to_string()),
            host: renewed.as_ref().and_then(|new| new.host.clone()),
            url: renewed.map(|new| new.url),
            error: error.map(|error| Refusal {
                code: error.code(),
                detail: error.detail().into(),
            }),
            bucket,
            key: key.map(|key| key.as_str().into()),
            client: renewal.client.map(|client| (*client).into()),
            signed_at: renewal.signed_at.map(|at| at.to_string()),
            expired_by: renewal.expired_by.map(|by| by.as_secs()),
        });
    }

    pub(super) fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self).map(|text| text + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(body: &str) -> String {
        Call::parse(body.as_bytes()).err().unwrap().to_string()
    }

    #[test]
    fn a_call_is_read_strictly() {
        let call = Call::parse(br#"{"urls":["https:\/\/h\/k","b"]}"#).unwrap();
        assert_eq!(
            (call.urls(), call.to()),
            (&["https://h/k".to_owned(), "b".to_owned()][..], Destination::Stable)
        );
        let call = Call::parse(br#"{"to":"presigned","urls":[]}"#).unwrap();
        assert_eq!((call.urls().len(), call.to()), (0, Destination::Presigned));
        for (body, said) in [
            ("", "EOF"),
            ("[]", "expected an object of `urls`"),
            ("{}", "missing field `urls`"),
            (r#"{"urls":"a"}"#, "a list of at most 1,000 URLs"),
            (r#"{"urls":[1]}"#, "expected a string"),
            (r#"{"urls":[],"to":"gateway"}"#, "expected `stable` or `presigned`"),
            (r#"{"urls":[],"url":"a"}"#, "unknown field `url`"),
            (r#"{"urls":[],"urls":[]}"#, "duplicate field"),
            (r#"{"urls":[]}x"#, "trailing characters"),
        ] {
            assert!(fault(body).contains(said), "{body}: {}", fault(body));
        }
    }
}
