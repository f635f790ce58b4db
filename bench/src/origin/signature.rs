//! Who may ask the origin: signatures of version 4 in the header and the query, verified with the library's own code.

use crate::error::BenchError;
use evergate::clock::{Clock, Timestamp};
use evergate::sigv4::{Candidate, Payload, Presented, Received, VerifyingSecret};
use http::request::Parts;
use http::{StatusCode, header};

/// The bucket's name. Long, as names with account and region in them are.
pub const BUCKET: &str = "evergate-bench-123456789012-eu-central-1";

/// The region of all scopes.
pub const REGION: &str = "eu-central-1";

/// The key id that the origin knows, and a second one when keys are rotated, with `B` at its end.
pub const ACCESS_KEY_ID: &str = "AKIABENCHORIGIN00000";

/// A key pair of the bench. Nothing in it is worth hiding: it opens made-up objects on loopback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    /// The access key id.
    pub id: String,
    /// The secret access key.
    pub secret: String,
}

impl KeyPair {
    /// The pairs that the origin of the bench takes: the first, and the one that it is rotated to.
    #[must_use]
    pub fn of_origin() -> [Self; 2] {
        let pair = |id: String, letter: &str| Self {
            id,
            secret: letter.repeat(40),
        };
        [
            pair(ACCESS_KEY_ID.to_owned(), "a"),
            pair(format!("{ACCESS_KEY_ID}B"), "b"),
        ]
    }

    /// The pair that the gateway issued to an app.
    #[must_use]
    pub fn of_client() -> Self {
        Self {
            id: "EVGBENCHCLIENT000001".to_owned(),
            secret: "c".repeat(40),
        }
    }

    /// The library's view of it.
    ///
    /// # Errors
    /// When the id could not stand in a signature.
    pub fn credential(&self) -> Result<evergate::sigv4::Credential, BenchError> {
        let id = evergate::sigv4::AccessKeyId::parse(&self.id).map_err(|error| BenchError::said(error.to_string()))?;
        Ok(evergate::sigv4::Credential::new(id, self.secret.clone().into()))
    }
}

/// Why a request is refused: the status and S3's code.
pub(super) type Refusal = (StatusCode, &'static str);

/// Knows the pairs, and judges by the system's clock.
pub(super) struct Verifier {
    secrets: Vec<(String, VerifyingSecret)>,
    clock: Clock,
}

impl Verifier {
    /// Takes the pairs that are known.
    pub(super) fn new(pairs: &[KeyPair]) -> Self {
        Self {
            secrets: pairs
                .iter()
                .map(|pair| (pair.id.clone(), VerifyingSecret::new(pair.secret.clone().into())))
                .collect(),
            clock: Clock::system(),
        }
    }

    /// Judges a request; returns what was signed of its body.
    pub(super) fn judge(&self, head: &Parts) -> Result<Payload, Refusal> {
        self.judge_at(head, self.clock.now())
    }

    fn judge_at(&self, head: &Parts, now: Timestamp) -> Result<Payload, Refusal> {
        let presented = Presented::of(received(head))
            .map_err(|_| (StatusCode::BAD_REQUEST, "AuthorizationHeaderMalformed"))?
            .ok_or((StatusCode::FORBIDDEN, "AccessDenied"))?;
        let secret = self
            .secrets
            .iter()
            .find(|(id, _)| id == presented.access_key_id())
            .map(|(_, secret)| secret)
            .ok_or((StatusCode::FORBIDDEN, "InvalidAccessKeyId"))?;
        let host = head
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .ok_or((StatusCode::BAD_REQUEST, "InvalidRequest"))?;
        let candidates = [Candidate {
            host,
            path: None,
            host_bucket: None,
        }];
        let authentic = presented
            .verify(secret, &candidates, &[REGION], now)
            .map_err(|_| (StatusCode::FORBIDDEN, "SignatureDoesNotMatch"))?;
        if authentic.expired_by.is_some() {
            return Err((StatusCode::FORBIDDEN, "AccessDenied"));
        }
        Ok(authentic.payload)
    }
}

/// What of a request its signature is about.
pub(crate) fn received(head: &Parts) -> Received<'_> {
    Received {
        method: &head.method,
        path: head.uri.path(),
        query: head.uri.query(),
        headers: &head.headers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evergate::s3::{AddressStyle, BucketName, Endpoint, ObjectKey, Region};
    use evergate::sigv4::{PresignRequest, Signer};
    use http::{Method, Request};
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn links_are_good_until_they_expire_and_for_what_they_were_signed_for() {
        let [pair, _] = KeyPair::of_origin();
        let signer = Signer::new(Arc::new(pair.credential().unwrap()));
        let endpoint = Endpoint::parse("http://127.0.0.1:9000").unwrap();
        let address = endpoint.address(AddressStyle::Path, &BucketName::parse(BUCKET).unwrap());
        let signed_at = Timestamp::from_unix(1_700_000_000);
        let url = signer.presign(&PresignRequest {
            method: &Method::GET,
            address: &address,
            region: &Region::parse(REGION).unwrap(),
            key: &ObjectKey::parse("images/4096/00000001.png").unwrap(),
            query: &[],
            signed_at,
            expires: Duration::from_mins(2),
        });
        let verifier = Verifier::new(&KeyPair::of_origin());
        let judge = |url: &str, after: u64| {
            let head = Request::get(url)
                .header(header::HOST, "127.0.0.1:9000")
                .body(())
                .unwrap();
            let at = signed_at.plus(Duration::from_secs(after));
            verifier
                .judge_at(&head.into_parts().0, at)
                .map(|_| ())
                .map_err(|(status, code)| (status.as_u16(), code))
        };
        assert_eq!(judge(&url, 60), Ok(()));
        assert_eq!(judge(&url, 121), Err((403, "AccessDenied")));
        assert_eq!(
            judge(&url.replace("001.png", "002.png"), 60),
            Err((403, "SignatureDoesNotMatch"))
        );
        let plain = url.split('?').next().unwrap();
        assert_eq!(judge(plain, 60), Err((403, "AccessDenied")));
        let foreign = url.replace(ACCESS_KEY_ID, "AKIASOMEBODYELSE0000");
        assert_eq!(judge(&foreign, 60), Err((403, "InvalidAccessKeyId")));
    }
}
