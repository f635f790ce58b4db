//! The gateway in this process, with both of its listeners, by a clock that the test turns.

use crate::origin::Origin;
use crate::support::http::{Reply, exchange, get, send};
use crate::support::in_process::{self, InProcess, configured};
use bytes::Bytes;
use evergate::admin::{Admin, AdminLimits, Api, ApiTools, Report};
use evergate::clock::{Clock, ManualClock, Timestamp};
use evergate::config::Config;
use evergate::fetch::{Deadlines, OriginBounds, OriginSettings, OriginTls, Prober};
use http::{Method, Request};
use http_body_util::Full;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub const TOKEN: &str = "canary-token-of-the-admin-api-0001";
pub const EVENTS_TOKEN: &str = "canary-token-of-the-events-api-001";
/// An app that may do everything with `files`, and its secret.
pub const APP: (&str, &str) = ("EVGAPP00000000000001", "canary-client-secret-of-the-app-00000001");

pub const MINUTE: Duration = Duration::from_mins(1);

/// A gateway at work; ended when dropped.
pub struct Gateway {
    pub address: SocketAddr,
    pub admin: SocketAddr,
    hands: ManualClock,
    environment: Vec<(&'static str, String)>,
    _admin: Admin,
    inner: InProcess,
}

/// How a gateway is set up.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    pub settings: OriginSettings,
    pub bounds: OriginBounds,
    /// More variables that the configuration may name.
    pub environment: Vec<(&'static str, String)>,
}

impl Setup {
    /// Silence is judged soon enough for a test, and late enough for a loaded machine; no breaker comes between, and no pause.
    pub fn impatient() -> Self {
        let mut setup = Self {
            settings: OriginSettings {
                deadlines: Deadlines {
                    connect: Duration::from_secs(3),
                    head: Duration::from_secs(6),
                    ..Deadlines::default()
                },
                ..OriginSettings::default()
            },
            ..Self::default()
        };
        setup.bounds.breaker.failures = 10_000;
        setup.bounds.retry.pause = Duration::from_millis(2);
        setup.bounds.retry.busy_pause = Duration::from_millis(2);
        setup
    }

    /// Starts a gateway with this configuration behind its listeners and its tokens.
    pub fn start(self, yaml: &str) -> Gateway {
        let config = parsed(yaml, &self.environment);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let (clock, hands) = Clock::manual(Timestamp::from_unix(now.as_secs()));
        let inner = in_process::Setup {
            settings: self.settings,
            bounds: self.bounds,
            ..in_process::Setup::by(&clock)
        };
        let inner = inner.start(&config);
        let telemetry = &inner.furniture.telemetry;
        let admin = config.admin.as_ref().unwrap();
        let tools = ApiTools {
            running: inner.running.clone(),
            sns: Arc::new(Prober::new(&OriginTls::load(&[]).unwrap())),
            clock,
        };
        let api = Api::new(admin, tools, telemetry.events().clone());
        let (ready, metrics) = (Arc::new(Report::default), telemetry.metrics().clone());
        let admin = Admin::start(admin.address, AdminLimits::default(), metrics, ready, api).unwrap();
        Gateway {
            address: inner.address,
            admin: admin.address(),
            hands,
            environment: self.environment,
            _admin: admin,
            inner,
        }
    }
}

fn parsed(yaml: &str, more: &[(&'static str, String)]) -> Config {
    let yaml = format!(
        "admin: {{ listen: 127.0.0.1:0, token: \"${{ADMIN_TOKEN}}\", events_token: \"${{EVENTS_TOKEN}}\" }}\nworkers: 2\n\
         max_connections: 8192\n{yaml}"
    );
    let mine = [
        ("ID", "AKIDEXAMPLE"),
        ("SECRET", "canary-secret-access-key"),
        ("OTHER_SECRET", "canary-secret-access-key-too"),
        ("APP_SECRET", APP.1),
        ("ADMIN_TOKEN", TOKEN),
        ("EVENTS_TOKEN", EVENTS_TOKEN),
    ];
    let more = more.iter().map(|(name, value)| (*name, value.as_str()));
    configured(&yaml, mine.into_iter().chain(more))
}

/// One bucket at `origin`, called `shelf` there; its credentials are those that `SECRET` names.
pub fn bucket(id: &str, origin: &Origin) -> String {
    format!(
        "  {id}: {{ name: shelf, region: us-east-1, endpoint: '{}', path_style: true, credentials: {{ access_key_id: '${{ID}}', \
         secret_access_key: '${{SECRET}}' }} }}\n",
        origin.endpoint()
    )
}

/// The app that may do everything.
pub const APP_CLIENT: &str = "clients:\n  - { name: app, access_key_id: EVGAPP00000000000001, secret_access_key: '${APP_SECRET}', allow: \
                              [{ bucket: files, operations: [read, write, delete, list] }] }\n";

/// `/s/` streams everything in the bucket, cached by `policy`; `/plain/` does so past the cache.
pub fn site(origin: &Origin, policy: &str) -> String {
    format!(
        "buckets:\n{}{APP_CLIENT}routes:\n  - {{ path: /s/, bucket: files, prefix: '', access: public, delivery: stream, cache: {{ {policy} }} }}\n  \
         - {{ path: /plain/, bucket: files, prefix: '', access: public, delivery: stream }}\n",
        bucket("files", origin)
    )
}

impl Gateway {
    /// A gateway in front of `origin` that streams below `/s/`, cached by `policy`.
    pub fn caching(origin: &Origin, policy: &str) -> Self {
        Setup::default().start(&site(origin, policy))
    }

    /// Turns the clock forward.
    pub fn wait(&self, by: Duration) {
        self.hands.advance(by);
    }

    pub async fn get(&self, target: &str) -> Reply {
        get(self.address, target).await
    }

    pub async fn get_with(&self, target: &str, headers: &[(&str, &str)]) -> Reply {
        send(self.address, Method::GET, target, headers).await
    }

    pub async fn head(&self, target: &str) -> Reply {
        send(self.address, Method::HEAD, target, &[]).await
    }

    /// The value of one line of the metrics page, `evergate_…{…}`.
    pub fn metric(&self, line: &str) -> u64 {
        self.inner.metric(line)
    }

    /// How many requests came to this: `hit`, `miss`, `joined`…
    pub fn results(&self, result: &str) -> u64 {
        self.metric(&format!("evergate_object_cache_requests_total{{result=\"{result}\"}}"))
    }

    /// How many requests wait for a fetch that others began.
    pub fn waiters(&self) -> u64 {
        self.metric("evergate_object_cache_waiters")
    }

    /// Makes a call of the admin API.
    pub async fn call(&self, path: &str, token: &str, body: &str) -> Reply {
        let request = Request::post(path)
            .header("host", "admin")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
            .unwrap();
        exchange(self.admin, request).await.unwrap()
    }

    /// Runs by another configuration from now on.
    pub fn reload(&self, yaml: &str) {
        self.inner.reload(&parsed(yaml, &self.environment));
    }
}
