//! A scripted credential server: IMDSv2 with its token step, the ECS/EKS container endpoint, and STS, on one loopback
//! port. Every answer is a new credential, written into a ledger that [`super::verifying_origin`] believes.
//!
//! It can fail in every way that a real one does: an error, garbage, slowness, silence, nobody listening. And it counts:
//! what it was asked, and how many calls were under way at once.

use bytes::Bytes;
use evergate::clock::Clock;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Collected, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use tokio::sync::watch;

/// The token that the container endpoint asks for.
pub const CONTAINER_TOKEN: &str = "container-token-canary";
/// The token that the pod's file holds.
pub const WEB_IDENTITY_TOKEN: &str = "web-identity-canary";
const IMDS_TOKEN: &str = "imds-token-canary==";
const ROLE: &str = "evergate-instance-role";

/// Every credential ever given; clones share it.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Vec<Issued>>>);

/// A credential that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
    /// When it was given, and when it ends, in seconds since 1970.
    pub at: u64,
    pub ends: u64,
}

impl Ledger {
    pub fn all(&self) -> Vec<Issued> {
        self.0.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub fn find(&self, access_key_id: &str) -> Option<Issued> {
        self.all()
            .into_iter()
            .find(|issued| issued.access_key_id == access_key_id)
    }

    /// Writes down a long-lived key pair.
    pub fn add_lasting(&self, access_key_id: &str, secret_access_key: &str) {
        self.0.lock().unwrap().push(Issued {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
            at: 0,
            ends: u64::MAX,
        });
    }

    /// Strikes a credential out: from now on the origin does not know it.
    pub fn revoke(&self, access_key_id: &str) {
        self.0
            .lock()
            .unwrap()
            .retain(|issued| issued.access_key_id != access_key_id);
    }

    /// Ends a credential before its time, as far as the origin is concerned.
    pub fn end(&self, access_key_id: &str) {
        for issued in self.0.lock().unwrap().iter_mut() {
            if issued.access_key_id == access_key_id {
                issued.ends = 0;
            }
        }
    }

    /// Fails when `text` holds anything secret that was ever given.
    ///
    /// # Panics
    /// Then.
    pub fn assert_untold(&self, text: &str) {
        for issued in self.all() {
            assert!(!text.contains(&issued.secret_access_key), "a secret in {text}");
            let token = issued.session_token.as_deref();
            assert!(!token.is_some_and(|token| text.contains(token)), "a token in {text}");
        }
        assert!(!text.contains("canary"), "a bearer token in {text}");
    }

    fn issue(&self, now: u64, life: Duration) -> Issued {
        let mut all = self.0.lock().unwrap();
        let number = all.len();
        let issued = Issued {
            access_key_id: format!("ASIAEVERGATE{number:06}"),
            secret_access_key: format!("secret/{number:06}+{:016x}", fastrand::u64(..)),
            session_token: Some(format!("Token//{number:06}+{:016x}==", fastrand::u64(..))),
            at: now,
            ends: now + life.as_secs(),
        };
        all.push(issued.clone());
        issued
    }
}

/// How the server answers the calls that give credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Fine,
    /// With this status.
    Error(u16),
    /// With 200 and something that is no credential.
    Garbage,
    /// With a credential, after this long.
    Slow(Duration),
    /// Never.
    Silent,
    /// With a credential that has ended.
    Stale,
}

/// A running server; ended when dropped.
pub struct CredentialServer {
    pub address: SocketAddr,
    pub ledger: Ledger,
    state: Arc<State>,
    listening: watch::Sender<bool>,
    thread: Option<thread::JoinHandle<()>>,
}

struct State {
    clock: Clock,
    life: Mutex<Duration>,
    mood: Mutex<Mood>,
    ledger: Ledger,
    calls: Mutex<BTreeMap<&'static str, usize>>,
    sessions: Mutex<Vec<BTreeMap<String, String>>>,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
}

impl CredentialServer {
    /// Starts a server whose credentials live for `life`, in whole seconds.
    pub fn start(life: Duration) -> Self {
        Self::start_by(Clock::system(), life)
    }

