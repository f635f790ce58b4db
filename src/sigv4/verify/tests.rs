//! What is believed, of what AWS's documentation and our own signer made; what is not is in `tests/sigv4_verify.rs`.

use super::*;
use crate::clock::Timestamp;
use http::{HeaderMap, Method};
use std::time::Duration;

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// 2013-05-24T00:00:00Z, the day of AWS's examples.
const MAY_24: Timestamp = Timestamp::from_unix(1_369_353_600);
/// AWS "Authenticating requests: using query parameters", the worked example.
const PRESIGNED: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
    &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
    &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

fn judge(
    method: &Method,
    query: &str,
    host: &str,
    secret: &VerifyingSecret,
    now: Timestamp,
) -> Result<Authentic, VerifyError> {
    let headers = HeaderMap::new();
    let received = Received {
        method,
        path: "/test.txt",
        query: Some(query),
        headers: &headers,
    };
    let presented = Presented::of(received).unwrap().unwrap();
    assert_eq!(presented.access_key_id(), ID);
    assert_eq!((presented.form(), presented.version()), (Form::Query, Version::V4));
    assert!(!presented.has_session_token());
    let elsewhere = Candidate {
        host: "other.example.com",
        ..Candidate::default()
    };
    let candidate = Candidate {
        host,
        ..Candidate::default()
    };
    presented.verify(secret, &[elsewhere, candidate], &["eu-west-1", "us-east-1"], now)
}

fn secret() -> VerifyingSecret {
    VerifyingSecret::new(SECRET.into())
}

const HOST: &str = "examplebucket.s3.amazonaws.com";

#[test]
fn the_presigned_url_of_the_aws_documentation_is_authentic() {
    let secret = secret();
    let day = Duration::from_hours(24);
    for (now, expired_by) in [
        (MAY_24.minus(Duration::from_mins(15)), None),
        (MAY_24, None),
        (MAY_24.plus(day), None),
        (MAY_24.plus(day + Duration::from_secs(1)), Some(Duration::from_secs(1))),
        (MAY_24.plus(day * 3650), Some(day * 3649)),
    ] {
        let authentic = judge(&Method::GET, PRESIGNED, HOST, &secret, now).unwrap();
        assert_eq!(authentic.signed_at, Some(MAY_24));
        assert_eq!(authentic.expires_at, Some(MAY_24.plus(day)));
        assert_eq!(authentic.expired_by, expired_by);
        assert_eq!(authentic.candidate, 1);
        assert!(matches!(authentic.payload, Payload::Unsigned));
    }
    assert!(judge(&Method::HEAD, PRESIGNED, HOST, &secret, MAY_24).is_ok());
    let wrong = VerifyError::SignatureMismatch;
    assert_eq!(
        judge(&Method::PUT, PRESIGNED, HOST, &secret, MAY_24).unwrap_err(),
        wrong
    );
    assert_eq!(judge(&Method::GET, PRESIGNED, "h", &secret, MAY_24).unwrap_err(), wrong);
    let unknown = VerifyingSecret::unknown();
    assert_eq!(
        judge(&Method::GET, PRESIGNED, HOST, &unknown, MAY_24).unwrap_err(),
        wrong
    );
}

#[test]
fn an_unknown_key_is_never_believed_whatever_its_secret() {
    let secret = VerifyingSecret::unknown();
    assert!(!secret.agrees(&[1; 32], &[1; 32]));
    assert!(self::secret().agrees(&[1; 32], &[1; 32]));
    assert!(!self::secret().agrees(&[1; 32], &[1; 20]));
}

/// AWS "Signing and authenticating REST requests" (version 2), the example of query strings, with AWS's own answer.
#[test]
fn the_version_2_url_of_the_aws_documentation_is_authentic() {
    let headers = HeaderMap::new();
    let query = "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
    for (method, path, host_bucket) in [
        (Method::GET, "/photos/puppy.jpg", Some("johnsmith")),
        (Method::GET, "/photos%2Fpuppy%2ejpg", Some("johnsmith")),
        (Method::HEAD, "/photos/puppy.jpg", Some("johnsmith")),
        (Method::GET, "/johnsmith/photos/puppy.jpg", None),
    ] {
        let received = Received {
            method: &method,
            path,
            query: Some(query),
            headers: &headers,
        };
        let presented = Presented::of(received).unwrap().unwrap();
        assert_eq!(presented.access_key_id(), ID);
        assert_eq!((presented.form(), presented.version()), (Form::Query, Version::V2));
        let candidate = Candidate {
            host: "whatever.example.com",
            path: None,
            host_bucket,
        };
        let now = Timestamp::from_unix(1_175_139_621);
        let authentic = presented.verify(&secret(), &[candidate], &[], now).unwrap();
        assert_eq!(authentic.signed_at, None);
        assert_eq!(authentic.expired_by, Some(Duration::from_secs(1)));
    }
}

fn presented(query: Option<&str>, fields: &[(&'static str, &'static str)]) -> Result<Option<String>, PresentedError> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, http::HeaderValue::from_static(value));
    }
    let received = Received {
        method: &Method::GET,
        path: "/test.txt",
        query,
        headers: &headers,
    };
    Ok(Presented::of(received)?.map(|presented| presented.access_key_id().to_owned()))
}

/// What other people call a signature is none of ours, and nothing of it is read: it may be as malformed as it likes.
#[test]
fn what_bears_no_aws_signature_is_not_read() {
    for query in [
        None,
        Some(""),
        Some("a=%zz&a=1&&"),
        Some("Signature=a&Expires=1&Key-Pair-Id=b"),
        Some("X-Amz-Date=x&X-Amz-Expires=y"),
        Some("q=X-Amz-Signature"),
        Some("sX-Amz-Signature=1"),
        Some("%FF=1"),
        Some("\u{e9}=1"),
    ] {
        assert_eq!(presented(query, &[]), Ok(None), "{query:?}");
        assert_eq!(
            presented(query, &[("authorization", "Bearer AWS4-HMAC-SHA256")]),
            Ok(None)
        );
        assert_eq!(
            presented(query, &[("authorization", "Basic QVdT"), ("authorization", "x")]),
            Ok(None)
        );
    }
    for claim in [
        "x-amz-signature",
        "X-AMZ-CREDENTIAL=",
        "%78-amz-algorithm=1",
        "awsaccesskeyid",
        "AWSAccessKeyI%64=a",
    ] {
        assert!(presented(Some(claim), &[]).is_err(), "{claim}");
    }
}
