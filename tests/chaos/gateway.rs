//! The whole gateway in this process, behind its real listener, with deadlines and bounds of a test's own.

use crate::origin::ChaosOrigin;
use evergate::clock::Clock;
use evergate::config::{self, Environment};
use evergate::fetch::{Deadlines, ObjectCache, OriginBounds, OriginClient, OriginSettings, OriginTls};
use evergate::gateway::{App, Furniture, Gateway as Service, Running};
use evergate::listener::{Limits, Listener, ListenerStats, serve};
use evergate::telemetry::{AccessSink, Telemetry};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// A gateway at work: `/s/` streams, `/r/` redirects. Ended when dropped.
pub struct Gateway {
    pub address: SocketAddr,
    telemetry: Telemetry,
    _listener: Listener,
}

/// How a gateway is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    pub settings: OriginSettings,
    pub bounds: OriginBounds,
    pub clock: Clock,
    pub workers: usize,
}

impl Default for Setup {
    /// Deadlines short enough that silence is judged soon, long enough for a loaded machine.
    fn default() -> Self {
        Self {
            settings: OriginSettings {
                deadlines: Deadlines {
                    connect: Duration::from_secs(2),
                    head: Duration::from_secs(4),
                    stall: Duration::from_secs(1),
                    error_body: Duration::from_secs(1),
                    ..Deadlines::default()
                },
                ..OriginSettings::default()
            },
            bounds: OriginBounds::default(),
            clock: Clock::system(),
            workers: 1,
        }
    }
}

impl Setup {
    /// Starts a gateway in front of `origin`.
    pub fn start(self, origin: &ChaosOrigin) -> Gateway {
        self.start_at(&origin.endpoint())
    }

    /// The same, in front of whoever is at `endpoint`.
    pub fn start_at(self, endpoint: &str) -> Gateway {
        let bucket = "{ name: shelf, region: us-east-1, endpoint: \"ENDPOINT\", path_style: true, credentials: \
                      { access_key_id: \"${ID}\", secret_access_key: \"${SECRET}\" } }";
        let text = format!(
            "listen: 127.0.0.1:0\nadmin: off\nworkers: {}\nlog: {{ access: off }}\nbuckets:\n  files: {}\nroutes:\n  - {}\n  - {}\n",
            self.workers,
            bucket.replace("ENDPOINT", endpoint),
            "{ path: /s/, bucket: files, prefix: \"\", access: public, delivery: stream }",
            "{ path: /r/, bucket: files, prefix: \"\", access: public, delivery: redirect }",
        );
        let environment: Environment = [("ID", "AKIDEXAMPLE"), ("SECRET", "not-a-secret")]
            .into_iter()
            .collect();
        let config = config::parse(&text, Path::new("config.yaml"), &environment)
            .unwrap_or_else(|faults| panic!("{faults}"))
            .config;
        let telemetry = Telemetry::new(self.clock.clone(), AccessSink::none()).unwrap();
        let furniture = Furniture {
            objects: ObjectCache::new(&config.object_cache, self.clock.clone(), telemetry.metrics().objects()),
            clock: self.clock.clone(),
            telemetry: telemetry.clone(),
            runtime: Handle::current(),
            bounds: self.bounds,
        };
        let app = App::build(&config, None, &furniture, None).unwrap();
        let running = Running::new(app, telemetry.metrics());
        let tls = OriginTls::load(&[]).unwrap();
        let (settings, clock) = (self.settings, self.clock);
        let listener = serve(
            &config.listener,
            Limits::default(),
            &Arc::new(ListenerStats::default()),
            move |_| {
                let client = OriginClient::new(settings, &tls, clock.clone()).unwrap();
                Service::new(running.clone(), client)
            },
        )
        .unwrap();
        Gateway {
            address: listener.local_address(),
            telemetry,
            _listener: listener,
        }
    }
}

impl Gateway {
    pub fn new(origin: &ChaosOrigin) -> Self {
        Setup::default().start(origin)
    }

    /// The value of one line of the metrics page, `evergate_…{…}`.
    pub fn metric(&self, line: &str) -> u64 {
        let page = self.telemetry.metrics().render().unwrap();
        let value = page
            .lines()
            .find_map(|seen| seen.strip_prefix(line)?.strip_prefix(' '))
            .unwrap_or_else(|| panic!("no {line} in\n{page}"));
        value.parse().unwrap()
    }

    /// The same, for a metric of the bucket.
    pub fn of_bucket(&self, name: &str) -> u64 {
        self.metric(&format!("{name}{{bucket=\"files\"}}"))
    }
}
