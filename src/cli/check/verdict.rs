//! What an answer to a signed GET of a key that can't be there says about bucket, region, clock and credentials. AWS
//! "Error responses".

use crate::fetch::ProbeAnswer;
use crate::s3::{ErrorCode, ErrorDocument, Region};
use http::{Method, StatusCode};
use std::fmt;

/// The header that names a bucket's region.
const BUCKET_REGION: &str = "x-amz-bucket-region";

/// What the origin said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There is no such key, and we may know: reading is allowed.
    Missing,
    /// There is such an object.
    Found,
    /// The signature is good, and access is denied.
    Denied,
    /// There is no such bucket.
    NoBucket,
    /// There is no such access key id.
    WrongKeyId,
    /// The secret does not belong to the access key id.
    WrongSignature,
    /// The session token is no good, or has ended: the code says which.
    WrongToken(String),
    /// The clocks are too far apart.
    Skewed,
    /// The bucket is in another region.
    Elsewhere(Option<Region>),
    /// The origin is busy.
    Throttled,
    /// The origin is broken: the status, and the code if there is one.
    Broken(String),
    /// This is no S3 server, or none that is understood: what it did.
    Strange(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Found => f.write_str("found"),
            Self::Denied => f.write_str("access is denied"),
            Self::NoBucket => f.write_str("there is no such bucket"),
            Self::WrongKeyId => f.write_str("the access key id is unknown"),
            Self::WrongSignature => f.write_str("the signature does not match"),
            Self::WrongToken(told) => write!(f, "the session token is no good ({told})"),
            Self::Skewed => f.write_str("the clocks are too far apart"),
            Self::Elsewhere(Some(region)) => write!(f, "the bucket is in {region}"),
            Self::Elsewhere(None) => f.write_str("the bucket is in another region"),
            Self::Throttled => f.write_str("the origin asks to slow down"),
            Self::Broken(told) => write!(f, "the origin is broken: {told}"),
            Self::Strange(told) => write!(f, "the server {told}"),
        }
    }
}

/// Reads an answer to `method`.
pub(super) fn of(method: &Method, answer: &ProbeAnswer) -> Verdict {
    let document = ErrorDocument::parse(&answer.body);
    let status = answer.status;
    let told = match &document {
        Some(document) => format!("{}, {}", status.as_u16(), word(&document.code_text)),
        None => status.as_u16().to_string(),
    };
    let code = document.as_ref().map(|document| document.code);
    let region = || region(answer, document.as_ref());
    match (status, code) {
        (_, Some(ErrorCode::RequestTimeTooSkewed)) => Verdict::Skewed,
        (_, Some(ErrorCode::AuthorizationHeaderMalformed | ErrorCode::PermanentRedirect)) => {
            Verdict::Elsewhere(region())
        }
        (status, _) if status.is_redirection() => match region() {
            Some(region) => Verdict::Elsewhere(Some(region)),
            None => Verdict::Strange(format!("answers with a redirect ({told})")),
        },
        (_, Some(ErrorCode::InvalidAccessKeyId)) => Verdict::WrongKeyId,
        (_, Some(ErrorCode::SignatureDoesNotMatch)) => Verdict::WrongSignature,
        (_, Some(ErrorCode::ExpiredToken | ErrorCode::InvalidToken)) => Verdict::WrongToken(told),
        (_, Some(ErrorCode::NoSuchBucket)) => Verdict::NoBucket,
        (_, Some(ErrorCode::SlowDown)) | (StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS, _) => {
            Verdict::Throttled
        }
        (StatusCode::OK | StatusCode::PARTIAL_CONTENT, _) => Verdict::Found,
        (StatusCode::NOT_FOUND, Some(_)) => Verdict::Missing,
        (StatusCode::NOT_FOUND, None) if *method == Method::HEAD => Verdict::Missing,
        (StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED, Some(_)) => Verdict::Denied,
        (StatusCode::FORBIDDEN, None) if *method == Method::HEAD => Verdict::Denied,
        (status, _) if status.is_server_error() => Verdict::Broken(told),
        (_, Some(_)) => Verdict::Strange(format!("answers {told}")),
        (_, None) => Verdict::Strange(format!("answers {told} and no S3 error document")),
    }
}

/// Returns the region that an answer names.
pub(super) fn region(answer: &ProbeAnswer, document: Option<&ErrorDocument>) -> Option<Region> {
    let header = answer.headers.get(BUCKET_REGION).and_then(|value| value.to_str().ok());
    header
        .and_then(|name| Region::parse(name).ok())
        .or_else(|| document.and_then(|document| document.region.clone()))
}

/// A code as it may be printed.
fn word(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    fn answer(status: u16, region: Option<&'static str>, body: &str) -> ProbeAnswer {
        let mut headers = HeaderMap::new();
        if let Some(region) = region {
            headers.insert(BUCKET_REGION, HeaderValue::from_static(region));
        }
        ProbeAnswer {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn coded(status: u16, code: &str) -> ProbeAnswer {
        answer(status, None, &format!("<Error><Code>{code}</Code></Error>"))
    }

    #[test]
    fn codes_are_told_apart() {
        let strange = |text: &str| Verdict::Strange(text.into());
        let elsewhere = |name: &str| Verdict::Elsewhere(Some(Region::parse(name).unwrap()));
        let redirect = "<Error><Code>PermanentRedirect</Code><Endpoint>evil.example.com</Endpoint></Error>";
        let malformed = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
        for (answer, verdict) in [
            (coded(404, "NoSuchKey"), Verdict::Missing),
            (coded(404, "NoSuchBucket"), Verdict::NoBucket),
            (coded(403, "AccessDenied"), Verdict::Denied),
            (coded(403, "AllAccessDisabled"), Verdict::Denied),
            (coded(403, "InvalidAccessKeyId"), Verdict::WrongKeyId),
            (coded(403, "SignatureDoesNotMatch"), Verdict::WrongSignature),
            (
                coded(400, "ExpiredToken"),
                Verdict::WrongToken("400, ExpiredToken".into()),
            ),
            (coded(403, "RequestTimeTooSkewed"), Verdict::Skewed),
            (coded(503, "SlowDown"), Verdict::Throttled),
            (
                coded(500, "InternalError"),
                Verdict::Broken("500, InternalError".into()),
            ),
            (coded(400, "Invalid-Thing!"), strange("answers 400, InvalidThing")),
            (answer(301, Some("eu-west-1"), redirect), elsewhere("eu-west-1")),
            (answer(301, None, redirect), Verdict::Elsewhere(None)),
            (answer(400, None, malformed), elsewhere("eu-west-1")),
            (answer(307, Some("eu-west-1"), ""), elsewhere("eu-west-1")),
            (answer(302, None, ""), strange("answers with a redirect (302)")),
            (answer(200, None, "<html>"), Verdict::Found),
            (
                answer(404, None, "<html>"),
                strange("answers 404 and no S3 error document"),
            ),
            (answer(405, None, ""), strange("answers 405 and no S3 error document")),
        ] {
            assert_eq!(of(&Method::GET, &answer), verdict);
        }
        assert_eq!(of(&Method::HEAD, &answer(404, None, "")), Verdict::Missing);
        assert_eq!(of(&Method::HEAD, &answer(403, None, "")), Verdict::Denied);
    }
}
