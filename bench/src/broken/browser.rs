//! A browser as far as images need one: six connections a host, redirects followed, answers kept as long as their `Cache-Control`
//! says (RFC 9111), validators sent along, and a request sent again when a connection that was used before turns out to be gone
//! before a byte of the answer came. That is all that browsers try again by themselves: not on a new connection, not after half a
//! body, and no answer, whatever its status.
//!
//! Two things of real browsers are left out on purpose. There is no heuristic freshness: an answer without `max-age` is asked for
//! again, since an image that a viewer has had all the time tests nothing. And all is HTTP/1.1 without TLS.

mod kept;

use super::lock;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use kept::{Kept, What};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use url::Url;

/// As many connections to one host as browsers have.
const CONNECTIONS: usize = 6;
/// As many redirects as browsers follow.
const MOST_REDIRECTS: usize = 20;

/// Why an image broke.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cause {
    /// The authority of whoever was asked last.
    pub(super) at: String,
    /// What kind of trouble it was.
    pub(super) kind: Kind,
    /// What happened.
    pub(super) what: String,
}

/// What kind of trouble breaks an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The link was refused because it had expired.
    Expired,
    /// The link was refused because of what it was signed with.
    Credentials,
    /// No answer, half of one, or one that says that the server is in trouble.
    Failure,
    /// An answer of a server that works, and not the image.
    Wrong,
}

/// A view that broke.
#[derive(Debug)]
struct Broken(Kind, String);

impl Broken {
    fn failure(what: impl Into<String>) -> Self {
        Self(Kind::Failure, what.into())
    }

    fn wrong(what: impl Into<String>) -> Self {
        Self(Kind::Wrong, what.into())
    }
}

/// One visitor's browser.
#[derive(Debug)]
pub(super) struct Browser {
    patience: Duration,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
    cache: Mutex<HashMap<String, Kept>>,
}

#[derive(Debug)]
struct Host {
    lanes: Semaphore,
    idle: Mutex<Vec<SendRequest<Empty<Bytes>>>>,
}

/// What a request came to.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Browser {
    /// A browser with an empty cache that waits for an image for so long.
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            patience,
            hosts: Mutex::default(),
            cache: Mutex::default(),
        }
    }

    /// Shows the image at `url`: brings it to its last byte and compares its digest.
    pub(super) async fn show(&self, url: &str, digest: &[u8; 32]) -> Result<(), Cause> {
        let mut at = String::new();
        match tokio::time::timeout(self.patience, self.follow(url, digest, &mut at)).await {
            Ok(shown) => shown.map_err(|Broken(kind, what)| Cause { at, kind, what }),
            Err(_) => Err(Cause {
                at,
                kind: Kind::Failure,
                what: format!("no image within {} s", self.patience.as_secs()),
            }),
        }
    }

    async fn follow(&self, url: &str, digest: &[u8; 32], at: &mut String) -> Result<(), Broken> {
        let mut url = Url::parse(url).map_err(|error| Broken::wrong(format!("no URL: {error}")))?;
        for _ in 0..=MOST_REDIRECTS {
            url.authority().clone_into(at);
            let address = url.to_string();
            let kept = lock(&self.cache).get(&address).cloned();
            let what = match kept {
                Some(kept) if kept.is_fresh(Instant::now()) => kept.what,
                kept => self.ask(&url, &address, kept).await?,
            };
            match what {
                What::Image(seen) if seen == *digest => return Ok(()),
                What::Image(_) => return Err(Broken::wrong("wrong bytes")),
                What::Redirect(location) => {
                    url = url
                        .join(&location)
                        .map_err(|error| Broken::wrong(format!("a redirect to no URL: {error}")))?;
                }
            }
        }
        Err(Broken::wrong(format!("more than {MOST_REDIRECTS} redirects")))
    }

    /// Asks the host, and keeps what it says as long as it says.
    async fn ask(&self, url: &Url, address: &str, stale: Option<Kept>) -> Result<What, Broken> {
        let known = stale.as_ref().and_then(|kept| kept.etag.clone());
        let answer = self.exchange(url, known).await?;
        let what = match (answer.status, stale) {
            (StatusCode::NOT_MODIFIED, Some(kept)) => kept.what,
            (StatusCode::OK, _) => What::Image(Sha256::digest(&answer.body).into()),
            (status, _) if status.is_redirection() => {
                let location = answer
                    .headers
                    .get(header::LOCATION)
                    .and_then(|location| location.to_str().ok());
                What::Redirect(
                    location
                        .ok_or_else(|| Broken::wrong(format!("{status} without Location")))?
                        .to_owned(),
                )
            }
            (status, _) => return Err(said(status, &answer.body)),
        };
        let mut cache = lock(&self.cache);
        match Kept::of(&answer.headers, what.clone(), Instant::now()) {
            Some(kept) => cache.insert(address.to_owned(), kept),
            None => cache.remove(address),
        };
        Ok(what)
    }

    async fn exchange(&self, url: &Url, known: Option<header::HeaderValue>) -> Result<Answer, Broken> {
        let host = self.host(url.authority());
        let _lane = host
            .lanes
            .acquire()
            .await
            .map_err(|error| Broken::wrong(error.to_string()))?;
        loop {
            let idle = lock(&host.idle).pop();
            let reused = idle.is_some();
            let mut sender = match idle {
                Some(sender) => sender,
                None => connect(url).await.map_err(|error| Broken::failure(refused(&error)))?,
            };
            let mut request = Request::new(Empty::new());
            *request.method_mut() = Method::GET;
            let target = url
                .query()
                .map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
            *request.uri_mut() = target.parse().map_err(|_| Broken::wrong("no target"))?;
            let authority = url.authority().parse().map_err(|_| Broken::wrong("no host"))?;
            request.headers_mut().insert(header::HOST, authority);
            request.headers_mut().insert(
                header::ACCEPT,
                header::HeaderValue::from_static("image/avif,image/webp,*/*"),
            );
            if let Some(known) = &known {
                request.headers_mut().insert(header::IF_NONE_MATCH, known.clone());
            }
            match send(&mut sender, request).await {
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    let body = body
                        .collect()
                        .await
                        .map_err(|_| Broken::failure("the body was cut off"))?
                        .to_bytes();
                    if sender.ready().await.is_ok() {
                        lock(&host.idle).push(sender);
                    }
                    return Ok(Answer {
                        status: head.status,
                        headers: head.headers,
                        body,
                    });
                }
                // It may have been closed while it was idle: browsers ask again then, on a new one.
                Err(_) if reused => {}
                Err(_) => return Err(Broken::failure("the connection was closed without an answer")),
            }
        }
    }

    fn host(&self, authority: &str) -> Arc<Host> {
        let mut hosts = lock(&self.hosts);
        let host = hosts.entry(authority.to_owned()).or_insert_with(|| {
            Arc::new(Host {
                lanes: Semaphore::new(CONNECTIONS),
                idle: Mutex::default(),
            })
        });
        Arc::clone(host)
    }
}

