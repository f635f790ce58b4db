//! One request as one line: JSON (RFC 8259), or plain for people.
//!
//! Everything a client chose is quoted and escaped, so that it can neither end the line, nor forge a field, nor
//! steer a terminal; and cut to a bound, so that the log's buffer is bounded in bytes too.

use super::RawPath;
use crate::config::LogFormat;
use crate::telemetry::redact::redact;
use crate::telemetry::text::{
    FIELD_LIMIT, address, decimal, hexadecimal, millis, optional, protocol, push, quoted, time_of_day,
};
use crate::telemetry::{CacheResult, DenialReason, Door, Outcome};
use http::{HeaderValue, StatusCode};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// The most escaped bytes of a path: a key of 1,024 bytes, all of them percent-encoded, fits.
const PATH_LIMIT: usize = 3_200;

/// What is known of a request when it arrives.
#[derive(Clone, Debug)]
pub struct AccessRequest {
    /// The request's id; logged as 16 hexadecimal digits.
    pub id: u64,
    /// Who asks.
    pub client: IpAddr,
    /// The method as received.
    pub method: http::Method,
    /// `HTTP/1.1`, `HTTP/2.0`…
    pub version: http::Version,
    /// The host asked for; `None` when the head was refused.
    pub host: Option<Arc<str>>,
    /// The raw path as received.
    pub path: RawPath,
    /// `User-Agent`.
    pub user_agent: Option<HeaderValue>,
    /// `Referer`; its query is not logged.
    pub referer: Option<HeaderValue>,
}

/// One finished request.
#[derive(Clone, Debug)]
pub struct AccessRecord<'a> {
    /// When the line is written: milliseconds since the Unix epoch.
    pub unix_millis: u64,
    /// What was asked.
    pub request: &'a AccessRequest,
    /// The route's label.
    pub route: &'a str,
    /// The door.
    pub door: Door,
    /// What became of it.
    pub outcome: Outcome,
    /// What the signed-URL cache did.
    pub cache: CacheResult,
    /// The status sent; `None` when the client left before there was one.
    pub status: Option<StatusCode>,
    /// Body bytes handed to the connection.
    pub bytes: u64,
    /// From the complete head to the end of the answer.
    pub total: Duration,
    /// How long the origin took to answer, when it was asked.
    pub origin: Option<Duration>,
    /// The name of the client that signed it.
    pub s3_client: Option<&'a str>,
    /// The age of the expired link that it came by.
    pub refreshed_age: Option<Duration>,
    /// Why it was denied.
    pub reason: Option<DenialReason>,
}

