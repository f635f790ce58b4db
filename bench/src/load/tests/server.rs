//! A server whose first path segment says how it answers, and whose second one names the object.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_NONE_MATCH, LOCATION, RANGE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Serves until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    pub(crate) state: Arc<State>,
    _runtime: Runtime,
}

#[derive(Default)]
pub(crate) struct State {
    pub(super) requests: AtomicUsize,
    pub(super) connections: AtomicUsize,
    /// From the first request on nothing is answered for so long.
    pub(super) stall: Mutex<Option<Duration>>,
    began: OnceLock<Instant>,
    /// Where redirects lead.
    pub(super) elsewhere: Mutex<Option<SocketAddr>>,
    /// Whether each tenth answer lies.
    pub(crate) lies: AtomicBool,
}

/// The bytes of an object: 5 to 6 KB that are no other object's.
pub(super) fn body_of(name: &str) -> Bytes {
    let number: usize = name.parse().unwrap_or(0);
    (0..5_000 + number * 100)
        .map(|at| u8::try_from((at * 7 + number * 13) % 251).expect("below 251"))
        .collect()
}

impl Server {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::Relaxed);
                let state = Arc::clone(&shared);
                tokio::spawn(async move {
                    let served = Arc::new(AtomicUsize::new(0));
                    let service = service_fn(move |request| answer(request, Arc::clone(&state), Arc::clone(&served)));
                    let _ = Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self {
            address,
            state,
            _runtime: runtime,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts one that answers nothing for so long from its first request on.
    pub(super) fn stalling(time: Duration) -> Self {
        let server = Self::start();
        *server.state.stall.lock().expect("no panic") = Some(time);
        server
    }
}

type Answer = Response<Either<Full<Bytes>, Cut>>;

/// Bytes, a pause in which they are sent, and then an error.
pub(super) struct Cut(Option<Bytes>, Option<()>);

impl Body for Cut {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(data) = self.0.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if self.1.take().is_some() {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(std::io::Error::other("cut"))))
    }
}

/// The head promises what the body does not keep.
fn cut(mut body: Vec<u8>) -> Answer {
    let length = HeaderValue::from(body.len());
    body.truncate(2_000);
    let mut response = Response::new(Either::Right(Cut(Some(Bytes::from(body)), Some(()))));
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

fn full(body: Vec<u8>) -> Answer {
    Response::new(Either::Left(Full::new(Bytes::from(body))))
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<State>,
    served: Arc<AtomicUsize>,
) -> Result<Answer, std::io::Error> {
    let count = state.requests.fetch_add(1, Ordering::Relaxed);
    let began = *state.began.get_or_init(Instant::now);
    let stall = *state.stall.lock().expect("no panic");
    if let Some(time) = stall {
        tokio::time::sleep_until((began + time).into()).await;
    }
    let path = request.uri().path().to_owned();
    let mut parts = path.trim_start_matches('/').split('/');
    let (way, name) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let lie = state.lies.load(Ordering::Relaxed) && count % 10 == 9;
    let mut body = body_of(name).to_vec();
    let response = match way {
        "object" => object(&request, name, lie),
        "flipped" if lie => {
            body[4_000] ^= 1;
            full(body)
        }
        "short" if lie => {
            body.pop();
            full(body)
        }
        "long" if lie => {
            body.push(0);
            full(body)
        }
        "failing" if lie => status(StatusCode::BAD_GATEWAY),
        "cut" if lie => cut(body),
        "closing" => {
            let mut response = full(body);
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
            response
        }
        // Without a word, instead of a second answer.
        "leaving" if served.fetch_add(1, Ordering::Relaxed) > 0 => return Err(std::io::Error::other("leaving")),
        "redirect" => redirect(&state, name),
        "loop" => located("/loop/1"),
        "nowhere" => status(StatusCode::FOUND),
        "upload" => upload(request, name).await,
        _ => full(body),
    };
    Ok(response)
}

fn object(request: &Request<Incoming>, name: &str, lie: bool) -> Answer {
    let mut body = body_of(name).to_vec();
    let etag = format!("\"{name}\"");
    if request.headers().get(IF_NONE_MATCH).is_some_and(|seen| *seen == etag) {
        return status(StatusCode::NOT_MODIFIED);
    }
    let mut response = full(Vec::new());
    response
        .headers_mut()
        .insert(ETAG, HeaderValue::try_from(etag).expect("a value"));
    if lie {
        body[0] ^= 1;
    }
    if let Some(range) = request.headers().get(RANGE) {
        let range = range.to_str().expect("text").trim_start_matches("bytes=");
        let (first, last) = range.split_once('-').expect("a range");
        let (first, last): (usize, usize) = (first.parse().expect("first"), last.parse().expect("last"));
        let told = format!("bytes {first}-{last}/{}", body.len());
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        response
            .headers_mut()
            .insert(CONTENT_RANGE, HeaderValue::try_from(told).expect("a value"));
        if lie {
            body[first] ^= 1;
        }
        body = body[first..=last].to_vec();
    }
    if request.method() != Method::HEAD {
        *response.body_mut() = Either::Left(Full::new(Bytes::from(body)));
    }
    response
}

fn redirect(state: &State, name: &str) -> Answer {
    match *state.elsewhere.lock().expect("no panic") {
        None => located(&format!("../object/{name}?a=b%2Fc")),
        Some(address) => located(&format!("http://{address}/object/{name}")),
    }
}

fn located(location: &str) -> Answer {
    let mut response = status(StatusCode::FOUND);
    response
        .headers_mut()
        .insert(LOCATION, HeaderValue::try_from(location).expect("a value"));
    response
}

async fn upload(request: Request<Incoming>, name: &str) -> Answer {
    let right = request.method() == Method::PUT && request.headers().contains_key("x-signed");
    let body = request.into_body().collect().await.expect("a body").to_bytes();
    status(if right && body == body_of(name) {
        StatusCode::CREATED
    } else {
        StatusCode::BAD_REQUEST
    })
}

fn status(status: StatusCode) -> Answer {
    let mut response = full(Vec::new());
    *response.status_mut() = status;
    response
}

/// Accepts connections and says nothing.
pub(super) fn silent() -> (std::net::TcpListener, SocketAddr) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}
