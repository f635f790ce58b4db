//! The chaos origin: raw sockets, one thread a connection, and a book of all that was asked.

use crate::play::{Fate, Play};
use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Behind the bucket's name.
    pub key: String,
    /// How often this key was asked for before.
    pub nth: usize,
    /// With names in lower case.
    pub fields: Vec<(String, String)>,
}

impl Asked {
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| &**value)
    }

    /// `Range`, as first and last byte.
    pub fn range(&self) -> Option<(usize, Option<usize>)> {
        let (first, last) = self.field("range")?.strip_prefix("bytes=")?.split_once('-')?;
        Some((first.parse().unwrap(), last.parse().ok()))
    }

    /// The region of the signature's scope.
    pub fn region(&self) -> &str {
        let credential = self.field("authorization").unwrap().split("Credential=").nth(1);
        credential.unwrap().split('/').nth(2).unwrap()
    }
}

/// Decides what is done with a request.
type Plan = dyn Fn(&Asked) -> Play + Send + Sync;

/// The origin. Its threads end with the test process.
pub struct ChaosOrigin {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    plan: Mutex<Arc<Plan>>,
    asked: Mutex<Vec<Asked>>,
    counts: Mutex<HashMap<String, usize>>,
    /// Requests that have been read and whose answer's head is not out.
    pending: AtomicUsize,
    peak: AtomicUsize,
    /// So many connections more are reset when they are accepted.
    unwelcome: AtomicUsize,
}

impl ChaosOrigin {
    pub fn start(plan: impl Fn(&Asked) -> Play + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            plan: Mutex::new(Arc::new(plan)),
            asked: Mutex::default(),
            counts: Mutex::default(),
            pending: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            unwelcome: AtomicUsize::new(0),
        });
        let ours = Arc::clone(&shared);
        thread::spawn(move || {
            for socket in listener.incoming() {
                let shared = Arc::clone(&ours);
                thread::spawn(move || Connection::new(socket.unwrap(), shared).serve());
            }
        });
        Self { address, shared }
    }

    /// From now on, does what `plan` says.
    pub fn turn(&self, plan: impl Fn(&Asked) -> Play + Send + Sync + 'static) {
        *self.shared.plan.lock().unwrap() = Arc::new(plan);
    }

    /// Resets the next so many connections when they are accepted.
    pub fn reset_connections(&self, number: usize) {
        self.shared.unwelcome.store(number, Ordering::SeqCst);
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.shared.asked.lock().unwrap().len()
    }

    /// How many requests wait for an answer now.
    pub fn pending(&self) -> usize {
        self.shared.pending.load(Ordering::SeqCst)
    }

    /// The most that did at once since this was last called.
    pub fn take_peak(&self) -> usize {
        self.shared.peak.swap(self.pending(), Ordering::SeqCst)
    }
}

/// One accepted connection.
pub struct Connection {
    socket: TcpStream,
    shared: Arc<Shared>,
    is_pending: bool,
}

impl Connection {
    fn new(socket: TcpStream, shared: Arc<Shared>) -> Self {
        Self {
            socket,
            shared,
            is_pending: false,
        }
    }

    fn serve(mut self) {
        self.socket.set_nodelay(true).unwrap();
        // A thread that nobody talks to any more ends, at last.
        self.socket.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
        let unwelcome = &self.shared.unwelcome;
        if unwelcome
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok()
        {
            return self.reset();
        }
        while let Some(asked) = self.request() {
            let plan = Arc::clone(&*self.shared.plan.lock().unwrap());
            let fate = plan(&asked).perform(&asked, &mut self);
            self.answered();
            if fate == Fate::Done {
                return;
            }
        }
    }

    fn request(&mut self) -> Option<Asked> {
        let mut head = Vec::new();
        let mut some = [0; 4096];
        // Reads have no body, and nobody sends the next one before this one is answered.
        while !head.ends_with(b"\r\n\r\n") {
            match self.socket.read(&mut some) {
                Ok(read @ 1..) => head.extend(&some[..read]),
                _ => return None,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().lines();
        let mut words = lines.next()?.split(' ');
        let method = words.next()?.to_owned();
        let key = words.next()?.splitn(3, '/').nth(2)?.to_owned();
        let field = |line: &str| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        let fields = lines.map(field).collect();
        let nth = {
            let mut counts = self.shared.counts.lock().unwrap();
            let count = counts.entry(key.clone()).or_default();
            *count += 1;
            *count - 1
        };
        let asked = Asked {
            method,
            key,
            nth,
            fields,
        };
        self.is_pending = true;
        let pending = self.shared.pending.fetch_add(1, Ordering::SeqCst) + 1;
        self.shared.peak.fetch_max(pending, Ordering::SeqCst);
        self.shared.asked.lock().unwrap().push(asked.clone());
        Some(asked)
    }

    /// The head of the answer is out, or there will be none.
    pub fn answered(&mut self) {
        if std::mem::take(&mut self.is_pending) {
            self.shared.pending.fetch_sub(1, Ordering::SeqCst);
        }
    }

    pub fn say(&mut self, bytes: &[u8]) {
        // The gateway may be gone; what it made of that is judged on the other side.
        let _ = self.try_say(bytes);
    }

    pub fn try_say(&mut self, bytes: &[u8]) -> bool {
        self.socket.write_all(bytes).is_ok()
    }

    /// Closes with RST instead of FIN, when it closes.
    pub fn reset(&mut self) {
        socket2::SockRef::from(&self.socket)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }

    pub fn stop_talking(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// Waits until the other side is gone.
    pub fn wait_for_close(&mut self) {
        let mut rest = [0; 1024];
        loop {
            match self.socket.read(&mut rest) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.answered();
    }
}
