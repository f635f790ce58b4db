//! Who reads: one that takes its answer by pieces, many at once over HTTP/2, and what they make of `Cache-Status`.

use crate::support::http::{PATIENCE, Reply};
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
        sleep(Duration::from_millis(10)).await;
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
        let head = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n");
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
            while !self.is_whole() {
                match self.socket.read_buf(&mut self.seen).await {
                    Ok(0) => break,
                    Err(error) if error.kind() != ErrorKind::Interrupted => break,
                    _ => {}
                }
            }
        })
        .await
        .expect("an end in time");
        self.is_whole()
    }

    fn is_whole(&self) -> bool {
        let head = String::from_utf8_lossy(&self.seen).to_ascii_lowercase();
        let mut lines = head.lines();
        let announced = lines.find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        announced == Some(self.body().len())
    }

    /// Goes away without a word.
    pub fn kill(self) {
        socket2::SockRef::from(&self.socket)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }
}

/// Many readers at once: on each connection 100 streams of HTTP/2, as many as are allowed. The frames are written by hand,
/// so that they cost the gateway more than the test.
pub struct Swarm(Vec<JoinHandle<Vec<Seen>>>);

/// What one of them got: whether it was 200, and the body.
pub type Seen = (bool, Vec<u8>);

const STREAMS: usize = 100;

/// A frame's type, flag and the number of the connection as a stream. RFC 9113 §6.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:status: 200` of HPACK's static table. RFC 7541, appendix A.
const STATUS_200: u8 = 0x88;

impl Swarm {
    /// Sends one request for each of the targets, all of them at once.
    pub fn ask(address: SocketAddr, targets: impl IntoIterator<Item = String>) -> Self {
        let targets: Vec<_> = targets.into_iter().collect();
        let some = targets.chunks(STREAMS);
        Self(some.map(|some| tokio::spawn(read(address, some.to_vec()))).collect())
    }

    /// What each of them got, in order.
    pub async fn answers(self) -> Vec<Seen> {
        let mut answers = Vec::new();
        for connection in self.0 {
            answers.extend(timeout(PATIENCE, connection).await.expect("answers in time").unwrap());
        }
        answers
    }

    /// Goes away without a word.
    pub async fn kill(self) {
        for connection in self.0 {
            connection.abort();
            let _ = connection.await;
        }
    }
}

fn frame(kind: u8, flags: u8, stream: usize, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let stream = u32::try_from(stream).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream, payload].concat()
}

/// One connection from its preface to the end of the last answer.
async fn read(address: SocketAddr, targets: Vec<String>) -> Vec<Seen> {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    // A large window for each stream and for all of them.
    sent.extend(frame(SETTINGS, 0, 0, &[0, 4, 0, 16, 0, 0]));
    sent.extend(frame(WINDOW_UPDATE, 0, 0, &[1, 0, 0, 0]));
    for (number, target) in targets.iter().enumerate() {
        // `:method: GET`, `:scheme: http`, then `:authority` and `:path` in full.
        let mut block = vec![0x82, 0x86];
        for (name, value) in [(1, "files.example"), (4, target)] {
            block.extend([name, u8::try_from(value.len()).unwrap()]);
            block.extend(value.as_bytes());
        }
        sent.extend(frame(HEADERS, END_STREAM | END_HEADERS, 2 * number + 1, &block));
    }
    socket.write_all(&sent).await.unwrap();
    let mut seen: Vec<Seen> = vec![(false, Vec::new()); targets.len()];
    let (mut left, mut buffer) = (targets.len(), Vec::new());
    while left > 0 {
        let Some((kind, flags, stream, payload)) = next_frame(&mut socket, &mut buffer).await else {
            panic!("the connection ended with {left} answers to come");
        };
        let back = match kind {
            SETTINGS if flags & ACK == 0 => frame(SETTINGS, ACK, 0, &[]),
            PING if flags & ACK == 0 => frame(PING, ACK, 0, &payload),
            _ => Vec::new(),
        };
        socket.write_all(&back).await.unwrap();
        let ends = match kind {
            HEADERS => {
                seen[stream / 2].0 = payload.first() == Some(&STATUS_200);
                flags & END_STREAM != 0
            }
            DATA => {
                seen[stream / 2].1.extend(payload);
                flags & END_STREAM != 0
            }
            RST_STREAM => {
                seen[stream / 2].0 = false;
                true
            }
            _ => false,
        };
        left -= usize::from(ends);
    }
    seen
}

async fn next_frame(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(u8, u8, usize, Vec<u8>)> {
    loop {
        if let Some((head, rest)) = buffer.split_first_chunk::<9>() {
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            if rest.len() >= length {
                let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) as usize;
                let (kind, flags, payload) = (head[3], head[4], rest[..length].to_vec());
                buffer.drain(..9 + length);
                return Some((kind, flags, stream, payload));
            }
        }
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}
