//! Rule 25: no URL outlives its credential, its policy or the wall clock; and no redirect is kept for longer than its URL
//! lives (rule 22).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on ends")]

use evergate::access::Permit;
use evergate::clock::{Clock, ManualClock, Timestamp};
use evergate::config::{self, Config, Environment, OriginConfig, UrlCacheConfig};
use evergate::credentials::Credentials;
use evergate::presign::{PresignError, Presigner};
use evergate::resolve::Target;
use evergate::respond;
use evergate::route::Bucket;
use evergate::s3::{ObjectKey, Operation};
use evergate::sigv4::{AccessKeyId, Credential};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

const START: u64 = 1_800_000_000;

/// A bucket whose URLs live for `expiry` seconds, and a credential that ends at `end`.
struct Gateway {
    presigner: Presigner,
    bucket: Arc<Bucket>,
    clock: Clock,
    hands: ManualClock,
}

/// What a reader gets.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Redirect {
    signed_at: u64,
    /// `X-Amz-Expires`
    life: u64,
    /// `None` for `no-store`.
    max_age: Option<u64>,
}

impl Redirect {
    fn ends_at(&self) -> u64 {
        self.signed_at + self.life
    }
}

fn config(expiry: u64) -> Config {
    let text = format!(
        "buckets:\n  files: {{ name: files, region: us-east-1, endpoint: 'http://minio:9000', path_style: true, url_expiry: {expiry}s }}\n"
    );
    config::parse(&text, Path::new("config.yaml"), &Environment::default())
        .unwrap()
        .config
}

impl Gateway {
    fn new(now: u64, expiry: u64, end: u64, cache: UrlCacheConfig) -> Self {
        let config = config(expiry);
        let bucket = &config.buckets[0];
        let OriginConfig::Server(server) = &bucket.origin else {
            panic!("a server")
        };
        let (clock, hands) = Clock::manual(Timestamp::from_unix(now));
        let credential = Credential::new(AccessKeyId::parse("ASIAEXAMPLE").unwrap(), "secret".into())
            .with_session_token("token".into())
            .unwrap()
            .with_expiry(Timestamp::from_unix(end));
        let held = Credentials::fixed(&bucket.id, credential, &clock);
        Self {
            presigner: Presigner::new(vec![held], cache, clock.clone()),
            bucket: Arc::new(Bucket::new(0, bucket, server)),
            clock,
            hands,
        }
    }

    fn redirect(&self) -> Result<Redirect, PresignError> {
        let key = ObjectKey::parse("images/u42.png").unwrap();
        let permit = Permit::operator(Arc::clone(&self.bucket), key, Operation::GetObject);
        let presigned = self.presigner.presign(&Target::redirected(permit, None))?;
        let response = respond::redirect(&presigned.url, presigned.cache, self.clock.now());
        let field = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let (location, cache_control) = (field("location"), field("cache-control"));
        let query = |name: &str| {
            let (_, query) = location.split_once('?').unwrap();
            let value = query
                .split('&')
                .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            value.unwrap().to_owned()
        };
        let max_age = cache_control
            .strip_prefix("private, max-age=")
            .map(|age| age.parse().unwrap());
        assert!(max_age.is_some() || cache_control == "no-store", "{cache_control}");
        Ok(Redirect {
            signed_at: unix(&query("X-Amz-Date")),
            life: query("X-Amz-Expires").parse().unwrap(),
            max_age,
        })
    }
}

fn unix(date: &str) -> u64 {
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    let date = time::PrimitiveDateTime::parse(date, format).unwrap().assume_utc();
    date.unix_timestamp().try_into().unwrap()
}

#[test]
fn the_life_of_a_url_follows_the_credentials_end() {
    const HOUR: u64 = 3600;
    for (left, expiry, signs) in [
        (0, 120, false),
        (1, 120, false),
        (60, 1, false),
        (119, 1, false),
        (119, 7 * 24 * HOUR, false),
        (120, 1, true),
        (120, 120, true),
        (120, 7 * 24 * HOUR, true),
        (HOUR, 120, true),
        (HOUR, 12 * HOUR, true),
        (7 * 24 * HOUR, 7 * 24 * HOUR, true),
    ] {
        let gateway = Gateway::new(START, expiry, START + left, UrlCacheConfig::Off);
        let redirect = gateway.redirect();
        assert_eq!(redirect.is_ok(), signs, "{left} s left, {expiry} s asked for");
        match redirect {
            Ok(redirect) => {
                let end = START + left - 60;
                assert_eq!(redirect.life, expiry.min(end - redirect.signed_at), "{left} {expiry}");
            }
            Err(PresignError::CredentialEndsSoon) => assert!(left > 0),
            Err(PresignError::CredentialsUnavailable(_)) => assert_eq!(left, 0),
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn to_the_last_second_every_redirect_is_good_and_then_there_is_none() {
    for (expiry, cache) in [
        (2, UrlCacheConfig::MaxBytes(1 << 20)),
        (120, UrlCacheConfig::MaxBytes(1 << 20)),
        (7200, UrlCacheConfig::MaxBytes(1 << 20)),
        (7200, UrlCacheConfig::Off),
    ] {
        let end = START + 2000;
        let gateway = Gateway::new(START, expiry, end, cache);
        for now in START..end + 10 {
            gateway.hands.set(Timestamp::from_unix(now));
            let redirect = gateway.redirect();
            assert_eq!(redirect.is_ok(), now + 120 <= end, "{} s left", end.saturating_sub(now));
            let Ok(redirect) = redirect else { continue };
            assert!(redirect.ends_at() <= end - 60);
            // A second may have passed since the clock's reading.
            assert!(
                redirect.ends_at() > now + 1,
                "dead on arrival, with {} s left",
                end - now
            );
            assert!(now + 1 + redirect.max_age.unwrap_or(0) <= redirect.ends_at());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn nothing_outlives_anything(
        now in 1_500_000_000_u64..3_000_000_000,
        expiry in prop_oneof![2_u64..10, 2_u64..4000, 2_u64..=604_800],
        left in prop_oneof![0_u64..200, 0_u64..4000, 0_u64..700_000],
        steps in proptest::collection::vec(0_u64..600, 1..6),
        offset in prop_oneof![3 => Just(0_i64), 1 => -7200_i64..7200],
    ) {
        let end = now + left;
        let gateway = Gateway::new(now, expiry, end, UrlCacheConfig::MaxBytes(1 << 20));
        let mut now = now;
        for step in steps {
            now += step;
            let now_stamp = Timestamp::from_unix(now);
            gateway.hands.set(now_stamp);
            let _ = gateway.bucket.learn_offset(Timestamp::from_unix(now.checked_add_signed(offset).unwrap()), now_stamp);
            let origin_now = gateway.bucket.signing_time(now_stamp).as_unix();
            let redirect = gateway.redirect();
            prop_assert_eq!(redirect.is_ok(), now.max(origin_now) + 120 <= end);
            let Ok(redirect) = redirect else { continue };
            prop_assert!(redirect.life <= expiry);
            prop_assert!(redirect.signed_at <= origin_now);
            prop_assert!(redirect.ends_at() <= end - 60);
            prop_assert!(redirect.ends_at() > origin_now + 1);
            prop_assert!(origin_now + 1 + redirect.max_age.unwrap_or(0) <= redirect.ends_at());
        }
    }
}
