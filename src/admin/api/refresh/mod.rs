//! `POST /v1/refresh`: new links for stored ones. docs/reference/refresh-api.md.

mod call;

use super::door::{Door, Terms, with};
use super::token::Schemes;
use super::{Reply, X_REQUEST_ID};
use crate::admin::answer::{self, page, problem};
use crate::gateway::links::Renewer;
use crate::telemetry::{ApiName, Events};
use bytes::Bytes;
use call::{Call, Results};
use http::{Request, StatusCode};
use http_body::Body;
use secrecy::SecretString;
use std::error::Error;
use std::time::Duration;

static TERMS: Terms = Terms {
    name: ApiName::Refresh,
    by_post: "Links are renewed by POST.",
    schemes: Schemes::Bearer,
    closed: super::CLOSED,
    unauthorized: super::UNAUTHORIZED,
    challenge: super::BEARER,
    places: 4,
    queue: Duration::ZERO,
    // 1,000 URLs of 8 KiB, and what JSON adds to them.
    largest: 10 * 1024 * 1024,
    too_large: "The body is larger than 10 MiB; send the URLs in several calls.",
};

/// After how many links probes and other callers get their turn.
const TURN: usize = 16;

/// The refresh API.
pub(super) type Refresh = Door<Renewer>;

/// Opens it to a token, or leaves it closed.
pub(super) fn open(tools: Option<(&SecretString, Renewer)>, events: Events) -> Refresh {
    Door::new(&TERMS, tools, events)
}

/// Answers one request; its body may take `patience`. Both sides of the result are answers: what was asked for, and refusals.
pub(super) async fn answer<B>(door: &Refresh, request: Request<B>, patience: Duration) -> Result<Reply, Reply>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let admitted = door.admit(request, patience).await?;
    let call = Call::parse(&admitted.body).map_err(|error| door.unreadable(&error))?;
    Ok(renew(admitted.tools, &call).await)
}

async fn renew(renewer: &Renewer, call: &Call) -> Reply {
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
