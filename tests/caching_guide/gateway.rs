//! The gateway of the guide in this process, with a clock that the test turns.

use crate::guide;
use crate::origin::Origin;
use crate::support::http::{Reply, send};
use evergate::cache::DiskTier;
use evergate::clock::{Clock, ManualClock, Timestamp};
use evergate::config::{self, DiskCacheConfig, Environment};
use evergate::fetch::{ObjectCache, OriginBounds, OriginClient, OriginSettings, OriginTls};
use evergate::gateway::{App, Furniture, Gateway as Service, Running};
use evergate::listener::{Limits, Listener, ListenerStats, serve};
use evergate::telemetry::{AccessSink, Telemetry};
use http::Method;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Handle;

const NOON: u64 = 1_795_348_800;
const PATH: &str = "/avatars/u42.png";

/// A gateway at work in front of an origin of its own. Ended when dropped.
pub struct Gateway {
    pub origin: Arc<Origin>,
    pub address: SocketAddr,
    hands: ManualClock,
    objects: Arc<ObjectCache>,
    telemetry: Telemetry,
    _listener: Listener,
}

impl Gateway {
    pub fn start() -> Self {
        Self::before(Arc::new(Origin::start()), None)
    }

    /// The same with a disk tier in `folder`.
    pub async fn with_disk(origin: &Arc<Origin>, folder: &Path) -> Self {
        let config = DiskCacheConfig {
            folder: folder.to_owned(),
            max_bytes: 64 << 20,
        };
        let disk = DiskTier::open(&config, 1 << 20).await.unwrap();
        Self::before(Arc::clone(origin), Some(disk))
    }

    fn before(origin: Arc<Origin>, disk: Option<DiskTier>) -> Self {
        let bucket = format!(
            "files: {{ name: my-files, region: eu-central-1, endpoint: \"{}\", path_style: true, credentials: \
             {{ access_key_id: \"${{ID}}\", secret_access_key: \"${{SECRET}}\" }} }}",
            origin.endpoint()
        );
        let yaml = guide::configuration();
        assert!(yaml.contains("files: { name: my-files, region: eu-central-1 }"));
        let yaml = yaml.replace("files: { name: my-files, region: eu-central-1 }", &bucket);
        let text = format!("listen: 127.0.0.1:0\nadmin: off\nworkers: 1\nlog: {{ access: off }}\n{yaml}");
        let environment: Environment = [("ID", "AKIDEXAMPLE"), ("SECRET", "not-a-secret")]
            .into_iter()
            .collect();
        let config = config::parse(&text, Path::new("config.yaml"), &environment)
            .unwrap_or_else(|faults| panic!("{faults}"))
            .config;
        let (clock, hands) = Clock::manual(Timestamp::from_unix(NOON));
        let telemetry = Telemetry::new(clock.clone(), AccessSink::none()).unwrap();
        let objects = ObjectCache::with_disk(&config.object_cache, disk, clock.clone(), telemetry.metrics().objects());
        let read = Arc::clone(&objects);
        telemetry.metrics().read_objects(move || read.reading());
        let furniture = Furniture {
            objects: Arc::clone(&objects),
            clock: clock.clone(),
            telemetry: telemetry.clone(),
            runtime: Handle::current(),
            bounds: OriginBounds::default(),
        };
        let app = App::build(&config, None, &furniture, None).unwrap();
        let running = Running::new(app, telemetry.metrics());
        let tls = OriginTls::load(&[]).unwrap();
        let stats = Arc::new(ListenerStats::default());
        let listener = serve(&config.listener, Limits::default(), &stats, move |_| {
            let client = OriginClient::new(OriginSettings::default(), &tls, clock.clone()).unwrap();
            Service::new(running.clone(), client)
        })
        .unwrap();
        Self {
            origin,
            address: listener.local_address(),
            hands,
            objects,
            telemetry,
            _listener: listener,
        }
    }

    /// Sets the clock to so many seconds after noon.
    pub fn set_clock(&self, seconds: u64) {
        self.hands.set(Timestamp::from_unix(NOON + seconds));
    }

    pub async fn ask(&self, method: Method, fields: &[(&str, &str)]) -> Reply {
        send(self.address, method, PATH, fields).await
    }

    pub async fn get(&self) -> Reply {
        self.ask(Method::GET, &[]).await
    }

    /// Ends it as a restart does: what is to be written is.
    pub async fn end(self) {
        self.objects.close().await;
    }

    /// The value of one line of the metrics page.
    pub fn metric(&self, line: &str) -> u64 {
        let page = self.telemetry.metrics().render().unwrap();
        let value = page.lines().find_map(|seen| seen.strip_prefix(line)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {line} in\n{page}")).parse().unwrap()
    }
}
