//! Who reads: one that takes its answer by pieces, many at once over HTTP/2, and what they make of `Cache-Status`.

use crate::support::http::{PATIENCE, Reply};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// Waits for a condition.
pub async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// That the answer is this text with 200, and what `Cache-Status` says behind the gateway's name.
pub fn told<'a>(reply: &'a Reply, body: &str) -> &'a str {
    assert_eq!(
        (reply.status.as_u16(), &*reply.body),
        (200, body.as_bytes()),
        "{reply:?}"
    );
    status(reply)
}

/// What `Cache-Status` says behind the gateway's name.
pub fn status(reply: &Reply) -> &str {
    reply.header("cache-status").strip_prefix("evergate; ").unwrap()
}

/// A reader on a connection of its own that takes its answer by pieces.
pub struct Slow {
    socket: TcpStream,
    pub seen: Vec<u8>,
}

impl Slow {
    /// Asks, and reads nothing yet.
    pub async fn ask(address: SocketAddr, target: &str) -> Self {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        Self {
            socket,
            seen: Vec::new(),
        }
    }

    /// What of the body has come.
    pub fn body(&self) -> &[u8] {
        let head = self.seen.windows(4).position(|four| four == b"\r\n\r\n");
        head.map_or(&[], |at| &self.seen[at + 4..])
    }

    /// Reads until so many bytes of the body are there.
    pub async fn read_body(&mut self, length: usize) {
        timeout(PATIENCE, async {
            while self.body().len() < length {
                assert_ne!(self.socket.read_buf(&mut self.seen).await.unwrap(), 0, "an early end");
            }
        })
        .await
        .expect("bytes in time");
    }

    /// Reads to the end, clean or not; returns whether the body is as long as was announced.
    pub async fn read_all(&mut self) -> bool {
        timeout(PATIENCE, async {
            loop {
                match self.socket.read_buf(&mut self.seen).await {
                    Ok(0) => break,
                    Err(error) if error.kind() != ErrorKind::Interrupted => break,
                    _ => {}
                }
            }
        })
        .await
        .expect("an end in time");
        let head = String::from_utf8_lossy(&self.seen).to_ascii_lowercase();
        let announced = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        announced == Some(self.body().len())
    }

    /// Goes away without a word.
    pub fn kill(self) {
        socket2::SockRef::from(&self.socket)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }
}

/// Many readers at once: on each connection 100 streams of HTTP/2, as many as are allowed.
pub struct Swarm(Vec<JoinHandle<(u16, Bytes)>>);

const STREAMS: usize = 100;

impl Swarm {
    /// Sends one request for each of the targets, all of them at once.
    pub async fn ask(address: SocketAddr, targets: impl IntoIterator<Item = String>) -> Self {
        let targets: Vec<_> = targets.into_iter().collect();
        let mut readers = Vec::with_capacity(targets.len());
        for some in targets.chunks(STREAMS) {
            let socket = TcpStream::connect(address).await.unwrap();
            socket.set_nodelay(true).unwrap();
            let builder = http2::Builder::new(TokioExecutor::new());
            let (sender, connection) = builder.handshake(TokioIo::new(socket)).await.unwrap();
            tokio::spawn(connection);
            for target in some {
                let request = Request::get(format!("http://files.example{target}"));
                let request = request.body(Empty::<Bytes>::new()).unwrap();
                let mut sender = sender.clone();
                readers.push(tokio::spawn(async move {
                    let answer = sender.send_request(request).await.unwrap();
                    let status = answer.status().as_u16();
                    (status, answer.into_body().collect().await.unwrap().to_bytes())
                }));
            }
        }
        Self(readers)
    }

    /// What each of them got, in order.
    pub async fn answers(self) -> Vec<(u16, Bytes)> {
        let mut answers = Vec::with_capacity(self.0.len());
        for reader in self.0 {
            answers.push(timeout(PATIENCE, reader).await.expect("an answer in time").unwrap());
        }
        answers
    }
}
