//! The HTTP client that speaks to origins: reqwest, behind this file alone (DESIGN §4.5).
//!
//! It does nothing on its own: no redirects, no proxies out of the environment, no decompression, no cookies, no
//! referrer. It speaks HTTP/1.1 only, as S3 does: over HTTP/2 all transfers to one origin would share one flow-control
//! window, and a few clients that read nothing would hold up everybody else.
//!
//! Idle connections die unseen. When hyper could not write a request to one, it takes another by itself; when
//! the origin closed the connection after the request was written but before the first byte of an answer, hyper can't know
//! whether it was acted upon. For a GET or HEAD that does not matter, so such a request is sent once more, at once.

use super::deadlines::{Deadlines, OriginSettings};
use super::error::{FetchError, Waited};
use super::request::SignedRequest;
use super::tls::OriginTls;
use reqwest::{Client, Request};
use std::error::Error;
use std::io;

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the origin client can't be set up: {0}")]
pub struct ClientError(#[from] reqwest::Error);

/// Sends one request at a time per call, over pooled connections.
#[derive(Clone, Debug)]
pub(super) struct HttpClient {
    client: Client,
    deadlines: Deadlines,
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
        Ok(Self {
            client,
            deadlines: settings.deadlines,
        })
    }

    /// Sends a bodiless, idempotent request; returns with the response head.
    pub(super) async fn send(&self, request: &SignedRequest) -> Result<http::Response<reqwest::Body>, FetchError> {
        let answer = tokio::time::timeout(self.deadlines.head, async {
            match self.send_once(request).await {
                Err(error) if Fault::of(&error) == Fault::Closed => self.send_once(request).await,
                result => result,
            }
        });
        match answer.await {
            Ok(Ok(response)) => Ok(response.into()),
            Ok(Err(error)) => Err(Fault::of(&error).into_fetch_error(&error)),
            Err(_elapsed) => Err(FetchError::Timeout(Waited::Head)),
        }
    }

    async fn send_once(&self, signed: &SignedRequest) -> Result<reqwest::Response, reqwest::Error> {
        let mut request = Request::new(signed.method.clone(), signed.url.clone());
        request.headers_mut().clone_from(&signed.headers);
        self.client.execute(request).await
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

    fn into_fetch_error(self, error: &reqwest::Error) -> FetchError {
        match self {
            Self::ConnectTimeout => FetchError::Timeout(Waited::Connection),
            Self::Connect => FetchError::Unreachable(root_cause(error).into()),
            Self::Closed => FetchError::BadGateway("the connection was closed before an answer".into()),
            Self::Garbage => FetchError::BadGateway(root_cause(error).into()),
        }
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
