//! A listener on port 0 with a tiny service that notes what arrives, and clients that speak raw bytes to it.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test binary uses its part"
)]

use bytes::Bytes;
use evergate::config::{ListenerConfig, TlsConfig};
use evergate::listener::{
    Arrival, ClientAddress, Counter, Inbound, Limits, Listener, ListenerStats, Method, Refusal, RequestBodyError,
    Service, serve,
};
use http::{HeaderMap, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use std::convert::Infallible;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Longer than anything takes; only a failing test waits this long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What the service saw of one arrival.
#[derive(Clone, Debug)]
pub struct Seen {
    pub id: String,
    pub worker: usize,
    pub client: ClientAddress,
    pub version: http::Version,
    pub method: http::Method,
    pub path: String,
    pub request: Result<SeenRequest, Refusal>,
}

#[derive(Clone, Debug)]
pub struct SeenRequest {
    pub method: Method,
    pub host: String,
    pub path: String,
    pub query: Option<String>,
    pub headers: HeaderMap,
}

/// Shared between the test and the services of all workers.
#[derive(Clone, Default)]
pub struct Notes {
    seen: Arc<Mutex<Vec<Seen>>>,
    pub open_gate: Arc<AtomicBool>,
    pub endless_bytes: Arc<AtomicU64>,
}

impl Notes {
    pub fn all(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one arrival that there was.
    pub fn only(&self) -> Seen {
        let all = self.all();
        assert_eq!(all.len(), 1, "{all:#?}");
        all.into_iter().next().unwrap()
    }

    pub fn refusal(&self) -> Refusal {
        self.only().request.unwrap_err()
    }
}

pub struct TestService {
    worker: usize,
    notes: Notes,
}

pub type TestBody = UnsyncBoxBody<Bytes, Infallible>;

impl Service for TestService {
    type Body = TestBody;

    async fn call(&self, arrival: Arrival) -> Response<TestBody> {
        self.notes.seen.lock().unwrap().push(Seen {
            id: arrival.id.to_string(),
            worker: self.worker,
            client: arrival.client,
            version: arrival.version,
            method: arrival.method.clone(),
            path: arrival.path.to_string(),
            request: arrival
                .request
                .as_ref()
                .map_err(|refusal| *refusal)
                .map(|inbound| SeenRequest {
                    method: inbound.method,
                    host: inbound.host.as_str().to_owned(),
                    path: inbound.target.path().to_owned(),
                    query: inbound.target.query().map(str::to_owned),
                    headers: inbound.headers.clone(),
                }),
        });
        match arrival.request {
            Ok(inbound) => self.answer(inbound).await,
            Err(refusal) => full(status_of(refusal), refusal.to_string()),
        }
    }
}

impl TestService {
    async fn answer(&self, mut inbound: Inbound) -> Response<TestBody> {
        match inbound.target.path() {
            "/endless" => {
                let body = Endless(Arc::clone(&self.notes.endless_bytes));
                Response::new(UnsyncBoxBody::new(body))
            }
            "/small" => full(StatusCode::OK, "s".repeat(15_000)),
            "/big" => full(StatusCode::OK, "b".repeat(1024 * 1024)),
            "/gate" => {
                while !self.notes.open_gate.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                full(StatusCode::OK, "through".to_owned())
            }
            "/echo" => {
                let mut length = 0;
                while let Some(frame) = inbound.body.frame().await {
                    match frame {
                        Ok(frame) => length += frame.data_ref().map_or(0, Bytes::len),
                        Err(RequestBodyError::Stalled) => {
                            return full(StatusCode::REQUEST_TIMEOUT, "stalled".to_owned());
                        }
                        Err(error) => return full(StatusCode::BAD_REQUEST, error.to_string()),
                    }
                }
                full(StatusCode::OK, format!("{length} bytes"))
            }
            "/panic" => panic!("on purpose"),
            path => full(StatusCode::OK, path.to_owned()),
        }
    }
}

fn full(status: StatusCode, text: String) -> Response<TestBody> {
    let mut response = Response::new(UnsyncBoxBody::new(Full::new(Bytes::from(text))));
    *response.status_mut() = status;
    response
}

fn status_of(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::BadHost | Refusal::BadTarget | Refusal::BadTransferCoding | Refusal::BareLineFeed => {
            StatusCode::BAD_REQUEST
        }
        Refusal::TargetTooLong => StatusCode::URI_TOO_LONG,
        Refusal::TooManyFields => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Refusal::UnknownMethod => StatusCode::NOT_IMPLEMENTED,
    }
}

/// Gives pieces for as long as they are taken.
struct Endless(Arc<AtomicU64>);

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        static PIECE: [u8; 16 * 1024] = [b'e'; 16 * 1024];
        self.0.fetch_add(PIECE.len() as u64, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&PIECE)))))
    }
}

