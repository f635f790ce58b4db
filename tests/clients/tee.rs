//! A tee: passes bytes between two sides and searches them, in both directions, for what must never pass there.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What must not be seen, by name.
#[derive(Clone, Debug, Default)]
pub struct Needles(Vec<(String, Vec<u8>)>);

impl Needles {
    /// Adds a secret, as it is and as it looks percent-encoded. Its first 16 bytes suffice, so that one that is cut short is found.
    #[must_use]
    pub fn and(mut self, name: &str, secret: &str) -> Self {
        let encoded = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
        for form in [secret.to_owned(), encoded] {
            let start = form.as_bytes().get(..16).unwrap_or(form.as_bytes());
            self.0.push((name.to_owned(), start.to_vec()));
        }
        self
    }

    /// The names of what is in there.
    pub fn found_in(&self, bytes: &[u8]) -> Vec<String> {
        let there = |needle: &[u8]| memchr::memmem::find(bytes, needle).is_some();
        let mut names: Vec<_> = self
            .0
            .iter()
            .filter(|(_, needle)| there(needle))
            .map(|(name, _)| name.clone())
            .collect();
        names.dedup();
        names
    }

    fn longest(&self) -> usize {
        self.0.iter().map(|(_, needle)| needle.len()).max().unwrap_or(1)
    }
}

/// A listener in front of `to`; ended when dropped.
pub struct Tee {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<State>,
}

struct State {
    to: SocketAddr,
    in_requests: Needles,
    in_answers: Needles,
    found: Mutex<Vec<String>>,
    passed: AtomicU64,
    ended: AtomicBool,
}

impl Tee {
    /// Starts to listen on a free loopback port.
    pub fn start(to: SocketAddr, in_requests: Needles, in_answers: Needles) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            to,
            in_requests,
            in_answers,
            found: Mutex::default(),
            passed: AtomicU64::new(0),
            ended: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming() {
                if shared.ended.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(shared.to)) else {
                    continue;
                };
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let (client_back, server_back) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (requests, answers) = (Arc::clone(&shared), Arc::clone(&shared));
                thread::spawn(move || pass(client, server, &requests.in_requests, &requests));
                thread::spawn(move || pass(server_back, client_back, &answers.in_answers, &answers));
            }
        });
        Self { address, state }
    }

    /// How many bytes have passed, both ways.
    pub fn passed(&self) -> u64 {
        self.state.passed.load(Ordering::Relaxed)
    }

    /// The names of what was seen and must not be, each with what stood around it.
    pub fn found(&self) -> Vec<String> {
        self.state.found.lock().unwrap().clone()
    }
}

impl Drop for Tee {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, needles: &Needles, state: &State) {
    let mut buffer = vec![0; 64 * 1024];
    // What is searched: the end of what has passed, and what came.
    let mut seen = Vec::new();
    let keep = needles.longest() - 1;
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let came = &buffer[..read];
        seen.drain(..seen.len().saturating_sub(keep));
        seen.extend_from_slice(came);
        for name in needles.found_in(&seen) {
            let text: String = String::from_utf8_lossy(&seen).chars().take(2000).collect();
            state.found.lock().unwrap().push(format!("{name} in {text}"));
        }
        state.passed.fetch_add(read as u64, Ordering::Relaxed);
        if to.write_all(came).is_err() {
            let _ = from.shutdown(Shutdown::Read);
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

#[test]
fn a_secret_is_found_wherever_it_is_cut() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let needles = Needles::default().and("the secret", "a/secret+of thirty-two characters");
    let tee = Tee::start(server.local_addr().unwrap(), Needles::default(), needles);
    let answer = thread::spawn(move || {
        for pieces in [
            ["a/secret+of th", "irty"],
            ["…a%2Fsecret%2", "Bof%20th"],
            ["a/secret+", "off"],
        ] {
            let mut socket = server.accept().unwrap().0;
            for piece in pieces {
                socket.write_all(piece.as_bytes()).unwrap();
                thread::sleep(std::time::Duration::from_millis(50));
            }
        }
    });
    for expected in 1..=3 {
        let mut text = String::new();
        TcpStream::connect(tee.address)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(tee.found().len(), expected.min(2), "{text}: {:?}", tee.found());
    }
    answer.join().unwrap();
}
