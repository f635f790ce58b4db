//! Clocks and regions that differ: found out by one failure, and by no more than one. Rules 4 and 26.

use crate::gateway::{Gateway, Setup};
use crate::object::Object;
use crate::origin::{Asked, ChaosOrigin};
use crate::play::{Play, Refusal};
use crate::reader::{ask, get};
use evergate::clock::{Clock, ManualClock, Timestamp};
use http::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

/// 2026-11-22T12:00:00Z
const NOON: u64 = 1_795_348_800;
/// How far apart clocks may be, says S3.
const TOLERANCE: i64 = 15 * 60;

/// A gateway with a clock of its own, and an origin whose clock is so many seconds ahead of noon.
struct Clocks {
    origin: ChaosOrigin,
    gateway: Gateway,
    /// The gateway's.
    hands: ManualClock,
    shift: Arc<AtomicI64>,
}

impl Clocks {
    fn new(shift: i64) -> Self {
        let shift = Arc::new(AtomicI64::new(shift));
        let time = Arc::clone(&shift);
        let origin = ChaosOrigin::start(move |asked| by_the_clock(asked, time.load(Ordering::SeqCst)));
        let (clock, hands) = Clock::manual(Timestamp::from_unix(NOON));
        let gateway = Setup {
            clock,
            ..Setup::default()
        }
        .start(&origin);
        Self {
            origin,
            gateway,
            hands,
            shift,
        }
    }

    /// Sets the gateway's clock to so many seconds after noon.
    fn set_gateway(&self, seconds: i64) {
        self.hands
            .set(Timestamp::from_unix(NOON.checked_add_signed(seconds).unwrap()));
    }

    /// Reads an object; returns how often the origin was asked for it.
    async fn read(&self, key: &str, method: Method) -> usize {
        let before = self.origin.count();
        let answer = ask(self.gateway.address, method.clone(), &format!("/s/{key}"), &[]).await;
        if method == Method::HEAD {
            assert_eq!(answer.status, 200, "{key}");
        } else {
            assert!(answer.is_whole(&Object::of(key, 0)), "{key}: {}", answer.status);
        }
        self.origin.count() - before
    }
}

fn date_of(asked: &Asked) -> i64 {
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    let date = asked.field("x-amz-date").unwrap();
    time::PrimitiveDateTime::parse(date, format)
        .unwrap()
        .assume_utc()
        .unix_timestamp()
}

/// Judges the date of the signature as S3 does, by a clock that is `shift` seconds after noon.
fn by_the_clock(asked: &Asked, shift: i64) -> Play {
    let now = i64::try_from(NOON).unwrap() + shift;
    if (date_of(asked) - now).abs() <= TOLERANCE {
        return Play::Serve;
    }
    let since = UNIX_EPOCH + Duration::from_secs(now.try_into().unwrap());
    let date = format!("Date: {}", httpdate::fmt_http_date(since));
    Refusal::new("403 Forbidden", "RequestTimeTooSkewed").field(date).into()
}

#[tokio::test]
async fn rule_26_a_clock_that_is_wrong_costs_one_failure() {
    for shift in [-960, 960, -5_000, 80_000] {
        let clocks = Clocks::new(shift);
        assert_eq!(clocks.read("first", Method::GET).await, 2, "{shift}");
        for later in ["second", "third"] {
            assert_eq!(clocks.read(later, Method::GET).await, 1, "{shift}");
        }
        let learned = "evergate_origin_retries_total{bucket=\"files\",reason=\"clock\"}";
        assert_eq!(clocks.gateway.metric(learned), 1);
    }
}

#[tokio::test]
async fn rule_26_a_clock_within_the_tolerance_costs_none() {
    for shift in [-890, 890] {
        assert_eq!(Clocks::new(shift).read("first", Method::GET).await, 1, "{shift}");
    }
}

