//! What an S3 client, or a person with a link, is told of a denial: one row a word. AWS "Error responses"; rule 9.

use crate::access::DenialCode;
use http::StatusCode;

/// One word's answer.
pub(super) struct Told {
    pub(super) status: StatusCode,
    /// The code that SDKs branch on.
    pub(super) s3_code: &'static str,
    /// For people; it says what can be done where something can.
    pub(super) sentence: &'static str,
}

/// Returns the sentence for people that goes with `code`.
#[must_use]
pub const fn denial_sentence(code: DenialCode) -> &'static str {
    told(code).sentence
}

/// Returns what is told of `code`.
pub(super) const fn told(code: DenialCode) -> Told {
    const fn row(status: StatusCode, s3_code: &'static str, sentence: &'static str) -> Told {
        Told {
            status,
            s3_code,
            sentence,
        }
    }
    const BAD: StatusCode = StatusCode::BAD_REQUEST;
    const NO: StatusCode = StatusCode::FORBIDDEN;
    match code {
        DenialCode::SignatureMalformed => row(
            BAD,
            "AuthorizationQueryParametersError",
            "The signature is not written as AWS Signature Version 4 wants it.",
        ),
        DenialCode::SignatureAlgorithm => row(
            BAD,
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256 (Signature Version 4).",
        ),
        DenialCode::SignedTwice => row(BAD, "InvalidArgument", "The request is signed in more than one way."),
        DenialCode::QueryAmbiguous => row(
            BAD,
            "InvalidArgument",
            "A parameter stands in the query more than once, or is not encoded as it should be.",
        ),
        DenialCode::PathAmbiguous => row(BAD, "InvalidURI", "The address is not valid, so nothing was looked up."),
        DenialCode::SignatureInvalid => row(
            NO,
            "SignatureDoesNotMatch",
            "The signature does not match: the request or link is another than was signed, or signed with another key.",
        ),
        DenialCode::SignatureV2Disabled => row(
            NO,
            "AccessDenied",
            "The link is signed with version 2, which is not switched on for this key: its client needs signature_versions: \
             [v4, v2].",
        ),
        DenialCode::TemporaryCredentials => row(
            NO,
            "AccessDenied",
            "It is signed with temporary credentials, which can't be verified here. Sign with a key that the gateway \
             issued; links that are stored already can be rewritten (evergate rewrite).",
        ),
        DenialCode::ClockSkew => row(
            NO,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
        DenialCode::RegionWrong => row(
            BAD,
            "AuthorizationHeaderMalformed",
            "The request is signed for another region than the bucket's: give the app the region that the gateway has for \
             it (AWS_REGION; AWS_DEFAULT_REGION for boto3 and the aws command).",
        ),
        DenialCode::KeyRetired => row(
            NO,
            "AccessDenied",
            "The access key is retired: it is good for reading by links that exist, and for nothing else.",
        ),
        DenialCode::NotAllowed => row(NO, "AccessDenied", "The access key may not do this."),
        DenialCode::NoSuchBucket => row(
            StatusCode::NOT_FOUND,
            "NoSuchBucket",
            "The specified bucket does not exist.",
        ),
        DenialCode::LinkExpired => row(NO, "AccessDenied", "The link has expired."),
        DenialCode::LinkTooOld => row(NO, "AccessDenied", "The link has expired too long ago."),
        DenialCode::LinkBeforeCutoff => row(
            NO,
            "AccessDenied",
            "The link is from a time whose links are no longer honoured.",
        ),
    }
}
