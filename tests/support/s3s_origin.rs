//! The first origin of the tests: s3s with s3s-fs, in this process, on a free loopback port, on a thread of its own.
//!
//! It verifies signatures and expiry, writes down every call that passed, and can refuse calls on purpose. Its data is
//! a folder that goes when it goes.

use super::s3_client::S3Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::path::S3Path;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Error, S3ErrorCode, S3Result};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// A running origin; ended when dropped.
pub struct S3sOrigin {
    /// Where it listens.
    pub address: SocketAddr,
    /// The one access key id that it knows.
    pub access_key_id: String,
    /// That key's secret.
    pub secret_access_key: String,
    /// The session token that every call must carry, if any.
    pub session_token: Option<String>,
    state: Arc<State>,
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// One call that passed the signature check, as the origin understood it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `GetObject`, `HeadObject`…
    pub operation: String,
    /// The bucket.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// The request's path and query, as received.
    pub target: String,
}

#[derive(Default)]
struct State {
    session_token: Option<String>,
    calls: Mutex<Vec<Call>>,
    refusal: Mutex<Option<S3ErrorCode>>,
}

impl S3sOrigin {
    /// Starts an origin for a long-lived key.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// Starts an origin for a temporary key: calls without exactly this session token are refused.
    pub fn start_requiring(session_token: &str) -> Self {
        Self::start_with(Some(session_token.to_owned()))
    }

    fn start_with(session_token: Option<String>) -> Self {
        let folder = TempDir::new().unwrap();
        let access_key_id = "EVGTESTORIGIN0000001".to_owned();
        let secret_access_key = "a-secret/that+holds=awkward characters".to_owned();
        let state = Arc::new(State {
            session_token: session_token.clone(),
            ..State::default()
        });

        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(
            access_key_id.clone(),
            secret_access_key.clone(),
        ));
        service.set_access(Gate(Arc::clone(&state)));
        let service = service.build();

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || serve(listener, &service, stopped));
        Self {
            address,
            access_key_id,
            secret_access_key,
            session_token,
            state,
            folder,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Its base URL, path style. It takes every region's signatures.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client with its keys.
    pub fn client(&self) -> S3Client {
        let client = S3Client::new(&self.endpoint(), &self.access_key_id, &self.secret_access_key);
        match &self.session_token {
            Some(token) => client.with_token(token),
            None => client,
        }
    }

    /// The folder that holds a folder for each bucket; a file put there is an object.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The calls so far, refused ones included; those with a bad signature are not among them.
    pub fn calls(&self) -> Vec<Call> {
        self.state.calls.lock().unwrap().clone()
    }

    /// Answers every later call with this error (`SlowDown`, `AccessDenied`, `InternalError`…); `None` ends that.
    pub fn refuse_with(&self, code: Option<S3ErrorCode>) {
        *self.state.refusal.lock().unwrap() = code;
    }
}

impl Drop for S3sOrigin {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Sees every call after its signature was verified and before it is carried out.
struct Gate(Arc<State>);

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let signed = context.credentials().is_some();
        if signed {
            let (bucket, key) = match context.s3_path() {
                S3Path::Root => (String::new(), String::new()),
                S3Path::Bucket { bucket } => (bucket.to_string(), String::new()),
                S3Path::Object { bucket, key } => (bucket.to_string(), key.to_string()),
            };
            let operation = context.s3_op().name().to_owned();
            let target = context
                .uri()
                .path_and_query()
                .map_or_else(String::new, ToString::to_string);
            self.0.calls.lock().unwrap().push(Call {
                operation,
                bucket,
                key,
                target,
            });
        }
        if let Some(code) = self.0.refusal.lock().unwrap().clone() {
            return Err(S3Error::with_message(code, "refused on purpose"));
        }
        if !signed {
            return Err(S3Error::with_message(S3ErrorCode::AccessDenied, "no signature"));
        }
        match &self.0.session_token {
            Some(token) if token_of(context).as_deref() != Some(token) => Err(S3Error::with_message(
                S3ErrorCode::InvalidToken,
                "not the session token of this key",
            )),
            _ => Ok(()),
        }
    }
}

/// The session token of a request, from its header or its query.
fn token_of(context: &S3AccessContext<'_>) -> Option<String> {
    if let Some(token) = context.headers().get("x-amz-security-token") {
        return Some(token.to_str().ok()?.to_owned());
    }
    let raw = context
        .uri()
        .query()?
        .split('&')
        .find_map(|pair| pair.strip_prefix("X-Amz-Security-Token="))?;
    Some(
        percent_encoding::percent_decode_str(raw)
            .decode_utf8()
            .ok()?
            .into_owned(),
    )
}

/// The origin's thread, until `stopped` resolves.
fn serve(listener: TcpListener, service: &S3Service, mut stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        loop {
            let (socket, _) = tokio::select! {
                accepted = listener.accept() => accepted.unwrap(),
                _ = &mut stopped => return,
            };
            let service = service.clone();
            tokio::spawn(async move {
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(socket), service)
                    .await;
            });
        }
    });
    runtime.shutdown_background();
}
