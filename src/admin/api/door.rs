//! The door that each address of the API stands behind: who may call, and within which bounds. RFC 6750 and RFC 7617 for its token,
//! rule 23 for its bounds.
//!
//! The token is asked for before anything of the body is read; then few bodies at a time are, each within a length and a time.

use super::Reply;
use super::token::{Schemes, Shown, Token};
use crate::admin::answer::problem;
use crate::telemetry::{ApiName, ApiResult, Events, redact};
use bytes::Bytes;
use http::header::{ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use secrecy::SecretString;
use serde_json::error::Category;
use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How long a body that is not wanted may take to pass.
const PASSING: Duration = Duration::from_secs(2);

/// What differs from one address of the API to the next.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) name: ApiName,
    /// What is told to other methods.
    pub(super) by_post: &'static str,
    /// How the token is shown.
    pub(super) schemes: Schemes,
    /// What is told as long as there is no token.
    pub(super) closed: &'static str,
    /// What is told to those who don't show it.
    pub(super) unauthorized: &'static str,
    /// The challenge that goes with that.
    pub(super) challenge: &'static str,
    /// How many bodies are read and answered at once.
    pub(super) places: usize,
    /// How long a caller waits for one of these places.
    pub(super) queue: Duration,
    /// The largest body, in bytes.
    pub(super) largest: usize,
    /// What is told of a larger one.
    pub(super) too_large: &'static str,
}

/// A door, and the tools of what is behind it. Cloning gives another handle on the same one.
#[derive(Clone)]
pub(super) struct Door<T> {
    terms: &'static Terms,
    open: Option<Open<T>>,
    places: Arc<Semaphore>,
    events: Events,
}

/// What a door with a token has.
#[derive(Clone)]
struct Open<T> {
    token: Token,
    tools: T,
}

/// A body that was let in, with its place among the few that are, and what to answer it with.
pub(super) struct Admitted<'a, T> {
    pub(super) body: Bytes,
    pub(super) tools: &'a T,
    _place: OwnedSemaphorePermit,
}

impl<T> Door<T> {
    /// Makes a door that opens to a token, with the tools of what is behind it; or one that stays closed.
    pub(super) fn new(terms: &'static Terms, open: Option<(&SecretString, T)>, events: Events) -> Self {
        let open = open.map(|(token, tools)| Open {
            token: Token::new(token),
            tools,
        });
        Self {
            terms,
            open,
            places: Arc::new(Semaphore::new(terms.places)),
            events,
        }
    }

    /// Lets the body of a request in, which may take `patience`, or says why not.
    pub(super) async fn admit<B>(&self, request: Request<B>, patience: Duration) -> Result<Admitted<'_, T>, Reply>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        if request.method() != Method::POST {
            let refusal = problem(StatusCode::METHOD_NOT_ALLOWED, self.terms.by_post);
            return Err(with(refusal, ALLOW, "POST"));
        }
        let tools = match self.opened(request.headers()) {
            Ok(tools) => tools,
            Err(result) => {
                if result == ApiResult::Challenged {
                    pass_over(request.into_body(), self.terms.largest).await;
                }
                return Err(self.turn_away(result));
            }
        };
        let place = timeout(self.terms.queue, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            let detail = "Too many calls at once; come again in a second.";
            let refusal = self.refuse(ApiResult::Busy, StatusCode::SERVICE_UNAVAILABLE, detail);
            return Err(with(refusal, RETRY_AFTER, "1"));
        };
        Ok(Admitted {
            body: self.read(request.into_body(), patience).await?,
            tools,
            _place: place,
        })
    }

    /// Counts a call as refused for `result`, and makes the answer that says so.
    pub(super) fn refuse(&self, result: ApiResult, status: StatusCode, detail: &str) -> Reply {
        self.events.api_refused(self.terms.name, result);
        problem(status, detail)
    }

    /// As [`Self::refuse`], for a body that can't be read.
    pub(super) fn unreadable(&self, error: &serde_json::Error) -> Reply {
        // It may quote a URL, which goes back to whoever sent it; its signature need not.
        let what = match error.classify() {
            Category::Data => "The body can't be taken",
            Category::Syntax | Category::Eof | Category::Io => "The body is no JSON",
        };
        let detail = format!("{what}: {}.", redact(&error.to_string()));
        self.refuse(ApiResult::BadRequest, StatusCode::BAD_REQUEST, &detail)
    }

    pub(super) fn events(&self) -> &Events {
        &self.events
    }

    /// The tools, for those who show the token.
    fn opened(&self, headers: &HeaderMap) -> Result<&T, ApiResult> {
        let open = self.open.as_ref().ok_or(ApiResult::Closed)?;
        match open.token.shown_in(headers, self.terms.schemes) {
            Shown::Right => Ok(&open.tools),
            // Whoever may send a password may wait to be asked for it.
            Shown::Nothing if self.terms.schemes == Schemes::BearerOrBasic => Err(ApiResult::Challenged),
            Shown::Nothing | Shown::Wrong => Err(ApiResult::Unauthorized),
        }
    }

    fn turn_away(&self, result: ApiResult) -> Reply {
        if result == ApiResult::Closed {
            return self.refuse(result, StatusCode::FORBIDDEN, self.terms.closed);
        }
        let refusal = self.refuse(result, StatusCode::UNAUTHORIZED, self.terms.unauthorized);
        with(refusal, WWW_AUTHENTICATE, self.terms.challenge)
    }

    async fn read<B>(&self, body: B, patience: Duration) -> Result<Bytes, Reply>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (status, detail) = match timeout(patience, Limited::new(body, self.terms.largest).collect()).await {
            Ok(Ok(body)) => return Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => (StatusCode::PAYLOAD_TOO_LARGE, self.terms.too_large),
            Ok(Err(_)) => (StatusCode::BAD_REQUEST, "The body ended early."),
            Err(_) => (StatusCode::REQUEST_TIMEOUT, "The body took too long."),
        };
        Err(self.refuse(ApiResult::BadRequest, status, detail))
    }
}

/// Takes what comes of a body and keeps nothing of it. Who is only asked for a password has to get to read that: a connection that is
/// closed on what is still being sent takes the answer with it.
async fn pass_over<B: Body<Data = Bytes>>(body: B, most: usize) {
    let mut body = pin!(body);
    let all = async {
        let mut left = most;
        while let Some(Ok(frame)) = body.frame().await {
            left = match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                Some(left) => left,
                None => return,
            };
        }
    };
    // Whoever is slower than this may miss the answer.
    let _ = timeout(PASSING, all).await;
}

/// `reply` with one field more.
pub(super) fn with(mut reply: Reply, name: HeaderName, value: &str) -> Reply {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(name, value);
    }
    reply
}
