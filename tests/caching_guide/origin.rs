//! An origin with one object, which a test replaces, breaks and holds back.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// With the object.
    Works,
    /// With a status and an S3 error code.
    Fails(&'static str, &'static str),
}

/// What is there, and what was asked.
pub struct Shelf {
    pub length: usize,
    pub tag: &'static str,
    /// More fields of the object's head, each with its line end.
    pub fields: &'static str,
    pub mood: Mood,
    /// Whether answers wait.
    pub held: bool,
    /// What the requests so far were, in the guide's words.
    pub asked: Vec<String>,
}

/// The origin. Its threads end with the test process.
pub struct Origin {
    address: SocketAddr,
    shared: Arc<(Mutex<Shelf>, Condvar)>,
}

impl Origin {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shelf = Shelf {
            length: 4096,
            tag: "\"one\"",
            fields: "",
            mood: Mood::Works,
            held: false,
            asked: Vec::new(),
        };
        let shared = Arc::new((Mutex::new(shelf), Condvar::new()));
        let ours = Arc::clone(&shared);
        thread::spawn(move || {
            for socket in listener.incoming() {
                let shared = Arc::clone(&ours);
                thread::spawn(move || serve(socket.unwrap(), &shared));
            }
        });
        Self { address, shared }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shared.0.lock().unwrap()
    }

    /// Lets all answers go that were held.
    pub fn release(&self) {
        self.shelf().held = false;
        self.shared.1.notify_all();
    }
}

fn serve(mut socket: TcpStream, shared: &(Mutex<Shelf>, Condvar)) {
    let _ = socket.set_read_timeout(Some(Duration::from_mins(1)));
    loop {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match socket.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                _ => return,
            }
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let mut shelf = shared.0.lock().unwrap();
        shelf.asked.push(in_words(&head));
        while shelf.held {
            shelf = shared.1.wait(shelf).unwrap();
        }
        let answer = answer(&shelf, &head);
        drop(shelf);
        // The gateway may be gone.
        if socket.write_all(&answer).is_err() {
            return;
        }
    }
}

fn in_words(head: &str) -> String {
    let method = head.split(' ').next().unwrap().to_ascii_uppercase();
    let with = [("if-none-match", "If-None-Match"), ("range", "Range")]
        .into_iter()
        .find(|(name, _)| field(head, name).is_some());
    with.map_or_else(
        || format!("`{method}`"),
        |(_, name)| format!("`{method}` with `{name}`"),
    )
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let line = |line: &'a str| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim());
    head.lines().find_map(line)
}

fn answer(shelf: &Shelf, head: &str) -> Vec<u8> {
    let is_head = head.starts_with("head ");
    if let Mood::Fails(status, code) = shelf.mood {
        let document = format!("<Error><Code>{code}</Code></Error>");
        let body = if is_head { "" } else { &document };
        return format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", document.len()).into_bytes();
    }
    let told = format!("ETag: {}\r\nContent-Type: image/png\r\n{}", shelf.tag, shelf.fields);
    if field(head, "if-none-match") == Some(shelf.tag) {
        return format!("HTTP/1.1 304 Not Modified\r\n{told}\r\n").into_bytes();
    }
    let (status, length) = match field(head, "range") {
        None => ("200 OK".to_owned(), shelf.length),
        // The only part that a test asks for.
        Some(range) => {
            assert_eq!(range, "bytes=0-99");
            let range = format!("206 Partial Content\r\nContent-Range: bytes 0-99/{}", shelf.length);
            (range, 100)
        }
    };
    let mut answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{told}\r\n").into_bytes();
    if !is_head {
        answer.resize(answer.len() + length, b'x');
    }
    answer
}
