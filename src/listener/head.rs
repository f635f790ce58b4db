//! Judging a request's head: rules 2 and 23, as far as hyper has not judged it.

use super::host::LastHost;
use super::{Host, Limits, Method, RawTarget, Refusal};
use crate::s3::Scheme;
use http::HeaderMap;
use http::header::{HOST, TRANSFER_ENCODING};
use http::request::Parts;

/// A head that has passed.
pub(super) struct Head {
    pub(super) method: Method,
    pub(super) host: Host,
    pub(super) target: RawTarget,
}

/// Judges the head; `scheme` decides which port is the default one.
pub(super) fn judge(parts: &Parts, scheme: Scheme, limits: &Limits, last: &LastHost) -> Result<Head, Refusal> {
    let target = parts.uri.path_and_query();
    if target.is_some_and(|target| target.as_str().len() > limits.target_bytes) {
        return Err(Refusal::TargetTooLong);
    }
    if parts.headers.len() > limits.head_fields {
        return Err(Refusal::TooManyFields);
    }
    framing(&parts.headers)?;
    Ok(Head {
        method: method(&parts.method)?,
        target: target.cloned().and_then(RawTarget::new).ok_or(Refusal::BadTarget)?,
        host: host(parts, scheme, last)?,
    })
}

fn method(method: &http::Method) -> Result<Method, Refusal> {
    Ok(match *method {
        http::Method::GET => Method::Get,
        http::Method::HEAD => Method::Head,
        http::Method::POST => Method::Post,
        http::Method::PUT => Method::Put,
        http::Method::DELETE => Method::Delete,
        http::Method::OPTIONS => Method::Options,
        _ => return Err(Refusal::UnknownMethod),
    })
}

/// hyper decodes `gzip, chunked` as if it said `chunked`, and hands on what is still gzip; it takes `chunked` twice, too.
/// (A Content-Length beside it hyper drops, and closes the connection after the answer, as RFC 9112 §6.1 has it.)
fn framing(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(one), None) if one.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(Refusal::BadTransferCoding),
    }
}

/// The one Host. HTTP/1 needs the header, HTTP/1.0 too: without it nothing says which bucket is meant, and signatures
/// cover it. HTTP/2 says it in `:authority`; a `Host` beside it must say the same (RFC 9113 §8.3.1), and may stand
/// alone, as from a proxy that speaks HTTP/1.0 to its own clients. The absolute form of RFC 9112 §3.2.2 is accepted
/// when its authority is the Host: a server must understand it, but two hosts are one too many.
fn host(parts: &Parts, scheme: Scheme, last: &LastHost) -> Result<Host, Refusal> {
    let mut headers = parts.headers.get_all(HOST).iter();
    let header = match (headers.next(), headers.next()) {
        (None, _) => None,
        (Some(one), None) => Some(last.parse(one.as_bytes(), scheme).ok_or(Refusal::BadHost)?),
        (Some(_), Some(_)) => return Err(Refusal::BadHost),
    };
    let authority = match parts.uri.authority() {
        None => None,
        Some(one) => Some(last.parse(one.as_str().as_bytes(), scheme).ok_or(Refusal::BadHost)?),
    };
    match (header, authority) {
        (Some(host), None) => Ok(host),
        (Some(host), Some(authority)) if host == authority => Ok(host),
        (None, Some(authority)) if parts.version == http::Version::HTTP_2 => Ok(authority),
        _ => Err(Refusal::BadHost),
    }
}
