//! The admin listener over real sockets: what probes and scrapers see, and that it outlives bad clients.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod call;
mod ceph;
mod events;
mod purge;
mod refresh;
mod refresh_and_doors;
mod shelf;
mod sns;

use evergate::admin::{Admin, AdminLimits, Api, Report};
use evergate::clock::Clock;
use evergate::telemetry::{AccessSink, Outcome, Telemetry};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A test that waits this long has hung.
const PATIENCE: Duration = Duration::from_secs(30);

const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

struct Bench {
    admin: Admin,
    telemetry: Telemetry,
    draining: Arc<AtomicBool>,
}

fn start(limits: AdminLimits) -> Bench {
    let telemetry = Telemetry::new(Clock::system(), AccessSink::none()).unwrap();
    let draining = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&draining);
    let readiness = move || {
        let report = Report::default().check("credentials:files", Ok::<(), &str>(()));
        if state.load(Ordering::Relaxed) {
            return report
                .check("draining", Err("the gateway is stopping"))
                .check("credentials:old", Err("STS said no to X-Amz-Security-Token=CANARY"));
        }
        report.check("draining", Ok::<_, String>(()))
    };
    let metrics = telemetry.metrics().clone();
    let api = Api::closed(telemetry.events().clone());
    let admin = Admin::start(ANYWHERE, limits, metrics, Arc::new(readiness), api).unwrap();
    Bench {
        admin,
        telemetry,
        draining,
    }
}

struct Reply {
    head: String,
    body: String,
}

