//! The gateway in this process, by a clock of the test's own: hours of rotation in seconds.

use evergate::clock::Clock;
use evergate::config::{Environment, parse};
use evergate::fetch::{ObjectCache, OriginBounds, OriginClient, OriginSettings, OriginTls};
use evergate::gateway::{App, Furniture, Gateway, Running};
use evergate::listener::{self, Limits, Listener, ListenerStats};
use evergate::telemetry::{AccessSink, Telemetry};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A running gateway; ended when dropped.
pub(crate) struct InProcess {
    pub(crate) address: SocketAddr,
    pub(crate) telemetry: Telemetry,
    _listener: Listener,
}

impl InProcess {
    /// Starts it with this configuration, and waits for its credentials. Renewal runs on the caller's runtime.
    pub(crate) async fn start(yaml: &str, environment: &[(&str, &str)], clock: &Clock) -> Self {
        let yaml = format!("listen: 127.0.0.1:0\nworkers: 2\n{yaml}");
        let environment: Environment = environment.iter().copied().collect();
        let config = parse(&yaml, Path::new("config.yaml"), &environment)
            .unwrap_or_else(|faults| panic!("{faults}"))
            .config;
        let telemetry = Telemetry::new(clock.clone(), AccessSink::none()).unwrap();
        let furniture = Furniture {
            objects: ObjectCache::new(&config.object_cache, clock.clone(), telemetry.metrics().objects()),
            clock: clock.clone(),
            telemetry: telemetry.clone(),
            runtime: tokio::runtime::Handle::current(),
            bounds: OriginBounds::default(),
        };
        let app = App::build(&config, None, &furniture, None).unwrap();
        let begun = std::time::Instant::now();
        while !app.has_credentials() {
            assert!(begun.elapsed() < Duration::from_mins(1), "no credentials came");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let running = Running::new(app, telemetry.metrics());
        let tls = OriginTls::load(&[]).unwrap();
        let clock = clock.clone();
        let make = move |_worker| {
            let origin = OriginClient::new(OriginSettings::default(), &tls, clock.clone()).unwrap();
            Gateway::new(running.clone(), origin)
        };
        let stats = Arc::new(ListenerStats::default());
        let listener = listener::serve(&config.listener, Limits::default(), &stats, make).unwrap();
        Self {
            address: listener.local_address(),
            telemetry,
            _listener: listener,
        }
    }

    /// The value of a metric's sample, written as on the page.
    pub(crate) fn metric(&self, sample: &str) -> Option<u64> {
        let page = self.telemetry.metrics().render().unwrap();
        page.lines()
            .find_map(|line| line.strip_prefix(sample)?.trim().parse().ok())
    }
}
