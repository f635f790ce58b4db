//! Why a request of an S3 client is denied: what the log is told exactly, and what the client is told of it. Rules 9 and 13.

use crate::sigv4::{PresentedError, VerifyError};
use crate::telemetry::DenialReason;

/// Why a request at an S3 door is denied. For logs and for `inspect`; clients are told the [`Denied::code`] alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// What is offered as proof can't be one.
    #[error(transparent)]
    Presented(#[from] PresentedError),
    /// No client signs with this access key id.
    #[error("no client has this access key id")]
    UnknownKey,
    /// The client's key is revoked: its holder could back-date links.
    #[error("the client's key is revoked")]
    RevokedKey,
    /// The client's key is retired: it is good for its old links alone.
    #[error("the client's key is retired, which verifies presigned reads alone")]
    RetiredKey,
    /// Signed with version 2, which the client has not opted in to.
    #[error("the request is signed with version 2, and the client's signature_versions don't list v2")]
    VersionTwo,
    /// Signed with temporary credentials, whose secret nobody has any more.
    #[error("the request is signed with temporary credentials, which no client has")]
    TemporaryCredentials,
    /// The proof does not hold.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The client's allow list does not hold this.
    #[error("the client's allow list does not hold this")]
    NotAllowed,
    /// The bucket is none of the configuration.
    #[error("the bucket is none of the configuration")]
    UnknownBucket,
    /// The link has expired, and no refresh rule honours expired links there.
    #[error("the link has expired, and no refresh rule honours expired links there")]
    Expired,
    /// The link has expired and is older than the refresh rule's `max_age`.
    #[error("the link has expired and is older than the max_age of its refresh rule")]
    TooOld,
    /// The link was signed before the refresh rule's `not_before`.
    #[error("the link was signed before the not_before of its refresh rule")]
    BeforeCutoff,
}

/// What a client is told of its denial, in words that stay as they are. An unknown key, a revoked one and a wrong
/// signature are one word (rule 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DenialCode {
    /// The proof is not written as AWS writes it: 400.
    SignatureMalformed,
    /// The request is signed by an algorithm that is not taken: 400.
    SignatureAlgorithm,
    /// The request is signed in more than one way: 400.
    SignedTwice,
    /// The query could be read in two ways: 400.
    QueryAmbiguous,
    /// The path could be read in two ways: 400.
    PathAmbiguous,
    /// The proof does not hold, whatever the reason: 403.
    SignatureInvalid,
    /// Version 2 is not switched on for this client: 403.
    SignatureV2Disabled,
    /// Signed with temporary credentials: 403.
    TemporaryCredentials,
    /// The date lies outside of what is taken: 403.
    ClockSkew,
    /// Signed for another region than the bucket's: 400.
    RegionWrong,
    /// The key signs nothing new any more: 403.
    KeyRetired,
    /// The client may not do this: 403.
    NotAllowed,
    /// There is no such bucket: 404.
    NoSuchBucket,
    /// The link has expired: 403.
    LinkExpired,
    /// The link has expired too long ago: 403.
    LinkTooOld,
    /// The link is from a time whose links are all dead: 403.
    LinkBeforeCutoff,
}

impl DenialCode {
    /// The word, as it stands in `x-evergate-reason` and in `<Reason>`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignatureMalformed => "signature_malformed",
            Self::SignatureAlgorithm => "signature_algorithm",
            Self::SignedTwice => "signed_twice",
            Self::QueryAmbiguous => "query_ambiguous",
            Self::PathAmbiguous => "path_ambiguous",
            Self::SignatureInvalid => "signature_invalid",
            Self::SignatureV2Disabled => "signature_v2_disabled",
            Self::TemporaryCredentials => "temporary_credentials",
            Self::ClockSkew => "clock_skew",
            Self::RegionWrong => "region_wrong",
            Self::KeyRetired => "key_retired",
            Self::NotAllowed => "not_allowed",
            Self::NoSuchBucket => "no_such_bucket",
            Self::LinkExpired => "link_expired",
            Self::LinkTooOld => "link_too_old",
            Self::LinkBeforeCutoff => "link_before_cutoff",
        }
    }
}

impl Denied {
    /// Returns what the client is told.
    #[must_use]
    pub const fn code(self) -> DenialCode {
        match self {
            Self::Presented(PresentedError::Ambiguous) => DenialCode::SignedTwice,
            Self::Presented(PresentedError::Query(_)) => DenialCode::QueryAmbiguous,
            Self::Presented(PresentedError::Path) => DenialCode::PathAmbiguous,
            Self::Presented(PresentedError::Algorithm) => DenialCode::SignatureAlgorithm,
            Self::Presented(_) => DenialCode::SignatureMalformed,
            Self::UnknownKey | Self::RevokedKey => DenialCode::SignatureInvalid,
            Self::Verify(error) => match error {
                VerifyError::FromTheFuture | VerifyError::TooOld => DenialCode::ClockSkew,
                VerifyError::Region => DenialCode::RegionWrong,
                VerifyError::HostUnsigned
                | VerifyError::HeaderUnsigned
                | VerifyError::HeaderAbsent
                | VerifyError::V2NotARead
                | VerifyError::SignatureMismatch => DenialCode::SignatureInvalid,
            },
            Self::RetiredKey => DenialCode::KeyRetired,
            Self::VersionTwo => DenialCode::SignatureV2Disabled,
            Self::TemporaryCredentials => DenialCode::TemporaryCredentials,
            Self::NotAllowed => DenialCode::NotAllowed,
            Self::UnknownBucket => DenialCode::NoSuchBucket,
            Self::Expired => DenialCode::LinkExpired,
            Self::TooOld => DenialCode::LinkTooOld,
            Self::BeforeCutoff => DenialCode::LinkBeforeCutoff,
        }
    }

    /// Returns the exact reason, for the log and the metrics.
    #[must_use]
    pub const fn reason(self) -> DenialReason {
        match self {
            Self::Presented(PresentedError::Ambiguous) => DenialReason::SignedTwice,
            Self::Presented(PresentedError::Query(_)) => DenialReason::QueryAmbiguous,
            Self::Presented(PresentedError::Path) => DenialReason::PathAmbiguous,
            Self::Presented(PresentedError::Algorithm) => DenialReason::SignatureAlgorithm,
            Self::Presented(_) => DenialReason::SignatureMalformed,
            Self::UnknownKey => DenialReason::KeyUnknown,
            Self::RevokedKey => DenialReason::KeyRevoked,
            Self::RetiredKey => DenialReason::KeyRetired,
            Self::Verify(error) => match error {
                VerifyError::HostUnsigned | VerifyError::HeaderUnsigned | VerifyError::HeaderAbsent => {
                    DenialReason::SignatureIncomplete
                }
                VerifyError::FromTheFuture | VerifyError::TooOld => DenialReason::ClockSkew,
                VerifyError::V2NotARead => DenialReason::SignatureV2NotARead,
                VerifyError::SignatureMismatch => DenialReason::SignatureMismatch,
                VerifyError::Region => DenialReason::RegionWrong,
            },
            Self::VersionTwo => DenialReason::SignatureV2Disabled,
            Self::TemporaryCredentials => DenialReason::TemporaryCredentials,
            Self::NotAllowed => DenialReason::NotAllowed,
            Self::UnknownBucket => DenialReason::BucketUnknown,
            Self::Expired => DenialReason::LinkExpired,
            Self::TooOld => DenialReason::LinkTooOld,
            Self::BeforeCutoff => DenialReason::LinkBeforeCutoff,
        }
    }
}
