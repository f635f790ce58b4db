//! A large object streams in little memory, and a client that stops reading does not make it grow.

use crate::support::evergate::Evergate;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const GIB: u64 = 1024 * 1024 * 1024;
const BOUND: u64 = 64 * 1024 * 1024;

/// An origin that answers every request with 1 GiB of a pattern, as fast as it is read.
async fn gibibyte_origin() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut head = [0; 4096];
                if stream.read(&mut head).await.is_err() {
                    return;
                }
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {GIB}\r\ncontent-type: video/mp4\r\netag: \"g\"\r\n\r\n"
                );
                let block: Vec<u8> = (0..=u8::MAX).cycle().take(256 * 1024).collect();
                if stream.write_all(head.as_bytes()).await.is_ok() {
                    for _ in 0..GIB / (256 * 1024) {
                        if stream.write_all(&block).await.is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    endpoint
}

fn gateway(endpoint: &str) -> Evergate {
    Evergate::start_with(
        &format!(
            "buckets:\n  files: {{ name: files, region: us-east-1, endpoint: '{endpoint}', path_style: true, credentials: {{ access_key_id: '${{KEY}}', secret_access_key: '${{SECRET}}' }} }}\nroutes:\n  - {{ path: /s/, bucket: files, prefix: '', access: public, delivery: stream }}\n"
        ),
        &[("KEY", "AKIDEXAMPLE"), ("SECRET", "canary-secret-access-key")],
    )
}

#[tokio::test]
async fn a_gibibyte_streams_in_less_than_64_mib() {
    let gateway = gateway(&gibibyte_origin().await);
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    client
        .write_all(b"GET /s/film.mp4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut block = vec![0; 1024 * 1024];
    let (mut head, mut body, mut expected) = (Vec::new(), 0_u64, 0_u8);
    loop {
        let read = client.read(&mut block).await.unwrap();
        if read == 0 {
            break;
        }
        let mut bytes = &block[..read];
        if body == 0 {
            head.extend_from_slice(bytes);
            let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            bytes = &bytes[read - (head.len() - end - 4)..];
        }
        for byte in bytes {
            assert_eq!(*byte, expected, "at {body}");
            expected = expected.wrapping_add(1);
        }
        body += bytes.len() as u64;
        let memory = gateway.held();
        assert!(memory < BOUND, "{} MiB held at {body}", memory >> 20);
    }
    assert_eq!(body, GIB);
}

#[tokio::test]
async fn rule_23_clients_that_stop_reading_do_not_make_it_grow() {
    let gateway = gateway(&gibibyte_origin().await);
    let mut idle = Vec::new();
    for _ in 0..32 {
        let mut client = TcpStream::connect(gateway.address).await.unwrap();
        client
            .write_all(b"GET /s/film.mp4 HTTP/1.1\r\nHost: a\r\n\r\n")
            .await
            .unwrap();
        let mut first = [0; 1024];
        assert!(client.read(&mut first).await.unwrap() > 0);
        idle.push(client);
    }
    // Long enough for a gateway without back-pressure to pull gigabytes over loopback.
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let held = gateway.held();
        assert!(held < BOUND, "{} MiB held with 32 idle readers", held >> 20);
    }
}
