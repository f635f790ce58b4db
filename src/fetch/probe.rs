//! Requests that are judged by their raw answer: for `evergate check --online`, which wants to know what the walk passes over, and
//! for what the admin API asks of Amazon SNS.
//!
//! Same client, same TLS, same rule 2; but any method, and the whole head and the start of the body come back.

use super::client::HttpClient;
use super::deadlines::{Deadlines, OriginSettings};
use super::error::FetchError;
use super::request::{SentUrl, SignedRequest};
use super::tls::OriginTls;
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt, Limited};
use std::time::Duration;
use tokio::time::Instant;

/// The most of a body that is read; a longer one counts as none.
const BODY_LIMIT: usize = 64 * 1024;

/// Asks one thing at a time, at once and without retries.
#[derive(Clone, Debug)]
pub struct Prober {
    http: HttpClient,
    head_deadline: Duration,
    body_deadline: Duration,
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct ProbeAnswer {
    /// Its status.
    pub status: StatusCode,
    /// Its whole head.
    pub headers: HeaderMap,
    /// Its body up to 64 KiB; empty when it is longer, or did not come in time.
    pub body: Bytes,
}

impl Prober {
    /// Makes a client of its own, with 3 s for a connection, 5 s for a head and 2 s for a body.
    #[must_use]
    pub fn new(tls: &OriginTls) -> Self {
        let settings = OriginSettings {
            deadlines: Deadlines {
                head: Duration::from_secs(5),
                ..Deadlines::default()
            },
            ..OriginSettings::default()
        };
        Self {
            http: HttpClient::new(&settings, tls),
            head_deadline: settings.deadlines.head,
            body_deadline: settings.deadlines.error_body,
        }
    }

    /// Sends a bodiless request to `url` at `host`, with `headers` as they are.
    ///
    /// # Errors
    /// [`FetchError`] when there is no answer, whatever it is; [`FetchError::NotAsSigned`] when `url` would not be sent
    /// byte for byte.
    pub async fn ask(
        &self,
        method: Method,
        url: &str,
        host: &str,
        mut headers: HeaderMap,
    ) -> Result<ProbeAnswer, FetchError> {
        headers.insert(HOST, HeaderValue::from_str(host).map_err(|_| FetchError::NotAsSigned)?);
        let request = SignedRequest {
            method,
            url: SentUrl::new(url.to_owned(), host)?,
            headers,
        };
        let deadline = Instant::now() + self.head_deadline;
        let (parts, body) = self
            .http
            .send(request, deadline)
            .await
            .map_err(|failed| failed.error)?
            .into_parts();
        let body = tokio::time::timeout(self.body_deadline, Limited::new(body, BODY_LIMIT).collect());
        Ok(ProbeAnswer {
            status: parts.status,
            headers: parts.headers,
            body: match body.await {
                Ok(Ok(collected)) => collected.to_bytes(),
                _ => Bytes::new(),
            },
        })
    }
}
