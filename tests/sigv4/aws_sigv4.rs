//! A differential property test against `aws_sigv4::http_request::sign()` with S3's settings.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningInstructions,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use evergate::clock::Timestamp;
use evergate::s3::{Address, AddressStyle, BucketName, Endpoint, ObjectKey, Region};
use evergate::sigv4::{
    AccessKeyId, Credential, HeaderRequest, PresignRequest, Signer, UNSIGNED_PAYLOAD, write_canonical_query,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// A request to be signed by both.
#[derive(Clone, Debug)]
struct Case {
    method: Method,
    address: Address,
    key: ObjectKey,
    query: Vec<(String, String)>,
    headers: Vec<(&'static str, String)>,
    content_sha256: Option<[u8; 32]>,
    seconds: u64,
    expires: u64,
    id: String,
    secret: String,
    token: Option<String>,
}

fn cases() -> impl Strategy<Value = Case> {
    let key = "(/|[!-~]{1,6}| |%[0-9A-F]{2}|é|e\u{301}|😀|[a-z]{1,9}/|\\PC){1,20}";
    let key = key.prop_filter_map("not a key", |text| ObjectKey::parse(&text).ok());
    // One parameter of each name: two of one name would be refused before they get here (rule 2).
    let query = prop::collection::btree_map(
        "[A-Za-z-]{1,12}|response-[a-z-]{1,12}|\\PC{1,3}",
        "[ -~]{0,12}|\\PC{0,6}",
        0..5,
    );
    let address = (
        prop::sample::select(vec![
            "https://s3.example.com",
            "http://minio:9000/base",
            "http://[::1]:9000",
            "https://h:80",
        ]),
        prop::sample::select(vec![AddressStyle::Path, AddressStyle::VirtualHosted]),
    );
    let address = address.prop_map(|(endpoint, style)| {
        let bucket = BucketName::parse("my-bucket").unwrap();
        let endpoint = Endpoint::parse(endpoint).unwrap();
        // An IP address has no sub-domains.
        let style = endpoint.check(style, &bucket).map_or(AddressStyle::Path, |()| style);
        endpoint.address(style, &bucket)
    });
    let headers = (
        prop::option::of("bytes=[0-9]{1,4}-[0-9]{0,4}"),
        prop::option::of("\"[a-f0-9]{8}\"(,  \"[a-f0-9]{8}\")?"),
        prop::option::of(" {0,2}[!-~]{1,8}( {1,3}[!-~]{1,8}){0,2} {0,2}"),
    );
    let headers = headers.prop_map(|(range, if_match, meta)| {
        [("range", range), ("if-none-match", if_match), ("x-amz-meta-a", meta)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    });
    (
        (
            prop::sample::select(vec![Method::GET, Method::HEAD, Method::PUT]),
            address,
            key,
            query,
            headers,
        ),
        (
            prop::option::of(any::<[u8; 32]>()),
            0..4_102_444_800_u64,
            1..=604_800_u64,
            "[A-Z0-9]{16,20}",
            "[A-Za-z0-9/+=]{40}",
            prop::option::of("[A-Za-z0-9/+=]{100,400}"),
        ),
    )
        .prop_map(
            |((method, address, key, query, headers), (content_sha256, seconds, expires, id, secret, token))| Case {
                method,
                address,
                key,
                query: query.into_iter().collect(),
                headers,
                content_sha256,
                seconds,
                expires,
                id,
                secret,
                token,
            },
        )
}

impl Case {
    fn signer(&self) -> Signer {
        let credential = Credential::new(AccessKeyId::parse(&self.id).unwrap(), self.secret.clone().into());
        let credential = match &self.token {
            Some(token) => credential.with_session_token(token.clone().into()).unwrap(),
            None => credential,
        };
        Signer::new(Arc::new(credential))
    }

    fn query(&self) -> Vec<(&str, &str)> {
        self.query.iter().map(|(name, value)| (&**name, &**value)).collect()
    }

    /// The URL before it is signed.
    fn url(&self) -> String {
        let mut url = format!(
            "{}://{}{}",
            self.address.scheme(),
            self.address.host(),
            self.address.path(&self.key)
        );
        if !self.query.is_empty() {
            url.push('?');
            write_canonical_query(&self.query(), &mut url);
        }
        url
    }

    /// What `aws-sigv4` adds to the request, and its signature.
    fn oracle(&self, form: SignatureLocation) -> (SigningInstructions, String) {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.signature_location = form;
        let (headers, body) = if form == SignatureLocation::QueryParams {
            settings.expires_in = Some(Duration::from_secs(self.expires));
            (&[][..], SignableBody::UnsignedPayload)
        } else {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            let hash = self
                .content_sha256
                .map(|hash| SignableBody::Precomputed(hex::encode(hash)));
            (&self.headers[..], hash.unwrap_or(SignableBody::UnsignedPayload))
        };
        let identity = Credentials::new(&self.id, &self.secret, self.token.clone(), None, "test").into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region("eu-west-1")
            .name("s3")
            .time(UNIX_EPOCH + Duration::from_secs(self.seconds))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let headers = headers.iter().map(|(name, value)| (*name, &**value));
        let request = SignableRequest::new(self.method.as_str(), self.url(), headers, body).unwrap();
        sign(request, &params).unwrap().into_parts()
    }
}

fn decoded_query(url: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let (_, query) = url.split_once('?').unwrap_or((url, ""));
    query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| parameter.split_once('=').unwrap())
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn presigned_urls_are_those_of_aws_sigv4(case in cases()) {
        let (instructions, signature) = case.oracle(SignatureLocation::QueryParams);
        let url = case.signer().presign(&PresignRequest {
            method: &case.method,
            address: &case.address,
            region: &Region::parse("eu-west-1").unwrap(),
            key: &case.key,
            query: &case.query(),
            signed_at: Timestamp::from_unix(case.seconds),
            expires: Duration::from_secs(case.expires),
        });
        let (head, ours) = url.rsplit_once("&X-Amz-Signature=").unwrap();
        prop_assert_eq!(ours, signature);
        let unsigned = case.url();
        prop_assert_eq!(head.split_once('?').unwrap().0, unsigned.split('?').next().unwrap());
        let mut expected = decoded_query(&unsigned);
        expected.extend(instructions.params().iter().map(|(name, value)| ((*name).to_owned(), value.to_string())));
        prop_assert_eq!(decoded_query(&url), expected);
    }

    #[test]
    fn authorizations_are_those_of_aws_sigv4(case in cases()) {
        let (instructions, _) = case.oracle(SignatureLocation::Headers);
        let headers: HeaderMap = case
            .headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        let request = case.signer().authorize(&HeaderRequest {
            method: &case.method,
            address: &case.address,
            region: &Region::parse("eu-west-1").unwrap(),
            resource: &case.key.clone().into(),
            query: &case.query(),
            headers: &headers,
            content_sha256: case.content_sha256,
            signed_at: Timestamp::from_unix(case.seconds),
        });
        prop_assert_eq!(&request.url, &case.url());
        let ours: BTreeMap<&str, &str> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        prop_assert_eq!(ours, instructions.headers().collect::<BTreeMap<_, _>>());
        let unsigned = case.content_sha256.is_none();
        prop_assert_eq!(request.headers["x-amz-content-sha256"] == UNSIGNED_PAYLOAD, unsigned);
    }
}
