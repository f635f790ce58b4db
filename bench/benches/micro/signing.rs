//! Presign, verify, refresh: what a redirect costs before it is written.

use crate::export::{Counts, measure, with_input};
use criterion::Criterion;
use evergate::access::{Permit, S3Access};
use evergate::clock::{Clock, Timestamp};
use evergate::config::{self, Config, Environment, OriginConfig, UrlCacheConfig};
use evergate::credentials::Credentials;
use evergate::gateway::links::LinkUrl;
use evergate::presign::Presigner;
use evergate::resolve::{Overrides, Target};
use evergate::route::{Bucket, S3Doors};
use evergate::s3::{AddressStyle, BucketName, Endpoint, ObjectKey, Operation, Region};
use evergate::sigv4::{
    AccessKeyId, Candidate, Credential, Presented, PresignRequest, Received, Signer, VerifyingSecret,
};
use http::{HeaderMap, Method};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const CLIENT: &str = "EVGLIBRECHAT00000001";
const SECRET: &str = "secret-of-a-client-that-is-forty-long-00";
const HOST: &str = "files.example.com";
const REGION: &str = "eu-central-1";
const START: Timestamp = Timestamp::from_unix(1_800_000_000);
/// So many objects are asked for in turn, where each is to be another.
const KEYS: usize = 4_096;

/// Everything of this file.
pub(crate) fn all(criterion: &mut Criterion, counts: &mut Counts) {
    presign(criterion, counts);
    verify(criterion, counts);
    refresh(criterion, counts);
}

fn config() -> Config {
    let yaml = "buckets:\n  files: { name: files-of-a-chat, region: eu-central-1, credentials: { access_key_id: '${ID}', secret_access_key: '${SECRET}' } }\n\
                clients:\n  - { name: chat, access_key_id: EVGLIBRECHAT00000001, secret_access_key: '${CLIENT}', allow: [ { bucket: files, operations: [read] } ] }\n\
                refresh:\n  - { bucket: files, prefix: images/, max_age: 3650d, delivery: redirect }\n";
    let environment: Environment = [
        ("ID", "AKIAIOSFODNN7EXAMPLE"),
        ("SECRET", "not-a-secret"),
        ("CLIENT", SECRET),
    ]
    .into_iter()
    .collect();
    config::parse(yaml, Path::new("config.yaml"), &environment)
        .unwrap()
        .config
}

fn bucket(config: &Config) -> Arc<Bucket> {
    let bucket = &config.buckets[0];
    let OriginConfig::Server(server) = &bucket.origin else {
        unreachable!("it is written above")
    };
    Arc::new(Bucket::new(0, bucket, server))
}

fn presigner(token: Option<usize>, cache: UrlCacheConfig) -> Presigner {
    let (clock, _) = Clock::manual(START);
    let id = AccessKeyId::parse(if token.is_some() {
        "ASIAIOSFODNN7EXAMPLE"
    } else {
        "AKIAIOSFODNN7EXAMPLE"
    });
    let mut credential = Credential::new(id.unwrap(), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into());
    if let Some(length) = token {
        let token: String = "IQoJb3JpZ2luX2VjE/+=".chars().cycle().take(length).collect();
        credential = credential.with_session_token(token.into()).unwrap();
    }
    let held = Credentials::fixed(&config().buckets[0].id, credential, &clock);
    Presigner::new(vec![held], cache, clock)
}

fn presign(criterion: &mut Criterion, counts: &mut Counts) {
    let bucket = bucket(&config());
    let target = |number: usize| {
        let key = ObjectKey::parse(&format!("images/user-0815/{number:08}.png")).unwrap();
        let permit = Permit::operator(Arc::clone(&bucket), key, Operation::GetObject);
        Target::new(permit, Overrides::default())
    };
    let targets: Vec<_> = (0..KEYS).map(target).collect();
    let mut turn = targets.iter().cycle();
    let mut next = || turn.next().unwrap();

    let cached = presigner(None, UrlCacheConfig::MaxBytes(64 << 20));
    for target in &targets {
        cached.presign(target).unwrap();
    }
    measure(criterion, counts, "presign/hit", || cached.presign(next()).unwrap());
    let cold = presigner(None, UrlCacheConfig::Off);
    measure(criterion, counts, "presign/cold", || cold.presign(next()).unwrap());
    let token = presigner(Some(1024), UrlCacheConfig::Off);
    measure(criterion, counts, "presign/token", || token.presign(next()).unwrap());

    // Looked for, signed, and stored: each key is a new one.
    let missing = presigner(None, UrlCacheConfig::MaxBytes(64 << 20));
    let mut number = KEYS;
    let fresh = || {
        number += 1;
        target(number)
    };
    let operation = |target: &Target| missing.presign(target).unwrap();
    with_input(criterion, counts, "presign/miss", fresh, operation);
}

