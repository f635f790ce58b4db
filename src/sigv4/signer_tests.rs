//! The signer against AWS's worked examples; midnight, order, what it prints.

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
    Signer::new(Arc::new(credential))
}

fn region() -> Region {
    Region::parse("us-east-1").unwrap()
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
        region: &region(),
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
        region: &region(),
        resource: &key("test.txt").into(),
        query: &[],
        headers: &headers,
        content_sha256: Some(empty),
        signed_at: MAY_24,
    });
    assert_eq!(request.url, "https://examplebucket.s3.amazonaws.com/test.txt");
    assert_eq!(
        request.headers["authorization"],
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
         SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
         Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
}

/// The same page, the examples of PUT Object and GET Bucket (List Objects).
#[test]
fn a_write_and_a_list_are_signed_as_in_the_aws_documentation() {
    let mut headers = HeaderMap::new();
    headers.insert("date", HeaderValue::from_static("Fri, 24 May 2013 00:00:00 GMT"));
    headers.insert("x-amz-storage-class", HeaderValue::from_static("REDUCED_REDUNDANCY"));
    let put = signer(credential()).authorize(&HeaderRequest {
        method: &Method::PUT,
        address: &address("https://s3.amazonaws.com"),
        region: &region(),
        resource: &key("test$file.text").into(),
        query: &[],
        headers: &headers,
        content_sha256: Some(sha2::Sha256::digest(b"Welcome to Amazon S3.").into()),
        signed_at: MAY_24,
    });
    assert_eq!(put.url, "https://examplebucket.s3.amazonaws.com/test%24file.text");
    assert_eq!(
        put.headers["authorization"],
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
         SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, \
         Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    );
    let list = signer(credential()).authorize(&HeaderRequest {
        method: &Method::GET,
        address: &address("https://s3.amazonaws.com"),
        region: &region(),
        resource: &Resource::Bucket,
        query: &[("prefix", "J"), ("max-keys", "2")],
        headers: &HeaderMap::new(),
        content_sha256: Some(sha2::Sha256::digest(b"").into()),
        signed_at: MAY_24,
    });
    assert_eq!(list.url, "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J");
    assert_eq!(
        list.headers["authorization"],
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
         SignedHeaders=host;x-amz-content-sha256;x-amz-date, \
         Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    );
}

const TOKEN: &str = "IQoJb3JpZ2luX2VjE/+=Token";

fn with_token() -> Credential {
    credential().with_session_token(TOKEN.into()).unwrap()
}

fn presign(signer: &Signer, query: &[(&str, &str)], signed_at: Timestamp) -> String {
    signer.presign(&PresignRequest {
        method: &Method::GET,
        address: &address("http://localhost:9000"),
        region: &region(),
        key: &key("a b"),
        query,
        signed_at,
        expires: Duration::from_mins(2),
    })
}

fn authorize(signer: &Signer, headers: &HeaderMap, query: &[(&str, &str)]) -> AuthorizedRequest {
    signer.authorize(&HeaderRequest {
        method: &Method::GET,
        address: &address("http://localhost:9000"),
        region: &region(),
        resource: &key("a b").into(),
        query,
        headers,
        content_sha256: None,
        signed_at: MAY_24,
    })
}

fn names(url: &str) -> Vec<&str> {
    let (_, query) = url.split_once('?').unwrap();
    query
        .split('&')
        .map(|parameter| parameter.split_once('=').unwrap().0)
        .collect()
}

#[test]
fn the_session_token_and_overrides_stand_in_canonical_order() {
    let query = [
        ("versionId", "v"),
        ("response-content-type", "image/png"),
        ("response-cache-control", "no-store"),
        ("X-Amz-Expect", "between"),
        ("X-A", "before"),
    ];
    let url = presign(&signer(with_token()), &query, MAY_24);
    assert_eq!(
        names(&url),
        [
            "X-A",
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Date",
            "X-Amz-Expect",
            "X-Amz-Expires",
            "X-Amz-Security-Token",
            "X-Amz-SignedHeaders",
            "response-cache-control",
            "response-content-type",
            "versionId",
            "X-Amz-Signature",
        ]
    );
    assert!(
        url.contains("&X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2F%2B%3DToken&"),
        "{url}"
    );
    let mut reversed = query;
    reversed.reverse();
    assert_eq!(presign(&signer(with_token()), &reversed, MAY_24), url);
}

#[test]
fn a_url_is_written_without_growing() {
    let mut without_overrides = presign(&signer(with_token()), &[], MAY_24);
    let room = without_overrides.capacity() - without_overrides.len();
    assert!(room < 8, "{room} bytes more than needed");
    without_overrides.shrink_to_fit();
    let with_overrides = presign(
        &signer(credential()),
        &[("response-content-disposition", "attachment; filename=\"é\"")],
        MAY_24,
    );
    assert!(with_overrides.capacity() - with_overrides.len() < 8);
}

