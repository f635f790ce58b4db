//! How an origin is spared: repeats stay within a tenth, an origin that only fails is left in peace but for one probe, one
//! that asks for fewer requests gets fewer. All of it is counted at the origin. Rule 24.

use crate::gateway::{Gateway, Setup};
use crate::object::Object;
use crate::origin::{Asked, ChaosOrigin};
use crate::play::{End, Play, Point, Refusal};
use crate::reader::get;
use evergate::fetch::{BreakerBounds, BudgetBounds, ConcurrencyBounds, OriginBounds, RetryBounds};
use futures_util::future::join_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Far longer than anything that is waited for.
const PATIENCE: Duration = Duration::from_secs(40);

/// A breaker that never opens, so that it hides nothing.
const NO_BREAKER: BreakerBounds = BreakerBounds {
    failures: u32::MAX,
    open: Duration::ZERO,
    longest_open: Duration::ZERO,
};

fn broken() -> Play {
    Refusal::new("500 Internal Server Error", "InternalError").into()
}

fn gateway(origin: &ChaosOrigin, bounds: OriginBounds) -> Gateway {
    let setup = Setup {
        bounds,
        workers: 2,
        ..Setup::default()
    };
    setup.start(origin)
}

async fn status(gateway: &Gateway) -> u16 {
    get(gateway.address, "/s/object").await.status
}

/// Waits for a condition.
async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !done().await {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn rule_24_repeats_are_a_tenth_of_the_traffic() {
    const REQUESTS: usize = 300;
    const RESERVE: u32 = 5;
    let origin = ChaosOrigin::start(|_| broken());
    let bounds = OriginBounds {
        budget: BudgetBounds { reserve: RESERVE },
        retry: RetryBounds {
            pause: Duration::from_millis(4),
            ..RetryBounds::default()
        },
        breaker: NO_BREAKER,
        ..OriginBounds::default()
    };
    let gateway = gateway(&origin, bounds);
    for _ in 0..REQUESTS / 20 {
        for status in join_all((0..20).map(|_| status(&gateway))).await {
            assert_eq!(status, 502);
        }
    }
    let repeats = origin.count() - REQUESTS;
    let allowed = REQUESTS / 10 + RESERVE as usize;
    assert!((allowed - 5..=allowed).contains(&repeats), "{repeats} of {allowed}");
    let retries = "evergate_origin_retries_total{bucket=\"files\",reason=\"broken\"}";
    assert_eq!(gateway.metric(retries), repeats as u64);
    assert!(gateway.of_bucket("evergate_origin_retries_refused_total") > 0);
    assert_eq!(gateway.of_bucket("evergate_origin_retry_budget"), 0);
}

/// Readers that ask again and again until they are told to stop. Dropping it stops them.
struct Crowd {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicUsize>,
    readers: Vec<tokio::task::JoinHandle<()>>,
}

impl Crowd {
    fn of(size: usize, gateway: &Gateway) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let served = Arc::new(AtomicUsize::new(0));
        let reader = |number: usize| {
            let (stop, served, address) = (Arc::clone(&stop), Arc::clone(&served), gateway.address);
            tokio::spawn(async move {
                let key = format!("crowd/{number}-3000");
                let (path, object) = (format!("/s/{key}"), Object::of(&key, 0));
                while !stop.load(Ordering::SeqCst) {
                    let answer = get(address, &path).await;
                    if answer.status == 200 {
                        assert!(answer.is_whole(&object), "wrong bytes");
                        served.fetch_add(1, Ordering::SeqCst);
                    } else {
                        // As a reader who has been told to come again.
                        assert!(matches!(answer.status, 502..=504), "{}", answer.status);
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                }
            })
        };
        Self {
            readers: (0..size).map(reader).collect(),
            stop,
            served,
        }
    }

    fn served(&self) -> usize {
        self.served.load(Ordering::SeqCst)
    }

    async fn leave(self) {
        self.stop.store(true, Ordering::SeqCst);
        for reader in self.readers {
            reader.await.unwrap();
        }
    }
}

fn breaker_state(gateway: &Gateway, state: &str) -> bool {
    gateway.metric(&format!(
        "evergate_origin_breaker_state{{bucket=\"files\",state=\"{state}\"}}"
    )) == 1
}

#[tokio::test]
async fn an_origin_that_only_fails_is_asked_by_one_at_a_time() {
    const OPEN: Duration = Duration::from_millis(200);
    let bounds = OriginBounds {
        breaker: BreakerBounds {
            failures: 10,
            open: OPEN,
            longest_open: 2 * OPEN,
        },
        ..OriginBounds::default()
    };
    for fault in [broken(), Play::Cut(Point::Request, End::Reset)] {
        let slow = fault.clone().after(Duration::from_millis(60));
        let origin = ChaosOrigin::start(move |_| slow.clone());
        let gateway = gateway(&origin, bounds);
        let crowd = Crowd::of(16, &gateway);
        // What was let through before it opened comes to its end, on the way to the origin or there.
        until("the breaker", async || {
            gateway.of_bucket("evergate_origin_breaker_opened_total") > 0
                && gateway.of_bucket("evergate_origin_concurrency") == 0
                && origin.pending() == 0
        })
        .await;

        // From here on, all that comes is a probe.
        let (before, begun) = (origin.count(), Instant::now());
        let _ = origin.take_peak();
        until("some probes", async || origin.count() >= before + 5).await;
        assert_eq!(origin.take_peak(), 1, "one probe at a time");
        let probes = origin.count() - before;
        let most = begun.elapsed().as_millis() / (OPEN.as_millis() * 3 / 4) + 1;
        assert!(probes as u128 <= most, "{probes} probes in {:?}", begun.elapsed());

        let answer = get(gateway.address, "/s/object").await;
        if answer.status == 503 {
            assert!(answer.header("retry-after").is_some());
        } else {
            assert_eq!(answer.status, 502, "this one was the probe");
        }
        let suspended = "evergate_requests_total{route=\"/s/\",outcome=\"origin_suspended\"}";
        assert!(gateway.metric(suspended) > 0);

        origin.turn(|_| Play::Serve);
        until("the origin's return", async || crowd.served() > 50).await;
        assert!(breaker_state(&gateway, "closed"));
        crowd.leave().await;
    }
}

#[tokio::test]
async fn nobody_there_is_asked_three_times_and_then_left_in_peace() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let gateway = Setup::default().start_at(&format!("http://{nobody}"));
    assert_eq!(status(&gateway).await, 502);
    let retries = "evergate_origin_retries_total{bucket=\"files\",reason=\"unreachable\"}";
    assert_eq!(gateway.metric(retries), 2);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(status(&gateway).await);
    }
    assert_eq!(seen, [502, 502, 502, 503]);
}

