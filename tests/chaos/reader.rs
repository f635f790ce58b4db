//! A reader who takes note of everything: what came, whether it ended cleanly, and whether it is the right thing.

use crate::object::{Object, hash};
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// No answer takes this long; a test that reaches it has found a hang.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// What a reader got.
#[derive(Debug)]
pub struct Answer {
    /// 0 when the connection broke before a head.
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub end: End,
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As HTTP says that it ends.
    Clean,
    /// The connection broke.
    Cut,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Whether this is all of `object`.
    pub fn is_whole(&self, object: &Object) -> bool {
        self.status == 200 && self.end == End::Clean && hash(&self.body) == hash(&object.bytes)
    }

    /// Whether every byte is one of `object`, in its place, though the last ones may be missing and the reader knows it.
    pub fn is_cut(&self, object: &Object) -> bool {
        let came = self.body.len();
        matches!(self.status, 0 | 200 | 206)
            && self.end == End::Cut
            && came <= object.len()
            && hash(&self.body) == hash(&object.bytes[..came])
    }
}

/// Asks for `path` on a connection of its own.
pub async fn ask(address: SocketAddr, method: Method, path: &str, fields: &[(&str, &str)]) -> Answer {
    timeout(PATIENCE, try_ask(address, method, path, fields))
        .await
        .unwrap_or_else(|_| panic!("{path} hangs"))
}

async fn try_ask(address: SocketAddr, method: Method, path: &str, fields: &[(&str, &str)]) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    let driver = tokio::spawn(connection);
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "files.example.com");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let Ok(response) = sender.send_request(request).await else {
        return Answer {
            status: 0,
            headers: HeaderMap::new(),
            body: Vec::new(),
            end: End::Cut,
        };
    };
    let (head, mut body) = response.into_parts();
    let mut answer = Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: Vec::new(),
        end: End::Clean,
    };
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => answer.body.extend(frame.into_data().unwrap_or_default()),
            Err(_) => answer.end = End::Cut,
        }
    }
    driver.abort();
    answer
}

/// `GET path`.
pub async fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, Method::GET, path, &[]).await
}
