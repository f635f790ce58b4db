//! Hit, miss and a second process give one URL a window; what ends sooner is never handed out (rules 18, 25).

use super::*;
use crate::access::Permit;
use crate::clock::ManualClock;
use crate::config::{BucketConfig, BucketId, CredentialsConfig, OriginConfig, ServerConfig};
use crate::resolve::Overrides;
use crate::route::{Bucket, Learned};
use crate::s3::{AddressStyle, BucketName, Endpoint, ObjectKey, Operation, Region};
use crate::sigv4::{AccessKeyId, Credential};
use proptest::prelude::*;
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;

const START: Timestamp = Timestamp::from_unix(1_800_000_000);

fn bucket(expiry: Duration) -> Arc<Bucket> {
    let server = ServerConfig {
        endpoint: Endpoint::parse("https://s3.example.com").unwrap(),
        region: Region::parse("us-east-1").unwrap(),
        style: AddressStyle::Path,
        credentials: CredentialsConfig::Chain,
    };
    let config = BucketConfig {
        id: BucketId("files".into()),
        name: BucketName::parse("files").unwrap(),
        url_expiry: expiry,
        origin: OriginConfig::Server(server.clone()),
    };
    Arc::new(Bucket::new(0, &config, &server))
}

fn credential(ends: Option<Timestamp>) -> Credential {
    let credential = Credential::new(AccessKeyId::parse("AKIA1").unwrap(), SecretString::from("secret"));
    ends.into_iter().fold(credential, Credential::with_expiry)
}

fn presigner(start: Timestamp, cache: UrlCacheConfig, ends: Option<Timestamp>) -> (Presigner, ManualClock) {
    let (clock, hands) = Clock::manual(start);
    let held = Credentials::fixed(&BucketId("files".into()), credential(ends), &clock);
    (Presigner::new(vec![held], cache, clock), hands)
}

fn cached(start: Timestamp) -> (Presigner, ManualClock) {
    presigner(start, UrlCacheConfig::MaxBytes(1 << 20), None)
}

fn target(expiry: u64, key: &str, operation: Operation) -> Target {
    at_bucket(bucket(Duration::from_secs(expiry)), key, operation)
}

fn at_bucket(bucket: Arc<Bucket>, key: &str, operation: Operation) -> Target {
    let permit = Permit::operator(bucket, ObjectKey::parse(key).unwrap(), operation);
    Target::new(permit, Overrides::default())
}

fn moved(time: Timestamp, seconds: i64) -> Timestamp {
    let by = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { time.minus(by) } else { time.plus(by) }
}

/// What `X-Amz-Date` of a URL says.
fn dated(url: &str) -> Timestamp {
    let text = query_value(url, "X-Amz-Date").unwrap();
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    let date = time::PrimitiveDateTime::parse(&text, format).unwrap().assume_utc();
    Timestamp::from_unix(date.unix_timestamp().try_into().unwrap())
}

fn get(expiry: u64, key: &str) -> Target {
    target(expiry, key, Operation::GetObject)
}

fn location(presigned: &Presigned) -> String {
    presigned.url.location.to_str().unwrap().to_owned()
}

fn query_value(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let pair = query
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    pair.map(str::to_owned)
}

#[test]
fn a_hit_gives_the_very_url_of_the_miss() {
    let (presigner, _hands) = cached(START);
    let first = presigner.presign(&get(120, "images/u1.png")).unwrap();
    let second = presigner.presign(&get(120, "images/u1.png")).unwrap();
    assert_eq!((first.cache, second.cache), (UrlCacheStatus::Miss, UrlCacheStatus::Hit));
    assert_eq!(first.url, second.url);
    // It was not made a second time.
    let at = |presigned: &Presigned| presigned.url.location.as_bytes().as_ptr();
    assert_eq!(at(&first), at(&second));
    let stats = presigner.cache_reading().unwrap();
    assert_eq!((stats.hits, stats.misses), (1, 1));
}

