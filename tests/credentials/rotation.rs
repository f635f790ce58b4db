//! Thirty rotations under constant requests: not one failed answer, and not one `Location` that the origin refuses in all
//! the time that it is said to be good for.
//!
//! Time is the test's own: it goes on by a step when every client has had an answer since the last one, and stands still
//! while a renewal that is due is under way, as it all but does in life, where credentials live longer than a call takes.
//! Requests never pause.

use crate::support::credential_server::CredentialServer;
use crate::support::http::{follow, get};
use crate::support::in_process::{InProcess, Setup, configured};
use crate::support::verifying_origin::{VerifyingOrigin, content};
use evergate::clock::{Clock, ManualClock, Timestamp};
use http::Method;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;

const ROTATIONS: usize = 30;
const CLIENTS: usize = 4;
/// Real time, for what must happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long credentials live, and how far time goes at once.
#[derive(Clone, Copy)]
struct Times {
    life: Duration,
    step: Duration,
}

/// The gateway between a server of credentials and an origin that believes it, all by one clock.
struct Stage {
    server: CredentialServer,
    origin: VerifyingOrigin,
    gateway: InProcess,
    clock: Clock,
    hands: ManualClock,
    times: Times,
}

impl Stage {
    async fn set(times: Times, delivery: &str) -> Self {
        // STS requests are signed by the SDK, by the system's clock; everything else goes by this one.
        let (clock, hands) = Clock::manual(Clock::system().now());
        let server = CredentialServer::start_by(clock.clone(), times.life);
        let origin = VerifyingOrigin::start(clock.clone(), &server.ledger);
        let yaml = format!(
            "buckets:\n  files:\n    name: files\n    region: eu-west-1\n    endpoint: {}\n    path_style: true\n    \
             url_expiry: 5m\n    credentials:\n      assume_role:\n        role_arn: arn:aws:iam::123456789012:role/r\n        \
             sts_endpoint: {}\n        source: {{ access_key_id: AKIALASTING, secret_access_key: '${{KEY}}' }}\nroutes:\n  \
             - {{ path: /o/, bucket: files, prefix: images/, access: public, delivery: {delivery} }}\n",
            origin.endpoint(),
            server.endpoint(),
        );
        let config = configured(&format!("workers: 2\n{yaml}"), [("KEY", "lasting-canary")]);
        let gateway = Setup::by(&clock).start(&config);
        wait(&mut JoinSet::new(), "the first credentials", || {
            gateway.running.load().has_credentials()
        })
        .await;
        Self {
            server,
            origin,
            gateway,
            clock,
            hands,
            times,
        }
    }

