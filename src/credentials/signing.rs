//! How requests for a bucket are vouched for: by a credential, or not at all.

use crate::sigv4::{AuthorizedRequest, Credential, HeaderRequest, PresignRequest, Signer};
use std::sync::Arc;

/// What a request gets from the bucket's credentials.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one in each snapshot, behind a reference count"
)]
pub enum Signing {
    /// A signature.
    Credential(Signer),
    /// Nothing: the bucket is public, and the origin is asked as anybody would.
    Anonymous,
}

impl Signing {
    /// Makes the URL that a client is sent to. An anonymous one is the object's bare URL: it never ends, and the origin
    /// takes no `response-*` overrides from a request that nobody signed, so that they are left out.
    #[must_use]
    pub fn presign(&self, request: &PresignRequest<'_>) -> String {
        match self {
            Self::Credential(signer) => signer.presign(request),
            Self::Anonymous => AuthorizedRequest::unsigned(request.address, &request.key.into(), &[]).url,
        }
    }

    /// Makes what is sent to the origin: its URL, and the headers that signing adds; none for an anonymous request.
    #[must_use]
    pub fn authorize(&self, request: &HeaderRequest<'_>) -> AuthorizedRequest {
        match self {
            Self::Credential(signer) => signer.authorize(request),
            Self::Anonymous => AuthorizedRequest::unsigned(request.address, request.resource, request.query),
        }
    }

    /// What signs, if anything does.
    #[must_use]
    pub fn signer(&self) -> Option<&Signer> {
        match self {
            Self::Credential(signer) => Some(signer),
            Self::Anonymous => None,
        }
    }

    /// The credential that signs, if one does.
    #[must_use]
    pub fn credential(&self) -> Option<&Arc<Credential>> {
        self.signer().map(Signer::credential)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::s3::{AddressStyle, BucketName, Endpoint, ObjectKey, Region};
    use http::{HeaderMap, Method};
    use std::time::Duration;

    #[test]
    fn an_anonymous_request_is_the_bare_object() {
        let bucket = BucketName::parse("open-data").unwrap();
        let address = Endpoint::parse("https://s3.example.com")
            .unwrap()
            .address(AddressStyle::VirtualHosted, &bucket);
        let key = ObjectKey::parse("a b/ü+.png").unwrap();
        let region = Region::parse("us-east-1").unwrap();
        let bare = "https://open-data.s3.example.com/a%20b/%C3%BC%2B.png";
        let query = [("response-content-disposition", "attachment")];
        let url = Signing::Anonymous.presign(&PresignRequest {
            method: &Method::GET,
            address: &address,
            region: &region,
            key: &key,
            query: &query,
            signed_at: Timestamp::from_unix(1_800_000_000),
            expires: Duration::from_mins(2),
        });
        assert_eq!(url, bare);
        let request = Signing::Anonymous.authorize(&HeaderRequest {
            method: &Method::GET,
            address: &address,
            region: &region,
            resource: &key.into(),
            query: &[("versionId", "1")],
            headers: &HeaderMap::new(),
            content_sha256: None,
            signed_at: Timestamp::from_unix(1_800_000_000),
        });
        assert_eq!(request.url, format!("{bare}?versionId=1"));
        assert!(request.url.ends_with("/a%20b/%C3%BC%2B.png?versionId=1"));
        assert!(request.headers.is_empty());
        assert!(Signing::Anonymous.credential().is_none());
    }
}
