//! A plain HTTP/1.1 client that sends a request target exactly as written, and one that sends raw bytes.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::timeout;

/// Longer than any deadline that a test waits for on purpose; a test that reaches it has hung.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    /// A header that must be there and be text.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
            .to_str()
            .unwrap()
    }

    /// A header that may be missing.
    pub fn maybe(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The number behind `max-age=` in `Cache-Control`.
    pub fn max_age(&self) -> Option<u64> {
        self.maybe("cache-control")?
            .split(',')
            .find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok())
    }
}

/// Sends one request on a connection of its own; `target` goes out as it is.
pub async fn send(address: SocketAddr, method: Method, target: &str, headers: &[(&str, &str)]) -> Reply {
    try_send(address, method, target, headers)
        .await
        .unwrap_or_else(|error| panic!("{target}: {error}"))
}

/// As [`send`], for requests that may be cut off.
pub async fn try_send(
    address: SocketAddr,
    method: Method,
    target: &str,
    headers: &[(&str, &str)],
) -> Result<Reply, Box<dyn std::error::Error + Send + Sync>> {
    let mut request = Request::builder().method(method).uri(target);
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request = request.header("host", address.to_string());
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    exchange(address, request.body(Empty::<Bytes>::new())?).await
}

/// Sends a request as it is, on a connection of its own.
pub async fn exchange<B>(
    address: impl ToSocketAddrs,
    request: Request<B>,
) -> Result<Reply, Box<dyn std::error::Error + Send + Sync>>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    timeout(PATIENCE, async {
        let stream = TcpStream::connect(address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        driver.abort();
        Ok(Reply {
            status: head.status,
            headers: head.headers,
            body,
        })
    })
    .await
    .expect("an answer in time")
}

/// `GET target` from `address`.
pub async fn get(address: SocketAddr, target: &str) -> Reply {
    send(address, Method::GET, target, &[]).await
}

/// Fetches an absolute `http://` URL, as a browser that follows a redirect would.
pub async fn follow(location: &str, method: Method) -> Reply {
    let uri: http::Uri = location.parse().unwrap();
    let authority = uri.authority().unwrap().as_str();
    let address = tokio::net::lookup_host(authority).await.unwrap().next().unwrap();
    send(
        address,
        method,
        uri.path_and_query().unwrap().as_str(),
        &[("host", authority)],
    )
    .await
}

/// Sends raw bytes and returns everything that comes back until the other side closes.
pub async fn raw(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    timeout(PATIENCE, async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The other side may refuse and close before it has read everything.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer
    })
    .await
    .expect("the connection to be closed in time")
}

/// The status code of a raw answer, `None` when there was none.
pub fn raw_status(answer: &[u8]) -> Option<u16> {
    std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()
}
