//! Starting the listener, and ending it gracefully.

use super::host::LastHost;
use super::reception::Reception;
use super::tls::CertificateError;
use super::worker::{self, Workplace};
use super::{Limits, ListenerStats, Service, bind, tls};
use crate::config::ListenerConfig;
use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

/// Why the listener does not start.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program listens there.
    #[error("address {0} is already in use: stop the program that listens there, or set `listen` to another address")]
    InUse(SocketAddr),
    /// Low ports are the system's.
    #[error(
        "may not listen on {0}: ports below 1024 take root or the capability CAP_NET_BIND_SERVICE; set `listen` to a higher port"
    )]
    Forbidden(SocketAddr),
    /// The machine has no such address.
    #[error("can't listen on {0}: this machine has no such address; set `listen` to one it has, or to 0.0.0.0 for all")]
    NoSuchAddress(SocketAddr),
    /// The address can't be bound for another reason.
    #[error("can't listen on {address}: {error}")]
    Bind {
        /// The configured address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The certificate or its key can't be used.
    #[error("TLS: {0}")]
    Certificate(#[from] CertificateError),
    /// A worker can't start.
    #[error("can't start a worker: {0}")]
    Worker(io::Error),
}

/// A listener at work. Dropping it cuts everything at once; [`Listener::drain`] ends it gracefully.
pub struct Listener {
    address: SocketAddr,
    stats: Arc<ListenerStats>,
    workers: Vec<Worker>,
    _certificates: Option<tls::Reloader>,
}

struct Worker {
    drain: oneshot::Sender<Duration>,
    ended: oneshot::Receiver<usize>,
    /// What `ended` has said already.
    cut: Option<usize>,
    thread: JoinHandle<()>,
}

/// Binds the address and starts the workers; returns when all of them serve.
///
/// `make_service` is called once on each worker's thread, inside its runtime and `LocalSet`, with the worker's index from 0.
///
/// # Errors
/// When the address, the certificate or a thread can't be had; each says so in one sentence. Nothing is left running.
pub fn serve<S, F>(
    config: &ListenerConfig,
    limits: Limits,
    stats: &Arc<ListenerStats>,
    make_service: F,
) -> Result<Listener, ListenError>
where
    S: Service,
    F: Fn(usize) -> S + Send + Sync + 'static,
{
    let count = config.worker_count().get();
    let tls = config
        .tls
        .as_ref()
        .map(|files| tls::start(files, &limits, stats))
        .transpose()?;
    let (current, certificates) = tls.unzip();
    let (address, sockets) = bind::bind(config.address, count).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse(config.address),
        io::ErrorKind::PermissionDenied => ListenError::Forbidden(config.address),
        io::ErrorKind::AddrNotAvailable => ListenError::NoSuchAddress(config.address),
        _ => ListenError::Bind {
            address: config.address,
            error,
        },
    })?;
    let make_service = Arc::new(make_service);
    let mut workers = Vec::with_capacity(count);
    for (index, socket) in sockets.into_iter().enumerate() {
        let make_service = Arc::clone(&make_service);
        let (current, stats) = (current.clone(), Arc::clone(stats));
        let trusted_proxies = config.trusted_proxies.clone();
        let max_connections = config.max_connections as u64;
        let place = move || {
            let reception = Reception {
                limits,
                trusted_proxies,
                stats,
                last_host: LastHost::default(),
            };
            Workplace::new(make_service(index), reception, current)
        };
        workers.push(start(index, socket, max_connections, place).map_err(ListenError::Worker)?);
    }
    Ok(Listener {
        address,
        stats: Arc::clone(stats),
        workers,
        _certificates: certificates,
    })
}

/// Starts one worker's thread and waits until its runtime and its service are there.
fn start<S: Service>(
    index: usize,
    socket: TcpListener,
    max_connections: u64,
    place: impl FnOnce() -> Workplace<S> + Send + 'static,
) -> io::Result<Worker> {
    let (drain, drained) = oneshot::channel();
    let (end, ended) = oneshot::channel();
    let (ready, readiness) = std::sync::mpsc::sync_channel(1);
    let body = move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(ready.send(Err(error))),
        };
        let local = LocalSet::new();
        let result = local.block_on(&runtime, async move {
            let place = place();
            let _ = ready.send(Ok(()));
            worker::run(socket, place, max_connections, drained).await
        });
        // Connections that are left end here.
        drop((local, runtime));
        match result {
            Ok(cut) => drop(end.send(cut)),
            Err(error) => tracing::error!(%error, worker = index, "a worker could not serve"),
        }
    };
    let thread = thread::Builder::new().name(format!("evergate-{index}")).spawn(body)?;
    match readiness.recv() {
        Ok(Ok(())) => Ok(Worker {
            drain,
            ended,
            cut: None,
            thread,
        }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(io::Error::other("its thread ended while it was made")),
    }
}

impl Listener {
    /// Returns the address that is listened on, with the real port.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the counters.
    #[must_use]
    pub fn stats(&self) -> &Arc<ListenerStats> {
        &self.stats
    }

    /// Waits until a worker has ended without having been told to, which only a defect can do, and returns its index.
    /// The others go on; the caller should drain and exit.
    pub async fn worker_failed(&mut self) -> usize {
        poll_fn(|cx| {
            for (index, worker) in self.workers.iter_mut().enumerate() {
                if worker.cut.is_some() {
                    return Poll::Ready(index);
                }
                if let Poll::Ready(cut) = Pin::new(&mut worker.ended).poll(cx) {
                    worker.cut = Some(cut.unwrap_or(0));
                    return Poll::Ready(index);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Stops accepting, tells clients to go (`Connection: close`, GOAWAY), closes idle connections at once, finishes what is
    /// in flight for up to `grace`, then closes the rest. Returns how many connections were cut with a request in flight.
    pub async fn drain(self, grace: Duration) -> usize {
        let mut waiting = Vec::with_capacity(self.workers.len());
        for worker in self.workers {
            // A worker that is gone has nothing to drain.
            let _ = worker.drain.send(grace);
            waiting.push((worker.ended, worker.cut, worker.thread));
        }
        let mut total: usize = 0;
        for (ended, cut, thread) in waiting {
            let cut = match cut {
                Some(cut) => cut,
                None => ended.await.unwrap_or(0),
            };
            total = total.saturating_add(cut);
            // It has said its last word; only its stack is left to go.
            if thread.join().is_err() {
                tracing::error!("a worker ended in a panic");
            }
        }
        total
    }
}
