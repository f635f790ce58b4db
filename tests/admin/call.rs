//! One call of the API, on a connection of its own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A test that waits this long has hung.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// What a call is answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The sentence of a problem.
    pub(crate) fn detail(&self) -> &str {
        self.body["detail"].as_str().unwrap_or_default()
    }
}

/// Reads an answer to its end.
pub(crate) fn read(mut stream: TcpStream) -> Answer {
    let mut text = String::new();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.into(),
        body: serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body:?}")),
    }
}

/// Sends one request with these header lines and this body.
pub(crate) fn send(admin: SocketAddr, method: &str, path: &str, lines: &[String], body: &str) -> Answer {
    let mut stream = TcpStream::connect(admin).unwrap();
    let lines: String = lines.iter().flat_map(|line| [line, "\r\n"]).collect();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n{lines}Content-Length: {}\r\n\r\n",
        body.len()
    );
    // Whoever is refused at the head may find the door closed before the body is through.
    let _ = stream.write_all((head + body).as_bytes());
    read(stream)
}

/// The line that shows a token.
pub(crate) fn bearer(token: &str) -> Vec<String> {
    vec![format!("Authorization: Bearer {token}")]
}

/// The line that shows it as a password.
pub(crate) fn basic(user: &str, password: &str) -> Vec<String> {
    let credentials = STANDARD.encode(format!("{user}:{password}"));
    vec![format!("Authorization: Basic {credentials}")]
}

/// The metrics page.
pub(crate) fn metrics(admin: SocketAddr) -> String {
    let mut page = String::new();
    let mut stream = TcpStream::connect(admin).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    stream.read_to_string(&mut page).unwrap();
    page
}

/// Fails unless each of these lines is on the metrics page.
pub(crate) fn assert_counted(admin: SocketAddr, lines: &[&str]) {
    let page = metrics(admin);
    for line in lines {
        assert!(page.lines().any(|seen| seen == *line), "{line} in {page}");
    }
}
