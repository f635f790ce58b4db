//! Why there is nothing from the origin to pass on, and whose fault it is.
//!
//! The texts are for the log: they name the origin's error code, never its message or its document (DESIGN §4.10).

use super::upload::UploadError;
use crate::credentials::CredentialsUnavailable;
use crate::telemetry::OriginErrorKind;
use std::fmt;
use std::time::Duration;

/// Why an origin's object could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// There is no such key.
    #[error("the key is missing")]
    Missing,
    /// There is no such bucket: the configuration is wrong, not the request.
    #[error("the origin knows no such bucket; check the bucket's `name`, `endpoint` and `region`")]
    MissingBucket,
    /// The origin refuses the gateway.
    #[error("the origin refuses the gateway: {0}; check the bucket's credentials and what they may read")]
    Forbidden(OriginCode),
    /// The origin asks for fewer requests (503, 429).
    #[error("the origin asks to slow down")]
    Throttled {
        /// `Retry-After`, at most an hour.
        retry_after: Option<Duration>,
    },
    /// No connection to the origin.
    #[error("the origin is unreachable: {0}; check the bucket's `endpoint`")]
    Unreachable(Box<str>),
    /// A deadline of [`Deadlines`](super::Deadlines) passed before the response head was there.
    #[error("the origin is too slow: no {0} in time")]
    Timeout(Waited),
    /// The origin says that it is broken (5xx).
    #[error("the origin is broken: {0}")]
    Broken(OriginCode),
    /// The origin's answer makes no sense, or there was none.
    #[error("a bad answer from the origin: {0}")]
    BadGateway(Box<str>),
    /// Nothing to sign with.
    #[error(transparent)]
    Credentials(#[from] CredentialsUnavailable),
    /// As many transfers as are allowed are under way.
    #[error("too many transfers are under way")]
    Saturated,
    /// The origin had asked for fewer requests, and no place among those that it takes came free in time.
    #[error("the origin takes fewer requests at once, and no place came free")]
    HeldBack,
    /// The origin has only failed of late and is left in peace.
    #[error("the origin has failed too often and is not asked now")]
    Suspended {
        /// When it is worth asking again.
        retry_after: Duration,
    },
    /// The client's body did not come to its end, or was not as announced: the client's doing.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The origin refused the gateway's signature; why is known now, but the body is gone. The next request succeeds.
    #[error("the origin refused the signature, which is right by now, but the body can't be sent again")]
    Corrected,
    /// The request could not be sent exactly as it was signed (rule 2); nothing was sent.
    #[error("the request would not be sent as it was signed")]
    NotAsSigned,
}

impl FetchError {
    /// What this counts as among the origin's failures; `None` when it is none of the origin's.
    #[must_use]
    pub fn kind(&self) -> Option<OriginErrorKind> {
        match self {
            Self::MissingBucket => Some(OriginErrorKind::MissingBucket),
            Self::Forbidden(_) => Some(OriginErrorKind::Forbidden),
            Self::Throttled { .. } => Some(OriginErrorKind::Throttled),
            Self::Unreachable(_) => Some(OriginErrorKind::Unreachable),
            Self::Timeout(_) => Some(OriginErrorKind::Timeout),
            Self::Broken(_) | Self::BadGateway(_) => Some(OriginErrorKind::BadAnswer),
            Self::Saturated => Some(OriginErrorKind::Saturated),
            Self::HeldBack => Some(OriginErrorKind::HeldBack),
            Self::Suspended { .. } => Some(OriginErrorKind::Suspended),
            Self::Missing | Self::Credentials(_) | Self::Upload(_) | Self::Corrected | Self::NotAsSigned => None,
        }
    }
}

/// What was waited for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// A connection.
    Connection,
    /// The response head.
    Head,
    /// That the origin takes more of the request's body.
    Room,
}

impl fmt::Display for Waited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "connection",
            Self::Head => "response head",
            Self::Room => "room for more of the request's body",
        })
    }
}

/// An S3 error code as the origin wrote it, cut to what a code may look like so that it is safe in a log; the status
/// where there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginCode(Box<str>);

impl OriginCode {
    pub(super) fn new(code: Option<&str>, status: http::StatusCode) -> Self {
        let text: String = code
            .unwrap_or_default()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(64)
            .collect();
        if text.is_empty() {
            Self(format!("status {}", status.as_u16()).into())
        } else {
            Self(text.into())
        }
    }

    /// The code, such as `AccessDenied`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OriginCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a transfer ended before its end. The client's connection is cut: it must not take a part for the whole (rule 19).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// The origin closed or broke the connection before the announced length.
    #[error("the origin cut the body off after {received} bytes")]
    Truncated {
        /// Body bytes received.
        received: u64,
    },
    /// The origin sent more than it announced.
    #[error("the origin sent more than the announced length")]
    TooLong,
    /// The origin's document, which is to be told under the client's names, is none.
    #[error("the origin's document can't be read, after {received} bytes")]
    Garbled {
        /// Body bytes received.
        received: u64,
    },
    /// The origin was silent for longer than [`Deadlines::stall`](super::Deadlines).
    #[error("the origin was silent for too long after {received} bytes")]
    Stalled {
        /// Body bytes received.
        received: u64,
    },
}
