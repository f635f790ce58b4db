//! Every way in which a proof is refused, by name. Rules 5 to 9.
//!
//! None of them carries anything of the request or of a key, so that all of them may be logged.

use crate::s3::QueryError;

/// Why what is offered can't be a proof at all: 400. Says nothing that depends on a key or on the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PresentedError {
    /// More than one AWS form (rule 6), or two `Authorization` fields.
    #[error("the request is signed in more than one way")]
    Ambiguous,
    /// The query could be read in two ways (rule 5).
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The path could be read in two ways (rule 2).
    #[error("the path is not one that an object could have")]
    Path,
    /// Not `AWS4-HMAC-SHA256`: version 2 in the `Authorization` header, or elliptic curves.
    #[error("the signature's algorithm is not AWS4-HMAC-SHA256")]
    Algorithm,
    /// The `Authorization` header is not `Credential=…, SignedHeaders=…, Signature=…`, each once.
    #[error("the Authorization header is not written as AWS writes it")]
    Authorization,
    /// One of the parameters that make a presigned URL is missing, or written in another case.
    #[error("a parameter of the signature is missing from the query")]
    MissingParameter,
    /// Not `<access key id>/<day>/<region>/<service>/aws4_request`.
    #[error("the credential scope is malformed")]
    Credential,
    /// Signed for another service than `s3`.
    #[error("the credential scope names another service than s3")]
    Service,
    /// The scope does not end in `aws4_request`.
    #[error("the credential scope does not end in aws4_request")]
    Terminator,
    /// The scope's day is not that of `X-Amz-Date`.
    #[error("the day of the credential scope is not that of X-Amz-Date")]
    ScopeDay,
    /// There is no `X-Amz-Date`, or more than one.
    #[error("the signature bears no X-Amz-Date, or more than one")]
    DateMissing,
    /// `X-Amz-Date` is not a point in time such as `20130524T000000Z`.
    #[error("X-Amz-Date is malformed")]
    Date,
    /// SignedHeaders is empty, or not in lower case, or not sorted, or names a header twice.
    #[error("SignedHeaders is malformed, not in lower case, not sorted or not unique")]
    SignedHeaders,
    /// There is no `X-Amz-Expires` (rule 8).
    #[error("X-Amz-Expires is missing")]
    ExpiresMissing,
    /// `X-Amz-Expires` is not 1 to 6 digits without a leading zero (rule 8).
    #[error("X-Amz-Expires is malformed")]
    Expires,
    /// `X-Amz-Expires` is over 604,800 seconds (rule 8).
    #[error("X-Amz-Expires is over 7 days")]
    ExpiresTooLong,
    /// A request signed in its header without `x-amz-content-sha256`, or with more than one.
    #[error("x-amz-content-sha256 is missing, or there is more than one")]
    PayloadMissing,
    /// `x-amz-content-sha256` is of no kind that can be verified: elliptic curves, upper-case digits, another word; or a
    /// presigned URL claims signed chunks.
    #[error("x-amz-content-sha256 is of no kind that is known")]
    PayloadKind,
    /// The signature is not 64 lower-case hexadecimal digits.
    #[error("the signature is not 64 lower-case hexadecimal digits")]
    Signature,
    /// Version 2: `Expires` is not 1 to 11 digits without a leading zero.
    #[error("the Expires of a version 2 signature is malformed")]
    V2Expires,
    /// Version 2: the signature is not 20 bytes in Base64.
    #[error("the version 2 signature is not 20 bytes in Base64")]
    V2Signature,
    /// Version 2: the query holds a parameter that this version does not sign (rule 5).
    #[error("a parameter of the query is none that version 2 signs")]
    V2UnsignedParameter,
}

/// Why a proof is not believed: 403. For logs and for `inspect`; readers are told less (rule 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum VerifyError {
    /// `host` is not among the signed headers (rule 7).
    #[error("the signature does not cover the host")]
    HostUnsigned,
    /// An `x-amz-*` header was received that the signature does not cover (rule 7).
    #[error("the signature does not cover every x-amz-* header that came along")]
    HeaderUnsigned,
    /// The signature covers a header that was not received.
    #[error("a header that the signature covers did not come along")]
    HeaderAbsent,
    /// The date lies more than 15 minutes in the future (rule 8).
    #[error("the signature's date is more than 15 minutes in the future")]
    FromTheFuture,
    /// A request signed in its header is more than 15 minutes old (rule 8).
    #[error("the request was signed more than 15 minutes ago")]
    TooOld,
    /// Version 2 with another method than GET or HEAD.
    #[error("version 2 signatures are taken for reads only")]
    V2NotARead,
    /// Another secret, another host, or another request than was signed.
    #[error("the signature does not match")]
    SignatureMismatch,
    /// The signature is right, and its scope names a region that the bucket is not in (rule 7). Told to nobody who does not
    /// hold the key.
    #[error("the signature was made for another region")]
    Region,
}
