//! Back-pressure: what a reader does not take, the gateway does not hold.

use crate::scripted::{Connection, Gateway, Origin, PATIENCE};
use evergate::access::Audience;
use evergate::clock::Clock;
use evergate::config::InlinePolicy;
use evergate::respond::{self, View};
use evergate::s3::ObjectKey;
use http_body_util::BodyExt;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io::{Read, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const CHUNK: usize = 16 * 1024;
const WHOLE: usize = 64 * 1024 * 1024;
/// What the kernel's and hyper's buffers may hold along the way, which is far less than the object.
const BOUND: usize = 24 * 1024 * 1024;

/// Sends 64 MiB as fast as they are taken and counts what was taken.
fn fire_hose() -> (Origin, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let origin = Origin::start(move |connection: &mut Connection| {
        connection.request();
        connection.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {WHOLE}\r\n\r\n"));
        for _ in 0..WHOLE / CHUNK {
            if connection.socket.write_all(&[7; CHUNK]).is_err() {
                return;
            }
            counter.fetch_add(CHUNK, Ordering::SeqCst);
        }
    });
    (origin, taken)
}

/// Waits until nothing more is taken.
async fn settled(taken: &AtomicUsize) -> usize {
    let mut before = usize::MAX;
    for _ in 0..100 {
        let now = taken.load(Ordering::SeqCst);
        if now == before && now > 0 {
            return now;
        }
        before = now;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the origin never stopped")
}

#[tokio::test]
async fn a_body_that_nobody_reads_stops_the_origin() {
    let (origin, taken) = fire_hose();
    let (_, _, mut body) = Gateway::new(&origin).get(&[]).await.unwrap().into_parts();
    let held = settled(&taken).await;
    assert!(held < BOUND, "{held} bytes were taken");
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.len() <= 1024 * 1024, "one chunk of {} bytes", first.len());
    let rest = body.collect().await.unwrap().to_bytes();
    assert_eq!(first.len() + rest.len(), WHOLE);
    assert!(rest.iter().all(|&byte| byte == 7));
}

/// Serves one connection through the real server side of hyper.
async fn serve(gateway: Gateway) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gateway = Rc::new(gateway);
    tokio::task::spawn_local(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let gateway = Rc::clone(&gateway);
            async move {
                let operation = match *request.method() {
                    http::Method::HEAD => evergate::s3::Operation::HeadObject,
                    _ => evergate::s3::Operation::GetObject,
                };
                let response = gateway.fetch(operation, "a/u.png", &[]).await.unwrap();
                let key = ObjectKey::parse("a/u.png").unwrap();
                let view = View {
                    key: &key,
                    audience: Audience::Public,
                    cache_control: None,
                    inline: InlinePolicy::Safe,
                    download: None,
                    overrides: None,
                    now: Clock::system().now(),
                };
                Ok::<_, Infallible>(respond::stream(response.into(), &view))
            }
        });
        let _ = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(socket), service)
            .await;
    });
    address
}

async fn ask(address: std::net::SocketAddr, method: &'static str) -> Vec<u8> {
    tokio::time::timeout(
        PATIENCE,
        tokio::task::spawn_blocking(move || {
            let mut socket = std::net::TcpStream::connect(address).unwrap();
            socket
                .write_all(format!("{method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())
                .unwrap();
            let mut all = Vec::new();
            // A cut connection may end in an error; what came before it counts.
            let _ = socket.read_to_end(&mut all);
            all
        }),
    )
    .await
    .expect("the answer hung")
    .unwrap()
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_the_origin() {
    let (origin, taken) = fire_hose();
    tokio::task::LocalSet::new()
        .run_until(async move {
            let address = serve(Gateway::new(&origin)).await;
            let mut socket = std::net::TcpStream::connect(address).unwrap();
            socket.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            let held = settled(&taken).await;
            assert!(held < 2 * BOUND, "{held} bytes were taken");
        })
        .await;
}

#[tokio::test]
async fn rule_19_a_cut_at_the_origin_cuts_the_client() {
    for (cut, framing) in [
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd",
            "content-length: 10",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n",
            "transfer-encoding: chunked",
        ),
    ] {
        let origin = Origin::saying(cut);
        tokio::task::LocalSet::new()
            .run_until(async move {
                let text = String::from_utf8(ask(serve(Gateway::new(&origin)).await, "GET").await).unwrap();
                assert!(
                    text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains(framing),
                    "{text}"
                );
                // Neither the announced length nor the last chunk: no client can take it for the whole.
                assert!(!text.ends_with("0\r\n\r\n"), "{text}");
                let body = text.split_once("\r\n\r\n").unwrap().1;
                assert!(!body.contains("abcdefghij"));
            })
            .await;
    }
}

#[tokio::test]
async fn head_answers_with_the_objects_length() {
    let origin = Origin::saying("HTTP/1.1 200 OK\r\nContent-Length: 77\r\nContent-Type: image/png\r\n\r\n");
    tokio::task::LocalSet::new()
        .run_until(async move {
            let text = String::from_utf8(ask(serve(Gateway::new(&origin)).await, "HEAD").await).unwrap();
            assert!(text.contains("\r\ncontent-length: 77\r\n"), "{text}");
            assert!(text.ends_with("\r\n\r\n"), "{text}");
        })
        .await;
}

#[tokio::test]
async fn an_empty_object_is_an_object() {
    let origin = Origin::saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Type: image/png\r\n\r\n");
    tokio::task::LocalSet::new()
        .run_until(async move {
            let text = String::from_utf8(ask(serve(Gateway::new(&origin)).await, "GET").await).unwrap();
            assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
            assert!(
                text.contains("\r\ncontent-length: 0\r\n") && text.ends_with("\r\n\r\n"),
                "{text}"
            );
        })
        .await;
}
