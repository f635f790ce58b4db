use super::*;
use crate::s3::{AddressStyle, BucketName, Endpoint};
use crate::sigv4::AccessKeyId;
use sha2::Digest;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// 2013-05-24T00:00:00Z, the day of AWS's examples.
const MAY_24: Timestamp = Timestamp::from_unix(1_369_353_600);

fn credential() -> Credential {
    Credential::new(AccessKeyId::parse("AKIAIOSFODNN7EXAMPLE").unwrap(), SECRET.into())
}

fn signer(credential: Credential) -> Signer {
    Signer::new(Arc::new(credential), Region::parse("us-east-1").unwrap())
}

fn address(endpoint: &str) -> Address {
    let bucket = BucketName::parse("examplebucket").unwrap();
    Endpoint::parse(endpoint)
        .unwrap()
        .address(AddressStyle::VirtualHosted, &bucket)
}

fn key(key: &str) -> ObjectKey {
    ObjectKey::parse(key).unwrap()
}

/// AWS "Authenticating requests: using query parameters", the worked example.
#[test]
fn a_presigned_url_is_that_of_the_aws_documentation() {
    let url = signer(credential()).presign(&PresignRequest {
        method: &Method::GET,
        address: &address("https://s3.amazonaws.com"),
        key: &key("test.txt"),
        query: &[],
        signed_at: MAY_24,
        expires: Duration::from_hours(24),
    });
    assert_eq!(
        url,
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
         &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
}

/// AWS "Signature calculations for the Authorization header", the example of GET Object.
#[test]
fn an_authorization_is_that_of_the_aws_documentation() {
    let mut headers = HeaderMap::new();
    headers.insert("range", HeaderValue::from_static("bytes=0-9"));
    let empty = sha2::Sha256::digest(b"").into();
    let request = signer(credential()).authorize(&HeaderRequest {
        method: &Method::GET,
        address: &address("https://s3.amazonaws.com"),
        key: &key("test.txt"),
        query: &[],
        headers: &headers,
        content_sha256: Some(empty),
        signed_at: MAY_24,
    });
    assert_eq!(request.url, "https://examplebucket.s3.amazonaws.com/test.txt");
    assert_eq!(request.target(), "/test.txt");
    assert_eq!(
        request.headers["authorization"],
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
         SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
         Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
}
