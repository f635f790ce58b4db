//! The admin listener's thread: a small HTTP/1.1 server whose every wait has a deadline (rule 23).

use super::api::ApiAddress;
use super::pages::Pages;
use super::{Api, Readiness};
use crate::telemetry::Metrics;
use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{sleep, timeout};

/// Bounds of the admin listener. The defaults suit probes and scrapers; tests shorten them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminLimits {
    /// Connections held at once; later ones wait in the kernel's queue until one ends, at most `connection`.
    pub connections: usize,
    /// How long a head may take, the silence before it included.
    pub head: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// How long a connection may last, whatever it does; a request that is being answered then may take `head` longer.
    pub connection: Duration,
}

impl Default for AdminLimits {
    fn default() -> Self {
        Self {
            connections: 64,
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            connection: Duration::from_mins(1),
        }
    }
}

/// The largest head that is read.
const MAX_HEAD: usize = 16 * 1_024;
/// The most header fields in it.
const MAX_FIELDS: usize = 64;
/// How long to wait when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The running admin listener. Dropping it stops it: do so last, so that probes see a drain to its end.
#[derive(Debug)]
pub struct Admin {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Admin {
    /// Listens on `address` (port 0 picks one) and answers on a thread of its own.
    ///
    /// # Errors
    /// When the address can't be had, or the thread can't be started.
    pub fn start(
        address: SocketAddr,
        limits: AdminLimits,
        metrics: Metrics,
        readiness: Arc<dyn Readiness>,
        api: Api,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let site = Site {
            pages: Pages { metrics, readiness },
            api,
            limits,
        };
        let thread = thread::Builder::new().name("evergate-admin".into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, site) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been told on standard error already.
            let _ = thread.join();
        }
    }
}

/// What stands at the listener's addresses.
#[derive(Clone)]
struct Site {
    pages: Pages,
    api: Api,
    limits: AdminLimits,
}

impl Site {
    async fn answer(self, request: http::Request<Incoming>) -> Response<Full<Bytes>> {
        if let Some(address) = ApiAddress::at(request.uri().path()) {
            return self.api.answer(address, request, self.limits.body).await;
        }
        self.pages.answer(request.method(), request.uri().path())
    }
}

async fn accept(listener: TcpListener, site: Site) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let places = Arc::new(Semaphore::new(site.limits.connections));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let site = site.clone();
        tokio::spawn(async move {
            serve(stream, site).await;
            drop(place);
        });
    }
}

/// Serves one connection. What goes wrong on it is the prober's to see; there is nothing to tell here.
async fn serve(stream: TcpStream, site: Site) {
    let limits = site.limits;
    let service = service_fn(move |request| {
        let answer = site.clone().answer(request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_FIELDS)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    if timeout(limits.connection, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        let _ = timeout(limits.head, connection).await;
    }
}
