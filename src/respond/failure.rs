//! Everything that can keep a reader from an object, each with its status. Never one for another.

use super::denial;
use super::endpoint::EndpointFault;
use super::told::{BAD, NOT_ALLOWED, NOT_FOUND, NOT_IMPLEMENTED, Told};
use crate::access::Denied;
use crate::config::OriginForbidden;
use crate::fetch::FetchError;
use crate::listener::Refusal;
use crate::presign::PresignError;
use crate::resolve::{DownloadError, FieldError};
use crate::route::{LocateError, RouteError};
use crate::s3::KeyError;
use crate::telemetry::{DenialReason, Outcome};
use http::StatusCode;
use std::time::Duration;

/// Why there is no object in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The head is refused by the listener.
    Refused(Refusal),
    /// The path or key is refused: 400.
    Key(KeyError),
    /// The query is refused: 400.
    Query(DownloadError),
    /// The method is known but not taken here: 405.
    MethodNotAllowed,
    /// No route covers the path: 404.
    NoRoute,
    /// What an S3 client asks for is denied: 400, 403 or 404.
    Denied(Denied),
    /// The path is not below the S3 endpoint's base path: 404.
    OutsideBase,
    /// What stands in the bucket's place is no bucket name: 400.
    BucketName,
    /// The S3 endpoint refuses it behind the signature: 400 to 411, or 501.
    Endpoint(EndpointFault),
    /// The key is missing: 404.
    Missing,
    /// The origin refuses the gateway: 404 or 403, as the route says.
    OriginForbidden(OriginForbidden),
    /// The origin knows no such bucket: 502, since the configuration is wrong.
    OriginBucket,
    /// No connection to the origin: 502.
    OriginUnreachable,
    /// The origin was too slow: 504.
    OriginTimeout,
    /// The origin's answer makes no sense: 502.
    OriginError,
    /// The origin asks for fewer requests: 503.
    Throttled {
        /// When to come again, if the origin said.
        retry_after: Option<Duration>,
    },
    /// The origin has only failed of late and is left in peace for a while: 503.
    OriginSuspended {
        /// When it is worth coming again.
        retry_after: Duration,
    },
    /// Nothing valid to sign with: 503.
    NoCredentials,
    /// The gateway is at a bound of its own, or drains: 503.
    Overloaded,
    /// A fault of the gateway: 500.
    Internal,
}

impl Failure {
    /// What a failed fetch means for the reader of a route that says `forbidden` of origins that refuse.
    #[must_use]
    pub fn of_fetch(error: &FetchError, forbidden: OriginForbidden) -> Self {
        match error {
            FetchError::Missing => Self::Missing,
            FetchError::MissingBucket => Self::OriginBucket,
            FetchError::Forbidden(_) => Self::OriginForbidden(forbidden),
            FetchError::Throttled { retry_after } => Self::Throttled {
                retry_after: *retry_after,
            },
            FetchError::Unreachable(_) => Self::OriginUnreachable,
            FetchError::Timeout(_) => Self::OriginTimeout,
            FetchError::Broken(_) | FetchError::BadGateway(_) => Self::OriginError,
            FetchError::Credentials(_) => Self::NoCredentials,
            FetchError::Saturated => Self::Overloaded,
            FetchError::HeldBack | FetchError::Corrected => Self::Throttled { retry_after: None },
            FetchError::Suspended { retry_after } => Self::OriginSuspended {
                retry_after: *retry_after,
            },
            FetchError::Upload(error) => EndpointFault::Upload(*error).into(),
            FetchError::NotAsSigned => Self::Internal,
        }
    }

