//! AWS's signing test suite once more, from the other side: the requests are verified.
//!
//! The suite signs for a service of its own and leaves the body's hash out of most headers, which S3 does not allow. So AWS's
//! canonical requests are taken as they are, but for the service, the hash and what stands for the body of a presigned URL;
//! they are signed here by HMAC alone; and the verifier, which is shown the request and nothing else, must come to the same.

use crate::suite::{Case, DOT_SEGMENTS, Form, PROVEN, is_left_out, names};
use evergate::clock::Timestamp;
use evergate::sigv4::{Candidate, Presented, PresentedError, Received, VerifyError, VerifyingSecret};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// 2015-08-30T12:36:00Z, the suite's one date.
const NOW: Timestamp = Timestamp::from_unix(1_440_938_160);
const DATE: &str = "20150830T123600Z";
const SCOPE: &str = "20150830/us-east-1/s3/aws4_request";
const HASH: &str = "x-amz-content-sha256";

/// AWS's canonical request, taken apart.
struct Canonical {
    target: [String; 3],
    headers: Vec<(String, String)>,
    payload: String,
}

impl Canonical {
    /// Reads AWS's own, and changes what S3 has otherwise.
    fn of(case: &Case, form: Form) -> Self {
        let text = case
            .expected(form)
            .canonical_request
            .replace("%2Fservice%2F", "%2Fs3%2F");
        let lines: Vec<&str> = text.split('\n').collect();
        let [method, path, query, headers @ .., _, _, payload] = &lines[..] else {
            panic!("{text}");
        };
        let header = |line: &&str| {
            line.split_once(':')
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let mut headers: Vec<(String, String)> = headers.iter().map(|line| header(line).unwrap()).collect();
        if form == Form::Header && !headers.iter().any(|(name, _)| name == HASH) {
            headers.push((HASH.to_owned(), (*payload).to_owned()));
            headers.sort();
        }
        let in_header = headers.iter().any(|(name, _)| name == HASH);
        Self {
            target: [method, path, query].map(|part| (*part).to_owned()),
            headers,
            payload: if in_header { payload } else { "UNSIGNED-PAYLOAD" }.to_owned(),
        }
    }

    fn names(&self) -> String {
        self.headers
            .iter()
            .map(|(name, _)| &**name)
            .collect::<Vec<_>>()
            .join(";")
    }

    fn sign(&self, secret: &str) -> String {
        let mut text = self.target.join("\n") + "\n";
        for (name, value) in &self.headers {
            text.extend([name, ":", value, "\n"]);
        }
        text.extend(["\n", &self.names(), "\n", &self.payload]);
        let text = format!(
            "AWS4-HMAC-SHA256\n{DATE}\n{SCOPE}\n{}",
            hex::encode(Sha256::digest(text))
        );
        let key = SCOPE
            .split('/')
            .fold(format!("AWS4{secret}").into_bytes(), |key, part| hmac(&key, part));
        hex::encode(hmac(&key, &text))
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Verifies one case in one form; `tamper` spoils the signature.
fn verify(case: &Case, form: Form, tamper: bool) -> Result<Result<(), VerifyError>, PresentedError> {
    let text = |pointer: &str| case.context.pointer(pointer).and_then(Value::as_str).unwrap();
    let (id, secret) = (
        text("/credentials/access_key_id"),
        text("/credentials/secret_access_key"),
    );
    let canonical = Canonical::of(case, form);
    let mut signature = canonical.sign(secret);
    if tamper {
        let other = if signature.ends_with('0') { '1' } else { '0' };
        signature.replace_range(63.., &other.to_string());
    }
    let mut headers = HeaderMap::new();
    let mut append = |name: &str, value: &str| {
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    };
    for (name, value) in case.headers.iter().filter(|(name, _)| name != "host") {
        append(name, value);
    }
    // What signing adds to the head.
    for (name, value) in &canonical.headers {
        if name != "host" && !case.headers.iter().any(|(known, _)| known == name) {
            append(name, value);
        }
    }
    let mut query: Vec<&str> = case
        .raw_query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .collect();
    let signed = format!("X-Amz-Signature={signature}");
    if form == Form::Header {
        let names = canonical.names();
        append(
            "authorization",
            &format!("AWS4-HMAC-SHA256 Credential={id}/{SCOPE}, SignedHeaders={names}, Signature={signature}"),
        );
    } else {
        query.extend(
            canonical.target[2]
                .split('&')
                .filter(|parameter| parameter.starts_with("X-Amz-")),
        );
        query.push(&signed);
    }
    let query = query.join("&");
    let host = &case.headers.iter().find(|(name, _)| name == "host").unwrap().1;
    let method = case.method.parse().unwrap();
    let presented = Presented::of(Received {
        method: &method,
        path: &case.raw_path,
        query: Some(&query),
        headers: &headers,
    })?
    .unwrap();
    assert_eq!(presented.access_key_id(), id);
    assert_eq!(presented.region(), Some("us-east-1"));
    let candidate = Candidate {
        host: host.trim(),
        ..Candidate::default()
    };
    let secret = VerifyingSecret::new(secret.into());
    let now = NOW.plus(Duration::from_mins(1));
    Ok(presented
        .verify(&secret, &[candidate], &["us-east-1"], now)
        .map(|authentic| {
            assert_eq!(authentic.signed_at, Some(NOW));
        }))
}

#[test]
fn every_case_that_s3s_path_rule_allows_is_believed_and_with_another_signature_is_not() {
    let mut proven = 0;
    for name in names().iter().filter(|name| !is_left_out(name)) {
        let case = Case::read(name);
        for form in [Form::Header, Form::Query] {
            let expected = if DOT_SEGMENTS.contains(&&**name) {
                [Err(PresentedError::Path), Err(PresentedError::Path)]
            } else {
                [Ok(Ok(())), Ok(Err(VerifyError::SignatureMismatch))]
            };
            let outcome = [verify(&case, form, false), verify(&case, form, true)];
            assert_eq!(outcome, expected, "{name}, {form:?}");
        }
        proven += 1;
    }
    assert_eq!(proven, PROVEN, "the suite can't shrink in silence");
}
