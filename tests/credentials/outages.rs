//! The credential endpoint down for longer than a credential lives: served to the last valid second, 503 after it, and
//! back within five seconds of its return, with one call at a time all along.

use crate::sources::Scene;
use crate::support::credential_server::Mood;
use crate::support::evergate::Evergate;
use crate::support::http::{get, raw};
use evergate::clock::Clock;
use std::time::{Duration, Instant};
use tokio::time::sleep;

const LIFE: Duration = Duration::from_secs(20);
/// Where a shorter life shows the same.
const SHORT_LIFE: Duration = Duration::from_secs(6);
/// How long it stays down after the credential's end.
const DARK: Duration = Duration::from_secs(5);
/// The promise.
const BACK_WITHIN: Duration = Duration::from_secs(5);

async fn status(gateway: &Evergate) -> u16 {
    get(gateway.address, "/s/u1.png").await.status.as_u16()
}

async fn metric(gateway: &Evergate, sample: &str) -> u64 {
    let page = raw(
        gateway.admin,
        b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    let page = String::from_utf8(page).unwrap();
    page.lines()
        .find_map(|line| line.strip_prefix(sample)?.trim().parse().ok())
        .unwrap_or_else(|| panic!("{sample} in {page}"))
}

/// Runs one outage; `begin` brings it about, `end` is the return.
async fn outage(scene: &Scene, gateway: &Evergate, begin: impl Fn(), end: impl Fn()) {
    let clock = Clock::system();
    assert_eq!(status(gateway).await, 200);
    begin();
    let ends = scene.server.ledger.all().last().unwrap().ends;
    while clock.now().as_unix() + 1 < ends {
        let answer = get(gateway.address, "/s/u1.png").await;
        assert_eq!(
            answer.status,
            200,
            "{} s before the end: {answer:?}",
            ends - clock.now().as_unix()
        );
        sleep(Duration::from_millis(100)).await;
    }
    // In the last second an answer may come from either side of the end.
    while clock.now().as_unix() < ends {
        sleep(Duration::from_millis(20)).await;
    }
    let dark = Instant::now();
    while dark.elapsed() < DARK {
        let answer = get(gateway.address, "/s/u1.png").await;
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(answer.maybe("retry-after").is_some(), "{answer:?}");
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(metric(gateway, "evergate_credential_valid{bucket=\"files\"}").await, 0);
    assert!(
        metric(
            gateway,
            "evergate_credential_renewals_total{bucket=\"files\",result=\"failed\"}"
        )
        .await
            >= 1
    );
    end();
    let returned = Instant::now();
    while status(gateway).await != 200 {
        assert!(returned.elapsed() < BACK_WITHIN, "not back in time:\n{}", gateway.log());
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(
        metric(
            gateway,
            "evergate_credential_renewals_total{bucket=\"files\",result=\"ok\"}"
        )
        .await,
        2
    );
    assert!(metric(gateway, "evergate_credential_left_seconds{bucket=\"files\"}").await > 2);
    assert!(
        scene.server.most_under_way() <= 1,
        "{} calls at once",
        scene.server.most_under_way()
    );
    scene.server.ledger.assert_untold(&gateway.log());
}

#[tokio::test]
async fn nobody_listens() {
    let scene = Scene::new(LIFE).with_instance_metadata();
    let gateway = scene.start("chain");
    outage(&scene, &gateway, || scene.server.go_down(), || scene.server.come_back()).await;
}

#[tokio::test]
async fn it_takes_calls_and_answers_none() {
    let scene = Scene::new(SHORT_LIFE).with_container();
    let gateway = scene.start("chain");
    let (silent, fine) = (Mood::Silent, Mood::Fine);
    outage(
        &scene,
        &gateway,
        || scene.server.set_mood(silent),
        || scene.server.set_mood(fine),
    )
    .await;
}

#[tokio::test]
async fn it_answers_with_errors() {
    let scene = Scene::new(SHORT_LIFE).with_web_identity().with_sts();
    let gateway = scene.start("chain");
    let (error, fine) = (Mood::Error(500), Mood::Fine);
    outage(
        &scene,
        &gateway,
        || scene.server.set_mood(error),
        || scene.server.set_mood(fine),
    )
    .await;
}

#[tokio::test]
async fn it_answers_with_garbage() {
    let scene = Scene::new(SHORT_LIFE).with_instance_metadata();
    let gateway = scene.start("chain");
    let (garbage, fine) = (Mood::Garbage, Mood::Fine);
    outage(
        &scene,
        &gateway,
        || scene.server.set_mood(garbage),
        || scene.server.set_mood(fine),
    )
    .await;
}

/// The origin no longer takes a credential that is good for an hour yet: it is renewed at once, for all who wait with one
/// call, and nobody sees more than a longer answer.
#[tokio::test]
async fn a_credential_that_the_origin_ends_early_is_renewed_within_the_request() {
    let scene = Scene::new(Duration::from_hours(1)).with_container();
    let gateway = scene.start("chain");
    assert_eq!(status(&gateway).await, 200);
    // No load that a request asks for follows the last one sooner.
    sleep(Duration::from_millis(5500)).await;
    let key_id = scene.origin.served().pop().unwrap();
    scene.server.ledger.end(&key_id);
    let mut requests = tokio::task::JoinSet::new();
    for number in 0..20 {
        let address = gateway.address;
        requests.spawn(async move { get(address, &format!("/s/u{number}.png")).await });
    }
    while let Some(answer) = requests.join_next().await {
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}\n{}", gateway.log());
    }
    assert_eq!((scene.server.calls("container"), scene.server.most_under_way()), (2, 1));
    assert!(
        scene
            .origin
            .refusals()
            .iter()
            .all(|refusal| refusal.starts_with("ExpiredToken"))
    );
    assert_ne!(scene.origin.served().pop().unwrap(), key_id);
}

/// It is slow, but faster than a credential ends: nobody notices.
#[tokio::test]
async fn a_slow_endpoint_is_no_outage() {
    let scene = Scene::new(SHORT_LIFE).with_container();
    let gateway = scene.start("chain");
    scene.server.set_mood(Mood::Slow(Duration::from_millis(1500)));
    let began = Instant::now();
    while began.elapsed() < 2 * SHORT_LIFE {
        assert_eq!(status(&gateway).await, 200, "{}", gateway.log());
        sleep(Duration::from_millis(50)).await;
    }
    assert!(scene.server.ledger.count() >= 3, "{:?}", scene.server.ledger.all());
    assert_eq!(scene.origin.refusals(), [""; 0]);
    assert!(scene.server.most_under_way() <= 1);
}
