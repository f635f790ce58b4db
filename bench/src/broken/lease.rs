//! How the gateway gets its sessions: from a container endpoint as ECS and EKS have it, which says when they end, and in files that
//! are replaced, which don't.

use super::ledger::{Ledger, Session};
use super::lock;
use crate::error::BenchError;
use bytes::Bytes;
use evergate::clock::Timestamp;
use http::{Request, Response, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// A running container endpoint; its task ends when it is dropped.
#[derive(Debug)]
pub(super) struct ContainerEndpoint {
    pub(super) address: SocketAddr,
    task: AbortHandle,
}

impl ContainerEndpoint {
    /// Gives a new session that lives for `life` to each who asks.
    pub(super) async fn start(ledger: Arc<Ledger>, life: Duration) -> Result<Self, BenchError> {
        let failed =
            |error: std::io::Error| BenchError::said(format!("no port of loopback can be listened on: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let task = tokio::spawn(async move {
            loop {
                if let Ok((socket, _)) = listener.accept().await {
                    tokio::spawn(converse(socket, Arc::clone(&ledger), life));
                }
            }
        });
        Ok(Self {
            address,
            task: task.abort_handle(),
        })
    }
}

impl Drop for ContainerEndpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(socket: TcpStream, ledger: Arc<Ledger>, life: Duration) {
    let service = service_fn(move |_: Request<Incoming>| {
        let session = ledger.issue(life);
        async move { Ok::<_, Infallible>(told(&session)) }
    });
    // The gateway asks again when a connection breaks.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .await;
}

fn told(session: &Session) -> Response<Full<Bytes>> {
    let body = serde_json::json!({
        "AccessKeyId": session.id,
        "SecretAccessKey": session.secret,
        "Token": session.token,
        "Expiration": iso(session.ends),
    });
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    let kind = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// `2026-01-31T12:00:00Z`
fn iso(at: Timestamp) -> String {
    let date = humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + Duration::from_secs(at.as_unix()));
    date.to_string()
}

/// The session that somebody signs with now, replaced from time to time.
#[derive(Debug)]
pub(super) struct Current(Mutex<Arc<Session>>);

impl Current {
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self(Mutex::new(session))
    }

    pub(super) fn get(&self) -> Arc<Session> {
        Arc::clone(&lock(&self.0))
    }

    pub(super) fn replace(&self, session: Arc<Session>) {
        *lock(&self.0) = session;
    }
}

/// A key pair and its token in three files of a folder.
#[derive(Debug)]
pub(super) struct KeyFiles {
    folder: PathBuf,
}

impl KeyFiles {
    /// Writes a first session into `folder`.
    pub(super) fn new(folder: &Path, session: &Session) -> Result<Self, BenchError> {
        let files = Self {
            folder: folder.to_owned(),
        };
        files.write(session)?;
        Ok(files)
    }

    /// The file of a part: `id`, `secret` or `token`.
    pub(super) fn path(&self, part: &str) -> PathBuf {
        self.folder.join(part)
    }

    /// Replaces all three, as a secret store does: written beside, renamed over.
    pub(super) fn write(&self, session: &Session) -> Result<(), BenchError> {
        for (part, text) in [
            ("id", &session.id),
            ("secret", &session.secret),
            ("token", &session.token),
        ] {
            let (path, beside) = (self.path(part), self.folder.join("new"));
            std::fs::write(&beside, text)
                .and_then(|()| std::fs::rename(&beside, &path))
                .map_err(|source| BenchError::File {
                    what: format!("{} can't be written", path.display()),
                    source,
                })?;
        }
        Ok(())
    }
}
