//! TLS: protocols by ALPN, the handshake's deadline, certificates that change under way.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on ends")]

mod listener_support;

use bytes::Bytes;
use evergate::config::ListenerConfig;
use evergate::listener::{Deadline, Limits, ListenError, ListenerStats, serve};
use evergate::s3::Scheme;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use listener_support::{Gate, PATIENCE, TestBody, status, tls, wait_for, wait_until};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tempfile::TempDir;

const NAME: &str = "files.example";

/// A folder with a self-signed pair.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> (Self, CertificateDer<'static>) {
        let files = Self {
            folder: TempDir::new().unwrap(),
        };
        let certificate = files.renew();
        (files, certificate)
    }

    fn renew(&self) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
        self.write("tls.crt", &made.cert.pem());
        self.write("tls.key", &made.signing_key.serialize_pem());
        made.cert.der().clone()
    }

    /// By renaming, as certificate tools do.
    fn write(&self, name: &str, text: &str) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.folder.path().join(name)).unwrap();
    }

    fn config(&self) -> ListenerConfig {
        tls(self.folder.path().join("tls.crt"), self.folder.path().join("tls.key"))
    }
}

fn client(trusted: &CertificateDer<'static>, alpn: &[&str]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Connects and finishes the handshake.
fn connect(gate: &Gate, config: Arc<ClientConfig>) -> Result<Tls, std::io::Error> {
    let name = ServerName::try_from(NAME).unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(config, name).unwrap(), gate.connect().0);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

fn get(stream: &mut Tls, path: &str) -> String {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {NAME}:443\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&answer).ends_with(path) {
        let read = stream.read(&mut piece).unwrap();
        assert_ne!(read, 0);
        answer.extend_from_slice(&piece[..read]);
    }
    String::from_utf8(answer).unwrap()
}

#[test]
fn http_1_over_tls_is_https_and_survives_being_parked() {
    let (files, certificate) = Files::new();
    let gate = Gate::with(
        &files.config(),
        Limits {
            park_after: Duration::from_millis(50),
            ..Limits::default()
        },
    );
    for alpn in [&[][..], &["http/1.1"]] {
        let mut stream = connect(&gate, client(&certificate, alpn)).unwrap();
        for _ in 0..3 {
            assert_eq!(status(&get(&mut stream, "/x")), "200");
            std::thread::sleep(Duration::from_millis(150));
        }
    }
    let seen = gate.notes.all().pop().unwrap();
    assert_eq!(seen.client.scheme, Scheme::Https);
    assert_eq!(seen.request.unwrap().host, NAME, "443 is the default port here");
}

#[test]
fn http_2_is_chosen_by_alpn() {
    let (files, certificate) = Files::new();
    let gate = Gate::with(&files.config(), Limits::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let tcp = tokio::net::TcpStream::connect(gate.address).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(client(&certificate, &["h2", "http/1.1"]));
        let stream = connector
            .connect(ServerName::try_from(NAME).unwrap(), tcp)
            .await
            .unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        let (mut client, connection) = builder
            .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        let request = http::Request::get(format!("https://{NAME}/big"))
            .body(Empty::new())
            .unwrap();
        let answer = client.send_request(request).await.unwrap();
        assert_eq!(
            answer.into_body().collect().await.unwrap().to_bytes().len(),
            1024 * 1024
        );
    });
    assert_eq!(gate.notes.only().version, http::Version::HTTP_2);
}

#[test]
fn rule_23_a_handshake_that_is_not_done_in_time_is_closed() {
    let (files, _) = Files::new();
    let limits = Limits {
        handshake: Duration::from_millis(300),
        ..Limits::default()
    };
    let gate = Gate::with(&files.config(), limits);
    let mut silent = gate.connect();
    let mut half = gate.connect();
    half.send([0x16, 3, 1, 2]);
    silent.closed_after();
    half.closed_after();
    wait_for("both", gate.stats.ended_by(Deadline::Handshake), 2);
}

#[test]
fn plain_text_on_a_tls_port_is_a_counted_failure() {
    let (files, _) = Files::new();
    let gate = Gate::with(&files.config(), Limits::default());
    gate.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for("the count", &gate.stats.tls_failures, 1);
    assert!(gate.notes.all().is_empty());
}

