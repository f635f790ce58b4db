//! A request whose head has been judged: what the rest of the walk works on.

use super::RequestBody;
use crate::s3::Scheme;
use crate::telemetry::RawPath;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};
use memchr::memchr;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
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
    pub path: RawPath,
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
    /// `http` or `https`, as the client sees it.
    pub scheme: Scheme,
    /// Path and query as received.
    pub target: RawTarget,
    /// Header fields as received.
    pub headers: HeaderMap,
    /// The body, unread.
    pub body: RequestBody,
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

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Head => Self::HEAD,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Delete => Self::DELETE,
            Method::Options => Self::OPTIONS,
        }
    }
}

/// Host and optional port, valid by RFC 3986, lower case. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host(pub(crate) Arc<str>);

impl Host {
    /// Host with its port, if it has one.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The request target in origin form, split at the first `?`, nothing decoded. Cheap to clone: it shares the buffer
/// that the head was read into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawTarget(PathAndQuery);

impl RawTarget {
    /// Takes a target as received. `None` unless it starts with `/` and every byte is one that RFC 3986 allows in a
    /// URI, or one that browsers send as it is (WHATWG URL): `^` and `|`, and in a query the braces, `` ` `` and `\`.
    /// Each of them means itself, so nothing is ambiguous. `%` is not looked at, decoding is the key decoder's work.
    pub(crate) fn new(target: PathAndQuery) -> Option<Self> {
        let written = target.as_str().as_bytes();
        if written.first() == Some(&b'/') && written.iter().fold(true, |all, byte| all & is_usual(*byte)) {
            return Some(Self(target));
        }
        let query_at = memchr(b'?', written).unwrap_or(written.len());
        let (path, query) = written.split_at(query_at);
        let all = |bytes: &[u8], place| bytes.iter().all(|byte| places_of(*byte) & place != 0);
        let fine = path.first() == Some(&b'/') && all(path, IN_PATH) && all(query, IN_QUERY);
        fine.then_some(Self(target))
    }

    /// The raw path.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The raw query, without `?`; `None` when there is no `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.0.query()
    }
}

impl std::str::FromStr for RawTarget {
    type Err = Refusal;

    fn from_str(written: &str) -> Result<Self, Refusal> {
        // The parser of `http` would cut a fragment off in silence.
        let target = (!written.contains('#')).then(|| written.parse().ok()).flatten();
        target.and_then(Self::new).ok_or(Refusal::BadTarget)
    }
}

/// Whether a byte may stand anywhere: some of those that may, and nearly all that do. A long target is looked at with vector
/// instructions this way.
#[allow(
    clippy::needless_bitwise_bool,
    reason = "without branches it becomes vector instructions"
)]
fn is_usual(byte: u8) -> bool {
    (b'$'..=b';').contains(&byte)
        | (b'?'..=b'Z').contains(&byte)
        | byte.is_ascii_lowercase()
        | (byte == b'=')
        | (byte == b'_')
        | (byte == b'~')
}

/// Where a byte may stand.
const IN_PATH: u8 = 1;
const IN_QUERY: u8 = 2;

fn places_of(byte: u8) -> u8 {
    static PLACES: [u8; 256] = {
        let mut places = [0; 256];
        let mut byte = 0_u8;
        loop {
            places[byte as usize] = match byte {
                b'^' | b'|' => IN_PATH | IN_QUERY,
                b'{' | b'}' | b'`' | b'\\' => IN_QUERY,
                _ if is_uri_byte(byte) => IN_PATH | IN_QUERY,
                _ => 0,
            };
            if byte == u8::MAX {
                break places;
            }
            byte += 1;
        }
    };
    PLACES.get(usize::from(byte)).copied().unwrap_or_default()
}

/// Unreserved and reserved characters and `%` (RFC 3986 §2), without `#`, which no target may hold.
const fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'%'
                | b':'
                | b'/'
                | b'?'
                | b'['
                | b']'
                | b'@'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
        )
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

impl RequestId {
    /// A new one. Random, so that ids of several gateways don't meet; nothing secret hangs on it.
    pub(super) fn random() -> Self {
        Self(fastrand::u64(..))
    }

    /// Returns the id as the value of `x-request-id`.
    #[must_use]
    pub fn header_value(self) -> HeaderValue {
        // Sixteen hexadecimal digits are always a valid value.
        HeaderValue::from_bytes(&self.digits()).unwrap_or(HeaderValue::from_static(""))
    }

    fn digits(self) -> [u8; 16] {
        let mut digits = [0; 16];
        // Buffer and digits have the same length; the encoder can't fail.
        let _ = hex::encode_to_slice(self.0.to_be_bytes(), &mut digits);
        digits
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

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
    /// A transfer coding other than a single `chunked`: the body's end, or its meaning, would be a guess. 400.
    #[error("the only transfer coding is chunked, once")]
    BadTransferCoding,
    /// A line of the head that ends in a line feed alone: where the head ends would be a guess. 400.
    #[error("a line of the head ends without a carriage return")]
    BareLineFeed,
    /// A method outside the closed set: 501 (RFC 9110 §9.1).
    #[error("the method is not implemented")]
    UnknownMethod,
}

impl Refusal {
    /// Whether it is doubtful where the request ends and the next one starts, so that the connection must end with it.
    pub(super) fn doubts_framing(self) -> bool {
        matches!(self, Self::BadTransferCoding | Self::BareLineFeed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_split_at_the_first_question_mark_and_nothing_is_decoded() {
        let target: RawTarget = "/a%2Fb//c?x=1?y=%20".parse().unwrap();
        assert_eq!((target.path(), target.query()), ("/a%2Fb//c", Some("x=1?y=%20")));
        let target: RawTarget = "/a?".parse().unwrap();
        assert_eq!((target.path(), target.query()), ("/a", Some("")));
        for browsers_send in ["/a|b", "/a^b", "/a?{b}", "/?a`b", "/?a\\b", "/?a|b^c"] {
            assert!(browsers_send.parse::<RawTarget>().is_ok(), "{browsers_send}");
        }
        let target: RawTarget = "/!'()*~+,;=:@&$[]".parse().unwrap();
        assert_eq!((target.path(), target.query()), ("/!'()*~+,;=:@&$[]", None));
    }

    #[test]
    fn rule_2_targets_outside_the_uri_charset_are_refused() {
        for written in [
            "", "*", "a", "a/b", "/a#b", "/a b", "/a\"b", "/a{b}", "/a\\b", "/a`b", "/?a\"b", "/?a<b>", "/é", "/a<b>",
            "/a\x7f",
        ] {
            assert_eq!(written.parse::<RawTarget>(), Err(Refusal::BadTarget), "{written}");
        }
    }

    #[test]
    fn what_is_usual_may_stand_anywhere() {
        let anywhere = |byte: u8| places_of(byte) == IN_PATH | IN_QUERY;
        assert!((0..=u8::MAX).filter(|byte| is_usual(*byte)).all(anywhere));
    }

    #[test]
    fn a_request_id_is_sixteen_digits_everywhere() {
        let id = RequestId(0xAB);
        assert_eq!(id.to_string(), "00000000000000ab");
        assert_eq!(id.header_value(), "00000000000000ab");
        assert_ne!(RequestId::random(), RequestId::random());
    }
}
