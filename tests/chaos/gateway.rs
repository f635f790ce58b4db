//! The whole gateway in this process, behind its real listener, with deadlines and bounds of a test's own.

use crate::origin::ChaosOrigin;
use crate::support::in_process::{self, InProcess, configured};
use evergate::clock::Clock;
use evergate::fetch::{Deadlines, OriginBounds, OriginSettings};
use std::net::SocketAddr;
use std::time::Duration;

/// A gateway at work: `/s/` streams, `/r/` redirects. Ended when dropped.
pub struct Gateway {
    pub address: SocketAddr,
    inner: InProcess,
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
        let yaml = format!(
            "admin: off\nworkers: {}\nbuckets:\n  files: {}\nroutes:\n  - {}\n  - {}\n",
            self.workers,
            bucket.replace("ENDPOINT", endpoint),
            "{ path: /s/, bucket: files, prefix: \"\", access: public, delivery: stream }",
            "{ path: /r/, bucket: files, prefix: \"\", access: public, delivery: redirect }",
        );
        let config = configured(&yaml, [("ID", "AKIDEXAMPLE"), ("SECRET", "not-a-secret")]);
        let setup = in_process::Setup {
            settings: self.settings,
            bounds: self.bounds,
            ..in_process::Setup::by(&self.clock)
        };
        let inner = setup.start(&config);
        Gateway {
            address: inner.address,
            inner,
        }
    }
}

impl Gateway {
    pub fn new(origin: &ChaosOrigin) -> Self {
        Setup::default().start(origin)
    }

    /// The value of one line of the metrics page, `evergate_…{…}`.
    pub fn metric(&self, line: &str) -> u64 {
        self.inner.metric(line)
    }

    /// The same, for a metric of the bucket.
    pub fn of_bucket(&self, name: &str) -> u64 {
        self.metric(&format!("{name}{{bucket=\"files\"}}"))
    }
}
