//! What is told of one failure, to whom it may concern: one row each, in whatever form the answer is written.

use crate::telemetry::Outcome;
use http::StatusCode;

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// The status that the reader sees.
    pub(super) status: StatusCode,
    /// The word for metrics and the access log. It tells apart what the reader may not.
    pub(super) outcome: Outcome,
    /// The code that S3 clients branch on.
    pub(super) s3_code: &'static str,
    /// What `x-evergate-reason` and `<Reason>` tell, where there is more to tell than the code does.
    pub(super) reason: Option<&'static str>,
    /// For people; it says what can be done where something can.
    pub(super) sentence: &'static str,
}

/// A status with its word.
pub(super) type Kind = (StatusCode, Outcome);

/// The request is at fault.
pub(super) const BAD: Kind = (StatusCode::BAD_REQUEST, Outcome::BadRequest);
/// It may not be.
pub(super) const FORBIDDEN: Kind = (StatusCode::FORBIDDEN, Outcome::Forbidden);
/// There is nothing.
pub(super) const NOT_FOUND: Kind = (StatusCode::NOT_FOUND, Outcome::NotFound);
/// The method is none that can be asked for there.
pub(super) const NOT_ALLOWED: Kind = (StatusCode::METHOD_NOT_ALLOWED, Outcome::MethodNotAllowed);
/// It can't be had here.
pub(super) const NOT_IMPLEMENTED: Kind = (StatusCode::NOT_IMPLEMENTED, Outcome::NotImplemented);

impl Told {
    /// A row of which the code says all.
    pub(super) const fn new((status, outcome): Kind, s3_code: &'static str, sentence: &'static str) -> Self {
        Self {
            status,
            outcome,
            s3_code,
            reason: None,
            sentence,
        }
    }

    /// The same, with a word of the gateway's own.
    pub(super) const fn because(self, reason: &'static str) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }
}