    /// As [`Self::start`], by a clock of the test's own.
    pub fn start_by(clock: Clock, life: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ledger = Ledger::default();
        let state = Arc::new(State {
            clock,
            life: Mutex::new(life),
            mood: Mutex::new(Mood::Fine),
            ledger: ledger.clone(),
            calls: Mutex::default(),
            sessions: Mutex::default(),
            under_way: AtomicUsize::new(0),
            most_under_way: AtomicUsize::new(0),
        });
        let (listening, wanted) = watch::channel(true);
        let shared = Arc::clone(&state);
        let thread = thread::spawn(move || run(listener, &shared, wanted));
        Self {
            address,
            ledger,
            state,
            listening,
            thread: Some(thread),
        }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn set_mood(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    pub fn set_life(&self, life: Duration) {
        *self.state.life.lock().unwrap() = life;
    }

    /// Stops listening and cuts every connection: callers are refused.
    pub fn go_down(&self) {
        self.listening.send_replace(false);
        while std::net::TcpStream::connect(self.address).is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Listens again, on the same port.
    pub fn come_back(&self) {
        self.listening.send_replace(true);
        while std::net::TcpStream::connect(self.address).is_err() {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// How often it was asked for `what`: `imds token`, `imds role`, `imds`, `container`, `AssumeRole`,
    /// `AssumeRoleWithWebIdentity`, `refused`.
    pub fn calls(&self, what: &str) -> usize {
        self.state.calls.lock().unwrap().get(what).copied().unwrap_or_default()
    }

    /// The parameters of every STS call.
    pub fn sessions(&self) -> Vec<BTreeMap<String, String>> {
        self.state.sessions.lock().unwrap().clone()
    }

    /// The most calls that were under way at once.
    pub fn most_under_way(&self) -> usize {
        self.state.most_under_way.load(Ordering::SeqCst)
    }
}

impl Drop for CredentialServer {
    fn drop(&mut self) {
        let (gone, _) = watch::channel(false);
        // Dropping the sender ends the thread.
        drop(std::mem::replace(&mut self.listening, gone));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(listener: TcpListener, state: &Arc<State>, mut wanted: watch::Receiver<bool>) {
    let address = listener.local_addr().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        listener.set_nonblocking(true).unwrap();
        let mut listener = tokio::net::TcpListener::from_std(listener).unwrap();
        loop {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let (socket, _) = accepted.unwrap();
                        connections.spawn(serve(socket, Arc::clone(state)));
                    }
                    changed = wanted.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        if !*wanted.borrow() {
                            break;
                        }
                    }
                }
            }
            drop(listener);
            connections.shutdown().await;
            if wanted.wait_for(|wanted| *wanted).await.is_err() {
                return;
            }
            listener = bind(address);
        }
    });
    runtime.shutdown_background();
}

/// Tokio's own bind sets `SO_REUSEADDR`, so that old connections don't hold the port.
fn bind(address: SocketAddr) -> tokio::net::TcpListener {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket.listen(128).unwrap()
}

async fn serve(socket: tokio::net::TcpStream, state: Arc<State>) {
    let service = service_fn(move |request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Infallible>(answer(request, &state).await) }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .await;
}

/// Counts a call for as long as it is under way; a caller that goes away ends it.
struct UnderWay<'a>(&'a State);

