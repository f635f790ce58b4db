//! Requests as they are sent: what is ready made, and what a turn makes of it.

use super::choose::Chosen;
use super::judge::{Asked, Seen};
use super::link::Body;
use super::{Fault, Protocol, Scheme, Target, Turn};
use http::header::{HOST, IF_NONE_MATCH, RANGE};
use http::{HeaderMap, HeaderValue, Request, Uri, uri};
use rand::RngExt;
use rand::rngs::SmallRng;

/// Decides what is made of a request. What needs to be known of the object and is not known yet is asked for as it is.
pub(super) fn decide(chosen: &Chosen<'_>, seen: Option<&Seen>, chance: &mut SmallRng) -> Asked {
    match chosen.turn {
        Turn::AsIs => Asked::Whole,
        Turn::Conditional => match seen.and_then(|seen| seen.etag.as_ref()) {
            Some(_) => Asked::Changed,
            None => Asked::Whole,
        },
        Turn::Range => {
            let known = chosen.ask.expect.content.length();
            match known.or(seen.map(|seen| seen.length)) {
                None | Some(0) => Asked::Whole,
                Some(length) => {
                    let first = chance.random_range(0..length);
                    Asked::Range {
                        first,
                        last: chance.random_range(first..length),
                        length,
                    }
                }
            }
        }
    }
}

/// Makes the request.
pub(super) fn build(
    chosen: &Chosen<'_>,
    asked: Asked,
    seen: Option<&Seen>,
    target: &Target,
    protocol: Protocol,
) -> Result<Request<Body>, Fault> {
    let ask = chosen.ask;
    let mut request = Request::new(Body::new(ask.body.clone()));
    *request.method_mut() = ask.method.clone();
    *request.headers_mut() = ask.headers.clone();
    match protocol {
        Protocol::Http1 => {
            *request.uri_mut() = Uri::from(ask.path.clone());
            request.headers_mut().entry(HOST).or_insert_with(|| target.host());
        }
        Protocol::Http2 { .. } => {
            let mut parts = uri::Parts::default();
            parts.scheme = Some(match target.scheme {
                Scheme::Http => uri::Scheme::HTTP,
                Scheme::Https => uri::Scheme::HTTPS,
            });
            let host = request.headers_mut().remove(HOST);
            let host = host.and_then(|host| uri::Authority::try_from(host.as_bytes()).ok());
            parts.authority = Some(host.unwrap_or_else(|| target.authority.clone()));
            parts.path_and_query = Some(ask.path.clone());
            *request.uri_mut() = Uri::from_parts(parts).map_err(|_| Fault::Broken)?;
        }
    }
    add_asked(request.headers_mut(), asked, seen);
    Ok(request)
}

/// Adds the headers of what is asked.
pub(super) fn add_asked(headers: &mut HeaderMap, asked: Asked, seen: Option<&Seen>) {
    match asked {
        Asked::Whole => {}
        Asked::Changed => {
            if let Some(etag) = seen.and_then(|seen| seen.etag.clone()) {
                headers.insert(IF_NONE_MATCH, etag);
            }
        }
        Asked::Range { first, last, .. } => {
            // Digits are always a header's value.
            if let Ok(range) = HeaderValue::try_from(format!("bytes={first}-{last}")) {
                headers.insert(RANGE, range);
            }
        }
    }
}
