//! Messages of HTTP/1.1 over blocking sockets, for both ends of a test. Cheap, for tests that send a hundred thousand.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

/// A connection, and what was read ahead of what was asked for.
pub struct Wire {
    pub socket: TcpStream,
    ahead: Vec<u8>,
}

/// The head of a message.
#[derive(Debug)]
pub struct Head {
    pub first_line: String,
    /// With names in lower case.
    pub fields: Vec<(String, String)>,
}

impl Head {
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| &**value)
    }

    pub fn length(&self) -> usize {
        self.field("content-length").map_or(0, |length| length.parse().unwrap())
    }

    /// The status of an answer.
    pub fn status(&self) -> u16 {
        self.first_line.get(9..12).and_then(|code| code.parse().ok()).unwrap()
    }
}

impl Wire {
    pub fn new(socket: TcpStream) -> Self {
        socket.set_nodelay(true).unwrap();
        Self {
            socket,
            ahead: Vec::new(),
        }
    }

    /// Reads the next head; `None` when the connection ends before it.
    pub fn head(&mut self) -> Option<Head> {
        let mut seen = 0;
        let end = loop {
            let from = seen.min(self.ahead.len());
            if let Some(at) = memchr::memmem::find(&self.ahead[from..], b"\r\n\r\n") {
                break from + at;
            }
            seen = self.ahead.len().saturating_sub(3);
            self.more()?;
        };
        let text = std::str::from_utf8(&self.ahead[..end]).expect("a head of ASCII");
        let mut lines = text.split("\r\n");
        let first_line = lines.next().unwrap().to_owned();
        let fields = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        let head = Head {
            first_line,
            fields: fields.collect(),
        };
        self.ahead.drain(..end + 4);
        Some(head)
    }

    /// Reads `length` bytes; fewer when the connection ends before.
    pub fn body(&mut self, length: usize) -> Vec<u8> {
        while self.ahead.len() < length {
            if self.more().is_none() {
                return std::mem::take(&mut self.ahead);
            }
        }
        let rest = self.ahead.split_off(length);
        std::mem::replace(&mut self.ahead, rest)
    }

    /// Whether nothing has come that was not asked for.
    pub fn is_quiet(&self) -> bool {
        self.ahead.is_empty()
    }

    pub fn say(&mut self, bytes: &[u8]) -> bool {
        self.socket.write_all(bytes).is_ok()
    }

    fn more(&mut self) -> Option<()> {
        let mut some = [0; 16 * 1024];
        loop {
            match self.socket.read(&mut some) {
                Ok(0) => return None,
                Ok(read) => {
                    self.ahead.extend_from_slice(&some[..read]);
                    return Some(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("no answer in time"),
                Err(_) => return None,
            }
        }
    }
}