#[tokio::test]
async fn refusals_of_one_who_works_open_nothing() {
    for (status_line, code, seen) in [
        ("404 Not Found", "NoSuchKey", 404),
        ("403 Forbidden", "AccessDenied", 404),
        ("400 Bad Request", "InvalidRequest", 502),
    ] {
        let origin = ChaosOrigin::start(move |_| Refusal::new(status_line, code).into());
        let gateway = gateway(&origin, OriginBounds::default());
        for _ in 0..30 {
            assert_eq!(status(&gateway).await, seen);
        }
        assert_eq!(origin.count(), 30);
        assert!(breaker_state(&gateway, "closed"));
    }
}

/// Serves so many at once, and tells all others to slow down.
fn at_most(most: usize, busy: &Arc<AtomicUsize>) -> impl Fn(&Asked) -> Play + Send + Sync + 'static + use<> {
    let busy = Arc::clone(busy);
    move |_| {
        if busy.fetch_add(1, Ordering::SeqCst) >= most {
            busy.fetch_sub(1, Ordering::SeqCst);
            return Refusal::new("503 Slow Down", "SlowDown").into();
        }
        let busy = Arc::clone(&busy);
        std::thread::sleep(Duration::from_millis(15));
        busy.fetch_sub(1, Ordering::SeqCst);
        Play::Serve
    }
}

#[tokio::test]
async fn rule_24_slow_down_lowers_the_concurrency_and_it_recovers() {
    const CROWD: usize = 24;
    const MOST: usize = 4;
    let busy = Arc::new(AtomicUsize::new(0));
    let origin = ChaosOrigin::start(at_most(usize::MAX, &busy));
    let bounds = OriginBounds {
        concurrency: ConcurrencyBounds {
            most: 32,
            ..ConcurrencyBounds::default()
        },
        ..OriginBounds::default()
    };
    let gateway = gateway(&origin, bounds);
    let crowd = Crowd::of(CROWD, &gateway);
    until("a crowd at the origin", async || origin.take_peak() > 2 * MOST).await;
    assert_eq!(gateway.of_bucket("evergate_origin_concurrency_lowered_total"), 0);

    origin.turn(at_most(MOST, &busy));
    until("fewer at once", async || {
        gateway.of_bucket("evergate_origin_concurrency_limit") <= MOST as u64 + 1
    })
    .await;
    until("the crowd to wait", async || {
        gateway.of_bucket("evergate_origin_concurrency_waiting") > 0 && origin.pending() <= MOST + 1
    })
    .await;
    let _ = origin.take_peak();
    let before = crowd.served();
    until("readers to be served all the same", async || {
        crowd.served() > before + 200
    })
    .await;
    let peak = origin.take_peak();
    assert!(peak <= 2 * MOST, "{peak} at once");

    origin.turn(at_most(usize::MAX, &busy));
    until("the crowd to be back", async || origin.take_peak() > 2 * MOST + 2).await;
    crowd.leave().await;
    assert_eq!(gateway.of_bucket("evergate_origin_concurrency"), 0);
    assert_eq!(gateway.of_bucket("evergate_origin_concurrency_waiting"), 0);
}

#[tokio::test]
async fn rule_23_who_finds_no_place_in_time_is_told_to_come_again() {
    let origin = ChaosOrigin::start(|_| Play::Serve.after(Duration::from_millis(1_500)));
    let bounds = OriginBounds {
        concurrency: ConcurrencyBounds {
            most: 2,
            least: 1,
            most_waiting: 3,
            wait: Duration::from_millis(100),
        },
        ..OriginBounds::default()
    };
    let gateway = gateway(&origin, bounds);
    let answers = join_all((0..8).map(|_| get(gateway.address, "/s/object"))).await;
    let late = answers.iter().filter(|answer| answer.status == 503);
    assert!(late.clone().all(|answer| answer.header("retry-after").is_some()));
    assert_eq!(late.count(), 6);
    assert_eq!(origin.count(), 2);
    let held_back = "evergate_origin_errors_total{bucket=\"files\",kind=\"held_back\"}";
    assert_eq!(gateway.metric(held_back), 6);
}