impl Reply {
    fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

impl Bench {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.admin.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn ask(&self, method: &str, path: &str) -> Reply {
        let mut stream = self.connect();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Reply {
            head: head.into(),
            body: body.into(),
        }
    }
}

#[test]
fn health_is_plain_and_never_cached() {
    let bench = start(AdminLimits::default());
    let reply = bench.ask("GET", "/healthz");
    assert_eq!((reply.status(), &*reply.body), ("200", "ok\n"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let head = bench.ask("HEAD", "/healthz");
    assert_eq!((head.status(), &*head.body), ("200", ""));
    assert_eq!(head.header("content-length"), Some("3"));
    let index = bench.ask("GET", "/");
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/v1/refresh",
        "/v1/purge",
        "/v1/events/s3",
    ] {
        assert!(index.body.contains(path), "{}", index.body);
    }
}

#[test]
fn readiness_follows_the_state_and_names_each_reason() {
    let bench = start(AdminLimits::default());
    let ready = bench.ask("GET", "/readyz");
    assert_eq!(
        (ready.status(), ready.header("content-type")),
        ("200", Some("application/json"))
    );
    let json: serde_json::Value = serde_json::from_str(&ready.body).unwrap();
    assert_eq!(json["ready"], true);
    assert_eq!(json["checks"][0]["name"], "credentials:files");

    bench.draining.store(true, Ordering::Relaxed);
    let unready = bench.ask("GET", "/readyz");
    assert_eq!(unready.status(), "503");
    let json: serde_json::Value = serde_json::from_str(&unready.body).unwrap();
    assert_eq!(json["ready"], false);
    assert_eq!(
        (&json["checks"][0]["ok"], &json["checks"][1]["ok"]),
        (&true.into(), &false.into())
    );
    assert_eq!(json["checks"][1]["reason"], "the gateway is stopping");
    assert!(!unready.body.contains("CANARY"), "{}", unready.body);
    assert_eq!(
        bench.ask("GET", "/healthz").status(),
        "200",
        "a drain is no reason to be killed"
    );
}

#[test]
fn metrics_come_in_the_text_format() {
    let bench = start(AdminLimits::default());
    let route = bench.telemetry.metrics().route("/avatars/");
    route.answered(Outcome::Redirect, Duration::from_micros(50), 0);
    let reply = bench.ask("GET", "/metrics");
    assert_eq!(reply.status(), "200");
    assert_eq!(
        reply.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let line = r#"evergate_requests_total{route="/avatars/",outcome="redirect"} 1"#;
    assert!(reply.body.lines().any(|seen| seen == line), "{}", reply.body);
    assert!(reply.body.contains("evergate_build_info{version="));
    well_formed(&reply.body);
}

/// Each sample belongs to the family announced above it and ends in a number.
fn well_formed(page: &str) {
    let mut family = "";
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let mut words = rest.split(' ');
            assert!(matches!(words.next(), Some("HELP" | "TYPE")), "{line}");
            family = words.next().unwrap();
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with(family), "{line} under {family}");
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

#[test]
fn other_addresses_and_methods_are_problems() {
    let bench = start(AdminLimits::default());
    for (method, path, status) in [
        ("GET", "/nothing", "404"),
        ("GET", "/healthz/", "404"),
        ("POST", "/metrics", "405"),
    ] {
        let reply = bench.ask(method, path);
        assert_eq!(reply.status(), status, "{method} {path}");
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        let json: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(json["status"].to_string(), status);
        assert_eq!(reply.header("allow"), (status == "405").then_some("GET, HEAD"));
    }
}

#[test]
fn a_used_port_is_an_error_and_a_stopped_listener_frees_its_port() {
    // Whoever asks for any port may be given the one that has just come free: then it is tried with another.
    let frees = |_| {
        let bench = start(AdminLimits::default());
        let address = bench.admin.address();
        let metrics = bench.telemetry.metrics().clone();
        let api = Api::closed(bench.telemetry.events().clone());
        let again = |metrics| {
            let readiness = Arc::new(Report::default);
            Admin::start(address, AdminLimits::default(), metrics, readiness, api.clone())
        };
        assert_eq!(
            again(metrics.clone()).unwrap_err().kind(),
            std::io::ErrorKind::AddrInUse
        );
        drop(bench);
        again(metrics).is_ok()
    };
    assert!((0..20).any(frees));
}

/// Short deadlines and two places.
fn tight() -> AdminLimits {
    AdminLimits {
        connections: 2,
        head: Duration::from_millis(300),
        body: Duration::from_millis(300),
        connection: Duration::from_secs(2),
    }
}

#[test]
fn rule_23_silent_and_slow_connections_are_closed_and_their_places_come_back() {
    let bench = start(tight());
    let mut silent: Vec<_> = (0..4).map(|_| bench.connect()).collect();
    write!(silent[0], "GET /healthz HTTP/1.1\r\nHost:").unwrap();
    // All places are taken; the answer comes once the deadline has freed one.
    assert_eq!(bench.ask("GET", "/healthz").status(), "200");
    for mut stream in silent {
        let mut rest = Vec::new();
        // Closed with or without an answer, by end or by reset: what matters is that it is closed.
        let _ = stream.read_to_end(&mut rest);
    }
}

#[test]
fn rule_23_a_connection_that_keeps_asking_ends_too() {
    let bench = start(tight());
    let mut stream = bench.connect();
    let began = Instant::now();
    let mut buffer = [0; 4_096];
    loop {
        assert!(began.elapsed() < PATIENCE, "the connection is held for ever");
        if stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: admin\r\n\r\n")
            .is_err()
        {
            break;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

#[test]
fn rule_23_a_scraper_that_reads_nothing_is_cut_off() {
    let bench = start(tight());
    for label in 0..500 {
        let route = bench
            .telemetry
            .metrics()
            .route(&format!("/a-rather-long-label-for-a-route/{label}/"));
        for outcome in Outcome::ALL {
            route.answered(*outcome, Duration::ZERO, 0);
        }
    }
    let mut deaf: Vec<_> = (0..2).map(|_| bench.connect()).collect();
    for stream in &mut deaf {
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: admin\r\n\r\n").unwrap();
    }
    assert_eq!(bench.ask("GET", "/healthz").status(), "200");
}

#[test]
fn rule_23_a_head_past_its_bounds_is_refused() {
    let bench = start(AdminLimits::default());
    for head in [
        format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(20_000)),
        format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "x: y\r\n".repeat(100)),
    ] {
        let mut stream = bench.connect();
        let _ = stream.write_all(head.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert_eq!(bench.ask("GET", "/healthz").status(), "200");
}
