//! The program as it is shipped, with its own deadlines and bounds, in front of an origin that has a bad day.

use crate::object::Object;
use crate::origin::{Asked, ChaosOrigin};
use crate::play::{End, Play, Point, Refusal};
use crate::reader::{self, get};
use crate::support::evergate::{Evergate, wait_until};
use crate::support::http;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, SystemTime};

const KEYS: [(&str, &str); 2] = [("KEY", "AKIDEXAMPLE"), ("SECRET", "canary-secret-access-key")];

fn serve(origin: &ChaosOrigin) -> Evergate {
    let bucket = "{ name: shelf, region: us-east-1, endpoint: 'ENDPOINT', path_style: true, credentials: { access_key_id: \
                  '${KEY}', secret_access_key: '${SECRET}' } }";
    let yaml = format!(
        "buckets:\n  files: {}\nroutes:\n  - {{ path: /s/, bucket: files, prefix: pictures/, access: public, delivery: stream }}\n",
        bucket.replace("ENDPOINT", &origin.endpoint())
    );
    Evergate::start_with(&yaml, &KEYS)
}

/// A bad day: one read in six meets something.
fn bad_day(asked: &Asked) -> Play {
    let number: usize = asked.key.rsplit('/').next().unwrap().parse().unwrap_or(1);
    match (asked.nth, number % 60) {
        (0, 0) => Play::Cut(Point::Request, End::Reset),
        (0, 3) => Play::Cut(Point::Head, End::Close),
        (0, 6) => Play::Cut(Point::HeadEnd, End::Reset),
        (0, 12) => Play::Cut(Point::LastByte, End::HalfClose),
        (0, 15) => Refusal::new("500 Internal Server Error", "InternalError").into(),
        (0, 18) => Refusal::new("503 Slow Down", "SlowDown").into(),
        (0, 9) | (_, 21) => Play::Cut(Point::Body(50), End::Close),
        (_, 24) => Play::raw("nonsense\r\n\r\n"),
        (_, 27) => Refusal::new("503 Slow Down", "SlowDown").field("Retry-After: 9").into(),
        _ => Play::Serve,
    }
}

#[tokio::test]
async fn a_bad_day() {
    let origin = ChaosOrigin::start(bad_day);
    let gateway = serve(&origin);
    for number in 0..120 {
        let answer = get(gateway.address, &format!("/s/{number}")).await;
        let object = Object::of(&format!("pictures/{number}"), 0);
        match number % 60 {
            21 => assert!(answer.is_cut(&object), "{number}"),
            24 => assert_eq!(answer.status, 502, "{number}"),
            27 => assert_eq!(
                (answer.status, answer.header("retry-after")),
                (503, Some("9")),
                "{number}"
            ),
            _ => assert!(answer.is_whole(&object), "{number}: {} {:?}", answer.status, answer.end),
        }
    }
    let repeats = origin.count() - 120;
    assert_eq!(repeats, 2 * 8, "seven faults are mended and one is tried, twice over");
    let page = http::get(gateway.admin, "/metrics").await;
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    for line in [
        "evergate_origin_resumptions_total{bucket=\"files\",result=\"resumed\"} 8",
        "evergate_origin_resumptions_total{bucket=\"files\",result=\"failed\"} 0",
        "evergate_origin_retries_total{bucket=\"files\",reason=\"closed\"} 4",
        "evergate_origin_retries_total{bucket=\"files\",reason=\"broken\"} 2",
        "evergate_origin_retries_total{bucket=\"files\",reason=\"throttled\"} 2",
        "evergate_origin_breaker_opened_total{bucket=\"files\"} 0",
        "evergate_requests_total{route=\"/s/\",outcome=\"origin_truncated\"} 2",
    ] {
        assert!(page.lines().any(|seen| seen == line), "{line} is missing from\n{page}");
    }
    wait_until("the access log", || gateway.access_log().contains("origin_truncated"));
    assert!(!gateway.log().contains("canary") && !gateway.log().contains("inside talk"));
}

#[tokio::test]
async fn an_origin_that_goes_and_comes_back() {
    let origin = ChaosOrigin::start(|_| Play::Cut(Point::Request, End::Close));
    let gateway = serve(&origin);
    let status = async |key: usize| get(gateway.address, &format!("/s/{key}")).await.status;
    let mut key = 0;
    while status(key).await != 503 {
        key += 1;
        assert!(key < 20, "the breaker never opened");
    }
    let answer = get(gateway.address, "/s/x").await;
    assert_eq!((answer.status, answer.end), (503, reader::End::Clean));
    assert!(answer.header("retry-after").is_some());
    gateway.wait_for_log("the origin only fails");
    let asked = origin.count();
    for number in 0..20 {
        let _ = status(number).await;
    }
    assert!(origin.count() <= asked + 2, "it is left in peace");

    origin.turn(|_| Play::Serve);
    for _ in 0..200 {
        if status(0).await == 200 {
            gateway.wait_for_log("the origin works again");
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the gateway never came back to its origin");
}

/// Gives temporary credentials that end in so many seconds, as ECS does. It lives as long as the test process.
fn credential_endpoint(life: u64) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let _ = socket.read(&mut [0; 4096]);
            let end = time::OffsetDateTime::from(SystemTime::now() + Duration::from_secs(life));
            let end = end.format(&time::format_description::well_known::Rfc3339).unwrap();
            let document = format!(
                "{{\"AccessKeyId\":\"ASIAEXAMPLE\",\"SecretAccessKey\":\"canary\",\"Token\":\"token\",\"Expiration\":\"{end}\"}}"
            );
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                document.len()
            );
            let _ = socket.write_all(format!("{head}{document}").as_bytes());
        }
    });
    address
}

#[tokio::test]
async fn rule_25_with_a_credential_that_ends_soon_a_redirect_becomes_a_stream() {
    for (life, status) in [(100, 200), (3_600, 302)] {
        let origin = ChaosOrigin::start(|_| Play::Serve);
        let yaml = format!(
            "buckets:\n  files: {{ name: shelf, region: us-east-1, endpoint: '{}', path_style: true, credentials: chain }}\nroutes:\n  - {{ path: /r/, bucket: files, prefix: pictures/, access: public, delivery: redirect }}\n",
            origin.endpoint()
        );
        let endpoint = format!("http://{}/credentials", credential_endpoint(life));
        let environment = [
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*endpoint),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        let gateway = Evergate::start_with(&yaml, &environment);
        let answer = get(gateway.address, "/r/object").await;
        assert_eq!(answer.status, status, "{life}");
        if status == 200 {
            assert!(answer.is_whole(&Object::of("pictures/object", 0)));
        }
    }
}
