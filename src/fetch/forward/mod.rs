//! Sends what a client of the S3 endpoint asks for to the origin, signed anew, and hands its answer back whatever it says.

use super::error::FetchError;
use super::origin::OriginClient;
use super::state::OriginState;
use super::transfer::OriginBody;
use super::upload::Upload;
use crate::credentials::Credentials;
use crate::resolve::EndpointTarget;
use http::{HeaderMap, StatusCode};
use std::sync::Arc;

/// An origin's answer, for a client that speaks S3.
///
/// Dropping it ends the transfer and closes the origin's connection, unless the body is complete.
#[derive(Debug)]
pub struct Forwarded {
    /// What the origin said: any final status but redirects and 503.
    pub status: StatusCode,
    /// The origin's header fields as they came. Nothing of them may go on but by an allow-list (rule 16).
    pub headers: HeaderMap,
    /// Its body; empty for an answer to HEAD.
    pub body: OriginBody,
}

impl OriginClient {
    /// Asks the origin of `state` for `target` and sends `upload` with it; again, where that may help and is harmless.
    /// Returns with the head of the answer. Cancelling (dropping the future) closes the connection in use.
    ///
    /// # Errors
    /// [`FetchError`] where there is no answer, and for answers that concern the gateway alone: its credentials, its clock,
    /// its idea of the bucket's region, its rate.
    pub async fn forward(
        &self,
        state: &Arc<OriginState>,
        credentials: &Credentials,
        target: &EndpointTarget,
        upload: Upload,
    ) -> Result<Forwarded, FetchError> {
        let _ = (state, credentials, target, upload);
        Err(FetchError::NotAsSigned)
    }
}
