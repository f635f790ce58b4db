//! What the origin may say, and how: in pieces, late, cut, unmeasured, or not at all.

use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Keeps whoever comes waiting until it is opened. Cloning gives another handle on the same one.
#[derive(Clone)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    pub fn open(&self) {
        self.0.send_replace(true);
    }

    pub async fn passed(&self) {
        let mut opened = self.0.subscribe();
        let _ = opened.wait_for(|open| *open).await;
    }
}

/// One step of an answer.
#[derive(Clone)]
pub enum Step {
    Say(Bytes),
    Wait(Gate),
    /// Closes the connection, however much is still to be said.
    Cut,
}

/// One answer. The connection lasts, unless it is cut.
#[derive(Clone)]
pub struct Answer(pub Vec<Step>);

impl Answer {
    /// A head of these lines, whose `Content-Length` is the body's.
    pub fn new(status: &str, fields: &[&str], body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let length = format!("Content-Length: {}", body.len());
        let mut fields = fields.to_vec();
        fields.push(&length);
        Self::raw(status, &fields, body)
    }

    /// A head of exactly these lines, and what follows it.
    pub fn raw(status: &str, fields: &[&str], body: impl Into<Bytes>) -> Self {
        let fields: String = fields.iter().flat_map(|field| [field, "\r\n"]).collect();
        let head = format!("HTTP/1.1 {status}\r\n{fields}\r\n");
        Self(vec![Step::Say(head.into()), Step::Say(body.into())])
    }

    /// A refusal as S3 writes it.
    pub fn refusal(status: &str, code: &str) -> Self {
        let document = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>");
        Self::new(status, &["Content-Type: application/xml"], document)
    }

    /// The body goes without its length, in two chunks.
    pub fn chunked(fields: &[&str], body: &[u8]) -> Self {
        let (first, second) = body.split_at(body.len() / 2);
        let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        let mut fields = fields.to_vec();
        fields.push("Transfer-Encoding: chunked");
        Self::raw(
            "200 OK",
            &fields,
            [chunk(first), chunk(second), b"0\r\n\r\n".to_vec()].concat(),
        )
    }

    /// The same, which waits at `gate` with the body from `at` on.
    #[must_use]
    pub fn waiting_at(mut self, at: usize, gate: &Gate) -> Self {
        let Some(Step::Say(body)) = self.0.pop() else {
            panic!("an answer ends with its body")
        };
        let wait = Step::Wait(gate.clone());
        self.0
            .extend([Step::Say(body.slice(..at)), wait, Step::Say(body.slice(at..))]);
        self
    }

    /// The same, which waits at `gate` with its head.
    #[must_use]
    pub fn behind(mut self, gate: &Gate) -> Self {
        self.0.insert(0, Step::Wait(gate.clone()));
        self
    }

    /// The same, which breaks off with the body's byte number `at`.
    #[must_use]
    pub fn cut_at(mut self, at: usize) -> Self {
        let Some(Step::Say(body)) = self.0.pop() else {
            panic!("an answer ends with its body")
        };
        self.0.extend([Step::Say(body.slice(..at)), Step::Cut]);
        self
    }

    /// Nothing, ever: the request is swallowed.
    pub fn none() -> Self {
        Self(vec![Step::Wait(Gate::new()), Step::Cut])
    }

    /// Says it. Returns whether the connection is still good.
    pub async fn say(self, socket: &mut TcpStream) -> bool {
        for step in self.0 {
            match step {
                Step::Say(bytes) => {
                    if socket.write_all(&bytes).await.is_err() {
                        return false;
                    }
                }
                // What was said must arrive as it was said: in pieces.
                Step::Wait(gate) => gate.passed().await,
                Step::Cut => {
                    // Else what was said a moment ago may be lost with the connection.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    return false;
                }
            }
        }
        true
    }
}
