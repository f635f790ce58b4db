//! The HTTP client that speaks to origins: hyper's connections, a pool of our own (docs/adr/0010).
//!
//! It does nothing on its own: no redirects, no proxies out of the environment, no decompression, no cookies. It speaks
//! HTTP/1.1 only, as S3 does: over HTTP/2 all transfers to one origin would share one flow-control window, and a few clients
//! that read nothing would hold up everybody else.
//!
//! Idle connections die unseen. When nothing of a request could be written to one, another is taken; when the origin closed the
//! connection after the request was written but before the first byte of an answer, nobody can know whether it was acted
//! upon. That is told apart here, and `remedy.rs` decides.

use super::attempt::Failed;
use super::body::{self, Borrowed, RequestBody, ResponseBody};
use super::connect::{ConnectError, Connector, causes, io_errors};
use super::connection::{OriginConnection, Unanswered};
use super::deadlines::OriginSettings;
use super::error::{FetchError, Waited};
use super::pool::Pool;
use super::remedy::Cause;
use super::request::SignedRequest;
use super::tls::OriginTls;
use http::{Request, Response};
use std::error::Error;
use std::io;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// Sends one request at a time per call, over pooled connections.
#[derive(Clone, Debug)]
pub(super) struct HttpClient {
    connector: Arc<Connector>,
    pool: Arc<Pool>,
}

impl HttpClient {
    pub(super) fn new(settings: &OriginSettings, tls: &OriginTls) -> Self {
        Self {
            connector: Arc::new(Connector::new(settings, tls)),
            pool: Pool::new(settings),
        }
    }

    /// Sends a bodiless request, once; returns with the response head.
    pub(super) async fn send(
        &self,
        signed: SignedRequest,
        deadline: Instant,
    ) -> Result<Response<ResponseBody>, Failed> {
        match timeout_at(deadline, self.execute(signed, None)).await {
            Ok(result) => result,
            Err(_elapsed) => Err(Failed::new(Cause::Late, FetchError::Timeout(Waited::Head))),
        }
    }

    /// Sends a request, with a `body` if it has one, once; returns with the response head. The caller keeps the time.
    pub(super) async fn execute(
        &self,
        signed: SignedRequest,
        body: Option<RequestBody>,
    ) -> Result<Response<ResponseBody>, Failed> {
        let mut request = Request::new(body.unwrap_or_else(body::empty));
        *request.method_mut() = signed.method;
        *request.uri_mut() = signed.url.path_and_query;
        *request.headers_mut() = signed.headers;
        while let Some(connection) = self.pool.take(&signed.url.origin) {
            match self.exchange(connection, request).await {
                // It had died meanwhile.
                Err(Unanswered::Unsent(_, unsent)) => request = *unsent,
                Err(Unanswered::Failed(error)) => return Err(failed(&error)),
                Ok(response) => return Ok(response),
            }
        }
        // Boxed, as all is here that few requests come to: what it takes room for, each would carry along.
        let connection = Box::pin(self.connect(&signed.url.origin)).await?;
        self.exchange(connection, request)
            .await
            .map_err(|unanswered| match unanswered {
                Unanswered::Unsent(error, _) | Unanswered::Failed(error) => failed(&error),
            })
    }

    async fn connect(&self, origin: &str) -> Result<Box<OriginConnection>, Failed> {
        let stream = self.connector.connect(origin).await.map_err(|error| {
            let error = match error {
                ConnectError::Timeout => FetchError::Timeout(Waited::Connection),
                ConnectError::Failed(error) => FetchError::Unreachable(root_cause(&*error).into()),
            };
            Failed::new(Cause::Unreachable, error)
        })?;
        let connection = OriginConnection::new(origin, stream)
            .await
            .map_err(|error| failed(&error))?;
        Ok(Box::new(connection))
    }

    async fn exchange(
        &self,
        mut connection: Box<OriginConnection>,
        request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, Unanswered> {
        let response = connection.send(request).await?;
        let borrowed = Borrowed::new(connection, Arc::clone(&self.pool));
        Ok(response.map(|incoming| ResponseBody::new(incoming, borrowed)))
    }
}

/// What the absence of an answer means.
fn failed(error: &hyper::Error) -> Failed {
    if is_closed(error) {
        let reason = "the connection was closed before an answer";
        Failed::new(Cause::Closed, FetchError::BadGateway(reason.into()))
    } else {
        Failed::new(Cause::Garbled, FetchError::BadGateway(root_cause(error).into()))
    }
}

/// Whether the connection was closed before the first byte of an answer.
fn is_closed(error: &hyper::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
    let is_end = |kind| {
        matches!(
            kind,
            ConnectionReset | ConnectionAborted | BrokenPipe | NotConnected | UnexpectedEof
        )
    };
    error.is_incomplete_message() || error.is_canceled() || error.is_closed() || io_errors(error).any(is_end)
}

/// The innermost cause says what happened.
fn root_cause(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}
