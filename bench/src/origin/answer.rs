//! What the origin answers: objects whole, in one range, or not at all when the client has them; puts that are checked.

use super::objects::Object;
use super::signature::{KeyPair, Refusal, Verifier};
use super::{Answer, BUCKET, COUNT_PATH};
use bytes::Bytes;
use evergate::sigv4::Payload;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};

/// When all objects were last modified.
const LAST_MODIFIED: HeaderValue = HeaderValue::from_static("Wed, 01 Jan 2025 00:00:00 GMT");

/// The origin: who may ask, and how often it was asked.
pub(super) struct Origin {
    verifier: Verifier,
    asked: AtomicU64,
}

impl Origin {
    pub(super) fn new(pairs: &[KeyPair]) -> Self {
        Self {
            verifier: Verifier::new(pairs),
            asked: AtomicU64::new(0),
        }
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Answer {
        if request.uri().path() == COUNT_PATH {
            return plain(StatusCode::OK, self.asked.load(Ordering::Relaxed).to_string());
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        let (head, body) = request.into_parts();
        let answered = match (self.verifier.judge(&head), object_of(head.uri.path())) {
            (Err(refusal), _) => Err(refusal),
            (Ok(_), None) => Err((StatusCode::NOT_FOUND, "NoSuchKey")),
            (Ok(payload), Some(object)) => match head.method {
                Method::GET | Method::HEAD => Ok(read(object, &head.headers)),
                Method::PUT => put(object, &payload, body).await,
                Method::DELETE => Ok(empty(StatusCode::NO_CONTENT)),
                _ => Err((StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed")),
            },
        };
        answered.unwrap_or_else(|(status, code)| {
            plain(status, format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>The origin of the bench says so</Message></Error>"))
        })
    }
}

/// Answers a GET as S3 does; hyper leaves the body of a HEAD away.
pub(super) fn read(object: Object, headers: &HeaderMap) -> Answer {
    let etag = object.etag();
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == etag.as_bytes())
    {
        let mut answer = empty(StatusCode::NOT_MODIFIED);
        set(&mut answer, header::ETAG, &etag);
        return answer;
    }
    let body = object.body();
    let range = headers
        .get(header::RANGE)
        .and_then(|range| range.to_str().ok())
        .and_then(|range| parse_range(range, body.len()));
    let mut answer = match range {
        None => Response::new(Full::new(body)),
        Some((first, last)) => {
            let mut answer = Response::new(Full::new(body.slice(first..=last)));
            *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
            set(
                &mut answer,
                header::CONTENT_RANGE,
                &format!("bytes {first}-{last}/{}", body.len()),
            );
            answer
        }
    };
    set(&mut answer, header::ETAG, &etag);
    let fixed = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/png")),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::LAST_MODIFIED, LAST_MODIFIED),
    ];
    answer.headers_mut().extend(fixed);
    answer
}

/// Takes `bytes=first-last` and `bytes=first-`; `None` for what is to be answered whole.
fn parse_range(range: &str, len: usize) -> Option<(usize, usize)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let first: usize = first.parse().ok()?;
    let end = len.checked_sub(1)?;
    let last = if last.is_empty() {
        end
    } else {
        last.parse::<usize>().ok()?.min(end)
    };
    (first <= last).then_some((first, last))
}

async fn put(object: Object, payload: &Payload, body: Incoming) -> Result<Answer, Refusal> {
    let body: Bytes = body
        .collect()
        .await
        .map_err(|_| (StatusCode::BAD_REQUEST, "IncompleteBody"))?
        .to_bytes();
    match payload {
        Payload::Unsigned => {}
        Payload::Sha256(expected) if Sha256::digest(&body)[..] == expected[..] => {}
        Payload::Sha256(_) => return Err((StatusCode::BAD_REQUEST, "XAmzContentSHA256Mismatch")),
        _ => return Err((StatusCode::NOT_IMPLEMENTED, "NotImplemented")),
    }
    if body != object.body() {
        return Err((StatusCode::BAD_REQUEST, "BadDigest"));
    }
    let mut answer = empty(StatusCode::OK);
    set(&mut answer, header::ETAG, &object.etag());
    Ok(answer)
}

/// The object of `/bucket/…`.
fn object_of(path: &str) -> Option<Object> {
    let key = path.strip_prefix('/')?.strip_prefix(BUCKET)?;
    key.starts_with('/').then(|| Object::of_path(key)).flatten()
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

fn plain(status: StatusCode, text: String) -> Answer {
    let mut answer = Response::new(Full::new(text.into()));
    *answer.status_mut() = status;
    answer
}

/// Sets a header to a value that is visible ASCII by how it was made.
fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_conditionals_are_answered_as_s3_does() {
        let object = Object::new(4096, 7);
        let asked = |name: HeaderName, value: &str| {
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())]);
            let answer = read(object, &headers);
            let range = answer
                .headers()
                .get(header::CONTENT_RANGE)
                .map(|range| range.to_str().unwrap().to_owned());
            (answer.status().as_u16(), range)
        };
        assert_eq!(
            asked(header::RANGE, "bytes=0-99"),
            (206, Some("bytes 0-99/4096".to_owned()))
        );
        assert_eq!(
            asked(header::RANGE, "bytes=4000-"),
            (206, Some("bytes 4000-4095/4096".to_owned()))
        );
        assert_eq!(
            asked(header::RANGE, "bytes=4000-9999"),
            (206, Some("bytes 4000-4095/4096".to_owned()))
        );
        assert_eq!(asked(header::RANGE, "bytes=-5"), (200, None));
        assert_eq!(asked(header::IF_NONE_MATCH, &object.etag()), (304, None));
        assert_eq!(asked(header::IF_NONE_MATCH, "\"other\""), (200, None));
    }
}
