//! An S3 origin that believes a [`Ledger`]: it checks each signature with AWS's own signer, that the session token is the
//! one given with the key, and that neither the credential nor the URL has ended, by a clock of the test's own.
//!
//! Every key of every bucket holds an object: [`content`]. Buckets called `public…` take requests that nobody signed.

use super::credential_server::{Issued, Ledger};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use evergate::clock::Clock;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::oneshot;

/// What an object holds.
pub fn content(path: &str) -> Vec<u8> {
    format!("the object {path}\n").repeat(8).into_bytes()
}

/// A running origin; ended when dropped.
pub struct VerifyingOrigin {
    pub address: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

struct State {
    clock: Clock,
    ledger: Ledger,
    refusals: Mutex<Vec<String>>,
    served: Mutex<Vec<String>>,
}

impl VerifyingOrigin {
    pub fn start(clock: Clock, ledger: &Ledger) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            clock,
            ledger: ledger.clone(),
            refusals: Mutex::default(),
            served: Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&state);
        let thread = thread::spawn(move || run(listener, &shared, stopped));
        Self {
            address,
            state,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was refused, and why.
    pub fn refusals(&self) -> Vec<String> {
        self.state.refusals.lock().unwrap().clone()
    }

    /// The access key ids of what was served, in order; empty for what nobody signed.
    pub fn served(&self) -> Vec<String> {
        self.state.served.lock().unwrap().clone()
    }
}

impl Drop for VerifyingOrigin {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(listener: TcpListener, state: &Arc<State>, mut stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        loop {
            let (socket, _) = tokio::select! {
                accepted = listener.accept() => accepted.unwrap(),
                _ = &mut stopped => return,
            };
            let state = Arc::clone(state);
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let state = Arc::clone(&state);
                    async move { Ok::<_, Infallible>(answer(&request, &state)) }
                });
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service)
                    .await;
            });
        }
    });
    runtime.shutdown_background();
}

fn answer(request: &Request<Incoming>, state: &State) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    match verify(request, state) {
        Ok(key_id) => {
            state.served.lock().unwrap().push(key_id);
            let body = content(path);
            let response = Response::builder()
                .header("etag", format!("\"{:x}\"", body.len()))
                .header("content-type", "image/png")
                .header("content-length", body.len());
            let body = if *request.method() == Method::HEAD {
                Bytes::new()
            } else {
                body.into()
            };
            response.body(Full::new(body)).unwrap()
        }
        Err((status, code)) => {
            let refusal = format!("{code} for {} {}", request.method(), request.uri());
            state.refusals.lock().unwrap().push(refusal);
            let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>");
            Response::builder()
                .status(status)
                .header("content-type", "application/xml")
                .body(Full::new(body.into()))
                .unwrap()
        }
    }
}

type Refusal = (StatusCode, &'static str);

const EXPIRED: Refusal = (StatusCode::BAD_REQUEST, "ExpiredToken");
const INVALID: Refusal = (StatusCode::BAD_REQUEST, "InvalidToken");
const UNKNOWN: Refusal = (StatusCode::FORBIDDEN, "InvalidAccessKeyId");
const DENIED: Refusal = (StatusCode::FORBIDDEN, "AccessDenied");
const MISMATCH: Refusal = (StatusCode::FORBIDDEN, "SignatureDoesNotMatch");
const SKEWED: Refusal = (StatusCode::FORBIDDEN, "RequestTimeTooSkewed");

/// What a request says of itself.
struct Claim {
    credential: String,
    date: String,
    token: Option<String>,
    signature: String,
}

fn verify(request: &Request<Incoming>, state: &State) -> Result<String, Refusal> {
    let now = state.clock.now().as_unix();
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let presigned = query.contains_key("X-Amz-Signature");
    let claim = if presigned {
        in_query(&query)
    } else {
        in_headers(request)
    };
    let Some(claim) = claim else {
        let public = request.uri().path().starts_with("/public") && query.is_empty();
        return if public { Ok(String::new()) } else { Err(DENIED) };
    };
    let mut scope = claim.credential.split('/');
    let (key_id, _day, region) = (scope.next(), scope.next(), scope.next());
    let issued = key_id.and_then(|id| state.ledger.find(id)).ok_or(UNKNOWN)?;
    if issued.session_token != claim.token {
        return Err(INVALID);
    }
    if now >= issued.ends {
        return Err(EXPIRED);
    }
    let signed_at = parse_date(&claim.date).ok_or(DENIED)?;
    let expires = query.get("X-Amz-Expires").map(|seconds| seconds.parse().unwrap_or(0));
    match expires {
        Some(expires) if signed_at + expires <= now || signed_at > now + 900 => return Err(DENIED),
        None if presigned || signed_at.abs_diff(now) > 900 => return Err(SKEWED),
        _ => {}
    }
    let date = UNIX_EPOCH + Duration::from_secs(signed_at);
    let expected = signature(request, &issued, region.unwrap_or_default(), date, expires);
    if expected == claim.signature {
        Ok(issued.access_key_id)
    } else {
        Err(MISMATCH)
    }
}

fn in_query(query: &BTreeMap<String, String>) -> Option<Claim> {
    Some(Claim {
        credential: query.get("X-Amz-Credential")?.clone(),
        date: query.get("X-Amz-Date")?.clone(),
        token: query.get("X-Amz-Security-Token").cloned(),
        signature: query.get("X-Amz-Signature")?.clone(),
    })
}

fn in_headers(request: &Request<Incoming>) -> Option<Claim> {
    let header = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
    let authorization = header("authorization")?;
    let fields = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?.replace(' ', "");
    let field = |name: &str| {
        let mut fields = fields.split(',');
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
    };
    Some(Claim {
        credential: field("Credential")?,
        date: header("x-amz-date")?,
        token: header("x-amz-security-token"),
        signature: field("Signature")?,
    })
}

/// Signs the request anew, as AWS's signer would have.
fn signature(
    request: &Request<Incoming>,
    issued: &Issued,
    region: &str,
    date: SystemTime,
    expires: Option<u64>,
) -> String {
    let host = request.headers().get("host").unwrap().to_str().unwrap();
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let mut url = format!("http://{host}{}", request.uri().path());
    let mut headers = vec![("host", host)];
    if let Some(expires) = expires {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(expires));
        let query = request.uri().query().unwrap_or_default();
        let others: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("X-Amz-")).collect();
        if !others.is_empty() {
            url = format!("{url}?{}", others.join("&"));
        }
    } else {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        if let Some(query) = request.uri().query() {
            url = format!("{url}?{query}");
        }
        let authorization = request.headers().get("authorization").unwrap().to_str().unwrap();
        let (_, signed) = authorization.split_once("SignedHeaders=").unwrap();
        let signed = signed.split(',').next().unwrap().split(';');
        let others = signed.filter(|name| *name != "host" && !name.starts_with("x-amz-"));
        headers.extend(others.filter_map(|name| Some((name, request.headers().get(name)?.to_str().ok()?))));
    }
    let identity = Credentials::new(
        &issued.access_key_id,
        &issued.secret_access_key,
        issued.session_token.clone(),
        None,
        "test",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("s3")
        .time(date)
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let body = SignableBody::UnsignedPayload;
    let signable = SignableRequest::new(request.method().as_str(), url, headers.into_iter(), body).unwrap();
    sign(signable, &params).unwrap().signature().to_owned()
}

/// `20150830T123600Z`
fn parse_date(text: &str) -> Option<u64> {
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    let time = time::PrimitiveDateTime::parse(text, &format).ok()?;
    u64::try_from(time.assume_utc().unix_timestamp()).ok()
}
