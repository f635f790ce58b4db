//! The gateway, with routing, access check, metrics and access log on. The log goes to standard output, which is `/dev/null`.

use super::Flavour;
use super::ground::{EXPIRY, Ground};
use super::launch::{Complaints, Program};
use super::ports::free_address;
use crate::error::BenchError;
use crate::origin::{BUCKET, KeyPair, REGION};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a gateway is set up. Written anew, it is what changes when it is reloaded under load.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    listen: SocketAddr,
    admin: SocketAddr,
    workers: usize,
    flavour: Flavour,
    /// Which of the origin's key pairs it signs with.
    pair: usize,
    /// What a reload changes when nothing else does.
    auto_limit_kib: u32,
    origin: SocketAddr,
    long_prefix: String,
    file: PathBuf,
}

impl Setup {
    /// Plans a gateway on `listen` with so many workers, its file in `folder`.
    ///
    /// # Errors
    /// When no port is free.
    pub(super) fn new(
        ground: &Ground,
        folder: &Path,
        listen: SocketAddr,
        workers: usize,
        flavour: Flavour,
    ) -> Result<Self, BenchError> {
        Ok(Self {
            listen,
            admin: free_address()?,
            workers,
            flavour,
            pair: 0,
            auto_limit_kib: 1024,
            origin: ground.signed,
            long_prefix: ground.long_prefix.clone(),
            file: folder.join("config.yaml"),
        })
    }

    /// Where its metrics are.
    pub(super) fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Lets it sign with the origin's other key pair from the next reload on.
    pub(super) fn rotate(&mut self) {
        self.pair ^= 1;
    }

    /// Lets the next reload bring a change that concerns no request of the bench.
    pub(super) fn alter(&mut self) {
        self.auto_limit_kib ^= 1;
    }

    /// Writes the file, whole or not at all: the gateway reads it when it likes.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn write(&self) -> Result<(), BenchError> {
        let draft = self.file.with_extension("draft");
        fs::write(&draft, self.text())
            .and_then(|()| fs::rename(&draft, &self.file))
            .map_err(|source| BenchError::File {
                what: format!("{} can't be written", self.file.display()),
                source,
            })
    }

    /// Writes the file, lets the gateway judge it, and returns how it is started.
    ///
    /// # Errors
    /// When it can't be written, or the gateway finds faults in it.
    pub(super) fn program(&self, gateway: &Path) -> Result<Program, BenchError> {
        self.write()?;
        let environment = environment();
        let checked = Command::new(gateway)
            .arg("check")
            .arg(&self.file)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .output()
            .map_err(|error| BenchError::said(format!("{} can't be started: {error}", gateway.display())))?;
        if !checked.status.success() {
            let said = String::from_utf8_lossy(&checked.stderr);
            return Err(BenchError::said(format!(
                "the gateway finds faults in its configuration: {said}"
            )));
        }
        let mut program = Program::new(
            gateway,
            ["serve".into(), "--config".into(), self.file.clone().into_os_string()],
        );
        program.environment = environment;
        // Each expired link that is honoured is a line there.
        program.complaints = Complaints::Dropped;
        Ok(program)
    }

    fn text(&self) -> String {
        let Self {
            listen,
            admin,
            workers,
            origin,
            long_prefix,
            auto_limit_kib,
            ..
        } = self;
        let client = KeyPair::of_client().id;
        let pair = KeyPair::of_origin().map(|pair| pair.id);
        let pair_id = pair.get(self.pair).map_or("", String::as_str);
        let secret = if self.pair == 0 {
            "BENCH_SECRET_A"
        } else {
            "BENCH_SECRET_B"
        };
        let url_cache = match self.flavour {
            Flavour::Warm => "{ max: 256MiB }",
            Flavour::Cold => "{ max: 1MiB }",
            Flavour::Uncached => "off",
        };
        let expiry = EXPIRY.as_secs();
        format!(
            "listen: {listen}
admin: {{ listen: {admin} }}
workers: {workers}
max_connections: 20000
drain: 1s
log: {{ format: json, access: on }}
auto_limit: {auto_limit_kib}KiB
url_cache: {url_cache}
object_cache: {{ max: 512MiB, max_object_size: 16MiB }}
buckets:
  files:
    name: {BUCKET}
    region: {REGION}
    endpoint: http://{origin}
    path_style: true
    url_expiry: {expiry}s
    credentials: {{ access_key_id: {pair_id}, secret_access_key: \"${{{secret}}}\" }}
routes:
  - {{ path: /r/, bucket: files, prefix: {long_prefix}/r/, access: public, delivery: redirect }}
  - {{ path: /s/, bucket: files, prefix: images/s/, access: public, delivery: stream }}
  - {{ path: /c/, bucket: files, prefix: images/c/, access: public, delivery: stream, cache: {{ fresh_for: 1d }} }}
clients:
  - access_key_id: {client}
    secret_access_key: \"${{BENCH_CLIENT_SECRET}}\"
    allow:
      - {{ bucket: files, operations: [read, write, delete, list] }}
refresh:
  - {{ bucket: files, prefix: {long_prefix}/p/, max_age: 36500d, delivery: redirect }}
"
        )
    }
}

/// The secrets, which a configuration takes from the environment.
fn environment() -> Vec<(&'static str, String)> {
    let [first, second] = KeyPair::of_origin();
    vec![
        ("BENCH_SECRET_A", first.secret),
        ("BENCH_SECRET_B", second.secret),
        ("BENCH_CLIENT_SECRET", KeyPair::of_client().secret),
    ]
}
