//! One request at a time, for checks: whether a server is there, and whether it answers as it should.

use crate::error::BenchError;
use crate::load::{Ask, Protocol};
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Request, StatusCode, Uri, header, response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// An answer with its body.
pub(super) type Fetched = (response::Parts, Bytes);

/// Makes one request over a connection of its own.
///
/// # Errors
/// When there is no answer, or it takes more than 10 s.
pub(super) fn fetch(address: SocketAddr, protocol: Protocol, ask: &Ask) -> Result<Fetched, BenchError> {
    let failed = |error: String| BenchError::said(format!("{} {} at {address} fails: {error}", ask.method, ask.path));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let fetched = runtime.block_on(async {
        tokio::time::timeout(PATIENCE, exchange(address, protocol, ask))
            .await
            .map_err(|_| "no answer within 10 s".to_owned())?
            .map_err(|error| error.to_string())
    });
    fetched.map_err(failed)
}

/// Fetches a path by a plain GET.
///
/// # Errors
/// As [`fetch`], and when the status is not 200.
pub(super) fn text(address: SocketAddr, path: &'static str) -> Result<String, BenchError> {
    let ask = Ask::get(
        PathAndQuery::from_static(path),
        crate::load::Expect::status(StatusCode::OK),
    );
    let (head, body) = fetch(address, Protocol::Http1, &ask)?;
    if head.status != StatusCode::OK {
        return Err(BenchError::said(format!("{path} at {address} answers {}", head.status)));
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

async fn exchange(address: SocketAddr, protocol: Protocol, ask: &Ask) -> Result<Fetched, AnyError> {
    let socket = TokioIo::new(TcpStream::connect(address).await?);
    let authority = address.to_string();
    let mut request = Request::new(Full::new(ask.body.clone()));
    *request.method_mut() = ask.method.clone();
    *request.headers_mut() = ask.headers.clone();
    let answer = match protocol {
        Protocol::Http1 => {
            *request.uri_mut() = Uri::from(ask.path.clone());
            if !request.headers().contains_key(header::HOST) {
                request.headers_mut().insert(header::HOST, authority.parse()?);
            }
            let (mut sender, connection) = http1::handshake(socket).await?;
            tokio::spawn(connection);
            read(sender.send_request(request).await?).await?
        }
        Protocol::Http2 { .. } => {
            let uri = Uri::builder().scheme("http").authority(authority);
            *request.uri_mut() = uri.path_and_query(ask.path.clone()).build()?;
            let (mut sender, connection) = http2::handshake(TokioExecutor::new(), socket).await?;
            tokio::spawn(connection);
            read(sender.send_request(request).await?).await?
        }
    };
    Ok(answer)
}

async fn read(answer: http::Response<Incoming>) -> Result<Fetched, hyper::Error> {
    let (head, body) = answer.into_parts();
    Ok((head, body.collect().await?.to_bytes()))
}