impl AccessRecord<'_> {
    /// Appends the line with its line feed, the only one in it.
    pub fn write(&self, format: LogFormat, line: &mut String) {
        match format {
            LogFormat::Json => self.json(line),
            LogFormat::Plain => self.plain(line),
        }
        line.push('\n');
    }

    fn json(&self, line: &mut String) {
        let request = self.request;
        line.push_str("{\"time\":\"");
        time_of_day(line, self.unix_millis);
        line.push_str("\",\"id\":\"");
        hexadecimal(line, request.id);
        line.push_str("\",\"client\":\"");
        address(line, request.client);
        line.push_str("\",\"method\":");
        quoted(line, request.method.as_str(), FIELD_LIMIT);
        line.push_str(",\"host\":");
        optional(line, request.host.as_deref(), "null");
        line.push_str(",\"path\":");
        quoted(line, &redact(&request.path), PATH_LIMIT);
        push(line, [",\"version\":\"", protocol(request.version), "\",\"status\":"]);
        line.push_str(self.status.as_ref().map_or("null", StatusCode::as_str));
        line.push_str(",\"bytes\":");
        decimal(line, self.bytes);
        line.push_str(",\"route\":");
        quoted(line, self.route, FIELD_LIMIT);
        push(line, [",\"door\":\"", self.door.as_str()]);
        push(line, ["\",\"outcome\":\"", self.outcome.as_str()]);
        push(line, ["\",\"cache\":\"", self.cache.as_str()]);
        line.push_str("\",\"total_ms\":");
        millis(line, self.total);
        line.push_str(",\"origin_ms\":");
        match self.origin {
            Some(took) => millis(line, took),
            None => line.push_str("null"),
        }
        self.signed(line, LogFormat::Json);
        line.push_str(",\"user_agent\":");
        self.user_agent(line, "null");
        line.push_str(",\"referer\":");
        self.referer(line, "null");
        line.push('}');
    }

    /// `time client "METHOD" host path version status bytes route outcome …`: what a person reads first comes first.
    fn plain(&self, line: &mut String) {
        let request = self.request;
        time_of_day(line, self.unix_millis);
        line.push(' ');
        address(line, request.client);
        line.push(' ');
        quoted(line, request.method.as_str(), FIELD_LIMIT);
        line.push(' ');
        optional(line, request.host.as_deref(), "-");
        line.push(' ');
        quoted(line, &redact(&request.path), PATH_LIMIT);
        let status = self.status.as_ref().map_or("-", StatusCode::as_str);
        push(line, [" ", protocol(request.version), " ", status, " "]);
        decimal(line, self.bytes);
        line.push_str(" route=");
        quoted(line, self.route, FIELD_LIMIT);
        push(line, [" door=", self.door.as_str(), " outcome=", self.outcome.as_str()]);
        push(line, [" cache=", self.cache.as_str(), " total_ms="]);
        millis(line, self.total);
        line.push_str(" origin_ms=");
        match self.origin {
            Some(took) => millis(line, took),
            None => line.push('-'),
        }
        self.signed(line, LogFormat::Plain);
        line.push_str(" id=");
        hexadecimal(line, request.id);
        line.push_str(" user_agent=");
        self.user_agent(line, "-");
        line.push_str(" referer=");
        self.referer(line, "-");
    }

    /// What only requests of S3 clients have; it takes no room in the lines of others.
    fn signed(&self, line: &mut String, format: LogFormat) {
        let name = |line: &mut String, name| match format {
            LogFormat::Json => push(line, [",\"", name, "\":"]),
            LogFormat::Plain => push(line, [" ", name, "="]),
        };
        if let Some(client) = self.s3_client {
            name(line, "s3_client");
            quoted(line, client, FIELD_LIMIT);
        }
        if let Some(age) = self.refreshed_age {
            name(line, "refreshed_age");
            decimal(line, age.as_secs());
        }
        if let Some(reason) = self.reason {
            name(line, "reason");
            quoted(line, reason.as_str(), FIELD_LIMIT);
        }
    }

    fn user_agent(&self, line: &mut String, absent: &str) {
        let value = self.request.user_agent.as_ref().map(|value| readable(value.as_bytes()));
        optional(line, value.as_ref().map(|value| redact(value)).as_deref(), absent);
    }

    /// The referer without query and fragment (they may be a presigned URL's) and without `user:password@`.
    fn referer(&self, line: &mut String, absent: &str) {
        let value = self.request.referer.as_ref().map(HeaderValue::as_bytes).map(|value| {
            let end = memchr::memchr2(b'?', b'#', value).unwrap_or(value.len());
            let value = value.get(..end).unwrap_or_default();
            let from = memchr::memrchr(b'@', value).map_or(0, |place| place + 1);
            readable(value.get(from..).unwrap_or_default())
        });
        optional(line, value.as_ref().map(|value| redact(value)).as_deref(), absent);
    }
}

