//! The gateway as a process: its configuration, its start and its end.

use super::lease::{ContainerEndpoint, KeyFiles};
use super::origin::{BUCKET, Origin, PREFIX, REGION};
use super::way::Way;
use crate::error::BenchError;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// The key that the gateway issued to the app.
pub(super) const CLIENT_ID: &str = "EVGBENCHCHAT00000001";
/// Its secret. It opens made-up pictures on loopback.
pub(super) const CLIENT_SECRET: &str = "bench-client-secret-of-forty-characters-";

/// What the configuration is made of.
#[derive(Debug)]
pub(super) struct Setup<'a> {
    /// The gateway's ways, and the origin of each.
    pub(super) origins: &'a [(Way, Origin)],
    /// Where sessions with an end come from.
    pub(super) endpoint: &'a ContainerEndpoint,
    /// Where the redirects' sessions are, when they live too short to be redirected with if their end were known.
    pub(super) files: Option<&'a KeyFiles>,
    /// How long its presigned URLs live.
    pub(super) url_expiry: Duration,
}

impl Setup<'_> {
    fn yaml(&self) -> String {
        let mut yaml =
            String::from("listen: 127.0.0.1:0\nadmin: off\nworkers: 2\nlog: { format: json, access: on }\nbuckets:\n");
        for (way, origin) in self.origins {
            let credentials = match self.files {
                Some(files) if *way == Way::Redirect => format!(
                    "{{ access_key_id: 'file:{}', secret_access_key: 'file:{}', session_token: 'file:{}' }}",
                    files.path("id").display(),
                    files.path("secret").display(),
                    files.path("token").display()
                ),
                _ => "chain".to_owned(),
            };
            // Writing to a String can't fail, here and below.
            let _ = writeln!(
                yaml,
                "  {}: {{ name: {}, region: {REGION}, endpoint: '{}', path_style: true, url_expiry: {}s, credentials: {credentials} }}",
                way.word(),
                bucket_of(*way),
                origin.endpoint(),
                self.url_expiry.as_secs()
            );
        }
        yaml.push_str("routes:\n");
        for (way, delivery, cache) in [
            (Way::Redirect, "redirect", ""),
            (Way::Stream, "stream", ""),
            (Way::Auto, "auto", ""),
            (
                Way::Cached,
                "stream",
                ", cache: { fresh_for: 2s, stale_while_revalidate: 1h, stale_if_error: 1d }",
            ),
        ] {
            let word = way.word();
            let _ = writeln!(
                yaml,
                "  - {{ path: /{word}/, bucket: {word}, prefix: {PREFIX}, access: public, delivery: {delivery}{cache} }}"
            );
        }
        let word = Way::Refreshed.word();
        let _ = write!(
            yaml,
            "clients:\n  - name: chat\n    access_key_id: {CLIENT_ID}\n    secret_access_key: ${{BENCH_CLIENT_SECRET}}\n    \
             allow: [ {{ bucket: {word}, operations: [read] }} ]\nrefresh:\n  \
             - {{ bucket: {word}, prefix: {PREFIX}, max_age: 30d, delivery: stream }}\n"
        );
        yaml
    }
}

/// What the bucket is called at its origin. Each way has one of its own: the refreshing door finds buckets by these names.
pub(super) fn bucket_of(way: Way) -> String {
    format!("{BUCKET}-{}", way.word())
}

/// A running gateway; ended when dropped.
#[derive(Debug)]
pub(super) struct Gateway {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Gateway {
    /// Starts `program` in `folder`, which takes its configuration and its logs, and waits until it listens.
    pub(super) async fn start(program: &Path, folder: &Path, setup: &Setup<'_>) -> Result<Self, BenchError> {
        let config = folder.join("config.yaml");
        let file = |path: &PathBuf| {
            File::create(path).map_err(|source| BenchError::File {
                what: format!("{} can't be written", path.display()),
                source,
            })
        };
        fs::write(&config, setup.yaml()).map_err(|source| BenchError::File {
            what: format!("{} can't be written", config.display()),
            source,
        })?;
        let log = folder.join("gateway.log");
        let child = Command::new(program)
            .args(["serve", "--config"])
            .arg(&config)
            .env_clear()
            .env("BENCH_CLIENT_SECRET", CLIENT_SECRET)
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{}/", setup.endpoint.address))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(file(&folder.join("access.log"))?)
            .stderr(file(&log)?)
            .spawn()
            .map_err(|error| {
                BenchError::said(format!(
                    "{} can't be started: {error}. Build it with `cargo build --release`, or name another with --gateway",
                    program.display()
                ))
            })?;
        let mut gateway = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let began = Instant::now();
        loop {
            let told = fs::read_to_string(&log).unwrap_or_default();
            if let Some(address) = listening(&told) {
                gateway.address = address;
                return Ok(gateway);
            }
            let ended = gateway.child.try_wait().ok().flatten();
            if ended.is_some() || began.elapsed() > PATIENCE {
                return Err(BenchError::said(format!(
                    "the gateway does not listen; it says:\n{told}"
                )));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds the event `{"message":"listening","listener":"public","address":…}`.
fn listening(log: &str) -> Option<SocketAddr> {
    log.lines().find_map(|line| {
        let event: serde_json::Value = serde_json::from_str(line).ok()?;
        (event.get("message")? == "listening" && event.get("listener")? == "public").then_some(())?;
        event.get("address")?.as_str()?.parse().ok()
    })
}
