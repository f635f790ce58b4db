//! STS `GetCallerIdentity`: the one request to another service than S3, asked by `evergate check --online` to say whose
//! credentials they are. AWS STS API reference.

use super::authorization;
use super::signer::{X_AMZ_DATE, X_AMZ_SECURITY_TOKEN, secret_value, value};
use super::{
    AmzDate, AuthorizedRequest, CanonicalHeaders, CanonicalRequest, Credential, Scope, SignedHeaders, SigningKey,
};
use crate::clock::Timestamp;
use crate::s3::{Endpoint, Region};
use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST};
use secrecy::ExposeSecret;

const QUERY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
/// The SHA-256 of no bytes.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Signs the request to the STS server at `endpoint` in `region`, by a key that is derived for it and not kept.
#[must_use]
pub fn caller_identity(
    credential: &Credential,
    endpoint: &Endpoint,
    region: &Region,
    signed_at: Timestamp,
) -> AuthorizedRequest {
    let date = AmzDate::of(signed_at);
    let scope = Scope {
        date: &date,
        region: region.as_str(),
        service: "sts",
    };
    let path = format!("{}/", endpoint.base_path());
    let origin = format!("{}://{}", endpoint.scheme(), endpoint.authority());
    let mut headers = HeaderMap::with_capacity(3);
    headers.insert(X_AMZ_DATE, value(date.as_str()));
    if let Some(token) = &credential.session_token {
        headers.insert(X_AMZ_SECURITY_TOKEN, secret_value(token.expose_secret()));
    }
    let host = (HOST.as_str(), endpoint.authority().as_bytes());
    let fields = std::iter::once(host).chain(headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
    let signed = CanonicalHeaders::of(fields.collect());
    let signed = SignedHeaders::These(&signed);
    let canonical = CanonicalRequest {
        method: "GET",
        path: &path,
        query: QUERY,
        headers: signed,
        payload: EMPTY,
    };
    let signature = SigningKey::derive(&credential.secret_access_key, &scope).sign(&canonical, &scope);
    let authorization = authorization::write(credential.access_key_id.as_str(), &scope, signed, &signature);
    headers.insert(AUTHORIZATION, secret_value(&authorization));
    AuthorizedRequest {
        url: format!("{origin}{path}?{QUERY}"),
        headers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigv4::AccessKeyId;
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn the_signature_is_that_of_aws_sigv4() {
        for token in [None, Some("IQoJ/+=token")] {
            let (id, secret, now) = ("ASIAEXAMPLE", "secret", 1_800_000_000);
            let mut credential = Credential::new(AccessKeyId::parse(id).unwrap(), secret.into());
            if let Some(token) = token {
                credential = credential.with_session_token(token.into()).unwrap();
            }
            let region = Region::parse("eu-west-1").unwrap();
            let request = caller_identity(
                &credential,
                &Endpoint::aws_sts(&region),
                &region,
                Timestamp::from_unix(now),
            );
            assert_eq!(
                request.url,
                "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
            );
            let identity =
                aws_credential_types::Credentials::new(id, secret, token.map(str::to_owned), None, "test").into();
            let params = v4::SigningParams::builder()
                .identity(&identity)
                .region("eu-west-1")
                .name("sts")
                .time(UNIX_EPOCH + Duration::from_secs(now))
                .settings(SigningSettings::default())
                .build()
                .unwrap()
                .into();
            let signable =
                SignableRequest::new("GET", &*request.url, std::iter::empty(), SignableBody::Bytes(b"")).unwrap();
            let (instructions, _) = sign(signable, &params).unwrap().into_parts();
            for (name, expected) in instructions.headers() {
                assert_eq!(request.headers[name], expected, "{name}");
            }
        }
    }
}
