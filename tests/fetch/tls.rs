//! TLS to origins: an unknown root is refused, the operator's own is trusted.

use crate::scripted::{Gateway, answer, impatient};
use evergate::fetch::{FetchError, OriginTls, TlsError};
use http_body_util::BodyExt;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

/// An HTTPS origin on loopback, and its root in PEM.
fn https_origin() -> (SocketAddr, String) {
    let issued = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let pem = issued.cert.pem();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), socket.unwrap());
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
                head.extend(byte);
            }
            let _ = stream.write_all(&answer("200 OK", &[], b"sealed"));
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    (address, pem)
}

#[tokio::test]
async fn an_unknown_root_is_refused_and_the_operators_own_is_trusted() {
    let (address, pem) = https_origin();
    let endpoint = format!("https://localhost:{}", address.port());
    let stranger = Gateway::with(&endpoint, impatient(), b"").get(&[]).await.unwrap_err();
    assert!(matches!(stranger, FetchError::Unreachable(_)), "{stranger:?}");
    let trusted = Gateway::with(&endpoint, impatient(), pem.as_bytes())
        .get(&[])
        .await
        .unwrap();
    let (_, _, body) = trusted.into_parts();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "sealed");
}

#[test]
fn extra_roots_that_are_none_are_refused() {
    for bad in ["hello", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        assert!(
            matches!(OriginTls::load(bad.as_bytes()), Err(TlsError::ExtraRoots)),
            "{bad}"
        );
    }
    assert!(OriginTls::load(b" \n").is_ok());
}