#[test]
fn two_processes_and_no_cache_at_all_give_the_same_bytes() {
    let (one, _) = cached(START);
    let (other, hands) = cached(START);
    let (off, _) = presigner(START, UrlCacheConfig::Off, None);
    let signed = one.presign(&get(7200, "images/u1.png")).unwrap();
    // The second comes along at the last instant of the window.
    hands.set(signed.url.signed_at.plus(Duration::from_secs(899)));
    let later = other.presign(&get(7200, "images/u1.png")).unwrap();
    let uncached = off.presign(&get(7200, "images/u1.png")).unwrap();
    assert_eq!(location(&signed), location(&later));
    assert_eq!(location(&signed), location(&uncached));
    assert_eq!(uncached.cache, UrlCacheStatus::Off);
    assert_eq!(off.cache_reading(), None);
}

#[test]
fn the_url_says_what_its_times_say() {
    let (presigner, _hands) = cached(START);
    let signed = presigner.presign(&get(7200, "images/u1.png")).unwrap();
    let url = location(&signed);
    assert!(url.starts_with("https://s3.example.com/files/images/u1.png?"), "{url}");
    assert_eq!(query_value(&url, "X-Amz-Expires").as_deref(), Some("7200"));
    assert_eq!(signed.url.expires_at.since(signed.url.signed_at).as_secs(), 7200);
    assert!(
        !format!("{signed:?}").contains("X-Amz-Signature"),
        "a signed URL is a secret"
    );
}

#[test]
fn a_region_learned_is_signed_for_at_once_and_no_older_url_is_handed_out() {
    let (presigner, _hands) = cached(START);
    let target = get(7200, "images/u1.png");
    let before = presigner.presign(&target).unwrap();
    let learned = target
        .permit()
        .bucket()
        .learn_region(&Region::parse("eu-west-1").unwrap());
    assert_eq!(learned, Learned::New);
    let after = presigner.presign(&target).unwrap();
    assert_eq!(after.cache, UrlCacheStatus::Miss);
    assert!(location(&before).contains("%2Fus-east-1%2Fs3%2F"), "{before:?}");
    assert!(location(&after).contains("%2Feu-west-1%2Fs3%2F"), "{after:?}");
    assert_eq!(after.url.signed_at, before.url.signed_at);
    assert_eq!(presigner.presign(&target).unwrap().cache, UrlCacheStatus::Hit);
}

#[test]
fn get_and_head_are_signed_each_for_itself() {
    let (presigner, _hands) = cached(START);
    let get = presigner.presign(&get(120, "k")).unwrap();
    let head = presigner.presign(&target(120, "k", Operation::HeadObject)).unwrap();
    assert_ne!(location(&get), location(&head));
    assert_eq!(head.cache, UrlCacheStatus::Miss);
}

#[test]
fn overrides_are_signed_and_kept_apart() {
    let (presigner, _hands) = cached(START);
    let plain = get(120, "k");
    let overrides = Overrides::disposition("attachment; filename=\"a b.pdf\"".into());
    let attachment = Target::new(plain.permit().clone(), overrides);
    let (plain, attachment) = (
        presigner.presign(&plain).unwrap(),
        presigner.presign(&attachment).unwrap(),
    );
    let (plain, attachment) = (location(&plain), location(&attachment));
    assert_eq!(
        query_value(&attachment, "response-content-disposition").as_deref(),
        Some("attachment%3B%20filename%3D%22a%20b.pdf%22")
    );
    assert_ne!(
        query_value(&plain, "X-Amz-Signature"),
        query_value(&attachment, "X-Amz-Signature")
    );
}

#[test]
fn a_clock_set_back_gets_the_url_of_its_own_time() {
    let (presigner, hands) = cached(START);
    let ahead = presigner.presign(&get(120, "k")).unwrap();
    hands.set(ahead.url.signed_at.minus(Duration::from_secs(1)));
    let behind = presigner.presign(&get(120, "k")).unwrap();
    assert_eq!(behind.cache, UrlCacheStatus::Miss);
    assert!(behind.url.signed_at < ahead.url.signed_at);
}

#[test]
fn a_url_ends_a_minute_before_its_credential() {
    let ends = START.plus(Duration::from_secs(1000));
    let (presigner, _hands) = presigner(START, UrlCacheConfig::MaxBytes(1 << 20), Some(ends));
    let signed = presigner.presign(&get(7200, "k")).unwrap();
    assert_eq!(signed.url.expires_at, ends.minus(Duration::from_mins(1)));
    let life = signed.url.expires_at.since(signed.url.signed_at).as_secs();
    assert_eq!(query_value(&location(&signed), "X-Amz-Expires"), Some(life.to_string()));
}

