//! The spy: an origin in memory that serves, stores and deletes as S3 does, does otherwise where a test says so, and writes
//! down every request.

use crate::answers::{Answer, Gate};
use crate::support::http::PATIENCE;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Behind the bucket's name, as sent.
    pub key: String,
    pub query: String,
    /// With names in lower case.
    fields: Vec<(String, String)>,
    pub body: Bytes,
}

impl Asked {
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| &**value)
    }

    pub fn is_get(&self) -> bool {
        self.method == "GET"
    }
}

/// What becomes of a request.
pub enum Play {
    /// What S3 does.
    Usual,
    /// The same, once the gate is open: what is stored then counts.
    Later(Gate),
    /// It is done at once, and told when the gate is open.
    ToldLater(Gate),
    /// This is said.
    Say(Answer),
}

type Plan = dyn Fn(&Asked) -> Play + Send + Sync;

/// One stored object.
#[derive(Clone, Debug)]
pub struct Object {
    pub body: Bytes,
    /// Header lines beside the ones that each object has.
    pub fields: Vec<String>,
}

impl Object {
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            fields: Vec::new(),
        }
    }

    #[must_use]
    pub fn field(mut self, line: &str) -> Self {
        self.fields.push(line.to_owned());
        self
    }

    pub fn etag(&self) -> String {
        format!("\"{}\"", &hex::encode(Sha256::digest(&self.body))[..32])
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("ETag: {}", self.etag()),
            "Last-Modified: Sun, 01 Nov 2026 12:00:00 GMT".to_owned(),
            "Accept-Ranges: bytes".to_owned(),
        ];
        lines.extend(self.fields.iter().cloned());
        lines
    }

    /// The whole of it.
    pub fn answer(&self) -> Answer {
        let lines = self.lines();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        Answer::new("200 OK", &lines, self.body.clone())
    }

    fn answer_to(&self, asked: &Asked) -> Answer {
        let lines = self.lines();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        if asked.field("if-none-match") == Some(&self.etag()) {
            return Answer::raw("304 Not Modified", &lines, "");
        }
        if asked.method == "HEAD" {
            let length = format!("Content-Length: {}", self.body.len());
            return Answer::raw("200 OK", &[&lines[..], &[&length]].concat(), "");
        }
        let Some((first, last)) = asked.field("range").and_then(|range| range[6..].split_once('-')) else {
            return self.answer();
        };
        let first: usize = first.parse().unwrap();
        let last = last
            .parse()
            .map_or(self.body.len(), |last: usize| last + 1)
            .min(self.body.len());
        let range = format!("Content-Range: bytes {first}-{}/{}", last - 1, self.body.len());
        let lines = [&lines[..], &[&range]].concat();
        Answer::new("206 Partial Content", &lines, self.body.slice(first..last))
    }
}