impl<'a> UnderWay<'a> {
    async fn begin(state: &'a State) -> Self {
        // A caller that gave up a call and makes another must not count twice: let its end be noticed first.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let now = state.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        state.most_under_way.fetch_max(now, Ordering::SeqCst);
        Self(state)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

type Reply = Response<Full<Bytes>>;

async fn answer(request: Request<Incoming>, state: &State) -> Reply {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    let path = head.uri.path();
    let _under_way = UnderWay::begin(state).await;
    if path == "/latest/api/token" {
        let fine = head.method == Method::PUT
            && head.headers.contains_key("x-aws-ec2-metadata-token-ttl-seconds")
            && !head.headers.contains_key("x-forwarded-for");
        return if fine {
            state.count("imds token");
            let mut reply = text(StatusCode::OK, IMDS_TOKEN);
            let life = http::HeaderValue::from_static("21600");
            reply.headers_mut().insert("x-aws-ec2-metadata-token-ttl-seconds", life);
            reply
        } else {
            state.refuse(StatusCode::FORBIDDEN)
        };
    }
    if let Some(rest) = path.strip_prefix("/latest/meta-data/iam/security-credentials/") {
        return match header(&head.headers, "x-aws-ec2-metadata-token") {
            Some(IMDS_TOKEN) if rest.is_empty() => {
                state.count("imds role");
                text(StatusCode::OK, ROLE)
            }
            Some(IMDS_TOKEN) if rest == ROLE => state.give("imds", json).await,
            // IMDSv1 is off.
            _ => state.refuse(StatusCode::UNAUTHORIZED),
        };
    }
    if path == "/container" {
        return match header(&head.headers, "authorization") {
            Some(CONTAINER_TOKEN) => state.give("container", json).await,
            _ => state.refuse(StatusCode::UNAUTHORIZED),
        };
    }
    if head.method == Method::POST {
        return sts(&head.headers, &body, state).await;
    }
    state.refuse(StatusCode::NOT_FOUND)
}

async fn sts(headers: &HeaderMap, body: &[u8], state: &State) -> Reply {
    let parameters: BTreeMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
    let parameter = |name: &str| parameters.get(name).map_or("", String::as_str);
    let signed = header(headers, "authorization").is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 "));
    let action = match parameter("Action") {
        "AssumeRole" if signed => "AssumeRole",
        "AssumeRoleWithWebIdentity" if parameter("WebIdentityToken") == WEB_IDENTITY_TOKEN => {
            "AssumeRoleWithWebIdentity"
        }
        _ => return state.refuse(StatusCode::FORBIDDEN),
    };
    state.sessions.lock().unwrap().push(parameters);
    state.give(action, |issued| xml(action, issued)).await
}

impl State {
    fn count(&self, what: &'static str) {
        *self.calls.lock().unwrap().entry(what).or_default() += 1;
    }

    fn refuse(&self, status: StatusCode) -> Reply {
        self.count("refused");
        text(status, "no")
    }

    async fn give(&self, what: &'static str, write: impl Fn(&Issued) -> Reply) -> Reply {
        self.count(what);
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Fine => {}
            Mood::Error(status) => return text(StatusCode::from_u16(status).unwrap(), "{}"),
            Mood::Garbage => return text(StatusCode::OK, "<html>It works!"),
            Mood::Slow(by) => tokio::time::sleep(by).await,
            Mood::Silent => std::future::pending().await,
            Mood::Stale => {
                let hour = Duration::from_hours(1);
                let now = self.clock.now().minus(hour).as_unix();
                return write(&self.ledger.issue(now, hour / 2));
            }
        }
        let life = *self.life.lock().unwrap();
        write(&self.ledger.issue(self.clock.now().as_unix(), life))
    }
}

fn json(issued: &Issued) -> Reply {
    let body = serde_json::json!({
        "Code": "Success",
        "Type": "AWS-HMAC",
        "AccessKeyId": issued.access_key_id,
        "SecretAccessKey": issued.secret_access_key,
        "Token": issued.session_token,
        "Expiration": iso(issued.ends),
        "LastUpdated": iso(issued.at),
    });
    let mut reply = text(StatusCode::OK, &body.to_string());
    let kind = http::HeaderValue::from_static("application/json");
    reply.headers_mut().insert("content-type", kind);
    reply
}

fn xml(action: &str, issued: &Issued) -> Reply {
    let Issued {
        access_key_id,
        secret_access_key,
        session_token,
        ends,
        ..
    } = issued;
    let (token, end) = (session_token.as_deref().unwrap_or_default(), iso(*ends));
    let mut reply = text(
        StatusCode::OK,
        &format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials>\
             <AccessKeyId>{access_key_id}</AccessKeyId><SecretAccessKey>{secret_access_key}</SecretAccessKey>\
             <SessionToken>{token}</SessionToken><Expiration>{end}</Expiration></Credentials><AssumedRoleUser>\
             <AssumedRoleId>AROA:evergate</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/reader/evergate</Arn>\
             </AssumedRoleUser></{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>\
             </{action}Response>"
        ),
    );
    let kind = http::HeaderValue::from_static("text/xml");
    reply.headers_mut().insert("content-type", kind);
    reply
}

fn iso(unix: u64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(i64::try_from(unix).unwrap()).unwrap();
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    time.format(&format).unwrap()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn text(status: StatusCode, body: &str) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    *reply.status_mut() = status;
    reply
}