    /// Turns the hands through all rotations while `client` asks without a pause; it returns after each answer.
    async fn run<C>(&self, client: impl Fn(usize) -> C)
    where
        C: Client,
    {
        let asked: Arc<Vec<AtomicUsize>> = Arc::new((0..CLIENTS).map(|_| AtomicUsize::new(0)).collect());
        let done = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let (asked, done) = (Arc::clone(&asked), Arc::clone(&done));
            let mut client = client(number);
            let address = self.gateway.address;
            clients.spawn(async move {
                while !done.load(Ordering::SeqCst) {
                    client.ask(address).await;
                    asked[number].fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        while self.server.ledger.count() <= ROTATIONS {
            let before: Vec<_> = asked.iter().map(|count| count.load(Ordering::SeqCst)).collect();
            // Two answers: the first may have been under way before the step.
            wait(&mut clients, "every client's answers", || {
                asked
                    .iter()
                    .zip(&before)
                    .all(|(count, before)| count.load(Ordering::SeqCst) > before + 1)
            })
            .await;
            self.hands.advance(self.times.step);
            self.let_renewal_answer(&mut clients).await;
        }
        done.store(true, Ordering::SeqCst);
        while let Some(ended) = clients.join_next().await {
            ended.unwrap();
        }
    }

    /// Waits for a renewal that is surely due: at half of life, give or take a tenth of that.
    async fn let_renewal_answer(&self, clients: &mut JoinSet<()>) {
        let last = self.server.ledger.all().last().unwrap().at;
        let latest = last + self.times.life.as_secs() * 55 / 100 + 1;
        if self.clock.now().as_unix() >= latest {
            let count = self.server.ledger.count();
            wait(clients, "the renewal", || self.server.ledger.count() > count).await;
        }
    }

    fn assert_flawless(&self) {
        assert_eq!(self.origin.refusals(), [""; 0]);
        assert_eq!(self.server.most_under_way(), 1);
        let issued = self.server.ledger.all();
        for pair in issued.windows(2) {
            let age = pair[1].at - pair[0].at;
            let (least, most) = (
                self.times.life * 45 / 100,
                self.times.life * 55 / 100 + 2 * self.times.step,
            );
            assert!(
                (least.as_secs()..=most.as_secs() + 1).contains(&age),
                "renewed after {age} s"
            );
        }
        let renewed = self
            .gateway
            .metric("evergate_credential_renewals_total{bucket=\"files\",result=\"ok\"}");
        // The last one may still be on its way into use.
        assert!(renewed >= ROTATIONS as u64, "{renewed}");
        let failed = self
            .gateway
            .metric("evergate_credential_renewals_total{bucket=\"files\",result=\"failed\"}");
        assert_eq!(failed, 0);
        let used: std::collections::HashSet<_> = self.origin.served().into_iter().collect();
        assert!(used.len() >= ROTATIONS, "{} of the credentials were used", used.len());
    }
}

/// Waits in real time; a client that fails ends the test with its own words.
async fn wait(clients: &mut JoinSet<()>, what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        if let Some(ended) = clients.try_join_next() {
            ended.unwrap();
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        sleep(Duration::from_millis(1)).await;
    }
}

trait Client: Send + 'static {
    fn ask(&mut self, gateway: SocketAddr) -> impl Future<Output = ()> + Send;
}

/// Asks for bytes.
struct Streams {
    number: usize,
    count: usize,
}

impl Client for Streams {
    async fn ask(&mut self, gateway: SocketAddr) {
        self.count += 1;
        let name = format!("u{}-{}.png", self.number, self.count % 7);
        let answer = get(gateway, &format!("/o/{name}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(&*answer.body, &*content(&format!("/files/images/{name}")));
    }
}

/// Asks to be sent on, and follows each `Location` again and again for as long as it is said to be good.
struct Redirects {
    number: usize,
    clock: Clock,
    step: Duration,
    count: usize,
    kept: Option<(String, Timestamp)>,
}

impl Client for Redirects {
    async fn ask(&mut self, gateway: SocketAddr) {
        let now = self.clock.now();
        // Time may go on by two steps before the origin looks at its clock.
        let margin = 2 * self.step;
        if let Some((location, good_until)) = &self.kept
            && now.plus(margin) < *good_until
        {
            assert_followed(location).await;
            return;
        }
        self.count += 1;
        let answer = get(gateway, &format!("/o/u{}-{}.png", self.number, self.count % 3)).await;
        assert_eq!(answer.status, 302, "{answer:?}");
        let location = answer.header("location").to_owned();
        assert_followed(&location).await;
        let max_age = Duration::from_secs(answer.max_age().unwrap());
        self.kept = Some((location, now.plus(max_age)));
    }
}

async fn assert_followed(location: &str) {
    let answer = follow(location, Method::GET).await;
    assert_eq!(answer.status, 200, "{location}: {answer:?}");
}

#[tokio::test]
async fn streams_while_credentials_live_for_20_seconds() {
    let times = Times {
        life: Duration::from_secs(20),
        step: Duration::from_secs(1),
    };
    let stage = Stage::set(times, "stream").await;
    stage.run(|number| Streams { number, count: 0 }).await;
    stage.assert_flawless();
}

#[tokio::test]
async fn streams_while_credentials_live_for_2_minutes() {
    let times = Times {
        life: Duration::from_mins(2),
        step: Duration::from_secs(5),
    };
    let stage = Stage::set(times, "auto").await;
    stage.run(|number| Streams { number, count: 0 }).await;
    stage.assert_flawless();
}

#[tokio::test]
async fn redirects_while_credentials_live_for_15_minutes() {
    let times = Times {
        life: Duration::from_mins(15),
        step: Duration::from_secs(10),
    };
    let stage = Stage::set(times, "redirect").await;
    let (clock, step) = (stage.clock.clone(), times.step);
    stage
        .run(move |number| Redirects {
            number,
            clock: clock.clone(),
            step,
            count: 0,
            kept: None,
        })
        .await;
    stage.assert_flawless();
}
