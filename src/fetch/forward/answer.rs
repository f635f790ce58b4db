//! Whom an origin's answer is for: the client, or the gateway alone.
//!
//! The client has signed with a key of its own, for a gateway whose clock it goes by and whose buckets have the regions
//! that it says. What the origin has to say of the gateway's key, clock and regions would only mislead it.

use crate::fetch::attempt::Failed;
use crate::fetch::body::ResponseBody;
use crate::fetch::document::Document;
use crate::fetch::head;
use crate::fetch::outcome::{self, Asked};
use crate::fetch::remedy::Cause;
use crate::fetch::transfer::Length;
use crate::s3::{ErrorCode, ErrorDocument};
use http::response::Parts;
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

/// What is passed on.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: ResponseBody,
    pub(super) length: Length,
    pub(super) refusal: Option<ErrorDocument>,
}

/// Whom it is for.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The client.
    Answer(Answer),
    /// The gateway.
    Refused(Failed),
    /// The gateway, if it helps, else the client: a head alone does not tell.
    Doubtful(Failed, Answer),
}

/// Reads of the body what it needs, until `deadline`.
pub(super) async fn judge(asked: Asked<'_>, response: http::Response<ResponseBody>, deadline: Instant) -> Verdict {
    let (parts, body) = response.into_parts();
    let status = parts.status;
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        return Verdict::Answer(Answer {
            length: length(asked, &parts),
            status,
            headers: parts.headers,
            body,
            refusal: None,
        });
    }
    let (document, bytes) = Document::read(body, deadline).await;
    let failed = outcome::told(asked, &parts, &document);
    let whom = whom(asked, status, &document, &failed);
    let answer = Answer {
        status,
        headers: parts.headers,
        length: Length::Exact(bytes.len() as u64),
        body: bytes.into(),
        refusal: document.into_s3(),
    };
    match whom {
        Whom::Client => Verdict::Answer(answer),
        Whom::Gateway => Verdict::Refused(failed),
        Whom::Either => Verdict::Doubtful(failed, answer),
    }
}

/// How much body comes behind a head.
fn length(asked: Asked<'_>, parts: &Parts) -> Length {
    if asked.head_alone() || matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return Length::Exact(0);
    }
    head::content_length(&parts.headers).map_or(Length::Unknown, Length::Exact)
}

enum Whom {
    Client,
    Gateway,
    Either,
}

fn whom(asked: Asked<'_>, status: StatusCode, document: &Document, failed: &Failed) -> Whom {
    if document.code().is_some_and(concerns_the_gateway) {
        return Whom::Gateway;
    }
    match (status, &failed.cause) {
        // What an origin can't do, or has no room for, it will not do or have in a moment.
        (StatusCode::NOT_IMPLEMENTED | StatusCode::INSUFFICIENT_STORAGE, _) => Whom::Client,
        _ if !status.is_client_error() => Whom::Gateway,
        (_, Cause::Throttled { .. } | Cause::Elsewhere(_)) | (StatusCode::UNAUTHORIZED, _) => Whom::Gateway,
        (_, Cause::Skewed(_) | Cause::StaleCredentials) => Whom::Either,
        _ if asked.head_alone() => Whom::Client,
        _ => match document {
            Document::S3(_) | Document::Silent => Whom::Client,
            // Nobody knows what it said.
            Document::Lost => Whom::Gateway,
            // Something in front of the origin, which knows about sizes and methods, and nothing about keys.
            Document::Foreign => match status {
                StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => Whom::Gateway,
                _ => Whom::Client,
            },
        },
    }
}

/// Whether a refusal is of the gateway's own signature.
fn concerns_the_gateway(code: ErrorCode) -> bool {
    match code {
        ErrorCode::ExpiredToken
        | ErrorCode::InvalidToken
        | ErrorCode::InvalidAccessKeyId
        | ErrorCode::SignatureDoesNotMatch
        | ErrorCode::AuthorizationHeaderMalformed
        | ErrorCode::RequestTimeTooSkewed
        | ErrorCode::PermanentRedirect
        | ErrorCode::SlowDown => true,
        ErrorCode::NoSuchKey | ErrorCode::NoSuchBucket | ErrorCode::AccessDenied | ErrorCode::Other => false,
    }
}
