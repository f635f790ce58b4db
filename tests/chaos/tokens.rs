//! A session token that ends before its time: one forced renewal for all who were refused, and one more request each.
//! Rule 25.

use crate::object::{Object, hash};
use crate::origin::{Asked, ChaosOrigin};
use crate::play::{Play, Refusal};
use evergate::access::Permit;
use evergate::clock::Clock;
use evergate::config::{self, Environment, OriginConfig};
use evergate::credentials::{self, Credentials, Loaded, Source, SourceError};
use evergate::fetch::{
    Breaker, Conditions, FetchError, OriginBounds, OriginClient, OriginSettings, OriginState, OriginTls,
};
use evergate::resolve::Target;
use evergate::route::Bucket;
use evergate::s3::{ObjectKey, Operation};
use evergate::sigv4::{AccessKeyId, Credential};
use evergate::telemetry::{AccessSink, Telemetry};
use futures_util::future::join_all;
use http_body_util::BodyExt;
use secrecy::SecretString;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Longer than the least time between two calls of the source.
const SPACING: Duration = Duration::from_millis(5_200);

/// Gives `token-1`, `token-2` and so on, as far as the origin has issued them.
struct Issuer {
    issued: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
}

impl Source for Issuer {
    async fn load(&self) -> Result<Loaded, SourceError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let token = format!("token-{}", self.issued.load(Ordering::SeqCst));
        let key = AccessKeyId::parse("ASIAEXAMPLE").unwrap();
        let credential = Credential::new(key, SecretString::from("not-a-secret"));
        Ok(Loaded {
            credential: credential.with_session_token(SecretString::from(token)).unwrap(),
            provider: "a script".into(),
        })
    }
}

/// A client in front of an origin that takes the newest token alone.
struct Bench {
    origin: ChaosOrigin,
    issued: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
    client: OriginClient,
    state: Arc<OriginState>,
    credentials: Credentials,
    bucket: Arc<Bucket>,
}

impl Bench {
    async fn new(code: &'static str) -> Self {
        let issued = Arc::new(AtomicUsize::new(1));
        let newest = Arc::clone(&issued);
        let origin = ChaosOrigin::start(move |asked: &Asked| {
            let token = format!("token-{}", newest.load(Ordering::SeqCst));
            if asked.field("x-amz-security-token") == Some(&*token) {
                return Play::Serve;
            }
            // As AWS does, whatever the reason.
            let region = "x-amz-bucket-region: us-east-1";
            Refusal::new("400 Bad Request", code).field(region).into()
        });
        let text = format!(
            "buckets:\n  files: {{ name: shelf, region: us-east-1, endpoint: '{}', path_style: true }}\n",
            origin.endpoint()
        );
        let config = config::parse(&text, Path::new("config.yaml"), &Environment::default())
            .unwrap()
            .config;
        let bucket = &config.buckets[0];
        let OriginConfig::Server(server) = &bucket.origin else {
            panic!("a server")
        };
        let clock = Clock::system();
        let telemetry = Telemetry::new(clock.clone(), AccessSink::none()).unwrap();
        let metrics = telemetry.metrics().bucket("files");
        let calls = Arc::new(AtomicUsize::new(0));
        let source = Issuer {
            issued: Arc::clone(&issued),
            calls: Arc::clone(&calls),
        };
        let runtime = tokio::runtime::Handle::current();
        let credentials = credentials::start_source(&bucket.id, source, &clock, &metrics, &runtime);
        let bounds = OriginBounds::default();
        let bench = Self {
            client: OriginClient::new(OriginSettings::default(), &OriginTls::load(&[]).unwrap(), clock),
            state: OriginState::new(
                &bounds,
                Breaker::new(bounds.breaker),
                metrics,
                telemetry.events().clone(),
            ),
            credentials,
            bucket: Arc::new(Bucket::new(0, bucket, server)),
            origin,
            issued,
            calls,
        };
        while !bench.credentials.ready() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bench
    }

    async fn fetch(&self, key: &str, operation: Operation) -> Result<Vec<u8>, FetchError> {
        let permit = Permit::operator(Arc::clone(&self.bucket), ObjectKey::parse(key).unwrap(), operation);
        let (target, conditions) = (Target::streamed(permit), Conditions::default());
        let response = self.client.fetch(&self.state, &self.credentials, &target, &conditions);
        let (_, _, body) = response.await?.into_parts();
        Ok(body.collect().await.unwrap().to_bytes().to_vec())
    }

    async fn assert_served(&self, key: &str) {
        let bytes = self.fetch(key, Operation::GetObject).await.unwrap();
        assert_eq!(hash(&bytes), hash(&Object::of(key, 0).bytes));
    }
}

#[tokio::test]
async fn rule_25_an_ended_token_is_renewed_once_for_all_and_no_reader_notices() {
    join_all(["ExpiredToken", "InvalidToken"].map(a_token_ends)).await;
}

async fn a_token_ends(code: &'static str) {
    let bench = Bench::new(code).await;
    bench.assert_served("before").await;
    tokio::time::sleep(SPACING).await;
    bench.issued.store(2, Ordering::SeqCst);
    let keys: Vec<_> = (0..12).map(|number| format!("during/{number}")).collect();
    join_all(keys.iter().map(|key| bench.assert_served(key))).await;
    assert_eq!(bench.calls.load(Ordering::SeqCst), 2, "one call for all");
    let asked = bench.origin.count();
    assert!((1 + 13..=1 + 24).contains(&asked), "{asked}");
    bench.assert_served("after").await;
    assert_eq!(bench.origin.count(), asked + 1);
}

#[tokio::test]
async fn rule_25_the_answer_to_head_has_no_code_but_a_plain_400() {
    let bench = Bench::new("ExpiredToken").await;
    tokio::time::sleep(SPACING).await;
    bench.issued.store(2, Ordering::SeqCst);
    bench.fetch("object", Operation::HeadObject).await.unwrap();
    assert_eq!(bench.origin.count(), 2);
}

#[tokio::test]
async fn rule_25_when_there_is_no_newer_token_nothing_is_sent_again() {
    let bench = Bench::new("ExpiredToken").await;
    bench.issued.store(2, Ordering::SeqCst);
    // The source was asked a moment ago; it is not asked again for each who is refused.
    for number in 0..5 {
        let refused = bench.fetch(&format!("object/{number}"), Operation::GetObject).await;
        assert!(matches!(refused, Err(FetchError::Forbidden(_))), "{refused:?}");
    }
    assert_eq!(bench.origin.count(), 5);
    assert!(bench.calls.load(Ordering::SeqCst) <= 2);
}
