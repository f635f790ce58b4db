//! The secrets of a test, and where each must not be seen.

use super::tee::Needles;
use crate::support::evergate::Evergate;
use crate::support::http::get;
use crate::support::origin::Origin;

/// The session token of the s3s origin: a gateway with temporary credentials must not show it either.
pub const SESSION_TOKEN: &str = "canary+session/token==of-the-origin";

/// Everything secret in a test.
pub struct Canaries {
    origin_key: String,
    origin_secret: String,
    clients: Vec<(String, String)>,
}

impl Canaries {
    pub fn new(origin: &Origin, clients: Vec<(String, String)>) -> Self {
        Self {
            origin_key: origin.access_key_id.clone(),
            origin_secret: origin.secret_access_key.clone(),
            clients,
        }
    }

    fn secrets(&self) -> Needles {
        let needles = Needles::default()
            .and("the origin's secret", &self.origin_secret)
            .and("the origin's session token", SESSION_TOKEN);
        self.clients
            .iter()
            .fold(needles, |needles, (_, secret)| needles.and("a client's secret", secret))
    }

    /// In answers to S3 clients. (A redirect's `Location` names the origin's access key id and session token, as any presigned
    /// URL does; S3 clients are never redirected, and neither are the browsers of these tests.)
    pub fn in_answers(&self) -> Needles {
        self.secrets().and("the origin's access key id", &self.origin_key)
    }

    /// In what the gateway sends to its origin.
    pub fn in_origin_requests(&self) -> Needles {
        let needles = self.clients.iter().fold(Needles::default(), |needles, (id, secret)| {
            needles
                .and("a client's access key id", id)
                .and("a client's secret", secret)
        });
        needles.and("the origin's secret", &self.origin_secret)
    }

    /// Searches what the gateway has printed, and its metrics.
    pub async fn assert_not_told(&self, gateway: &Evergate) {
        let needles = self.in_answers();
        let metrics = get(gateway.admin, "/metrics").await;
        assert_eq!(metrics.status, 200);
        let told = [
            ("its log", gateway.log().into_bytes()),
            ("its access log", gateway.access_log().into_bytes()),
            ("its metrics", metrics.body.to_vec()),
        ];
        for (place, text) in told {
            let found = needles.found_in(&text);
            assert!(
                found.is_empty(),
                "{found:?} in {place}:\n{}",
                String::from_utf8_lossy(&text)
            );
            // Rule 9: no signature, whosesoever.
            let text = String::from_utf8_lossy(&text);
            let signature = text.match_indices("Signature=").find(|(at, name)| {
                let value = text.get(at + name.len()..).unwrap_or_default();
                value.starts_with(|c: char| c.is_ascii_alphanumeric())
            });
            assert!(signature.is_none(), "a signature in {place}:\n{text}");
        }
    }
}