#[test]
fn a_credential_near_its_end_hands_out_nothing_not_even_on_a_hit() {
    let ends = START.plus(Duration::from_secs(125));
    let (presigner, hands) = presigner(START, UrlCacheConfig::MaxBytes(1 << 20), Some(ends));
    assert!(presigner.presign(&get(7200, "k")).is_ok());
    hands.advance(Duration::from_secs(6));
    assert_eq!(
        presigner.presign(&get(7200, "k")),
        Err(PresignError::CredentialEndsSoon)
    );
    hands.set(ends);
    assert!(matches!(
        presigner.presign(&get(7200, "k")),
        Err(PresignError::CredentialsUnavailable(_))
    ));
}

#[test]
fn a_bucket_that_is_not_there_is_refused_without_a_panic() {
    let presigner = Presigner::new(vec![], UrlCacheConfig::Off, Clock::system());
    let refusal = presigner.presign(&get(120, "k")).unwrap_err();
    assert!(matches!(refusal, PresignError::CredentialsUnavailable(_)));
}

#[test]
fn every_instant_of_ten_minutes_hands_out_a_url_of_its_window() {
    for expiry in [1, 2, 3, 10, 121] {
        let (presigner, hands) = cached(START);
        let mut held: Option<Presigned> = None;
        for _ in 0..600 {
            let got = presigner.presign(&get(expiry, "images/u1.png")).unwrap();
            if let Some(held) = held {
                assert_eq!(got.cache == UrlCacheStatus::Hit, location(&got) == location(&held));
            }
            held = Some(got);
            hands.advance(Duration::from_secs(1));
        }
        let turns = 600 / (expiry / 2).max(1);
        let misses = presigner.cache_reading().unwrap().misses;
        assert!(
            (turns..=turns + 1).contains(&misses),
            "{misses} signed, expiry {expiry}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_url_is_fresh_on_hits_and_misses(
        now in 1_000_000_000_u64..4_000_000_000,
        expiry in prop_oneof![2_u64..10, 2_u64..=604_800],
        key in "[a-z0-9/ +%é]{1,40}",
        steps in proptest::collection::vec(0_u64..1000, 1..8),
    ) {
        let Ok(_) = ObjectKey::parse(&key) else { return Ok(()) };
        let mut now = Timestamp::from_unix(now);
        let (one, one_hands) = cached(now);
        let (other, other_hands) = presigner(now, UrlCacheConfig::Off, None);
        for step in steps {
            now = now.plus(Duration::from_secs(step));
            one_hands.set(now);
            other_hands.set(now);
            let got = one.presign(&get(expiry, &key)).unwrap();
            prop_assert_eq!(location(&got), location(&other.presign(&get(expiry, &key)).unwrap()));
            prop_assert!(got.url.signed_at <= now);
            // The clock may be up to a second further than it reads.
            prop_assert!(2 * (got.url.expires_at.since(now).as_secs() - 1) >= expiry);
            prop_assert_eq!(got.url.expires_at.since(got.url.signed_at).as_secs(), expiry);
        }
    }
}

#[test]
fn rule_26_urls_are_dated_by_the_origins_clock_and_told_by_ours() {
    for seconds in [-86_400, -1200, 1200, 86_400] {
        let target = get(7200, "images/u1.png");
        let (presigner, _hands) = cached(START);
        let refused = presigner.presign(&target).unwrap();
        let origin_now = moved(START, seconds);
        assert_eq!(target.permit().bucket().learn_offset(origin_now, START), Learned::New);
        let signed = presigner.presign(&target).unwrap();
        assert_eq!(
            signed.cache,
            UrlCacheStatus::Miss,
            "the URL that would be refused is not handed out again"
        );
        assert_ne!(location(&refused), location(&signed));
        assert_eq!(presigner.presign(&target).unwrap().cache, UrlCacheStatus::Hit);
        // The very URL of a replica whose clock is right.
        let (right, _hands) = presigner_at(origin_now);
        let its = right.presign(&get(7200, "images/u1.png")).unwrap();
        assert_eq!(location(&its), location(&signed));
        assert_eq!(its.url.expires_at.since(origin_now), signed.url.expires_at.since(START));
        assert!(signed.url.signed_at <= START);
    }
}

#[test]
fn an_offset_that_is_forgotten_turns_the_url() {
    let (presigner, hands) = cached(START);
    let target = get(7 * 24 * 3600, "k");
    let _ = target.permit().bucket().learn_offset(moved(START, -1200), START);
    let corrected = presigner.presign(&target).unwrap();
    hands.advance(Duration::from_mins(15));
    let own = presigner.presign(&target).unwrap();
    let now = START.plus(Duration::from_mins(15));
    assert!(dated(&location(&corrected)) <= moved(START, -1200));
    assert!(dated(&location(&own)) > moved(now, -900) && dated(&location(&own)) <= now);
}

#[test]
fn a_credential_near_its_end_by_either_clock_signs_nothing() {
    let ends = START.plus(Duration::from_mins(30));
    for (seconds, own, signs) in [
        (1200, 0, true),
        (1200, 8 * 60, true),
        (1200, 8 * 60 + 1, false),
        (-1200, 28 * 60, true),
        (-1200, 28 * 60 + 1, false),
    ] {
        let now = START.plus(Duration::from_secs(own));
        let (presigner, _hands) = presigner(now, UrlCacheConfig::Off, Some(ends));
        let target = get(7200, "k");
        let _ = target.permit().bucket().learn_offset(moved(now, seconds), now);
        assert_eq!(presigner.presign(&target).is_ok(), signs, "{seconds} {own}");
    }
}

fn presigner_at(start: Timestamp) -> (Presigner, ManualClock) {
    presigner(start, UrlCacheConfig::Off, None)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    /// An offset that changes under way, for one process with a cache and one without.
    #[test]
    fn whatever_the_clocks_do_a_url_is_fresh_where_it_is_judged(
        now in 1_500_000_000_u64..2_500_000_000,
        expiry in prop_oneof![2_u64..10, 2_u64..=604_800],
        left in prop_oneof![Just(None), (100_000_u64..700_000).prop_map(Some)],
        steps in proptest::collection::vec((0_u64..1000, prop_oneof![3 => Just(None), 1 => (-86_400_i64..=86_400).prop_map(Some)]), 1..12),
    ) {
        let mut now = Timestamp::from_unix(now);
        let end = left.map(|left| now.plus(Duration::from_secs(left)));
        let (one, one_hands) = presigner(now, UrlCacheConfig::MaxBytes(1 << 20), end);
        let (off, off_hands) = presigner(now, UrlCacheConfig::Off, end);
        let bucket = bucket(Duration::from_secs(expiry));
        let target = at_bucket(Arc::clone(&bucket), "images/u1.png", Operation::GetObject);
        for (step, refusal) in steps {
            now = now.plus(Duration::from_secs(step));
            one_hands.set(now);
            off_hands.set(now);
            if let Some(seconds) = refusal {
                let _ = bucket.learn_offset(moved(now, seconds), now);
            }
            let origin_now = bucket.signing_time(now);
            let (got, uncached) = (one.presign(&target), off.presign(&target));
            let (Ok(got), Ok(uncached)) = (got, uncached) else {
                prop_assert!(end.is_some_and(|end| end.since(now.max(origin_now)) < Duration::from_mins(2)));
                continue;
            };
            prop_assert_eq!(location(&got), location(&uncached));
            let (right, _) = presigner(origin_now, UrlCacheConfig::Off, end);
            let on_time = right.presign(&at_bucket(self::bucket(Duration::from_secs(expiry)), "images/u1.png", Operation::GetObject));
            prop_assert_eq!(location(&got), location(&on_time.unwrap()));
            // As the origin judges it.
            let url = location(&got);
            let date = dated(&url);
            let life: u64 = query_value(&url, "X-Amz-Expires").unwrap().parse().unwrap();
            let ends_at = date.plus(Duration::from_secs(life));
            prop_assert!(date <= origin_now && life <= expiry);
            prop_assert!(2 * (ends_at.since(origin_now).as_secs() - 1) >= life);
            if let Some(end) = end {
                prop_assert!(ends_at <= end.minus(Duration::from_mins(1)));
            }
            // As we tell it.
            prop_assert_eq!(got.url.expires_at.since(now), ends_at.since(origin_now));
            prop_assert!(got.url.signed_at <= now);
            prop_assert_eq!(got.url.expires_at.since(got.url.signed_at).as_secs(), life);
        }
    }
}