#[tokio::test]
async fn rule_26_a_clock_that_is_set_costs_one_failure_again() {
    let clocks = Clocks::new(0);
    assert_eq!(clocks.read("fine", Method::GET).await, 1);
    // Somebody sets the gateway's clock back…
    clocks.set_gateway(-2_000);
    assert_eq!(clocks.read("back", Method::GET).await, 2);
    assert_eq!(clocks.read("still-back", Method::GET).await, 1);
    // … and right again: what was learned is too old to count.
    clocks.set_gateway(100);
    assert_eq!(clocks.read("right", Method::GET).await, 1);
    // And the origin's.
    clocks.shift.store(4_000, Ordering::SeqCst);
    assert_eq!(clocks.read("ahead", Method::GET).await, 2);
    assert_eq!(clocks.read("still-ahead", Method::GET).await, 1);
}

#[tokio::test]
async fn rule_26_the_answer_to_head_has_no_code_but_a_date() {
    let clocks = Clocks::new(-3_000);
    assert_eq!(clocks.read("first", Method::HEAD).await, 2);
    assert_eq!(clocks.read("second", Method::HEAD).await, 1);
}

#[tokio::test]
async fn rule_26_redirects_go_by_what_streams_have_learned() {
    let clocks = Clocks::new(5_000);
    clocks.read("learn", Method::GET).await;
    let answer = get(clocks.gateway.address, "/r/object").await;
    let location = answer.header("location").unwrap().to_owned();
    assert!(location.contains("X-Amz-Date=20261122T13"), "{location}");
}

#[tokio::test]
async fn an_origin_that_can_not_be_pleased_is_asked_twice() {
    let origin = ChaosOrigin::start(|asked| {
        // Whatever it is signed by, it is an hour later here.
        let now = UNIX_EPOCH + Duration::from_secs((date_of(asked) + 3_600).try_into().unwrap());
        let date = format!("Date: {}", httpdate::fmt_http_date(now));
        Refusal::new("403 Forbidden", "RequestTimeTooSkewed").field(date).into()
    });
    let gateway = Gateway::new(&origin);
    assert_eq!(get(gateway.address, "/s/x").await.status, 404);
    assert_eq!(origin.count(), 2);
}

/// Serves what is signed for `region` and says where the bucket is to all others.
fn in_region(asked: &Asked, region: &str) -> Play {
    if asked.region() == region {
        return Play::Serve;
    }
    Refusal::new("400 Bad Request", "AuthorizationHeaderMalformed")
        .element("Region", region)
        .field(format!("x-amz-bucket-region: {region}"))
        .into()
}

#[tokio::test]
async fn a_wrong_region_costs_one_failure() {
    for method in [Method::GET, Method::HEAD] {
        let origin = ChaosOrigin::start(|asked| in_region(asked, "eu-central-1"));
        let gateway = Gateway::new(&origin);
        for (key, asked) in [("first", 2), ("second", 3), ("third", 4)] {
            let answer = ask(gateway.address, method.clone(), &format!("/s/{key}"), &[]).await;
            assert_eq!((answer.status, origin.count()), (200, asked), "{method}");
        }
        let location = get(gateway.address, "/r/object").await;
        assert!(location.header("location").unwrap().contains("%2Feu-central-1%2Fs3"));
    }
}

#[tokio::test]
async fn requests_that_fail_together_learn_together() {
    let origin = ChaosOrigin::start(|asked| in_region(asked, "eu-central-1").after(Duration::from_millis(50)));
    let gateway = Gateway::new(&origin);
    let path = |number: usize| format!("/s/object/{number}");
    let all = (0..20).map(|number| {
        let address = gateway.address;
        async move { get(address, &path(number)).await }
    });
    for (number, answer) in futures_util::future::join_all(all).await.into_iter().enumerate() {
        assert!(answer.is_whole(&Object::of(&format!("object/{number}"), 0)));
    }
    assert!(origin.count() <= 40, "{}", origin.count());
    let learned = gateway.metric("evergate_origin_retries_total{bucket=\"files\",reason=\"region\"}");
    assert!((1..=20).contains(&learned), "{learned}");
}
