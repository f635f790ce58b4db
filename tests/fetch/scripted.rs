//! An origin that says what a test tells it to, and a client in front of it.

use evergate::access::Permit;
use evergate::clock::{Clock, Timestamp};
use evergate::config::{self, Environment, OriginConfig};
use evergate::credentials::{self, Credentials};
use evergate::fetch::{
    Breaker, Conditions, Deadlines, FetchError, OriginBounds, OriginClient, OriginResponse, OriginSettings,
    OriginState, OriginTls,
};
use evergate::resolve::{Overrides, Target};
use evergate::route::Bucket;
use evergate::s3::{ObjectKey, Operation};
use evergate::telemetry::{AccessSink, Telemetry};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A deadline that no test waits for on purpose.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// What one connection goes through. Returning closes it.
pub type Script = dyn Fn(&mut Connection) + Send + Sync;

/// The origin. It lives as long as the test process.
pub struct Origin {
    pub address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<String>>,
    connections: AtomicUsize,
}

/// One accepted connection.
pub struct Connection {
    pub socket: TcpStream,
    /// Which connection this is, from 0.
    pub number: usize,
    seen: Arc<Seen>,
}

impl Origin {
    /// Runs `script` on every connection.
    pub fn start(script: impl Fn(&mut Connection) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let (shared, script): (_, Arc<Script>) = (Arc::clone(&seen), Arc::new(script));
        thread::spawn(move || {
            for socket in listener.incoming() {
                let number = shared.connections.fetch_add(1, Ordering::SeqCst);
                let (seen, script) = (Arc::clone(&shared), Arc::clone(&script));
                thread::spawn(move || {
                    let socket = socket.unwrap();
                    socket.set_nodelay(true).unwrap();
                    script(&mut Connection { socket, number, seen });
                });
            }
        });
        Self { address, seen }
    }

    /// Says the same to every request, one a connection.
    pub fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |connection| {
            if connection.request().is_some() {
                connection.say(&answer);
            }
        })
    }

    /// The heads of all requests so far, in lower case.
    pub fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }
}

impl Connection {
    /// Waits for a request head and notes it; `None` when the connection is closed.
    pub fn request(&mut self) -> Option<String> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match self.socket.read(&mut byte) {
                Ok(1) => head.extend(byte),
                _ => return None,
            }
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        self.seen.requests.lock().unwrap().push(head.clone());
        Some(head)
    }

    /// Waits for so many bytes of a body.
    pub fn body(&mut self, length: usize) -> Vec<u8> {
        let mut body = vec![0; length];
        self.socket.read_exact(&mut body).unwrap();
        body
    }

    pub fn say(&mut self, bytes: impl AsRef<[u8]>) {
        // The client may be gone; what it saw is judged on its side.
        let _ = self.socket.write_all(bytes.as_ref());
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

    /// Closes with RST instead of FIN.
    pub fn reset(&mut self) {
        socket2::SockRef::from(&self.socket)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }
}

/// The gateway's side.
pub struct Gateway {
    pub client: OriginClient,
    pub state: Arc<OriginState>,
    pub credentials: Credentials,
    pub bucket: Arc<Bucket>,
}

/// Where a bucket is, and who may read it.
pub struct Place<'a> {
    pub endpoint: &'a str,
    pub bucket: &'a str,
    pub access_key_id: &'a str,
    pub secret_access_key: &'a str,
}

/// Short deadlines, so that silence is judged soon; long enough for a loaded machine.
pub fn impatient() -> OriginSettings {
    OriginSettings {
        deadlines: Deadlines {
            connect: Duration::from_secs(1),
            head: Duration::from_secs(2),
            stall: Duration::from_secs(1),
            error_body: Duration::from_millis(500),
            ..Deadlines::default()
        },
        ..OriginSettings::default()
    }
}

impl Gateway {
    pub fn new(origin: &Origin) -> Self {
        Self::with(&format!("http://{}", origin.address), OriginSettings::default(), b"")
    }

    pub fn impatient(origin: &Origin) -> Self {
        Self::with(&format!("http://{}", origin.address), impatient(), b"")
    }

    pub fn with(endpoint: &str, settings: OriginSettings, roots: &[u8]) -> Self {
        let place = Place {
            endpoint,
            bucket: "shelf",
            access_key_id: "AKIDEXAMPLE",
            secret_access_key: "not-a-secret",
        };
        let (clock, _) = Clock::manual(Timestamp::from_unix(1_790_000_000));
        Self::at(&place, settings, roots, &clock)
    }

    pub fn at(place: &Place<'_>, settings: OriginSettings, roots: &[u8], clock: &Clock) -> Self {
        Self::within(OriginBounds::default(), place, settings, roots, clock)
    }

    pub fn within(
        bounds: OriginBounds,
        place: &Place<'_>,
        settings: OriginSettings,
        roots: &[u8],
        clock: &Clock,
    ) -> Self {
        let text = format!(
            "buckets:\n  files:\n    name: {}\n    region: us-east-1\n    endpoint: {}\n    path_style: true\n    \
             credentials: {{ access_key_id: \"${{ID}}\", secret_access_key: \"${{SECRET}}\" }}\n",
            place.bucket, place.endpoint
        );
        let env: Environment = [("ID", place.access_key_id), ("SECRET", place.secret_access_key)]
            .into_iter()
            .collect();
        let config = config::parse(&text, Path::new("config.yaml"), &env).unwrap().config;
        let bucket = &config.buckets[0];
        let OriginConfig::Server(server) = &bucket.origin else {
            panic!("a server")
        };
        let runtime = tokio::runtime::Handle::current();
        let telemetry = Telemetry::new(clock.clone(), AccessSink::none()).unwrap();
        let metrics = telemetry.metrics().bucket(bucket.id.as_str());
        Self {
            state: OriginState::new(
                &bounds,
                Breaker::new(bounds.breaker),
                Arc::clone(&metrics),
                telemetry.events().clone(),
            ),
            client: OriginClient::new(settings, &OriginTls::load(roots).unwrap(), clock.clone()),
            credentials: credentials::start(
                &bucket.id,
                &server.region,
                &server.credentials,
                clock,
                &metrics,
                &runtime,
            ),
            bucket: Arc::new(Bucket::new(0, bucket, server)),
        }
    }

    pub async fn fetch(
        &self,
        operation: Operation,
        key: &str,
        fields: &[(&'static str, &str)],
    ) -> Result<OriginResponse, FetchError> {
        let key = ObjectKey::parse(key).unwrap();
        let target = Target::new(
            Permit::operator(Arc::clone(&self.bucket), key, operation),
            Overrides::default(),
        );
        let headers: HeaderMap = fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        let conditions = Conditions::from_headers(&headers, operation);
        let fetch = self.client.fetch(&self.state, &self.credentials, &target, &conditions);
        tokio::time::timeout(PATIENCE, fetch).await.expect("the fetch hung")
    }

    pub async fn get(&self, fields: &[(&'static str, &str)]) -> Result<OriginResponse, FetchError> {
        self.fetch(Operation::GetObject, "a/u.png", fields).await
    }

    pub async fn head(&self) -> Result<OriginResponse, FetchError> {
        self.fetch(Operation::HeadObject, "a/u.png", &[]).await
    }
}

/// An answer with a body of its length.
pub fn answer(status: &str, fields: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len()).into_bytes();
    for field in fields {
        bytes.extend(field.as_bytes());
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

/// An S3 error document.
pub fn document(code: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>inside talk</Message></Error>"
    )
    .into_bytes()
}