/// A listener, its notes and its address. Ends when dropped.
pub struct Gate {
    pub listener: Option<Listener>,
    pub notes: Notes,
    pub address: SocketAddr,
    pub stats: Arc<ListenerStats>,
}

pub fn config() -> ListenerConfig {
    ListenerConfig {
        address: "127.0.0.1:0".parse().unwrap(),
        tls: None,
        trusted_proxies: Vec::new(),
        max_connections: 10_000,
        workers: Some(1),
        drain: PATIENCE,
    }
}

pub fn tls(certificate: PathBuf, private_key: PathBuf) -> ListenerConfig {
    ListenerConfig {
        tls: Some(TlsConfig {
            certificate,
            private_key,
        }),
        ..config()
    }
}

impl Gate {
    pub fn open() -> Self {
        Self::with(&config(), Limits::default())
    }

    pub fn with_limits(limits: Limits) -> Self {
        Self::with(&config(), limits)
    }

    pub fn with(config: &ListenerConfig, limits: Limits) -> Self {
        let (notes, stats) = (Notes::default(), Arc::new(ListenerStats::default()));
        let for_workers = notes.clone();
        let make = move |worker| TestService {
            worker,
            notes: for_workers.clone(),
        };
        let listener = serve(config, limits, &stats, make).unwrap();
        Self {
            address: listener.local_address(),
            listener: Some(listener),
            notes,
            stats,
        }
    }

    pub fn connect(&self) -> Wire {
        Wire::to(self.address)
    }

    /// Drains the listener in a runtime of its own.
    pub fn drain(&mut self, grace: Duration) -> usize {
        let listener = self.listener.take().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(listener.drain(grace))
    }

    /// Sends `bytes` on a new connection and returns everything that comes back until the close.
    pub fn say(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut wire = self.connect();
        wire.send(bytes);
        wire.read_to_end()
    }
}

/// A raw connection.
pub struct Wire(pub TcpStream);

impl Wire {
    pub fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends as far as the other side lets it.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).is_ok()
    }

    /// Everything until the close; a reset counts as one.
    pub fn read_to_end(&mut self) -> String {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!(
                "the connection was not closed: {error}; got {}",
                String::from_utf8_lossy(&bytes)
            ),
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// One answer with a Content-Length (or none): head and body.
    pub fn read_answer(&mut self) -> String {
        let mut bytes = Vec::new();
        let mut one = [0];
        while !bytes.ends_with(b"\r\n\r\n") {
            assert_eq!(
                self.0.read(&mut one).unwrap(),
                1,
                "closed within the head: {}",
                String::from_utf8_lossy(&bytes)
            );
            bytes.push(one[0]);
        }
        let head = String::from_utf8(bytes).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |n| n.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        head + &String::from_utf8(body).unwrap()
    }

    /// A GET on a connection that stays open.
    pub fn get(&mut self, path: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: files.example\r\n\r\n"));
        self.read_answer()
    }

    /// Waits for the close and returns how long it took; nothing may be sent before it.
    pub fn closed_after(&mut self) -> Duration {
        let start = Instant::now();
        assert_eq!(self.read_to_end(), "");
        start.elapsed()
    }
}

/// Waits until `counter` is `count`.
pub fn wait_for(what: &str, counter: &Counter, count: u64) {
    wait_until(what, || counter.get() == count);
}

pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A request without surprises that asks to close.
pub fn plain_get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: files.example\r\nConnection: close\r\n\r\n")
}

pub fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or(answer)
}