#[test]
fn midnight_is_crossed_both_ways() {
    let kept = signer(credential());
    let second = Duration::from_secs(1);
    let day = Duration::from_hours(24);
    for at in [
        MAY_24.minus(second),
        MAY_24,
        MAY_24.minus(second),
        MAY_24.plus(day).minus(second),
        MAY_24.plus(day),
        // The same place in the table of days as the 24th.
        MAY_24.plus(day).plus(day),
        MAY_24,
        MAY_24.plus(day * 365),
        Timestamp::from_unix(0),
        Timestamp::from_unix(u64::MAX),
    ] {
        assert_eq!(presign(&kept, &[], at), presign(&signer(credential()), &[], at));
    }
    assert!(presign(&kept, &[], MAY_24.minus(second)).contains("%2F20130523%2F"));
    assert!(presign(&kept, &[], MAY_24).contains("%2F20130524%2F"));
}

#[test]
fn threads_share_a_signer_across_midnight() {
    let shared = signer(credential());
    let second = Duration::from_secs(1);
    let expected = [MAY_24.minus(second), MAY_24].map(|at| (at, presign(&signer(credential()), &[], at)));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (at, url) in expected.iter().cycle().take(400) {
                    assert_eq!(presign(&shared, &[], *at), *url);
                }
            });
        }
    });
}

#[test]
fn default_ports_are_not_part_of_host() {
    let presign = |endpoint: &str| {
        signer(credential()).presign(&PresignRequest {
            method: &Method::HEAD,
            address: &address(endpoint),
            region: &region(),
            key: &key("k"),
            query: &[],
            signed_at: MAY_24,
            expires: Duration::from_secs(1),
        })
    };
    assert_eq!(presign("https://s3.example.com:443"), presign("https://s3.example.com"));
    assert_eq!(presign("http://s3.example.com:80"), presign("http://s3.example.com"));
    let signature = |url: String| url.split_once("Signature=").unwrap().1.to_owned();
    assert_ne!(
        signature(presign("https://s3.example.com:80")),
        signature(presign("http://s3.example.com"))
    );
    // The scheme is not part of a signature; Host is.
    assert_eq!(
        signature(presign("https://s3.example.com")),
        signature(presign("http://s3.example.com"))
    );
}

#[test]
fn signing_sets_its_own_headers_and_signs_all_others() {
    let mut headers = HeaderMap::new();
    for (name, text) in [
        ("if-none-match", "\"a\""),
        ("range", "bytes=0-1"),
        ("authorization", "theirs"),
        ("host", "theirs"),
        ("x-amz-date", "theirs"),
        ("x-amz-security-token", "theirs"),
        ("x-amz-content-sha256", "theirs"),
    ] {
        headers.append(name, HeaderValue::from_static(text));
    }
    let request = authorize(
        &signer(with_token()),
        &headers,
        &[("versionId", "v"), ("partNumber", "1")],
    );
    assert_eq!(
        request.url,
        "http://examplebucket.localhost:9000/a%20b?partNumber=1&versionId=v"
    );
    assert!(
        request
            .url
            .ends_with(concat!(".com", "/a%20b?partNumber=1&versionId=v")),
        "{}",
        request.url
    );
    assert_eq!(request.headers.len(), 4);
    assert_eq!(request.headers["x-amz-date"], "20130524T000000Z");
    assert_eq!(request.headers["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
    assert_eq!(request.headers["x-amz-security-token"], TOKEN);
    let authorization = request.headers["authorization"].to_str().unwrap();
    let signed = "SignedHeaders=host;if-none-match;range;x-amz-content-sha256;x-amz-date;x-amz-security-token,";
    assert!(authorization.contains(signed), "{authorization}");
    headers.remove("x-amz-security-token");
    let without_token = authorize(&signer(credential()), &headers, &[]);
    assert!(!without_token.headers.contains_key("x-amz-security-token"));
    assert_eq!(without_token.url, "http://examplebucket.localhost:9000/a%20b");
}

#[test]
fn bytes_outside_ascii_in_a_header_are_signed_as_they_are() {
    let mut headers = HeaderMap::new();
    headers.insert("if-match", HeaderValue::from_bytes(b"\"\xe9\"").unwrap());
    let opaque = authorize(&signer(credential()), &headers, &[]);
    headers.insert("if-match", HeaderValue::from_static("\"e\""));
    let plain = authorize(&signer(credential()), &headers, &[]);
    assert_ne!(opaque.headers["authorization"], plain.headers["authorization"]);
}

#[test]
fn nothing_secret_is_printed() {
    let signer = signer(with_token());
    let request = authorize(&signer, &HeaderMap::new(), &[]);
    let printed = format!("{signer:?} {request:?} {:?}", signer.credential());
    for secret in [SECRET, TOKEN, "IQoJ", "wJal", "Signature="] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(printed.contains("AKIAIOSFODNN7EXAMPLE"), "{printed}");
}

#[test]
fn tokens_that_no_header_can_hold_are_refused() {
    for token in ["", "with space", "line\n", "caf\u{e9}", &*"a".repeat(8193)] {
        assert!(credential().with_session_token(token.into()).is_err(), "{token:?}");
    }
}
