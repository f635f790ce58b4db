//! A differential test against botocore: tens of thousands of generated requests, in both forms, byte for byte.

use evergate::clock::Timestamp;
use evergate::s3::{AddressStyle, BucketName, Endpoint, ObjectKey, Region};
use evergate::sigv4::{AccessKeyId, Credential, HeaderRequest, PresignRequest, Signer};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Cases from botocore's signers, and from a whole client of it.
const CASES: [(&str, usize); 2] = [("signer", 22_000), ("client", 2_000)];

/// One line of `botocore_cases.py`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    source: String,
    form: Form,
    method: String,
    endpoint: String,
    style: Style,
    bucket: String,
    key: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    content_sha256: Option<String>,
    region: String,
    id: String,
    secret: String,
    token: Option<String>,
    signed_at: u64,
    expires: u64,
    expected: Signed,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Form {
    Query,
    Header,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Style {
    Path,
    Virtual,
}

/// What is to be sent.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Signed {
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

impl Signed {
    /// The same with the query in order: botocore sends its parameters in another order than it signs them.
    fn in_order(mut self) -> Self {
        if let Some((head, query)) = self.url.split_once('?') {
            let mut parameters: Vec<&str> = query.split('&').collect();
            parameters.sort_unstable();
            self.url = format!("{head}?{}", parameters.join("&"));
        }
        self
    }
}

impl Case {
    fn signed(&self) -> Signed {
        let credential = Credential::new(AccessKeyId::parse(&self.id).unwrap(), self.secret.clone().into());
        let credential = match &self.token {
            Some(token) => credential.with_session_token(token.clone().into()).unwrap(),
            None => credential,
        };
        let signer = Signer::new(Arc::new(credential));
        let region = Region::parse(&self.region).unwrap();
        let style = match self.style {
            Style::Path => AddressStyle::Path,
            Style::Virtual => AddressStyle::VirtualHosted,
        };
        let bucket = BucketName::parse(&self.bucket).unwrap();
        let endpoint = Endpoint::parse(&self.endpoint).unwrap();
        assert_eq!(endpoint.check(style, &bucket), Ok(()));
        let address = endpoint.address(style, &bucket);
        let key = ObjectKey::parse(&self.key).unwrap();
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        let query: Vec<(&str, &str)> = self.query.iter().map(|(name, value)| (&**name, &**value)).collect();
        let signed_at = Timestamp::from_unix(self.signed_at);
        match self.form {
            Form::Query => Signed {
                url: signer.presign(&PresignRequest {
                    method: &method,
                    address: &address,
                    region: &region,
                    key: &key,
                    query: &query,
                    signed_at,
                    expires: Duration::from_secs(self.expires),
                }),
                headers: BTreeMap::new(),
            },
            Form::Header => {
                let field = |(name, value): &(String, String)| {
                    let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                    (name, HeaderValue::from_str(value).unwrap())
                };
                let headers: HeaderMap = self.headers.iter().map(field).collect();
                let request = signer.authorize(&HeaderRequest {
                    method: &method,
                    address: &address,
                    region: &region,
                    resource: &key.into(),
                    query: &query,
                    headers: &headers,
                    content_sha256: self.content_sha256.as_ref().map(|hash| digest(hash)),
                    signed_at,
                });
                let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
                let added = request
                    .headers
                    .iter()
                    .map(|(name, value)| (name.to_string(), text(value)));
                Signed {
                    headers: added.collect(),
                    url: request.url,
                }
            }
        }
    }
}

fn digest(hash: &str) -> [u8; 32] {
    let mut digest = [0; 32];
    hex::decode_to_slice(hash, &mut digest).unwrap();
    digest
}

#[allow(
    clippy::disallowed_methods,
    reason = "the test's own interpreter is no configuration of the gateway"
)]
fn python() -> PathBuf {
    let from_home =
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/evergate/venv/bin/python");
    let python = std::env::var_os("EVERGATE_TEST_PYTHON").map_or_else(from_home, PathBuf::from);
    assert!(
        python.is_file(),
        "{} is not there: run `make test`, which makes a Python with botocore",
        python.display()
    );
    python
}

#[test]
fn botocore_signs_alike() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sigv4/botocore_cases.py");
    let mut cases = Command::new(python())
        .arg(script)
        .args(CASES.map(|(_, count)| count.to_string()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut seen: BTreeMap<(String, Form, Style, bool), usize> = BTreeMap::new();
    for line in BufReader::new(cases.stdout.take().unwrap()).lines() {
        let mut case: Case = serde_json::from_str(&line.unwrap()).unwrap();
        let ours = case.signed().in_order();
        let theirs = std::mem::replace(
            &mut case.expected,
            Signed {
                url: String::new(),
                headers: BTreeMap::new(),
            },
        );
        assert_eq!(
            ours,
            theirs.in_order(),
            "{} {:?} {:?}",
            case.source,
            case.key,
            case.query
        );
        *seen
            .entry((case.source, case.form, case.style, case.token.is_some()))
            .or_default() += 1;
    }
    assert!(
        cases.wait().unwrap().success(),
        "botocore_cases.py failed; if it lacks a package, run `make test`, which installs it"
    );
    for (source, count) in CASES {
        let kinds: Vec<usize> = seen
            .iter()
            .filter(|(kind, _)| kind.0 == source)
            .map(|(_, seen)| *seen)
            .collect();
        assert_eq!(kinds.iter().sum::<usize>(), count, "{source}");
        // Both forms, both styles, with and without a session token.
        assert!(
            kinds.len() == 8 && kinds.iter().all(|seen| *seen > count / 50),
            "{seen:?}"
        );
    }
}
