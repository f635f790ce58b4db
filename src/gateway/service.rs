//! One worker's service: takes an arrival through the walk, and sees that everything is counted, logged and named.

use super::running::Running;
use super::walk::{self, Answered};
use crate::cache;
use crate::fetch::OriginClient;
use crate::listener::{Arrival, Inbound, Refusal, Service};
use crate::respond::headers::X_REQUEST_ID;
use crate::respond::{self, Body, Form};
use crate::telemetry::{AccessRequest, Answer, CacheResult, LoggedBody};
use http::header::{REFERER, USER_AGENT};
use http::{HeaderName, Response};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

/// The gateway as one worker thread runs it.
#[derive(Debug)]
pub struct Gateway {
    running: Running,
    origin: OriginClient,
}

impl Gateway {
    /// Takes the app that all workers share, and this worker's own way to the origins. To be called on the thread of the worker,
    /// which is `worker`, counted from 0: it gets its place in what is kept for each.
    #[must_use]
    pub fn new(worker: usize, running: Running, origin: OriginClient) -> Self {
        cache::take_seat(worker);
        Self { running, origin }
    }
}

impl Service for Gateway {
    // Boxed, since what follows a body is large, and is moved a dozen times before its first frame.
    type Body = Pin<Box<LoggedBody<Body>>>;

    /// What can be done at once is done at once, and an arrival is no part of the future.
    fn call(&self, arrival: Arrival) -> impl Future<Output = Response<Self::Body>> {
        let app = self.running.load();
        let (id, method) = (arrival.id, arrival.method.clone());
        let (mut request, logged, started) = taken_apart(arrival);
        // Taken out, since the endpoint passes it on while the head is still looked at.
        let body = request.as_mut().map(|request| std::mem::take(&mut request.body));
        let body = body.unwrap_or_default();
        let mut trail = app.access_log.open(logged, started);
        async move {
            let walked = match &request {
                Ok(request) => walk::walk(&app, &self.origin, request, body, &mut trail).await,
                Err(refusal) => Err((*refusal).into()),
            };
            let Answered {
                mut response,
                outcome,
                cache,
            } = walked.unwrap_or_else(|failure| {
                if let Some(reason) = failure.denial() {
                    trail.denied(reason);
                }
                let form = request
                    .as_ref()
                    .map_or(Form::Problem, |request| Form::at(trail.door(), request));
                Answered {
                    response: respond::error(failure, &method, form, id),
                    outcome: failure.outcome(),
                    cache: CacheResult::None,
                }
            });
            response.headers_mut().insert(X_REQUEST_ID, id.header_value());
            let (head, body) = response.into_parts();
            let answer = Answer {
                outcome,
                cache,
                status: head.status,
            };
            Response::from_parts(head, Box::pin(trail.answer(answer, body)))
        }
    }
}

/// Takes an arrival apart into what is walked with, what is logged, and when it came.
fn taken_apart(arrival: Arrival) -> (Result<Inbound, Refusal>, AccessRequest, Instant) {
    let request = arrival.request;
    let head = request.as_ref().ok();
    let field = |name: HeaderName| head.and_then(|head| head.headers.get(name)).cloned();
    let logged = AccessRequest {
        id: arrival.id.0,
        client: arrival.client.ip,
        method: arrival.method,
        version: arrival.version,
        host: head.map(|head| Arc::clone(&head.host.0)),
        path: arrival.path,
        user_agent: field(USER_AGENT),
        referer: field(REFERER),
    };
    (request, logged, arrival.started)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It is moved about and held for each connection: what only some requests need belongs into boxes.
    #[test]
    fn a_walk_takes_little_room() {
        fn room<'a, F>(_call: impl FnOnce(&'a Gateway, Arrival) -> F) -> usize {
            size_of::<F>()
        }
        let room = room(Service::call);
        assert!(room <= 1536, "{room}");
    }
}
