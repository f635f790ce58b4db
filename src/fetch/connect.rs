//! Opens connections to origins: name lookup, both families of addresses, TCP, TLS where the scheme says so. RFC 8305.

use super::deadlines::OriginSettings;
use super::tls::OriginTls;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

/// A connection's bytes.
pub(super) struct Stream(MaybeHttpsStream<TokioIo<TcpStream>>);

impl Read for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(context, into)
    }
}

impl Write for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // A head without a body is one slice, and one buffer is what `send` takes with less ado than `writev`.
        let stream = Pin::new(&mut self.get_mut().0);
        match slices {
            [only] => stream.poll_write(context, only),
            _ => stream.poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(context)
    }
}

/// How often a silent peer is asked whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How often in vain before the connection is broken.
const KEEP_ALIVE_PROBES: u32 = 3;
/// How long sent bytes may wait for their acknowledgement.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("no connection in time")]
    Timeout,
    #[error(transparent)]
    Failed(Box<dyn Error + Send + Sync>),
}

/// Opens connections within one deadline.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    https: HttpsConnector<HttpConnector>,
    deadline: Duration,
}

impl Connector {
    pub(super) fn new(settings: &OriginSettings, tls: &OriginTls) -> Self {
        let deadline = settings.deadlines.connect;
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        // One address that swallows everything leaves time for the others.
        http.set_connect_timeout(Some(deadline));
        http.set_keepalive(Some(KEEP_ALIVE));
        http.set_keepalive_interval(Some(KEEP_ALIVE));
        http.set_keepalive_retries(Some(KEEP_ALIVE_PROBES));
        #[cfg(target_os = "linux")]
        http.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        Self {
            https: HttpsConnector::from((http, Arc::new(tls.config()))),
            deadline,
        }
    }

    /// Connects to `origin`: scheme, host and port.
    pub(super) async fn connect(&self, origin: &str) -> Result<Stream, ConnectError> {
        let origin: Uri = origin.parse().map_err(|error| ConnectError::Failed(Box::new(error)))?;
        let mut https = self.https.clone();
        let connected = timeout(self.deadline, async {
            poll_fn(|context| https.poll_ready(context)).await?;
            https.call(origin).await
        });
        match connected.await {
            Err(_elapsed) => Err(ConnectError::Timeout),
            Ok(Err(error)) if is_timeout(&*error) => Err(ConnectError::Timeout),
            Ok(Err(error)) => Err(ConnectError::Failed(error)),
            Ok(Ok(stream)) => Ok(Stream(stream)),
        }
    }
}

fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    io_errors(error).any(|kind| kind == io::ErrorKind::TimedOut)
}

/// What of the causes of an error, and of the error itself, the operating system said.
pub(super) fn io_errors<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = io::ErrorKind> + 'a {
    causes(error).filter_map(|cause| Some(cause.downcast_ref::<io::Error>()?.kind()))
}

/// An error and what caused it, the innermost last.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}
