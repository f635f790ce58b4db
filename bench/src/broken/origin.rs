//! One origin for each way of showing images, so that each has its own weather: it verifies every signature, refuses sessions and
//! links that have ended, and serves the gallery.

mod body;

use super::gallery::Gallery;
use super::ledger::Ledger;
use super::lock;
use super::weather::{Hiccup, Weather};
use crate::error::BenchError;
use crate::origin::received;
use body::{Bytewise, Cut};
use bytes::Bytes;
use evergate::clock::{Clock, Timestamp};
use evergate::sigv4::{Candidate, Form, Presented};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// What the names of buckets begin with.
pub(super) const BUCKET: &str = "chat";
/// Their region.
pub(super) const REGION: &str = "eu-central-1";
/// What the keys begin with.
pub(super) const PREFIX: &str = "avatars/";

/// A running origin; its task ends when it is dropped.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) address: SocketAddr,
    pub(super) weather: Arc<Weather>,
    shared: Arc<Shared>,
    listening: watch::Sender<bool>,
    outages: AtomicU64,
    task: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    /// `/bucket/` and the prefix of its keys.
    folder: String,
    gallery: Arc<Gallery>,
    ledger: Arc<Ledger>,
    weather: Arc<Weather>,
    clock: Clock,
    seen: Mutex<Seen>,
}

/// What requests were signed with.
#[derive(Debug, Default)]
struct Seen {
    sessions: BTreeSet<String>,
    /// Presigned links that were used, by signature, and when they end.
    links: HashMap<String, Timestamp>,
}

