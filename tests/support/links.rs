//! Presigned links as apps make them, by code that the gateway shares nothing with: `aws-sigv4` for version 4, a few lines
//! of HMAC-SHA1 for version 2.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One link before it is signed. Set what differs from a fresh `GET` of `/files/…` at `files.example.com`.
#[derive(Clone, Debug)]
pub struct Link<'a> {
    pub access_key_id: &'a str,
    pub secret: &'a str,
    pub token: Option<&'a str>,
    pub method: &'a str,
    pub host: &'a str,
    /// Encoded, as signed and as sent.
    pub path: &'a str,
    /// Further parameters, encoded, joined by `&`.
    pub query: &'a str,
    pub region: &'a str,
    /// How long ago it was signed.
    pub ago: Duration,
    pub expires: Duration,
}

/// The host that [`Link::new`] signs for.
pub const HOST: &str = "files.example.com";

impl<'a> Link<'a> {
    /// A fresh link of 120 seconds to read `path`.
    pub fn new(access_key_id: &'a str, secret: &'a str, path: &'a str) -> Self {
        Self {
            access_key_id,
            secret,
            token: None,
            method: "GET",
            host: HOST,
            path,
            query: "",
            region: "us-east-1",
            ago: Duration::ZERO,
            expires: Duration::from_mins(2),
        }
    }

    /// The same, signed so long ago.
    #[must_use]
    pub fn signed_ago(self, ago: Duration) -> Self {
        Self { ago, ..self }
    }

    /// The target with a version 4 signature: path and query.
    pub fn v4(&self) -> String {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(self.expires);
        let identity = Credentials::new(
            self.access_key_id,
            self.secret,
            self.token.map(str::to_owned),
            None,
            "test",
        )
        .into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name("s3")
            .time(SystemTime::now() - self.ago)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let question = if self.query.is_empty() { "" } else { "?" };
        let url = format!("http://{}{}{question}{}", self.host, self.path, self.query);
        let headers = std::iter::empty();
        let signable = SignableRequest::new(self.method, url.clone(), headers, SignableBody::UnsignedPayload).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        let mut request = Request::builder().method(self.method).uri(url).body(()).unwrap();
        instructions.apply_to_request_http1x(&mut request);
        let signed = request.uri().to_string();
        // From its own text, since the path must go out as it was signed.
        signed
            .strip_prefix(&format!("http://{}", self.host))
            .unwrap()
            .to_owned()
    }

    /// The target with a version 2 signature. Of `query`, all is taken for a part of the resource.
    pub fn v2(&self) -> String {
        let expires = SystemTime::now() - self.ago + self.expires;
        let expires = expires.duration_since(UNIX_EPOCH).unwrap().as_secs();
        let question = if self.query.is_empty() { "" } else { "?" };
        let text = format!("{}\n\n\n{expires}\n{}{question}{}", self.method, self.path, self.query);
        let mut mac = Hmac::<Sha1>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        let signature = utf8_percent_encode(&signature, NON_ALPHANUMERIC);
        let and = if self.query.is_empty() { "" } else { "&" };
        format!(
            "{}?{}{and}AWSAccessKeyId={}&Signature={signature}&Expires={expires}",
            self.path, self.query, self.access_key_id
        )
    }
}

/// The same link with its last signature digit changed.
pub fn flipped(target: &str) -> String {
    let at = target.find("X-Amz-Signature=").unwrap() + "X-Amz-Signature=".len() + 63;
    let other = if &target[at..=at] == "0" { "1" } else { "0" };
    format!("{}{other}{}", &target[..at], &target[at + 1..])
}
