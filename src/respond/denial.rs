//! What an S3 client, or a person with a link, is told of a denial: one row a word. AWS "Error responses"; rule 9.

use super::told::{BAD, FORBIDDEN, NOT_FOUND, Told};
use crate::access::DenialCode;

/// Returns the sentence for people that goes with `code`.
#[must_use]
pub const fn denial_sentence(code: DenialCode) -> &'static str {
    told(code).sentence
}

/// Returns what is told of `code`.
pub(super) const fn told(code: DenialCode) -> Told {
    let row = match code {
        DenialCode::SignatureMalformed => Told::new(
            BAD,
            "AuthorizationQueryParametersError",
            "The signature is not written as AWS Signature Version 4 wants it.",
        ),
        DenialCode::SignatureAlgorithm => Told::new(
            BAD,
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256 (Signature Version 4).",
        ),
        DenialCode::SignedTwice => Told::new(BAD, "InvalidArgument", "The request is signed in more than one way."),
        DenialCode::QueryAmbiguous => Told::new(
            BAD,
            "InvalidArgument",
            "A parameter stands in the query more than once, or is not encoded as it should be.",
        ),
        DenialCode::PathAmbiguous => {
            Told::new(BAD, "InvalidURI", "The address is not valid, so nothing was looked up.")
        }
        DenialCode::SignatureInvalid => Told::new(
            FORBIDDEN,
            "SignatureDoesNotMatch",
            "The signature does not match: the request or link is another than was signed, or signed with another key.",
        ),
        DenialCode::SignatureV2Disabled => Told::new(
            FORBIDDEN,
            "AccessDenied",
            "The link is signed with version 2, which is not switched on for this key: its client needs signature_versions: \
             [v4, v2].",
        ),
        DenialCode::TemporaryCredentials => Told::new(
            FORBIDDEN,
            "AccessDenied",
            "It is signed with temporary credentials, which can't be verified here. Sign with a key that the gateway \
             issued; links that are stored already can be rewritten (evergate rewrite).",
        ),
        DenialCode::ClockSkew => Told::new(
            FORBIDDEN,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
        DenialCode::RegionWrong => Told::new(
            BAD,
            "AuthorizationHeaderMalformed",
            "The request is signed for another region than the bucket's: give the app the region that the gateway has for \
             it (AWS_REGION; AWS_DEFAULT_REGION for boto3 and the aws command).",
        ),
        DenialCode::KeyRetired => Told::new(
            FORBIDDEN,
            "AccessDenied",
            "The access key is retired: it is good for reading by links that exist, and for nothing else.",
        ),
        DenialCode::NotAllowed => Told::new(FORBIDDEN, "AccessDenied", "The access key may not do this."),
        DenialCode::NoSuchBucket => Told::new(NOT_FOUND, "NoSuchBucket", "The specified bucket does not exist."),
        DenialCode::LinkExpired => Told::new(FORBIDDEN, "AccessDenied", "The link has expired."),
        DenialCode::LinkTooOld => Told::new(FORBIDDEN, "AccessDenied", "The link has expired too long ago."),
        DenialCode::LinkBeforeCutoff => Told::new(
            FORBIDDEN,
            "AccessDenied",
            "The link is from a time whose links are no longer honoured.",
        ),
    };
    row.because(code.as_str())
}