/// The origin. Ended when dropped.
pub struct Origin {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

struct Shared {
    plan: Mutex<Arc<Plan>>,
    asked: Mutex<Vec<Asked>>,
    objects: Mutex<HashMap<String, Object>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Origin {
    /// Starts one that has these objects.
    pub fn with(objects: &[(&str, &str)]) -> Self {
        let origin = Self::start();
        for (key, body) in objects {
            origin.store(key, Object::new((*body).to_owned()));
        }
        origin
    }

    pub fn start() -> Self {
        let shared = Arc::new(Shared {
            plan: Mutex::new(Arc::new(|_: &Asked| Play::Usual)),
            asked: Mutex::default(),
            objects: Mutex::default(),
            tasks: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let handle = runtime.handle().clone();
        let listener = bind(&handle, "127.0.0.1:0".parse().unwrap());
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        });
        let origin = Self {
            address,
            shared,
            handle,
            stop: Some(stop),
            thread: Some(thread),
        };
        origin.accept(listener);
        origin
    }

    fn accept(&self, listener: TcpListener) {
        let (shared, handle) = (Arc::clone(&self.shared), self.handle.clone());
        let accepting = self.handle.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let serving = handle.spawn(serve(socket, Arc::clone(&shared)));
                shared.tasks.lock().unwrap().push(serving);
            }
        });
        self.shared.tasks.lock().unwrap().push(accepting);
    }

    /// Closes everything: from now on connections are refused.
    pub fn shut(&self) {
        for task in self.shared.tasks.lock().unwrap().drain(..) {
            task.abort();
        }
        let begun = Instant::now();
        while std::net::TcpStream::connect(self.address).is_ok() {
            assert!(begun.elapsed() < PATIENCE, "the origin does not close");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Opens again where it was.
    pub fn reopen(&self) {
        self.accept(bind(&self.handle, self.address));
    }

    /// From now on, does what `plan` says.
    pub fn turn(&self, plan: impl Fn(&Asked) -> Play + Send + Sync + 'static) {
        *self.shared.plan.lock().unwrap() = Arc::new(plan);
    }

    /// From now on, says this to everybody.
    pub fn say(&self, answer: Answer) {
        self.turn(move |_| Play::Say(answer.clone()));
    }

    /// From now on, does what S3 does.
    pub fn heal(&self) {
        self.turn(|_| Play::Usual);
    }

    /// Puts an object there behind the gateway's back.
    pub fn store(&self, key: &str, object: Object) {
        self.shared.objects.lock().unwrap().insert(key.to_owned(), object);
    }

    /// Takes one away behind the gateway's back.
    pub fn remove(&self, key: &str) {
        self.shared.objects.lock().unwrap().remove(key);
    }

    /// Whether this is stored under the key.
    pub fn has(&self, key: &str, body: &str) -> bool {
        let objects = self.shared.objects.lock().unwrap();
        objects.get(key).is_some_and(|object| object.body == body)
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

    /// How often this key was asked for by GET.
    pub fn gets(&self, key: &str) -> usize {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|asked| asked.is_get() && asked.key == key).count()
    }

    /// The last request.
    pub fn last(&self) -> Asked {
        self.shared.asked.lock().unwrap().last().unwrap().clone()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn bind(handle: &Handle, address: SocketAddr) -> TcpListener {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind(&address.into()).unwrap();
    socket.listen(4096).unwrap();
    socket.set_nonblocking(true).unwrap();
    let _entered = handle.enter();
    TcpListener::from_std(socket.into()).unwrap()
}

async fn serve(mut socket: TcpStream, shared: Arc<Shared>) {
    socket.set_nodelay(true).unwrap();
    let mut read = Vec::new();
    while let Some(asked) = request(&mut socket, &mut read).await {
        let plan = Arc::clone(&*shared.plan.lock().unwrap());
        shared.asked.lock().unwrap().push(asked.clone());
        let answer = match plan(&asked) {
            Play::Usual => shared.usual(&asked),
            Play::Later(gate) => {
                gate.passed().await;
                shared.usual(&asked)
            }
            Play::ToldLater(gate) => shared.usual(&asked).behind(&gate),
            Play::Say(answer) => answer,
        };
        if !answer.say(&mut socket).await {
            return;
        }
    }
}

/// The next request with its body; `None` when the other side is gone.
async fn request(socket: &mut TcpStream, read: &mut Vec<u8>) -> Option<Asked> {
    let end = loop {
        if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if socket.read_buf(read).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(read.drain(..end).collect()).unwrap();
    let mut lines = head.trim_end().lines();
    let mut words = lines.next()?.split(' ');
    let method = words.next()?.to_owned();
    let target = words.next()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let fields: Vec<(String, String)> = lines
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        })
        .collect();
    let length = fields.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    while read.len() < length {
        if socket.read_buf(read).await.ok()? == 0 {
            return None;
        }
    }
    Some(Asked {
        method,
        key: path.splitn(3, '/').nth(2).unwrap_or_default().to_owned(),
        query: query.to_owned(),
        fields,
        body: read.drain(..length).collect::<Vec<_>>().into(),
    })
}

impl Shared {
    /// What S3 does, as far as these tests need it: read, store, delete.
    fn usual(&self, asked: &Asked) -> Answer {
        let mut objects = self.objects.lock().unwrap();
        match &*asked.method {
            "PUT" => {
                let object = Object::new(asked.body.clone());
                let etag = format!("ETag: {}", object.etag());
                objects.insert(asked.key.clone(), object);
                Answer::new("200 OK", &[&etag], "")
            }
            "DELETE" => {
                objects.remove(&asked.key);
                Answer::raw("204 No Content", &[], "")
            }
            method => match objects.get(&asked.key) {
                Some(object) => object.answer_to(asked),
                None if method == "HEAD" => Answer::new("404 Not Found", &[], ""),
                None => Answer::refusal("404 Not Found", "NoSuchKey"),
            },
        }
    }
}
