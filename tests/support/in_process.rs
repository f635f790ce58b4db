//! The gateway in the test's own process, behind its real listener: by a clock, deadlines and bounds of the test's own.

use evergate::cache::DiskTier;
use evergate::clock::Clock;
use evergate::config::{self, Config, Environment};
use evergate::fetch::{ObjectCache, OriginBounds, OriginClient, OriginSettings, OriginTls};
use evergate::gateway::{App, Furniture, Gateway, Running};
use evergate::listener::{Limits, Listener, ListenerStats, serve};
use evergate::telemetry::{AccessSink, Telemetry};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Handle;

/// A gateway at work; ended when dropped.
pub struct InProcess {
    pub address: SocketAddr,
    pub furniture: Furniture,
    pub running: Running,
    _listener: Listener,
}

/// What a gateway runs by beside its configuration.
pub struct Setup {
    pub clock: Clock,
    pub settings: OriginSettings,
    pub bounds: OriginBounds,
    pub disk: Option<DiskTier>,
}

/// Judges a configuration that listens on loopback and writes no access log.
pub fn configured<'a>(yaml: &str, environment: impl IntoIterator<Item = (&'a str, &'a str)>) -> Config {
    let text = format!("listen: 127.0.0.1:0\nlog: {{ access: off }}\n{yaml}");
    let environment: Environment = environment.into_iter().collect();
    let loaded = config::parse(&text, Path::new("config.yaml"), &environment);
    loaded.unwrap_or_else(|faults| panic!("{faults}")).config
}

impl Setup {
    /// As the program runs by, but for the clock.
    pub fn by(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            settings: OriginSettings::default(),
            bounds: OriginBounds::default(),
            disk: None,
        }
    }

    /// Starts a gateway. What it has renewed and kept runs on the caller's runtime.
    pub fn start(self, config: &Config) -> InProcess {
        let Self {
            clock,
            settings,
            bounds,
            disk,
        } = self;
        let telemetry = Telemetry::new(clock.clone(), AccessSink::none()).unwrap();
        let counted = telemetry.metrics().objects();
        let objects = ObjectCache::with_disk(&config.object_cache, disk, clock.clone(), counted);
        let read = Arc::clone(&objects);
        telemetry.metrics().read_objects(move || read.reading());
        let furniture = Furniture {
            objects,
            clock: clock.clone(),
            telemetry,
            runtime: Handle::current(),
            bounds,
            workers: config.listener.worker_count(),
        };
        let app = App::build(config, None, &furniture, None).unwrap();
        let running = Running::new(app, furniture.telemetry.metrics());
        let tls = OriginTls::load(&[]).unwrap();
        let of_workers = running.clone();
        let stats = Arc::new(ListenerStats::default());
        let listener = serve(&config.listener, Limits::default(), &stats, move |worker| {
            let client = OriginClient::new(settings, &tls, clock.clone());
            Gateway::new(worker, of_workers.clone(), client)
        })
        .unwrap();
        InProcess {
            address: listener.local_address(),
            furniture,
            running,
            _listener: listener,
        }
    }
}

impl InProcess {
    /// Runs by another configuration from now on.
    pub fn reload(&self, config: &Config) {
        let app = App::build(config, None, &self.furniture, Some(&self.running.load())).unwrap();
        self.running.swap(app, self.furniture.telemetry.metrics());
    }

    /// The metrics page.
    pub fn metrics(&self) -> String {
        self.furniture.telemetry.metrics().render().unwrap()
    }

    /// The value of one line of the metrics page, `evergate_…{…}`.
    pub fn metric(&self, line: &str) -> u64 {
        let page = self.metrics();
        let found = page.lines().find_map(|seen| seen.strip_prefix(line)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("no {line} in\n{page}")).parse().unwrap()
    }
}
