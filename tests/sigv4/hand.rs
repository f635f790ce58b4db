//! A signer that signs whatever it is told to, however wrong: what it makes matches its own claims, so that nothing but the
//! fault in question can be what is refused. It shares no code with the verifier.

use crate::request::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evergate::clock::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use sha2::{Digest, Sha256};

pub(crate) const ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// 2013-05-24T00:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_369_353_600);
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is to be signed, and what is claimed of it. All texts are as they stand on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) query: Vec<(&'static str, &'static str)>,
    pub(crate) fields: Vec<(&'static str, &'static str)>,
    /// `x-amz-date` and `X-Amz-Date`; empty for none.
    pub(crate) date: &'static str,
    /// Behind the access key id, with the slashes.
    pub(crate) credential: &'static str,
    pub(crate) algorithm: &'static str,
    pub(crate) signed_headers: &'static str,
    /// `x-amz-content-sha256` of the header form; empty for none.
    pub(crate) payload: &'static str,
    /// `X-Amz-Expires` and version 2's `Expires`; empty for none.
    pub(crate) expires: &'static str,
}

impl Draft {
    /// A GET in the header form.
    pub(crate) fn header() -> Self {
        Self {
            method: "GET",
            path: "/files/a.png",
            query: Vec::new(),
            fields: Vec::new(),
            date: "20130524T000000Z",
            credential: "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request",
            algorithm: "AWS4-HMAC-SHA256",
            signed_headers: "host;x-amz-content-sha256;x-amz-date",
            payload: EMPTY,
            expires: "",
        }
    }

    /// A presigned GET.
    pub(crate) fn query() -> Self {
        Self {
            signed_headers: "host",
            payload: "UNSIGNED-PAYLOAD",
            expires: "120",
            ..Self::header()
        }
    }

    /// A presigned GET of version 2.
    pub(crate) fn version_2() -> Self {
        Self {
            expires: "1369353720",
            ..Self::query()
        }
    }

    fn wire(&self, query: &[(&str, &str)], fields: &[(&str, &str)]) -> Request {
        let join = |(name, value): &(&str, &str)| format!("{name}={value}");
        let query = query.iter().map(join).collect::<Vec<_>>().join("&");
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Request {
            number: 0,
            method: self.method.parse().unwrap(),
            host: "files.example.com".to_owned(),
            host_bucket: None,
            path: self.path.to_owned(),
            query: Some(query).filter(|query| !query.is_empty()),
            fields: fields.iter().map(own).collect(),
            now: NOW,
            regions: vec!["us-east-1"],
            wrong_secret: false,
        }
    }

    /// The signature of what is claimed.
    fn signature(&self, query: &[(&str, &str)], fields: &[(&str, &str)]) -> String {
        let mut parameters = query.to_vec();
        parameters.sort_unstable();
        let parameters: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut headers = String::new();
        for name in self.signed_headers.split(';').filter(|name| !name.is_empty()) {
            let values: Vec<&str> = match name {
                "host" => vec!["files.example.com"],
                _ => fields
                    .iter()
                    .filter(|(known, _)| *known == name.to_lowercase())
                    .map(|(_, value)| *value)
                    .collect(),
            };
            headers.extend([name, ":", &values.join(","), "\n"]);
        }
        let canonical = format!(
            "{}\n{}\n{}\n{headers}\n{}\n{}",
            self.method,
            self.path,
            parameters.join("&"),
            self.signed_headers,
            self.payload
        );
        let scope = self.credential.split_once('/').map_or("", |(_, scope)| scope);
        let text = format!(
            "{}\n{}\n{}\n{}",
            self.algorithm,
            self.date,
            scope,
            hex::encode(Sha256::digest(canonical))
        );
        let mut key = format!("AWS4{SECRET}").into_bytes();
        for part in scope.split('/') {
            key = hmac_sha256(&key, part);
        }
        hex::encode(hmac_sha256(&key, &text))
    }

    /// Signs in the `Authorization` header.
    pub(crate) fn sign_header(&self) -> Request {
        let mut fields = self.fields.clone();
        for (name, value) in [("x-amz-date", self.date), ("x-amz-content-sha256", self.payload)] {
            if !value.is_empty() {
                fields.push((name, value));
            }
        }
        let signature = self.signature(&self.query, &fields);
        let authorization = format!(
            "{} Credential={}, SignedHeaders={}, Signature={signature}",
            self.algorithm, self.credential, self.signed_headers
        );
        fields.push(("authorization", &authorization));
        self.wire(&self.query, &fields)
    }

    /// Signs in the query.
    pub(crate) fn sign_query(&self) -> Request {
        let encode = |text| utf8_percent_encode(text, UNRESERVED).to_string();
        let (credential, signed_headers) = (encode(self.credential), encode(self.signed_headers));
        let mut query = self.query.clone();
        for (name, value) in [
            ("X-Amz-Algorithm", self.algorithm),
            ("X-Amz-Credential", &credential),
            ("X-Amz-Date", self.date),
            ("X-Amz-Expires", self.expires),
            ("X-Amz-SignedHeaders", &signed_headers),
        ] {
            if !value.is_empty() {
                query.push((name, value));
            }
        }
        let signature = self.signature(&query, &self.fields);
        query.push(("X-Amz-Signature", &signature));
        self.wire(&query, &self.fields)
    }

    /// Signs in the query by version 2: no `x-amz-*`, and of the parameters those that are given in `resource`.
    pub(crate) fn sign_version_2(&self, resource: &str) -> Request {
        let text = format!("{}\n\n\n{}\n{}{resource}", self.method, self.expires, self.path);
        let mut mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let signature = utf8_percent_encode(&signature, UNRESERVED).to_string();
        let mut query = self.query.clone();
        query.extend([("AWSAccessKeyId", ID), ("Signature", &signature)]);
        if !self.expires.is_empty() {
            query.push(("Expires", self.expires));
        }
        self.wire(&query, &self.fields)
    }
}

fn hmac_sha256(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
