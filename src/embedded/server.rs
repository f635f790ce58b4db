//! The origin's thread: accepts connections on loopback and hands each request to the s3s service of its bucket.
//!
//! Quiet by design: s3s writes whole requests, signatures included, into its debug log, so that this thread has no subscriber.

use arc_swap::ArcSwap;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::service::S3Service;
use s3s::{Body, HttpResponse};
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tracing::subscriber::NoSubscriber;

/// The most connections held at once; later ones wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 1024;
/// How long a connection may be silent, before and between requests; longer than clients keep theirs pooled.
const IDLE: Duration = Duration::from_mins(2);
/// The largest request head; a signed one with a session token and a long key can exceed 8 KiB.
const MAX_HEAD: usize = 32 * 1024;
/// How long to wait when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Which service answers for which bucket: by data folder, since one folder can hold several.
#[derive(Default)]
pub(super) struct Table {
    /// The names of a data folder's buckets, and what serves them.
    pub(super) folders: BTreeMap<PathBuf, (BTreeSet<String>, S3Service)>,
}

impl Table {
    /// What answers for the bucket that a path-style `path` names; any service can say that there is no such bucket.
    fn service(&self, path: &str) -> Option<S3Service> {
        let name = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let mut services = self.folders.values();
        let named = services.clone().find(|(names, _)| names.contains(name));
        named.or_else(|| services.next()).map(|(_, service)| service.clone())
    }
}

/// Serves until `stop` is dropped; connections that are open then end with the thread.
pub(super) fn run(listener: TcpListener, table: &Arc<ArcSwap<Table>>, stop: oneshot::Receiver<()>) {
    let _quiet = tracing::subscriber::set_default(NoSubscriber::default());
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    runtime.block_on(async {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
            return;
        };
        tokio::select! {
            () = accept(listener, table) => {}
            _ = stop => {}
        }
    });
    runtime.shutdown_background();
}

async fn accept(listener: tokio::net::TcpListener, table: &Arc<ArcSwap<Table>>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((socket, _)) => {
                let table = Arc::clone(table);
                tokio::spawn(async move {
                    serve(socket, table).await;
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn serve(socket: TcpStream, table: Arc<ArcSwap<Table>>) {
    // Answers are small; waiting to fill a packet would only add 40 ms to them.
    let _ = socket.set_nodelay(true);
    let service = service_fn(move |request: http::Request<Incoming>| {
        let service = table.load().service(request.uri().path());
        async move {
            match service {
                Some(service) => service.call(request.map(Body::from)).await,
                None => Ok(no_bucket()),
            }
        }
    });
    // A connection's end, however it comes, is its client's business.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(socket), service)
        .await;
}

/// After a reload that left no embedded bucket.
fn no_bucket() -> HttpResponse {
    let mut answer = HttpResponse::new(Body::empty());
    *answer.status_mut() = http::StatusCode::NOT_FOUND;
    answer
}
