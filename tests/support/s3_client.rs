//! An S3 client that shares no code with the gateway: `aws-sigv4` signs, hyper sends the path exactly as it was signed.

use super::http::{Reply, exchange};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::{Duration, SystemTime};

/// What S3 leaves unencoded in a path.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// Speaks to one origin, path style, region `us-east-1`.
#[derive(Clone, Debug)]
pub struct S3Client {
    endpoint: String,
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
}

impl S3Client {
    /// A client for `http://host:port` with a long-lived key.
    pub fn new(endpoint: &str, access_key_id: &str, secret_access_key: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.to_owned(),
            token: None,
        }
    }

    /// The same with a session token.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Makes a bucket; it must not be there yet.
    pub async fn create_bucket(&self, bucket: &str) {
        let reply = self.send(Method::PUT, &format!("/{bucket}"), &[], Bytes::new()).await;
        assert!(reply.status.is_success(), "create {bucket}: {reply:?}");
    }

    /// Stores an object; `headers` are signed, `content-type` for one.
    pub async fn put(&self, bucket: &str, key: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) {
        let reply = self.send(Method::PUT, &path(bucket, key), headers, body.into()).await;
        assert!(reply.status.is_success(), "put {key}: {reply:?}");
    }

    /// Deletes an object.
    pub async fn delete(&self, bucket: &str, key: &str) {
        let reply = self.send(Method::DELETE, &path(bucket, key), &[], Bytes::new()).await;
        assert!(reply.status.is_success(), "delete {key}: {reply:?}");
    }

    /// Reads an object, whatever the answer.
    pub async fn get(&self, bucket: &str, key: &str) -> Reply {
        self.send(Method::GET, &path(bucket, key), &[], Bytes::new()).await
    }

    /// A presigned URL, signed `ago` and good for `expires` from then on.
    pub fn presign(&self, method: &Method, bucket: &str, key: &str, ago: Duration, expires: Duration) -> String {
        let mut settings = s3_settings();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(expires);
        let url = format!("{}{}", self.endpoint, path(bucket, key));
        let mut request = Request::builder().method(method).uri(url).body(()).unwrap();
        self.sign(
            &mut request,
            SignableBody::UnsignedPayload,
            settings,
            SystemTime::now() - ago,
        );
        request.uri().to_string()
    }

    /// Sends a signed request; `path` is already encoded.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Bytes) -> Reply {
        let host = self.endpoint.trim_start_matches("http://");
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.endpoint))
            .header("host", host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut settings = s3_settings();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let mut request = request.body(Full::new(body.clone())).unwrap();
        self.sign(&mut request, SignableBody::Bytes(&body), settings, SystemTime::now());
        *request.uri_mut() = path.parse().unwrap();
        exchange(host, request).await.unwrap()
    }

    fn sign<B>(&self, request: &mut Request<B>, body: SignableBody<'_>, settings: SigningSettings, time: SystemTime) {
        let credentials = Credentials::new(
            &self.access_key_id,
            &self.secret_access_key,
            self.token.clone(),
            None,
            "test",
        )
        .into();
        let params = v4::SigningParams::builder()
            .identity(&credentials)
            .region("us-east-1")
            .name("s3")
            .time(time)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let uri = request.uri().to_string();
        let signable = SignableRequest::new(request.method().as_str(), uri, headers, body).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        instructions.apply_to_request_http1x(request);
    }
}

/// The path of an object, path style, encoded once.
pub fn path(bucket: &str, key: &str) -> String {
    format!("/{bucket}/{}", utf8_percent_encode(key, PATH))
}

/// S3's own rules: encode once, leave the path alone.
fn s3_settings() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings
}