    /// The status that the reader sees.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.told().status
    }

    /// The word for metrics and the access log.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        self.told().outcome
    }

    /// What is told of it. The sentence names what the reader can do something about and nothing of the inside: what is
    /// missing, has no route or is refused by the origin reads the same.
    pub(super) const fn told(self) -> Told {
        const UNREADABLE: &str = "The storage behind this address can't be read right now.";
        const NOT_NOW: &str = "The service can't answer right now. Try again shortly.";
        const UNAVAILABLE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;
        match self {
            Self::Refused(refusal) => of_refusal(refusal),
            Self::Denied(denied) => denial::told(denied.code()),
            Self::Endpoint(fault) => fault.told(),
            Self::Key(KeyError::TooLong) => Told::new(BAD, "KeyTooLongError", INVALID),
            Self::Key(_) => Told::new(BAD, "InvalidURI", INVALID),
            Self::BucketName => Told::new(BAD, "InvalidBucketName", INVALID),
            Self::Query(DownloadError::Duplicate) => Told::new(
                BAD,
                "InvalidArgument",
                "The parameter 'download' may stand in the address only once.",
            ),
            Self::Query(DownloadError::BadEncoding) => {
                Told::new(BAD, "InvalidArgument", "The name to download under is not valid.")
            }
            Self::MethodNotAllowed => Told::new(
                NOT_ALLOWED,
                "MethodNotAllowed",
                "This address can only be read (GET and HEAD).",
            ),
            Self::NoRoute | Self::Missing => Told::new(NOT_FOUND, "NoSuchKey", NOTHING),
            Self::OutsideBase => Told::new(
                NOT_FOUND,
                "NoSuchBucket",
                "There is no bucket at this address: S3 requests are taken below a path of this site, which the app's \
                 endpoint must end in.",
            )
            .because(DenialReason::OutsideBasePath.as_str()),
            Self::OriginForbidden(OriginForbidden::NotFound) => {
                Told::new((StatusCode::NOT_FOUND, Outcome::OriginForbidden), "NoSuchKey", NOTHING)
            }
            Self::OriginForbidden(OriginForbidden::Forbidden) => Told::new(
                (StatusCode::FORBIDDEN, Outcome::OriginForbidden),
                "AccessDenied",
                "You may not read this.",
            ),
            Self::OriginBucket => Told::new(
                (StatusCode::BAD_GATEWAY, Outcome::OriginError),
                "NoSuchBucket",
                UNREADABLE,
            ),
            Self::OriginUnreachable => Told::new(
                (StatusCode::BAD_GATEWAY, Outcome::OriginUnreachable),
                "InternalError",
                UNREADABLE,
            ),
            Self::OriginError => Told::new(
                (StatusCode::BAD_GATEWAY, Outcome::OriginError),
                "InternalError",
                UNREADABLE,
            ),
            Self::OriginTimeout => Told::new(
                (StatusCode::GATEWAY_TIMEOUT, Outcome::OriginTimeout),
                "InternalError",
                "The storage behind this address took too long to answer.",
            ),
            Self::Throttled { .. } => Told::new(
                (UNAVAILABLE, Outcome::Throttled),
                "SlowDown",
                "The storage behind this address is busy. Try again shortly.",
            ),
            Self::OriginSuspended { .. } => Told::new(
                (UNAVAILABLE, Outcome::OriginSuspended),
                "ServiceUnavailable",
                UNREADABLE,
            ),
            Self::NoCredentials => Told::new((UNAVAILABLE, Outcome::NoCredentials), "ServiceUnavailable", NOT_NOW),
            Self::Overloaded => Told::new((UNAVAILABLE, Outcome::Overloaded), "ServiceUnavailable", NOT_NOW),
            Self::Internal => Told::new(
                (StatusCode::INTERNAL_SERVER_ERROR, Outcome::Internal),
                "InternalError",
                "Something went wrong here. It is not your fault.",
            ),
        }
    }

    /// Why an S3 client is denied, exactly, for the log and the metrics; `None` for what is no denial.
    #[must_use]
    pub fn denial(self) -> Option<DenialReason> {
        match self {
            Self::Denied(denied) => Some(denied.reason()),
            Self::Endpoint(EndpointFault::NotOpen) => Some(DenialReason::OperationNotOpen),
            Self::Endpoint(EndpointFault::Field(FieldError::AclNotOpen)) => Some(DenialReason::AclNotOpen),
            Self::OutsideBase => Some(DenialReason::OutsideBasePath),
            _ => None,
        }
    }

    /// When to come again; given with every 503.
    #[must_use]
    pub fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after } => Some(retry_after.unwrap_or(Duration::from_secs(2))),
            // Rounded up: half a second is not none.
            Self::OriginSuspended { retry_after } => Some(Duration::from_secs(retry_after.as_secs().saturating_add(1))),
            Self::NoCredentials => Some(Duration::from_secs(10)),
            Self::Overloaded => Some(Duration::from_secs(1)),
            _ => None,
        }
    }
}

