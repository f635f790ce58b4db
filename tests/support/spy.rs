//! An origin that should never be called: it counts connections and keeps what it is sent, to prove that a refused
//! request reached nobody. To every request head it answers an empty 500.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A listening spy; ended when dropped.
pub struct Spy {
    /// Where it listens.
    pub address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    bytes: Mutex<Vec<u8>>,
    ended: AtomicBool,
}

impl Spy {
    /// Starts to listen on a free loopback port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for socket in listener.incoming() {
                if shared.ended.load(Ordering::SeqCst) {
                    return;
                }
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let shared = Arc::clone(&shared);
                thread::spawn(move || listen(socket.unwrap(), &shared));
            }
        });
        Self { address, seen }
    }

    /// Its base URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Everything that was sent, over all connections, in the order of arrival.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen.bytes.lock().unwrap().clone()
    }

    /// Fails when anything has come.
    ///
    /// # Panics
    /// When somebody connected.
    pub fn assert_untouched(&self) {
        let bytes = self.bytes();
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(self.connections(), 0, "the origin was called: {text}");
    }
}

impl Drop for Spy {
    fn drop(&mut self) {
        self.seen.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

fn listen(mut socket: TcpStream, seen: &Seen) {
    let _ = socket.set_read_timeout(Some(Duration::from_mins(1)));
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = socket.read(&mut buffer) {
        seen.bytes.lock().unwrap().extend_from_slice(&buffer[..read]);
        head.extend_from_slice(&buffer[..read]);
        if head.windows(4).any(|window| window == b"\r\n\r\n") {
            let _ = socket
                .write_all(b"HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            return;
        }
    }
}
