//! An origin whose objects all change at once, in front of a gateway that caches them.

use crate::support::evergate::Evergate;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

pub(crate) const ADMIN_TOKEN: &str = "canary-token-of-the-admin-api-0001";
pub(crate) const EVENTS_TOKEN: &str = "canary-token-of-the-events-api-01";

/// The origin. Every key has an object, whose bytes are its path and the edition.
pub(crate) struct Shelf {
    pub(crate) address: SocketAddr,
    edition: Arc<AtomicUsize>,
}

impl Shelf {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let edition = Arc::new(AtomicUsize::new(1));
        let shared = Arc::clone(&edition);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let edition = Arc::clone(&shared);
                thread::spawn(move || hand_out(socket, &edition));
            }
        });
        Self { address, edition }
    }

    /// Replaces every object.
    pub(crate) fn replace(&self) {
        self.edition.fetch_add(1, Ordering::SeqCst);
    }

    /// A gateway in front of it that caches for an hour: `/files/…` of the bucket `files`, called `app-files` there, and
    /// `/other/…` of a bucket `other` with the same name at another path of the origin's host.
    pub(crate) fn gateway(&self) -> Evergate {
        let environment = [("ADMIN_TOKEN", ADMIN_TOKEN), ("EVENTS_TOKEN", EVENTS_TOKEN)];
        Evergate::start_with(&self.yaml(), &environment)
    }

    pub(crate) fn yaml(&self) -> String {
        let place = |name: &str| {
            let endpoint = self.address;
            format!(
                "name: {name}, region: us-east-1, endpoint: 'http://{endpoint}', path_style: true, credentials: anonymous"
            )
        };
        let route = "prefix: '', access: public, delivery: stream, cache: { fresh_for: 1h }";
        format!(
            "buckets:\n  files: {{ {0} }}\n  copy: {{ {0} }}\n  other: {{ {1} }}\nroutes:\n  - {{ path: /files/, bucket: files, {route} }}\n  \
             - {{ path: /copy/, bucket: copy, {route} }}\n  - {{ path: /other/, bucket: other, {route} }}\n",
            place("app-files"),
            place("other-files"),
        )
    }
}

fn hand_out(socket: TcpStream, edition: &AtomicUsize) {
    socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut writer = socket.try_clone().unwrap();
    let mut lines = BufReader::new(socket).lines();
    while let Some(Ok(request)) = lines.next() {
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let path = request.split(' ').nth(1).unwrap_or_default();
        let body = format!("{path} {}", edition.load(Ordering::SeqCst));
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nContent-Type: text/plain\r\n\r\n",
            body.len()
        );
        if writer.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}

/// The edition of what a reader gets at `target`.
pub(crate) fn edition(gateway: SocketAddr, target: &str) -> usize {
    let mut stream = TcpStream::connect(gateway).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{target}: {answer}");
    answer.rsplit(' ').next().unwrap().parse().unwrap()
}
