//! The page's service over a socket, in front of a stand-in for the gateway.

use super::{ROUTE, Site};
use crate::clock::{Clock, Timestamp};
use crate::listener::{Arrival, Limits, Listener, ListenerStats, Service, serve};
use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Redirects every avatar, and says of everything else that it was asked.
struct Gateway;

impl Service for Gateway {
    type Body = Full<Bytes>;

    async fn call(&self, arrival: Arrival) -> Response<Full<Bytes>> {
        let answer = Response::builder();
        if arrival.path.starts_with(ROUTE) {
            let location = "http://127.0.0.1:9/samples/avatars/x?X-Amz-Date=19700101T000007Z&X-Amz-Signature=secret";
            let answer = answer.status(StatusCode::FOUND).header("location", location);
            return answer
                .header("cache-status", "evergate; hit")
                .body(Full::default())
                .unwrap();
        }
        let asked = format!("the gateway saw {} {}", arrival.method, &*arrival.path);
        answer.status(StatusCode::NOT_FOUND).body(Full::from(asked)).unwrap()
    }
}

/// The demo page on a port of its own; every raw URL that it signs carries a number of its own.
fn start() -> Listener {
    let (clock, _hands) = Clock::manual(Timestamp::from_unix(10));
    let count = AtomicU64::new(0);
    let site = Site::new(([127, 0, 0, 1], 9).into(), Duration::from_secs(10), clock, move |key| {
        let count = count.fetch_add(1, Ordering::Relaxed);
        Some(format!("http://127.0.0.1:9/samples/{key}?a=<b>&count={count}."))
    });
    let config = super::config(([127, 0, 0, 1], 0).into(), Duration::from_secs(10), "data".into()).unwrap();
    let stats = Arc::new(ListenerStats::default());
    serve(&config.listener, Limits::default(), &stats, move |_| {
        site.in_front_of(Gateway)
    })
    .unwrap()
}

/// The whole answer, head and body.
fn ask(address: SocketAddr, method: &str, target: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    write!(
        socket,
        "{method} {target} HTTP/1.1\r\nhost: demo.test:8080\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_visit_stores_urls_and_a_reload_shows_the_very_same() {
    let listener = start();
    let address = listener.local_address();
    let visit = ask(address, "GET", "/");
    assert!(visit.starts_with("HTTP/1.1 303"), "{visit}");
    assert!(visit.contains("\r\nlocation: /?stored=1\r\n"), "{visit}");

    let page = ask(address, "GET", "/?stored=1");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    for count in 0..12 {
        assert!(page.contains(&format!("count={count}.\"")), "{count}");
    }
    let urls = |page: &str| {
        page.lines()
            .filter(|line| line.contains("<img src=\"http:"))
            .collect::<String>()
    };
    assert_eq!(urls(&page), urls(&ask(address, "GET", "/?stored=1")));
    assert!(ask(address, "GET", "/").contains("location: /?stored=2\r\n"));
    assert_ne!(urls(&page), urls(&ask(address, "GET", "/?stored=2")));
    for strange in ["/?", "/?stored=99", "/?stored=x", "/?other=1"] {
        assert!(ask(address, "GET", strange).starts_with("HTTP/1.1 303"), "{strange}");
    }
}

#[test]
fn the_page_lets_in_nothing_but_its_own_files_and_the_origins_pictures() {
    let listener = start();
    let address = listener.local_address();
    ask(address, "GET", "/");
    let page = ask(address, "GET", "/?stored=1");
    assert!(page.contains(
        "content-security-policy: default-src 'none'; img-src 'self' http://127.0.0.1:9; style-src 'self'; \
         script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
    ));
    assert!(page.contains("cache-control: no-store\r\n"));
    assert!(!page.contains("<b>&"), "what is signed is escaped");
    assert!(page.contains("http://demo.test:8080/avatars/fox.png"));
    assert!(!page.contains("style=") && !page.contains("onload="), "nothing inline");
    for (file, content_type) in [
        ("/demo.css", "text/css; charset=utf-8"),
        ("/demo.js", "text/javascript; charset=utf-8"),
        ("/demo/icon.svg", "image/svg+xml"),
        ("/demo/state.json", "application/json"),
    ] {
        let answer = ask(address, "GET", file);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(
            answer.contains(&format!("content-type: {content_type}\r\n")),
            "{answer}"
        );
        let head = ask(address, "HEAD", file);
        assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
    }
}

#[test]
fn everything_else_is_the_gateways_and_its_answers_on_pictures_are_remembered() {
    let listener = start();
    let address = listener.local_address();
    assert!(ask(address, "GET", "/demo/other").ends_with("the gateway saw GET /demo/other"));
    assert!(ask(address, "POST", "/").ends_with("the gateway saw POST /"));
    assert!(ask(address, "GET", "/demo/state.json").ends_with(r#"{"answers":{}}"#));

    assert!(ask(address, "GET", "/avatars/fox.png").starts_with("HTTP/1.1 302"));
    ask(address, "GET", "/avatars/someone-elses.png");
    let state = ask(address, "GET", "/demo/state.json");
    assert!(
        state.ends_with(r#"{"answers":{"/avatars/fox.png":{"status":302,"cache":"hit","signed_ago":0}}}"#),
        "{state}"
    );
}

#[test]
fn a_launch_takes_another_port_when_the_default_is_in_use_and_only_then() {
    // Whether this bind works or not, the port is in use from here on.
    let _holder = std::net::TcpListener::bind(super::DEFAULT_LISTEN);
    let stats = Arc::new(ListenerStats::default());
    let ten_seconds = Duration::from_secs(10);
    let launch = super::Launch::prepare(None, ten_seconds, None, Clock::system()).unwrap();
    let listener = launch.serve(Limits::default(), &stats, |_| Gateway).unwrap();
    let address = listener.local_address();
    assert!(address.ip().is_loopback() && address.port() != 8080);
    let greeting = launch.greeting(address);
    assert!(greeting.contains(&format!("open  http://{address}/\n")), "{greeting}");
    assert!(
        greeting.contains("that live 10s") && greeting.contains("Port 8080 is in use"),
        "{greeting}"
    );
    assert!(ask(address, "GET", "/").starts_with("HTTP/1.1 303"));

    let launch = super::Launch::prepare(Some(address), ten_seconds, None, Clock::system()).unwrap();
    let refused = launch
        .serve(Limits::default(), &stats, |_| Gateway)
        .map(|_| ())
        .unwrap_err();
    assert!(refused.to_string().contains("already in use"), "{refused}");
}
