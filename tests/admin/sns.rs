//! Messages of SNS, from the wire to the cache and to SNS itself, which is a server on loopback here.

use crate::call::{self, Answer, assert_counted, basic};
use crate::shelf::{EVENTS_TOKEN, Shelf};
use crate::{ANYWHERE, PATIENCE};
use evergate::admin::{Admin, AdminLimits, Api, ApiTools, Report, SnsWeb};
use evergate::clock::{Clock, Timestamp};
use evergate::config::{self, Environment};
use evergate::fetch::{FetchError, ObjectCache, OriginBounds, OriginTls, ProbeAnswer, Prober};
use evergate::gateway::{App, Furniture, Running};
use evergate::telemetry::{AccessSink, Telemetry};
use http::{HeaderMap, Method};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::thread;
use tokio::runtime::Runtime;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("events/sns/", $name))
    };
}

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:files-events";
const HOST: &str = "sns.eu-central-1.amazonaws.com";
/// A minute after the messages were signed.
const NOW: Timestamp = Timestamp::from_unix(1_798_804_860);

/// SNS on loopback: has one certificate, confirms everything, and writes down what it is asked.
#[derive(Clone)]
struct Loopback {
    address: SocketAddr,
    prober: Prober,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Loopback {
    /// `answers` a target with a status line and a body.
    fn start(answers: fn(&str) -> (&'static str, &'static str)) -> Self {
        let listener = TcpListener::bind(ANYWHERE).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&asked);
        thread::spawn(move || {
            for mut socket in listener.incoming().flatten() {
                socket.set_read_timeout(Some(PATIENCE)).unwrap();
                let mut lines = BufReader::new(socket.try_clone().unwrap()).lines();
                let Some(Ok(request)) = lines.next() else { continue };
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let (status, body) = answers(&target);
                shared.lock().unwrap().push(target);
                let head = format!(
                    "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                let _ = socket.write_all((head + body).as_bytes());
            }
        });
        let prober = Prober::new(&OriginTls::load(&[]).unwrap());
        Self { address, prober, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// The program's own client, led to loopback.
impl SnsWeb for Loopback {
    fn get<'a>(
        &'a self,
        url: &'a str,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<ProbeAnswer, FetchError>> + Send + 'a>> {
        assert_eq!(host, HOST);
        let target = url.strip_prefix("https://").unwrap().strip_prefix(HOST).unwrap();
        let here = self.address.to_string();
        let url = format!("http://{here}{target}");
        Box::pin(async move { self.prober.ask(Method::GET, &url, &here, HeaderMap::new()).await })
    }
}

struct Bench {
    admin: Admin,
    sns: Loopback,
    _runtime: Runtime,
}

impl Bench {
    /// An admin listener that hears `topics`, at [`NOW`].
    fn start(topics: &[&str], sns: Loopback) -> Self {
        let clock = Clock::manual(NOW).0;
        let telemetry = Telemetry::new(clock.clone(), AccessSink::none()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let loaded = config::parse(
            &Shelf::start().yaml(),
            Path::new("config.yaml"),
            &Environment::default(),
        );
        let mut config = loaded.unwrap_or_else(|faults| panic!("{faults}")).config;
        let furniture = Furniture {
            objects: ObjectCache::new(&config.object_cache, clock.clone(), telemetry.metrics().objects()),
            clock: clock.clone(),
            telemetry: telemetry.clone(),
            runtime: runtime.handle().clone(),
            bounds: OriginBounds::default(),
            workers: config.listener.worker_count(),
        };
        let app = App::build(&config, None, &furniture, None).unwrap();
        let admin = config.admin.as_mut().unwrap();
        admin.events_token = Some(SecretString::from(EVENTS_TOKEN));
        admin.sns_topics = topics.iter().map(|topic| (*topic).into()).collect();
        let tools = ApiTools {
            running: Running::new(app, telemetry.metrics()),
            sns: Arc::new(sns.clone()),
            clock,
        };
        let api = Api::new(admin, tools, telemetry.events().clone());
        let metrics = telemetry.metrics().clone();
        let admin = Admin::start(
            ANYWHERE,
            AdminLimits::default(),
            metrics,
            Arc::new(Report::default),
            api,
        )
        .unwrap();
        Self {
            admin,
            sns,
            _runtime: runtime,
        }
    }

    fn post(&self, body: &str) -> Answer {
        call::send(
            self.admin.address(),
            "POST",
            "/v1/events/s3",
            &basic("sns", EVENTS_TOKEN),
            body,
        )
    }
}

fn obliging(target: &str) -> (&'static str, &'static str) {
    if target.starts_with("/SimpleNotificationService-") {
        ("200 OK", fixture!("certificate.pem"))
    } else {
        ("200 OK", "<ConfirmSubscriptionResponse/>")
    }
}

#[test]
fn a_subscription_is_confirmed_and_its_messages_are_heard() {
    let bench = Bench::start(&[TOPIC], Loopback::start(obliging));
    let confirmed = bench.post(fixture!("subscription.json"));
    assert_eq!(
        (confirmed.status, &confirmed.body),
        (200, &json!({ "subscription": "confirmed" }))
    );
    for message in [fixture!("notification.json"), fixture!("notification_v1.json")] {
        let answer = bench.post(message);
        // Two of the configured buckets are called so; it is one event.
        assert_eq!(
            (answer.status, &answer.body),
            (200, &json!({ "forgotten": 1, "ignored": 0 }))
        );
    }
    assert_eq!(
        bench.post(fixture!("text.json")).body,
        json!({ "forgotten": 0, "ignored": 1 })
    );
    assert_eq!(
        bench.post(fixture!("unsubscription.json")).body,
        json!({ "subscription": "ended" })
    );
    let message: Value = serde_json::from_str(fixture!("subscription.json")).unwrap();
    let path = |field: &str| message[field].as_str().unwrap().split_once(HOST).unwrap().1.to_owned();
    assert_eq!(
        bench.sns.asked(),
        [path("SigningCertURL"), path("SubscribeURL")],
        "and nothing twice"
    );
    assert_counted(
        bench.admin.address(),
        &[
            r#"evergate_api_requests_total{api="events",result="ok"} 5"#,
            r#"evergate_api_events_total{result="forgotten"} 2"#,
            r#"evergate_object_cache_forgotten_total{cause="event",scope="key"} 5"#,
        ],
    );
}

#[test]
fn rule_4_what_can_not_be_verified_is_refused_and_asks_nobody() {
    let other = "arn:aws:sns:eu-central-1:123456789012:others";
    for topics in [&[][..], &[other]] {
        let bench = Bench::start(topics, Loopback::start(obliging));
        for message in [fixture!("subscription.json"), fixture!("notification.json")] {
            let answer = bench.post(message);
            assert_eq!(answer.status, 403, "{}", answer.body);
            assert!(
                answer.detail().contains("admin.sns_topics") && answer.detail().contains(TOPIC),
                "{}",
                answer.body
            );
        }
        assert_eq!(bench.sns.asked(), Vec::<String>::new());
    }
    let bench = Bench::start(&[TOPIC], Loopback::start(obliging));
    let evil = fixture!("subscription.json").replace(HOST, "sns.evil.example");
    let old = fixture!("subscription.json").replace("2027-01-01T12:", "2027-01-01T10:");
    for message in [&evil, &old] {
        assert_eq!(bench.post(message).status, 403);
    }
    assert_eq!(bench.sns.asked(), Vec::<String>::new());
    let forged = fixture!("subscription.json").replace("Token=2336412f", "Token=2336412e");
    assert_eq!(bench.post(&forged).status, 403);
    assert_eq!(bench.sns.asked().len(), 1, "the certificate, and no confirmation");
    assert_counted(
        bench.admin.address(),
        &[r#"evergate_api_requests_total{api="events",result="unverified"} 3"#],
    );
}

#[test]
fn what_sns_does_not_answer_is_to_be_sent_again() {
    let down = |_: &str| ("503 Slow Down", "");
    let moved = |_: &str| ("301 Moved Permanently\r\nLocation: https://evil.example/", "");
    let long = |_: &str| {
        static LONG: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        (
            "200 OK",
            LONG.get_or_init(|| fixture!("certificate.pem").repeat(100)).as_str(),
        )
    };
    for (answers, status) in [(down as fn(&str) -> _, 503), (moved, 503), (long, 403)] {
        let bench = Bench::start(&[TOPIC], Loopback::start(answers));
        let answer = bench.post(fixture!("notification.json"));
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(bench.sns.asked().len(), 1);
    }
    // A subscription that SNS does not confirm is not confirmed.
    let unsure = |target: &str| match obliging(target) {
        (_, body) if body.starts_with('<') => ("500 Internal Server Error", ""),
        fine => fine,
    };
    let bench = Bench::start(&[TOPIC], Loopback::start(unsure));
    assert_eq!(bench.post(fixture!("subscription.json")).status, 503);
    assert_counted(
        bench.admin.address(),
        &[r#"evergate_api_requests_total{api="events",result="unreachable"} 1"#],
    );
}

#[test]
fn rule_23_a_message_is_no_larger_than_sns_makes_them() {
    let bench = Bench::start(&[TOPIC], Loopback::start(obliging));
    let long =
        fixture!("notification.json").replacen('{', &format!("{{\"Padding\":\"{}\",", "a".repeat(256 * 1024)), 1);
    assert_eq!(bench.post(&long).status, 413);
    let incomplete = r#"{"Type":"Notification","Message":"x"}"#;
    let answer = bench.post(incomplete);
    assert_eq!(answer.status, 400);
    assert!(answer.detail().contains("missing field"), "{}", answer.body);
    assert_eq!(bench.sns.asked(), Vec::<String>::new());
}