/// Links of an app, as they stand in its database.
fn links() -> Vec<LinkUrl> {
    let id = AccessKeyId::parse(CLIENT).unwrap();
    let signer = Signer::new(Arc::new(Credential::new(id, SECRET.into())));
    let bucket = BucketName::parse("files-of-a-chat").unwrap();
    let address = Endpoint::parse(&format!("https://{HOST}"))
        .unwrap()
        .address(AddressStyle::Path, &bucket);
    let region = Region::parse(REGION).unwrap();
    let link = |number: usize| {
        signer.presign(&PresignRequest {
            method: &Method::GET,
            address: &address,
            region: &region,
            key: &ObjectKey::parse(&format!("images/user-0815/{number:08}.png")).unwrap(),
            query: &[],
            signed_at: START.minus(Duration::from_hours(24)),
            expires: Duration::from_mins(2),
        })
    };
    (0..KEYS).map(|number| link(number).parse().unwrap()).collect()
}

fn received<'a>(link: &'a LinkUrl, headers: &'a HeaderMap) -> Received<'a> {
    Received {
        method: &Method::GET,
        path: link.target().path(),
        query: link.target().query(),
        headers,
    }
}

fn verify(criterion: &mut Criterion, counts: &mut Counts) {
    let (links, headers) = (links(), HeaderMap::new());
    let mut turn = links.iter().cycle();
    let mut next = || turn.next().unwrap();
    let candidate = Candidate {
        host: HOST,
        path: None,
        host_bucket: None,
    };
    let judge = |secret: &VerifyingSecret, link: &LinkUrl| {
        let presented = Presented::of(received(link, &headers)).unwrap().unwrap();
        presented.verify(secret, &[candidate], &[REGION], START).is_ok()
    };
    // A client whose key of the day has not been derived yet; the wrong one costs that, too.
    let secret = |secret: &'static str| move || VerifyingSecret::new(secret.into());
    let wrong = "another-secret-that-is-forty-long-000000";
    with_input(criterion, counts, "verify/fresh", secret(SECRET), |secret| {
        judge(secret, next())
    });
    with_input(criterion, counts, "verify/rejected", secret(wrong), |secret| {
        judge(secret, next())
    });
    let (right, wrong) = (secret(SECRET)(), secret(wrong)());
    assert!(judge(&right, &links[0]) && !judge(&wrong, &links[0]));
    measure(criterion, counts, "verify/cached", || judge(&right, next()));
    measure(criterion, counts, "verify/rejected-cached", || judge(&wrong, next()));
}

/// The whole way of an expired link: read, located, verified, judged by the rules, signed anew.
fn refresh(criterion: &mut Criterion, counts: &mut Counts) {
    let (config, links, headers) = (config(), links(), HeaderMap::new());
    let buckets = [bucket(&config)];
    let doors = S3Doors::new(&config.s3, config.client_names(), &buckets);
    let access = S3Access::new(&config, &doors, &buckets);
    let presigner = presigner(None, UrlCacheConfig::Off);
    let mut turn = links.iter().cycle();
    measure(criterion, counts, "refresh", || {
        let link = turn.next().unwrap();
        let presented = Presented::of(received(link, &headers)).unwrap().unwrap();
        let located = doors.locate(link.host(), presented.path()).unwrap();
        let by = access.authenticate(&presented, &located, link.host(), START).unwrap();
        let (bucket, key) = (located.configured().unwrap(), located.key.as_ref().unwrap());
        let permitted = access.presigned(&by, bucket, key, Operation::GetObject, START).unwrap();
        let target = Target::new(permitted.permit, Overrides::signed(presented.query()));
        presigner.presign(&target).unwrap()
    });
}
