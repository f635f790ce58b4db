//! The HTTP client that speaks to origins: reqwest, behind this file alone (DESIGN §4.5).
//!
//! It does nothing on its own: no redirects, no proxies out of the environment, no decompression, no cookies, no
//! referrer. It speaks HTTP/1.1 only, as S3 does: over HTTP/2 all transfers to one origin would share one flow-control
//! window, and a few clients that read nothing would hold up everybody else.
//!
//! Idle connections die unseen. When hyper could not write a request to one, it takes another by itself; when
//! the origin closed the connection after the request was written but before the first byte of an answer, hyper can't know
//! whether it was acted upon. That is told apart here, and `remedy.rs` decides.

use super::attempt::Failed;
use super::deadlines::OriginSettings;
use super::error::{FetchError, Waited};
use super::remedy::Cause;
use super::request::SignedRequest;
use super::tls::OriginTls;
use reqwest::{Client, Request};
use std::error::Error;
use std::io;
use tokio::time::{Instant, timeout_at};

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the origin client can't be set up: {0}")]
pub struct ClientError(#[from] reqwest::Error);

/// Sends one request at a time per call, over pooled connections.
#[derive(Clone, Debug)]
pub(super) struct HttpClient {
    client: Client,
}

impl HttpClient {
    pub(super) fn new(settings: &OriginSettings, tls: &OriginTls) -> Result<Self, ClientError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls.config())
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            .http1_max_headers(128)
            .connect_timeout(settings.deadlines.connect)
            .pool_max_idle_per_host(settings.max_idle_per_origin)
            .pool_idle_timeout(settings.idle_timeout)
            .tcp_nodelay(true)
            .build()?;
        Ok(Self { client })
    }

    /// Sends a bodiless request, once; returns with the response head.
    pub(super) async fn send(
        &self,
        signed: SignedRequest,
        deadline: Instant,
    ) -> Result<http::Response<reqwest::Body>, Failed> {
        match timeout_at(deadline, self.execute(signed, None)).await {
            Ok(result) => result,
            Err(_elapsed) => Err(Failed::new(Cause::Late, FetchError::Timeout(Waited::Head))),
        }
    }

    /// Sends a request, with a `body` if it has one, once; returns with the response head. The caller keeps the time.
    pub(super) async fn execute(
        &self,
        signed: SignedRequest,
        body: Option<reqwest::Body>,
    ) -> Result<http::Response<reqwest::Body>, Failed> {
        let mut request = Request::new(signed.method, signed.url);
        *request.headers_mut() = signed.headers;
        *request.body_mut() = body;
        match self.client.execute(request).await {
            Ok(response) => Ok(response.into()),
            Err(error) => Err(Fault::of(&error).into_failed(&error)),
        }
    }
}

/// What went wrong before a response head was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    ConnectTimeout,
    Connect,
    /// The connection was closed before the first byte of an answer.
    Closed,
    Garbage,
}

impl Fault {
    fn of(error: &reqwest::Error) -> Self {
        if error.is_connect() {
            return if error.is_timeout() {
                Self::ConnectTimeout
            } else {
                Self::Connect
            };
        }
        let mut cause = error.source();
        while let Some(current) = cause {
            if let Some(hyper) = current.downcast_ref::<hyper::Error>()
                && (hyper.is_incomplete_message() || hyper.is_canceled() || hyper.is_closed())
            {
                return Self::Closed;
            }
            if let Some(io) = current.downcast_ref::<io::Error>()
                && matches!(
                    io.kind(),
                    io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::BrokenPipe
                        | io::ErrorKind::NotConnected
                        | io::ErrorKind::UnexpectedEof
                )
            {
                return Self::Closed;
            }
            cause = current.source();
        }
        Self::Garbage
    }

    fn into_failed(self, error: &reqwest::Error) -> Failed {
        let (cause, error) = match self {
            Self::ConnectTimeout => (Cause::Unreachable, FetchError::Timeout(Waited::Connection)),
            Self::Connect => (Cause::Unreachable, FetchError::Unreachable(root_cause(error).into())),
            Self::Closed => {
                let reason = "the connection was closed before an answer";
                (Cause::Closed, FetchError::BadGateway(reason.into()))
            }
            Self::Garbage => (Cause::Garbled, FetchError::BadGateway(root_cause(error).into())),
        };
        Failed::new(cause, error)
    }
}

// reqwest's own text names the URL; the innermost cause says what happened.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if std::ptr::addr_eq(cause, std::ptr::from_ref(error)) {
        return "the request failed".to_owned();
    }
    cause.to_string()
}