/// Text, what is not UTF-8 in it replaced. That it mostly is gets checked first: the standard library replaces byte by byte.
fn readable(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::text::unprintable;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    fn request(path: &str) -> AccessRequest {
        AccessRequest {
            id: 0xabc,
            client: Ipv4Addr::LOCALHOST.into(),
            method: http::Method::GET,
            version: http::Version::HTTP_11,
            host: Some("files.example.com".into()),
            path: RawPath::of(path.parse().unwrap_or_default()),
            user_agent: Some(HeaderValue::from_static("curl/8")),
            referer: None,
        }
    }

    fn record(request: &AccessRequest) -> AccessRecord<'_> {
        AccessRecord {
            unix_millis: 1_763_836_496_007,
            request,
            route: "/avatars/",
            door: Door::Stable,
            outcome: Outcome::Redirect,
            cache: CacheResult::Hit,
            status: Some(StatusCode::FOUND),
            bytes: 0,
            total: Duration::from_micros(1_234),
            origin: None,
            s3_client: None,
            refreshed_age: None,
            reason: None,
        }
    }

    fn line(request: &AccessRequest, format: LogFormat) -> String {
        let mut line = String::new();
        record(request).write(format, &mut line);
        line
    }

    #[test]
    fn the_line_as_documented() {
        let request = request("/avatars/u42.png");
        assert_eq!(
            line(&request, LogFormat::Json),
            concat!(
                r#"{"time":"2025-11-22T18:34:56.007Z","id":"0000000000000abc","client":"127.0.0.1","method":"GET","#,
                r#""host":"files.example.com","path":"/avatars/u42.png","version":"HTTP/1.1","status":302,"bytes":0,"#,
                r#""route":"/avatars/","door":"stable","outcome":"redirect","cache":"hit","total_ms":1.234,"#,
                r#""origin_ms":null,"user_agent":"curl/8","referer":null}"#,
                "\n"
            )
        );
        assert_eq!(
            line(&request, LogFormat::Plain),
            concat!(
                r#"2025-11-22T18:34:56.007Z 127.0.0.1 "GET" "files.example.com" "/avatars/u42.png" HTTP/1.1 302 0 "#,
                r#"route="/avatars/" door=stable outcome=redirect cache=hit total_ms=1.234 origin_ms=- "#,
                r#"id=0000000000000abc user_agent="curl/8" referer=-"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_referer_keeps_neither_query_nor_password() {
        let mut request = request("/a");
        request.referer = Some(HeaderValue::from_static(
            "https://u:CANARY@h/p?X-Amz-Signature=CANARY#CANARY",
        ));
        let line = line(&request, LogFormat::Json);
        assert!(
            line.contains(r#""referer":"h/p""#) && !line.contains("CANARY"),
            "{line}"
        );
    }

    #[test]
    fn an_encoded_signature_in_a_path_is_redacted() {
        let line = line(&request("/b/k%3FX-Amz-Signature%3DCANARY%26x"), LogFormat::Json);
        assert!(!line.contains("CANARY"), "{line}");
    }

    proptest! {
        #[test]
        fn each_line_is_one_json_object_and_bounded(
            path in "/(?s)[^#]{0,2000}",
            host in proptest::option::of("(?s).{0,400}"),
            agent in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..600)),
            referer in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..600)),
        ) {
            let mut request = request(&path);
            request.host = host.map(Into::into);
            request.user_agent = agent.and_then(|value| HeaderValue::from_bytes(&value).ok());
            request.referer = referer.and_then(|value| HeaderValue::from_bytes(&value).ok());
            for format in [LogFormat::Json, LogFormat::Plain] {
                let line = line(&request, format);
                let body = line.strip_suffix('\n').unwrap();
                prop_assert!(!body.chars().any(unprintable), "{body:?}");
                prop_assert!(line.len() < 6_000, "{}", line.len());
            }
            let json: serde_json::Value = serde_json::from_str(&line(&request, LogFormat::Json)).unwrap();
            let logged = json["path"].as_str().unwrap();
            if !logged.ends_with('…') && redact(&request.path) == *request.path {
                prop_assert_eq!(logged, &*request.path);
            }
            prop_assert_eq!(json.as_object().unwrap().len(), 17);
        }
    }
}