async fn send(
    sender: &mut SendRequest<Empty<Bytes>>,
    request: Request<Empty<Bytes>>,
) -> hyper::Result<Response<Incoming>> {
    sender.ready().await?;
    sender.send_request(request).await
}

async fn connect(url: &Url) -> io::Result<SendRequest<Empty<Bytes>>> {
    let socket = TcpStream::connect(url.authority()).await?;
    socket.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(io::Error::other)?;
    // It ends with its sender, and what breaks it breaks a request, which tells.
    tokio::spawn(connection);
    Ok(sender)
}

fn refused(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "the connection was refused".to_owned(),
        _ => format!("no connection: {error}"),
    }
}

/// What an answer that is no image says: its status, and S3's reason where it has one.
fn said(status: StatusCode, body: &[u8]) -> Broken {
    let text = String::from_utf8_lossy(body.get(..2048).unwrap_or(body));
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once("</")?.0.to_owned())
    };
    let (code, message) = (element("Code"), element("Message"));
    let kind = match (code.as_deref(), message.as_deref()) {
        (Some("AccessDenied"), Some("Request has expired")) => Kind::Expired,
        (Some("ExpiredToken" | "InvalidToken" | "InvalidAccessKeyId" | "SignatureDoesNotMatch"), _) => {
            Kind::Credentials
        }
        _ if status.is_server_error() => Kind::Failure,
        _ => Kind::Wrong,
    };
    let what = match (code, message) {
        (Some(code), Some(message)) if code == "AccessDenied" => format!("{} {code}: {message}", status.as_u16()),
        (Some(code), _) => format!("{} {code}", status.as_u16()),
        _ => status.to_string(),
    };
    Broken(kind, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_an_image_says_what_kind_of_trouble_it_is() {
        let kind = |status: u16, code: &str, message: &str| {
            let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
            said(StatusCode::from_u16(status).unwrap(), body.as_bytes()).0
        };
        assert_eq!(kind(403, "AccessDenied", "Request has expired"), Kind::Expired);
        assert_eq!(kind(403, "AccessDenied", "Nothing is signed."), Kind::Wrong);
        assert_eq!(
            kind(400, "ExpiredToken", "The provided token has expired."),
            Kind::Credentials
        );
        assert_eq!(kind(503, "SlowDown", "Please reduce your request rate."), Kind::Failure);
        assert_eq!(kind(404, "NoSuchKey", "There is no such picture."), Kind::Wrong);
        assert_eq!(said(StatusCode::BAD_GATEWAY, b"").0, Kind::Failure);
    }
}