const INVALID: &str = "The address is not valid, so nothing was looked up.";
const NOTHING: &str = "There is nothing at this address.";

const fn of_refusal(refusal: Refusal) -> Told {
    match refusal {
        Refusal::BadHost => Told::new(BAD, "InvalidRequest", "The request needs exactly one valid Host."),
        Refusal::BadTarget => Told::new(BAD, "InvalidURI", INVALID),
        Refusal::TargetTooLong => Told::new(
            (StatusCode::URI_TOO_LONG, Outcome::TooLarge),
            "InvalidRequest",
            "The address is too long.",
        ),
        Refusal::TooManyFields => Told::new(
            (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, Outcome::TooLarge),
            "InvalidRequest",
            "The request has too many header fields.",
        ),
        Refusal::BadTransferCoding => Told::new(
            BAD,
            "InvalidRequest",
            "The request's body is not sent in a way that is taken here.",
        ),
        Refusal::BareLineFeed => Told::new(
            BAD,
            "InvalidRequest",
            "The request has a line that does not end as HTTP wants it.",
        ),
        Refusal::UnknownMethod => Told::new(NOT_IMPLEMENTED, "NotImplemented", "This method is not implemented."),
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<DownloadError> for Failure {
    fn from(error: DownloadError) -> Self {
        Self::Query(error)
    }
}

impl From<RouteError> for Failure {
    fn from(error: RouteError) -> Self {
        match error {
            RouteError::Key(error) => Self::Key(error),
            RouteError::NoRoute => Self::NoRoute,
        }
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<LocateError> for Failure {
    fn from(error: LocateError) -> Self {
        match error {
            LocateError::OutsideBase => Self::OutsideBase,
            LocateError::BucketName => Self::BucketName,
            LocateError::Key(error) => Self::Key(error),
        }
    }
}

impl From<&PresignError> for Failure {
    fn from(error: &PresignError) -> Self {
        match error {
            PresignError::CredentialsUnavailable(_) | PresignError::CredentialEndsSoon => Self::NoCredentials,
            PresignError::IllegalLocation | PresignError::PermitEndsSoon => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::Waited;

    #[test]
    fn each_fetch_error_has_its_own_status() {
        use OriginForbidden::{Forbidden, NotFound};
        let status = |error: FetchError, forbidden| Failure::of_fetch(&error, forbidden).status().as_u16();
        assert_eq!(status(FetchError::Missing, Forbidden), 404);
        assert_eq!(status(FetchError::MissingBucket, NotFound), 502);
        assert_eq!(status(FetchError::Throttled { retry_after: None }, NotFound), 503);
        assert_eq!(status(FetchError::Unreachable("refused".into()), NotFound), 502);
        assert_eq!(status(FetchError::Timeout(Waited::Head), NotFound), 504);
        assert_eq!(status(FetchError::Timeout(Waited::Connection), NotFound), 504);
        assert_eq!(status(FetchError::BadGateway("garbage".into()), NotFound), 502);
        assert_eq!(status(FetchError::Saturated, NotFound), 503);
        assert_eq!(status(FetchError::HeldBack, NotFound), 503);
        let retry_after = Duration::from_millis(300);
        assert_eq!(status(FetchError::Suspended { retry_after }, NotFound), 503);
        assert_eq!(status(FetchError::NotAsSigned, NotFound), 500);
    }

    #[test]
    fn what_the_origin_refuses_looks_missing_or_forbidden_but_is_logged_as_it_is() {
        let missing = Failure::OriginForbidden(OriginForbidden::NotFound);
        assert_eq!(missing.status(), Failure::Missing.status());
        assert_eq!(missing.told().sentence, Failure::Missing.told().sentence);
        let forbidden = Failure::OriginForbidden(OriginForbidden::Forbidden);
        assert_eq!(forbidden.status(), StatusCode::FORBIDDEN);
        for failure in [missing, forbidden] {
            assert_eq!(failure.outcome(), Outcome::OriginForbidden);
        }
    }

    #[test]
    fn every_503_says_when_to_come_again() {
        for failure in [
            Failure::Throttled { retry_after: None },
            Failure::OriginSuspended {
                retry_after: Duration::from_millis(1),
            },
            Failure::NoCredentials,
            Failure::Overloaded,
        ] {
            assert_eq!(failure.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(failure.retry_after().is_some());
        }
    }
}
