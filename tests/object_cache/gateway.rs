//! The gateway in this process, with both of its listeners, by a clock that the test turns.

use crate::origin::Origin;
use crate::support::http::{Reply, exchange, get, send};
use bytes::Bytes;
use evergate::admin::{Admin, AdminLimits, Api, ApiTools, Report};
use evergate::clock::{Clock, ManualClock, Timestamp};
use evergate::config::{self, Config, Environment};
use evergate::fetch::{Deadlines, ObjectCache, OriginBounds, OriginClient, OriginSettings, OriginTls, Prober};
use evergate::gateway::{App, Furniture, Gateway as Service, Running};
use evergate::listener::{Limits, Listener, ListenerStats, serve};
use evergate::telemetry::{AccessSink, Telemetry};
use http::{Method, Request};
use http_body_util::Full;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Handle;

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
    telemetry: Telemetry,
    furniture: Furniture,
    running: Running,
    environment: Vec<(&'static str, String)>,
    _admin: Admin,
    _listener: Listener,
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
        let telemetry = Telemetry::new(clock.clone(), AccessSink::none()).unwrap();
        let metrics = telemetry.metrics();
        let furniture = Furniture {
            objects: ObjectCache::new(&config.object_cache, clock.clone(), metrics.objects()),
            clock: clock.clone(),
            telemetry: telemetry.clone(),
            runtime: Handle::current(),
            bounds: self.bounds,
        };
        let app = App::build(&config, None, &furniture, None).unwrap();
        let running = Running::new(app, metrics);
        let tls = OriginTls::load(&[]).unwrap();
        let admin = config.admin.as_ref().unwrap();
        let tools = ApiTools {
            running: running.clone(),
            sns: Arc::new(Prober::new(&tls).unwrap()),
            clock: clock.clone(),
        };
        let api = Api::new(admin, tools, telemetry.events().clone());
        let ready = Arc::new(Report::default);
        let admin = Admin::start(admin.address, AdminLimits::default(), metrics.clone(), ready, api).unwrap();
        let (settings, of_workers) = (self.settings, running.clone());
        let make = move |_| {
            let client = OriginClient::new(settings, &tls, clock.clone()).unwrap();
            Service::new(of_workers.clone(), client)
        };
        let stats = Arc::new(ListenerStats::default());
        let listener = serve(&config.listener, Limits::default(), &stats, make).unwrap();
        Gateway {
            address: listener.local_address(),
            admin: admin.address(),
            hands,
            telemetry,
            furniture,
            running,
            environment: self.environment,
            _admin: admin,
            _listener: listener,
        }
    }
}

fn parsed(yaml: &str, more: &[(&'static str, String)]) -> Config {
    let text = format!(
        "listen: 127.0.0.1:0\nadmin: {{ listen: 127.0.0.1:0, token: \"${{ADMIN_TOKEN}}\", events_token: \"${{EVENTS_TOKEN}}\" }}\n\
         workers: 2\nmax_connections: 8192\nlog: {{ access: off }}\n{yaml}"
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
    let environment: Environment = mine.into_iter().chain(more).collect();
    config::parse(&text, Path::new("config.yaml"), &environment)
        .unwrap_or_else(|faults| panic!("{faults}"))
        .config
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
        let page = self.telemetry.metrics().render().unwrap();
        let found = page.lines().find_map(|seen| seen.strip_prefix(line)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("no {line} in\n{page}")).parse().unwrap()
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
        let app = App::build(
            &parsed(yaml, &self.environment),
            None,
            &self.furniture,
            Some(&self.running.load()),
        )
        .unwrap();
        self.running.swap(app, self.telemetry.metrics());
    }
}
