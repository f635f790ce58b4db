//! The API of the admin listener: `POST /v1/refresh`. RFC 6750 for its token, rule 23 for its bounds.
//!
//! Without `admin.token` it is closed. The token is asked for before anything of the body is read; then few bodies at a time
//! are, each within a length and a time.

mod call;
mod token;

use super::answer::{self, page, problem};
use crate::gateway::links::Renewer;
use crate::telemetry::{ApiResult, Events, redact};
use bytes::Bytes;
use call::{Call, Results};
use http::header::{ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use secrecy::SecretString;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use token::Token;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The largest body: 1,000 URLs of 8 KiB, and what JSON adds to them.
const MAX_BODY: usize = 10 * 1024 * 1024;
/// How many bodies are read and answered at once.
const PLACES: usize = 4;
/// After how many links probes and other callers get their turn.
const TURN: usize = 16;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The API. Cloning gives another handle on the same one.
#[derive(Clone)]
pub struct Api {
    open: Option<Open>,
    events: Events,
}

/// What an API with a token needs.
#[derive(Clone)]
struct Open {
    token: Token,
    renewer: Renewer,
    places: Arc<Semaphore>,
}

impl Api {
    /// The one address of the API.
    pub(super) const REFRESH: &str = "/v1/refresh";

    /// Takes the token that callers must show, without which the API stays closed, and what renews links.
    #[must_use]
    pub fn new(token: Option<&SecretString>, renewer: Renewer, events: Events) -> Self {
        let open = token.map(|token| Open {
            token: Token::new(token),
            renewer,
            places: Arc::new(Semaphore::new(PLACES)),
        });
        Self { open, events }
    }

    /// An API that is closed.
    #[must_use]
    pub fn closed(events: Events) -> Self {
        Self { open: None, events }
    }

    /// Answers a request to [`Api::REFRESH`]; its body may take `patience`.
    pub(super) async fn answer<B>(&self, request: Request<B>, patience: Duration) -> Response<Full<Bytes>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        if request.method() != Method::POST {
            let refusal = problem(StatusCode::METHOD_NOT_ALLOWED, "Links are renewed by POST.");
            return with(refusal, ALLOW, "POST");
        }
        let Some(open) = &self.open else {
            self.events.api_refused(ApiResult::Closed);
            return problem(
                StatusCode::FORBIDDEN,
                "The API is closed, since it has no token: set `admin: { listen: …, token: ${EVERGATE_ADMIN_TOKEN} }` in the \
                 configuration file, or, without a file, the variable EVERGATE_ADMIN_TOKEN; then restart the gateway.",
            );
        };
        if !open.token.is_shown_in(request.headers()) {
            self.events.api_refused(ApiResult::Unauthorized);
            let refusal = problem(
                StatusCode::UNAUTHORIZED,
                "Show the token of `admin.token` as `Authorization: Bearer …`.",
            );
            return with(refusal, WWW_AUTHENTICATE, "Bearer realm=\"evergate\"");
        }
        let Ok(_place) = open.places.try_acquire() else {
            self.events.api_refused(ApiResult::Busy);
            let refusal = problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "Too many calls at once; come again in a second.",
            );
            return with(refusal, RETRY_AFTER, "1");
        };
        match read(request.into_body(), patience).await {
            Ok(call) => renew(&open.renewer, &call).await,
            Err(refusal) => {
                self.events.api_refused(ApiResult::BadRequest);
                refusal
            }
        }
    }
}

/// Reads a call, or says what is wrong with it.
async fn read<B>(body: B, patience: Duration) -> Result<Call, Response<Full<Bytes>>>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let body = timeout(patience, Limited::new(body, MAX_BODY).collect()).await;
    let body = body.map_err(|_| problem(StatusCode::REQUEST_TIMEOUT, "The body took too long."))?;
    let body = body.map_err(|error| {
        if error.is::<LengthLimitError>() {
            problem(
                StatusCode::PAYLOAD_TOO_LARGE,
                "The body is larger than 10 MiB; send the URLs in several calls.",
            )
        } else {
            problem(StatusCode::BAD_REQUEST, "The body ended early.")
        }
    })?;
    Call::parse(&body.to_bytes()).map_err(|error| {
        // It may quote a URL, which goes back to whoever sent it; its signature need not.
        let detail = format!("The body can't be taken: {}.", redact(&error.to_string()));
        problem(StatusCode::BAD_REQUEST, &detail)
    })
}

async fn renew(renewer: &Renewer, call: &Call) -> Response<Full<Bytes>> {
    let mut batch = renewer.begin(call.to());
    let id = batch.id();
    let mut results = Results::default();
    for (done, url) in call.urls().iter().enumerate() {
        if done % TURN == TURN - 1 {
            tokio::task::yield_now().await;
        }
        results.push(batch.renew(url));
    }
    batch.end();
    match results.to_json() {
        Ok(body) => with(
            page(StatusCode::OK, answer::JSON, body),
            X_REQUEST_ID,
            &format!("{id:016x}"),
        ),
        Err(_) => problem(StatusCode::INTERNAL_SERVER_ERROR, "The results could not be written."),
    }
}

fn with(mut response: Response<Full<Bytes>>, name: HeaderName, value: &str) -> Response<Full<Bytes>> {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}