#[test]
fn rule_23_deadlines_hold_over_tls_too() {
    let (files, certificate) = Files::new();
    let short = Duration::from_millis(300);
    let park_after = Duration::from_millis(50);
    let limits = Limits {
        head: short,
        idle: short,
        write_progress: short,
        park_after,
        ..Limits::default()
    };
    let gate = Gate::with(&files.config(), limits);
    let mut idle = connect(&gate, client(&certificate, &[])).unwrap();
    let mut slow = connect(&gate, client(&certificate, &[])).unwrap();
    write!(slow, "GET / HT").unwrap();
    let mut greedy = connect(&gate, client(&certificate, &[])).unwrap();
    write!(greedy, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    for deadline in [Deadline::Idle, Deadline::Head, Deadline::Write] {
        wait_for(deadline.label(), gate.stats.ended_by(deadline), 1);
    }
    wait_for("the closes", &gate.stats.open, 0);
    let mut rest = Vec::new();
    for stream in [&mut idle, &mut slow] {
        let _ = stream.read_to_end(&mut rest);
    }
    assert!(rest.is_empty());
}

#[test]
fn a_changed_certificate_is_taken_into_use_and_a_broken_one_is_not() {
    let (files, first) = Files::new();
    let limits = Limits {
        certificate_poll: Duration::from_millis(20),
        ..Limits::default()
    };
    let gate = Gate::with(&files.config(), limits);
    let mut old = connect(&gate, client(&first, &[])).unwrap();

    let second = files.renew();
    wait_until("the new certificate is in use", || {
        connect(&gate, client(&second, &[])).is_ok()
    });
    assert!(gate.stats.certificate_reloads.get() >= 1);
    assert!(connect(&gate, client(&first, &[])).is_err());
    assert_eq!(status(&get(&mut old, "/old")), "200", "connections that are there stay");

    let faults = gate.stats.certificate_faults.get();
    files.write("tls.crt", "no certificate");
    wait_until("the fault is seen", || gate.stats.certificate_faults.get() > faults);
    assert!(connect(&gate, client(&second, &[])).is_ok(), "the old pair stays");
    // Said once for each change, however often it is looked at.
    let faults = gate.stats.certificate_faults.get();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(gate.stats.certificate_faults.get(), faults);

    // A key that is not the certificate's, as when one file is replaced before the other.
    let other = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    files.write("tls.crt", &other.cert.pem());
    wait_until("the fault is seen", || gate.stats.certificate_faults.get() > faults);
    assert!(connect(&gate, client(&second, &[])).is_ok(), "the old pair stays");
    files.write("tls.key", &other.signing_key.serialize_pem());
    wait_until("the pair is whole", || {
        connect(&gate, client(other.cert.der(), &[])).is_ok()
    });

    std::fs::remove_file(files.folder.path().join("tls.key")).unwrap();
    let faults = gate.stats.certificate_faults.get();
    wait_until("the fault is seen", || gate.stats.certificate_faults.get() > faults);
    assert!(
        connect(&gate, client(other.cert.der(), &[])).is_ok(),
        "the old pair stays"
    );
}

#[test]
fn a_listener_without_a_usable_certificate_does_not_start_and_says_why() {
    let (files, _) = Files::new();
    let said = |config: &ListenerConfig| {
        let stats = Arc::new(ListenerStats::default());
        let error = serve::<Never, _>(config, Limits::default(), &stats, |_| Never)
            .err()
            .unwrap();
        assert!(matches!(error, ListenError::Certificate(_)));
        error.to_string()
    };
    let mut config = files.config();
    config.tls.as_mut().unwrap().certificate = Path::new("/nowhere/tls.crt").to_owned();
    assert!(
        said(&config).starts_with("TLS: /nowhere/tls.crt: "),
        "{}",
        said(&config)
    );
    files.write("tls.key", "");
    assert!(
        said(&files.config()).ends_with("tls.key: holds no PEM private key"),
        "{}",
        said(&files.config())
    );
    files.write("tls.crt", "");
    assert!(
        said(&files.config()).ends_with("tls.crt: holds no PEM certificate"),
        "{}",
        said(&files.config())
    );
}

struct Never;

impl evergate::listener::Service for Never {
    type Body = TestBody;

    async fn call(&self, _: evergate::listener::Arrival) -> http::Response<TestBody> {
        unreachable!("it never starts")
    }
}

#[test]
fn rule_27_a_drain_over_tls_finishes_what_is_in_flight() {
    let (files, certificate) = Files::new();
    let mut gate = Gate::with(&files.config(), Limits::default());
    let mut stream = connect(&gate, client(&certificate, &[])).unwrap();
    let _idle = connect(&gate, client(&certificate, &[])).unwrap();
    write!(stream, "GET /gate HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    wait_until("the request is there", || !gate.notes.all().is_empty());
    let (notes, address) = (gate.notes.clone(), gate.address);
    let opener = std::thread::spawn(move || {
        wait_until("nobody accepts any more", || TcpStream::connect(address).is_err());
        notes.open_gate.store(true, Ordering::Relaxed);
    });
    assert_eq!(gate.drain(PATIENCE), 0);
    opener.join().unwrap();
    let mut answer = String::new();
    // The end comes with close_notify: rustls would call it an error otherwise.
    stream.read_to_string(&mut answer).unwrap();
    assert!(status(&answer) == "200" && answer.ends_with("through"), "{answer}");
}