impl Origin {
    /// Listens on a free port of loopback; the gallery is in `bucket`.
    pub(super) async fn start(
        bucket: String,
        gallery: Arc<Gallery>,
        ledger: Arc<Ledger>,
        weather: Weather,
    ) -> Result<Self, BenchError> {
        let failed =
            |error: std::io::Error| BenchError::said(format!("no port of loopback can be listened on: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let weather = Arc::new(weather);
        let shared = Arc::new(Shared {
            folder: format!("/{bucket}/{PREFIX}"),
            gallery,
            ledger,
            weather: Arc::clone(&weather),
            clock: Clock::system(),
            seen: Mutex::default(),
        });
        let (listening, wanted) = watch::channel(true);
        let task = tokio::spawn(run(listener, address, Arc::clone(&shared), wanted)).abort_handle();
        Ok(Self {
            address,
            weather,
            shared,
            listening,
            outages: AtomicU64::new(0),
            task,
        })
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts every connection and refuses new ones, for so long.
    pub(super) async fn go_down(&self, time: std::time::Duration) {
        self.outages.fetch_add(1, Ordering::Relaxed);
        self.listening.send_replace(false);
        tokio::time::sleep(time).await;
        self.listening.send_replace(true);
    }

    pub(super) fn outages(&self) -> u64 {
        self.outages.load(Ordering::Relaxed)
    }

    /// How often requests came with another session than before.
    pub(super) fn rotations(&self) -> u64 {
        let sessions = lock(&self.shared.seen).sessions.len();
        u64::try_from(sessions.saturating_sub(1)).unwrap_or_default()
    }

    /// How many of the links that were used have expired since.
    pub(super) fn expired_links(&self) -> u64 {
        let now = self.shared.clock.now();
        let seen = lock(&self.shared.seen);
        u64::try_from(seen.links.values().filter(|ends| **ends < now).count()).unwrap_or_default()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens as long as it is wanted; connections end with the listener that took them.
async fn run(mut listener: TcpListener, address: SocketAddr, shared: Arc<Shared>, mut wanted: watch::Receiver<bool>) {
    loop {
        let mut connections = JoinSet::new();
        while *wanted.borrow_and_update() {
            tokio::select! {
                accepted = listener.accept() => if let Ok((socket, _)) = accepted {
                    connections.spawn(converse(socket, Arc::clone(&shared)));
                },
                Some(_) = connections.join_next() => {}
                changed = wanted.changed() => if changed.is_err() {
                    return;
                },
            }
        }
        drop(listener);
        connections.shutdown().await;
        if wanted.wait_for(|wanted| *wanted).await.is_err() {
            return;
        }
        listener = loop {
            match listen(address) {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        };
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(1024)
}

async fn converse(socket: TcpStream, shared: Arc<Shared>) {
    // Without it answers are late, and no worse happens.
    let _ = socket.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move { shared.answer(&request.into_parts().0) }
    });
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service);
    // What ends a connection early is the client's business, which counts it.
    let _ = connection.await;
}

type Refusal = (StatusCode, &'static str, &'static str);

impl Shared {
    fn answer(&self, head: &Parts) -> Result<Response<Bytewise>, Cut> {
        if let Err(refusal) = self.admit(head) {
            return Ok(refused(refusal));
        }
        let path = head.uri.path();
        let Some((number, picture)) = self.gallery.of_path(path).filter(|_| path.starts_with(&self.folder)) else {
            return Ok(refused((
                StatusCode::NOT_FOUND,
                "NoSuchKey",
                "There is no such picture.",
            )));
        };
        let mut body = Bytewise::whole(picture.bytes.clone());
        match self.weather.strike(number) {
            None => {}
            Some(Hiccup::SlowDown) => {
                return Ok(refused((
                    StatusCode::SERVICE_UNAVAILABLE,
                    "SlowDown",
                    "Please reduce your request rate.",
                )));
            }
            Some(Hiccup::InternalError) => {
                return Ok(refused((
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "InternalError",
                    "Please try again.",
                )));
            }
            Some(Hiccup::Closed) => return Err(Cut),
            Some(Hiccup::Cut) => body.cut_at = Some(picture.bytes.len() / 2),
        }
        let mut response = Response::new(body);
        let fields = [
            (header::ETAG, &*picture.etag),
            (header::CONTENT_TYPE, "image/png"),
            (header::ACCEPT_RANGES, "bytes"),
        ];
        for (name, value) in fields {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_str(value).map_err(|_| Cut)?);
        }
        if head
            .headers
            .get(header::IF_NONE_MATCH)
            .is_some_and(|known| *known == *picture.etag)
        {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = Bytewise::whole(Bytes::new());
            return Ok(response);
        }
        if let Some(first) = head
            .headers
            .get(header::RANGE)
            .and_then(first_byte)
            .filter(|at| *at < picture.bytes.len())
        {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let range = format!("bytes {first}-{}/{}", picture.bytes.len() - 1, picture.bytes.len());
            let range = HeaderValue::from_str(&range).map_err(|_| Cut)?;
            response.headers_mut().insert(header::CONTENT_RANGE, range);
            response.body_mut().bytes = picture.bytes.slice(first..);
        }
        if head.method == Method::HEAD {
            response.body_mut().cut_at = None;
        }
        Ok(response)
    }

    fn admit(&self, head: &Parts) -> Result<(), Refusal> {
        let denied = |message| (StatusCode::FORBIDDEN, "AccessDenied", message);
        let presented = Presented::of(received(head))
            .map_err(|_| denied("The signature can't be read."))?
            .ok_or(denied("Nothing is signed."))?;
        let unknown = (StatusCode::FORBIDDEN, "InvalidAccessKeyId", "There is no such key.");
        let session = self.ledger.find(presented.access_key_id()).ok_or(unknown)?;
        let token = match presented.form() {
            Form::Header => head
                .headers
                .get("x-amz-security-token")
                .and_then(|token| token.to_str().ok())
                .map(str::to_owned),
            Form::Query => parameter(head.uri.query().unwrap_or_default(), "X-Amz-Security-Token"),
        };
        if token.as_deref() != Some(&*session.token) {
            return Err((StatusCode::BAD_REQUEST, "InvalidToken", "The token is not the key's."));
        }
        let now = self.clock.now();
        if now >= session.ends {
            return Err((
                StatusCode::BAD_REQUEST,
                "ExpiredToken",
                "The provided token has expired.",
            ));
        }
        let host = head
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or_default();
        let candidate = Candidate {
            host,
            path: None,
            host_bucket: None,
        };
        let authentic = presented
            .verify(&session.verifying, &[candidate], &[REGION], now)
            .map_err(|_| {
                (
                    StatusCode::FORBIDDEN,
                    "SignatureDoesNotMatch",
                    "The signature is another.",
                )
            })?;
        if authentic.expired_by.is_some() {
            return Err(denied("Request has expired"));
        }
        let mut seen = lock(&self.seen);
        if let Some(ends) = authentic.expires_at {
            let signature = parameter(head.uri.query().unwrap_or_default(), "X-Amz-Signature").unwrap_or_default();
            seen.links.insert(signature, ends.min(session.ends));
        }
        if !seen.sessions.contains(&session.id) {
            seen.sessions.insert(session.id.clone());
        }
        Ok(())
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

/// Takes `bytes=N-` and `bytes=N-M`, as a gateway asks for the rest of a body.
fn first_byte(range: &HeaderValue) -> Option<usize> {
    let (first, _) = range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    first.parse().ok()
}

fn refused((status, code, message): Refusal) -> Response<Bytewise> {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut response = Response::new(Bytewise::whole(text.into()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}
