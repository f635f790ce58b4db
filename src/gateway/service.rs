//! One worker's service: takes an arrival through the walk, and sees that everything is counted, logged and named.

use super::running::Running;
use super::walk::{self, Answered};
use crate::fetch::OriginClient;
use crate::listener::{Arrival, Inbound, Service};
use crate::respond::headers::X_REQUEST_ID;
use crate::respond::{self, Body, Form};
use crate::telemetry::{AccessRequest, Answer, CacheResult, LoggedBody};
use http::header::{REFERER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Response};

/// The gateway as one worker thread runs it.
#[derive(Debug)]
pub struct Gateway {
    running: Running,
    origin: OriginClient,
}

impl Gateway {
    /// Takes the app that all workers share, and this worker's own way to the origins.
    #[must_use]
    pub fn new(running: Running, origin: OriginClient) -> Self {
        Self { running, origin }
    }
}

impl Service for Gateway {
    type Body = LoggedBody<Body>;

    async fn call(&self, arrival: Arrival) -> Response<Self::Body> {
        let app = self.running.load();
        let mut trail = app.access_log.open(access_request(&arrival), arrival.started);
        let walked = match &arrival.request {
            Ok(request) => walk::walk(&app, &self.origin, request, &mut trail).await,
            Err(refusal) => Err((*refusal).into()),
        };
        let Answered {
            mut response,
            outcome,
            cache,
        } = walked.unwrap_or_else(|failure| {
            let form = arrival
                .request
                .as_ref()
                .map_or(Form::Problem, |request| Form::of(&request.headers));
            Answered {
                response: respond::error(failure, &arrival.method, form, arrival.id),
                outcome: failure.outcome(),
                cache: CacheResult::None,
            }
        });
        response.headers_mut().insert(X_REQUEST_ID, arrival.id.header_value());
        let (head, body) = response.into_parts();
        let answer = Answer {
            outcome,
            cache,
            status: head.status,
        };
        Response::from_parts(head, trail.answer(answer, body))
    }
}

fn access_request(arrival: &Arrival) -> AccessRequest {
    let request = arrival.request.as_ref().ok();
    let field = |name: HeaderName| field(request.map(|request: &Inbound| &request.headers), &name);
    AccessRequest {
        id: arrival.id.0,
        client: arrival.client.ip,
        method: arrival.method.clone(),
        version: arrival.version,
        host: request.map(|request| request.host.as_str().into()),
        path: (*arrival.path).into(),
        user_agent: field(USER_AGENT),
        referer: field(REFERER),
    }
}

fn field(headers: Option<&HeaderMap>, name: &HeaderName) -> Option<HeaderValue> {
    headers?.get(name).cloned()
}
