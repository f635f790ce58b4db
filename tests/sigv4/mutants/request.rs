//! A signed request of the fixtures, and what the verifier makes of it.

use evergate::clock::Timestamp;
use evergate::sigv4::{
    AmzDate, Authentic, Candidate, Form, Presented, PresentedError, Received, VerifyError, VerifyingSecret, Version,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::time::Duration;

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];
/// The base paths of the endpoints that requests were signed for.
const BASES: [&str; 2] = ["/base", "/s3/two"];

/// A request as it was sent, and the place that it is judged in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Its line, by which the positions are chosen at which it is spoiled.
    pub(crate) number: usize,
    pub(crate) method: Method,
    pub(crate) host: String,
    pub(crate) host_bucket: Option<String>,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) fields: Vec<(String, String)>,
    /// When it is judged.
    pub(crate) now: Timestamp,
    pub(crate) regions: Vec<&'static str>,
    /// Whether the secret is another one than it was signed with.
    pub(crate) wrong_secret: bool,
}

/// The key pair that all of a file is signed with, and one that none is.
pub(crate) struct Keys {
    id: String,
    secret: VerifyingSecret,
    other: VerifyingSecret,
    unknown: VerifyingSecret,
}

/// What was made of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    Believed(Authentic),
    /// Signed in no AWS form.
    Unsigned,
    /// 400.
    Malformed(PresentedError),
    /// 403.
    Refused(VerifyError),
}

impl Outcome {
    pub(crate) fn is_believed(&self) -> bool {
        matches!(self, Self::Believed(_))
    }
}

impl Keys {
    pub(crate) fn new(id: &str, secret: &str) -> Self {
        Self {
            id: id.to_owned(),
            secret: VerifyingSecret::new(secret.into()),
            other: VerifyingSecret::new("another secret".into()),
            unknown: VerifyingSecret::unknown(),
        }
    }
}

/// Reads one file of fixtures.
pub(crate) fn read(name: &str) -> (Keys, Vec<Request>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sigv4/requests")
        .join(name);
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let head = lines.next().unwrap();
    let keys = Keys::new(head["id"].as_str().unwrap(), head["secret"].as_str().unwrap());
    (
        keys,
        lines
            .enumerate()
            .map(|(number, line)| Request::of(number, &line))
            .collect(),
    )
}

impl Request {
    fn of(number: usize, line: &Value) -> Self {
        let target = line["t"].as_str().unwrap();
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let field = |field: &Value| {
            let [name, value] = [0, 1].map(|at| field[at].as_str().unwrap().to_owned());
            (name, value)
        };
        let mut request = Self {
            number,
            method: line["m"].as_str().unwrap().parse().unwrap(),
            host: line["h"].as_str().unwrap().to_owned(),
            host_bucket: line["b"].as_str().map(str::to_owned),
            path: if path.is_empty() { "/" } else { path }.to_owned(),
            query,
            fields: line["f"].as_array().unwrap().iter().map(field).collect(),
            now: Timestamp::from_unix(0),
            regions: REGIONS.to_vec(),
            wrong_secret: false,
        };
        request.now = request.signed_at().unwrap_or(request.now).plus(Duration::from_mins(1));
        request
    }

    /// `X-Amz-Date`, which version 2 does not have.
    pub(crate) fn signed_at(&self) -> Option<Timestamp> {
        let date = match self.form() {
            Form::Header => self.field("x-amz-date"),
            Form::Query => self
                .parameters()
                .find(|(name, _)| *name == "X-Amz-Date")
                .map(|(_, date)| date),
        };
        Some(AmzDate::parse(date?).unwrap().timestamp())
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| &**value)
    }

    /// The raw parameters.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.query.as_deref().unwrap_or_default().split('&');
        all.map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
    }

    pub(crate) fn form(&self) -> Form {
        if self.field("authorization").is_some() {
            Form::Header
        } else {
            Form::Query
        }
    }

    pub(crate) fn version(&self) -> Version {
        if self.parameters().any(|(name, _)| name == "AWSAccessKeyId") {
            Version::V2
        } else {
            Version::V4
        }
    }

    /// SignedHeaders but for `host`; of version 2, which signs every `x-amz-*` and two more, the names that came along.
    pub(crate) fn signed_headers(&self) -> Vec<String> {
        let list = match (self.version(), self.form()) {
            (Version::V2, _) => String::new(),
            (_, Form::Header) => {
                let all = self.field("authorization").unwrap();
                let start = all.split_once("SignedHeaders=").unwrap().1;
                start.split(',').next().unwrap().to_owned()
            }
            (_, Form::Query) => {
                let (_, list) = self
                    .parameters()
                    .find(|(name, _)| *name == "X-Amz-SignedHeaders")
                    .unwrap();
                list.replace("%3B", ";")
            }
        };
        list.split(';')
            .filter(|name| !name.is_empty() && *name != "host")
            .map(str::to_owned)
            .collect()
    }

    /// The path without the base path of some of the endpoints, which version 2 does not sign.
    fn path_without_base(&self) -> Option<String> {
        let decoded = percent_decode_str(&self.path).decode_utf8().ok()?;
        let rest = BASES.iter().find_map(|base| decoded.strip_prefix(base))?;
        Some(
            rest.split('/')
                .map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string())
                .collect::<Vec<_>>()
                .join("/"),
        )
    }

    /// The head as HTTP hands it over; `None` when HTTP itself would refuse it.
    pub(crate) fn headers(&self) -> Option<HeaderMap> {
        let mut headers = HeaderMap::with_capacity(self.fields.len());
        for (name, value) in &self.fields {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
        }
        Some(headers)
    }

    /// Judges it as a door would; `None` when HTTP itself would refuse it.
    pub(crate) fn judge(&self, keys: &Keys) -> Option<Outcome> {
        let headers = self.headers()?;
        let received = Received {
            method: &self.method,
            path: &self.path,
            query: self.query.as_deref(),
            headers: &headers,
        };
        let presented = match Presented::of(received) {
            Ok(Some(presented)) => presented,
            Ok(None) => return Some(Outcome::Unsigned),
            Err(error) => return Some(Outcome::Malformed(error)),
        };
        let secret = match (presented.access_key_id() == keys.id, self.wrong_secret) {
            (false, _) => &keys.unknown,
            (true, true) => &keys.other,
            (true, false) => &keys.secret,
        };
        let path = self.path_without_base().filter(|_| presented.version() == Version::V2);
        let candidate = Candidate {
            host: &self.host,
            path: path.as_deref(),
            host_bucket: self.host_bucket.as_deref(),
        };
        Some(match presented.verify(secret, &[candidate], &self.regions, self.now) {
            Ok(authentic) => Outcome::Believed(authentic),
            Err(error) => Outcome::Refused(error),
        })
    }
}
