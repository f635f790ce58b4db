//! A request whose head has been judged: what the rest of the walk works on.
use crate::s3::Scheme;
use http::HeaderMap;
use hyper::body::Incoming;
use std::net::IpAddr;
use std::time::Instant;

/// What the listener hands to the service: always something that can be logged, sometimes a request.
#[derive(Debug)]
pub struct Arrival {
    /// The request's id, in the answer and in the log.
    pub id: RequestId,
    /// When its head was complete.
    pub started: Instant,
    /// Who asks.
    pub client: ClientAddress,
    /// `HTTP/1.1`, `HTTP/2`…
    pub version: http::Version,
    /// The method as received, for the log.
    pub method: http::Method,
    /// The raw path as received, for the log (never the query: it may hold signatures).
    pub path: Box<str>,
    /// The request, or why it is none.
    pub request: Result<Inbound, Refusal>,
}

/// A request with a valid head.
#[derive(Debug)]
pub struct Inbound {
    /// What is asked for.
    pub method: Method,
    /// The one Host (or `:authority`), or the forwarded one from a trusted proxy; lower case, port kept unless default.
    pub host: Host,
    /// Path and query as received.
    pub target: RawTarget,
    /// Header fields as received.
    pub headers: HeaderMap,
    /// The body, unread.
    pub body: Incoming,
}

/// The closed set of methods that any door takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET
    Get,
    /// HEAD
    Head,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
    /// OPTIONS
    Options,
}

/// Host and optional port, valid by RFC 3986, lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host(pub(crate) Box<str>);

impl Host {
    /// Host with its port, if it has one.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The request target in origin form, split at the first `?`, nothing decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawTarget {
    pub(crate) path: Box<str>,
    pub(crate) query: Option<Box<str>>,
}

impl RawTarget {
    /// The raw path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
    /// The raw query, without `?`; `None` when there is no `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }
}

/// Who asks: the address behind trusted proxies, and the scheme the client used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress {
    /// The client's address.
    pub ip: IpAddr,
    /// `http` or `https`, as the client sees it.
    pub scheme: Scheme,
}

/// Names one request in the answer (`x-request-id`) and in the log: 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub(crate) u64);

/// Why a head is refused before any door sees it (rules 2 and 23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No Host, several, or one that is not valid: 400.
    #[error("the request needs exactly one valid Host")]
    BadHost,
    /// A target that is not in origin form, or holds a fragment or raw bytes that no URI may hold: 400.
    #[error("the request target is not a path")]
    BadTarget,
    /// More than 8 KiB of target: 414.
    #[error("the request target is longer than 8 KiB")]
    TargetTooLong,
    /// More than 64 header fields: 431.
    #[error("more than 64 header fields")]
    TooManyFields,
    /// A method outside the closed set: 501 (RFC 9110 §9.1).
    #[error("the method is not implemented")]
    UnknownMethod,
}
