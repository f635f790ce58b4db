//! The gateway of the guide in this process, with a clock that the test turns.

use crate::guide;
use crate::origin::Origin;
use crate::support::http::{Reply, send};
use crate::support::in_process::{InProcess, Setup, configured};
use evergate::cache::DiskTier;
use evergate::clock::{Clock, ManualClock, Timestamp};
use evergate::config::DiskCacheConfig;
use http::Method;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

const NOON: u64 = 1_795_348_800;
const PATH: &str = "/avatars/u42.png";

/// A gateway at work in front of an origin of its own. Ended when dropped.
pub struct Gateway {
    pub origin: Arc<Origin>,
    pub address: SocketAddr,
    hands: ManualClock,
    inner: InProcess,
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
        let environment = [("ID", "AKIDEXAMPLE"), ("SECRET", "not-a-secret")];
        let config = configured(&format!("admin: off\nworkers: 1\n{yaml}"), environment);
        let (clock, hands) = Clock::manual(Timestamp::from_unix(NOON));
        let setup = Setup {
            disk,
            ..Setup::by(&clock)
        };
        let inner = setup.start(&config);
        Self {
            origin,
            address: inner.address,
            hands,
            inner,
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
        self.inner.furniture.objects.close().await;
    }

    /// The value of one line of the metrics page.
    pub fn metric(&self, line: &str) -> u64 {
        self.inner.metric(line)
    }
}
