//! From a configuration to a running program: what `serve` and `demo` share.

use super::settled::{Embedded, SettleError};
use super::{Exit, fail};
use crate::admin::{Admin, AdminLimits, Api, ApiTools, Report};
use crate::cache::{DiskError, DiskTier};
use crate::clock::Clock;
use crate::config::{Config, Environment, OriginConfig};
use crate::fetch::{ObjectCache, OriginBounds, OriginClient, OriginSettings, OriginTls, Prober, Roots, TlsError};
use crate::gateway::{App, AppError, Furniture, Gateway, Running};
use crate::listener::{ListenError, Listener, ListenerStats};
use crate::s3::Scheme;
use crate::telemetry::{AccessSink, Colour, LogError, SinkGuard, Telemetry, install_app_log};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How long a start or a reload waits for credentials that come from elsewhere, before it goes on without.
const CREDENTIALS_PATIENCE: Duration = Duration::from_secs(3);
/// How often it looks whether they have come.
const CREDENTIALS_PAUSE: Duration = Duration::from_millis(20);

/// Why the program can't run.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("the metrics can't be set up: {0}")]
    Metrics(#[from] prometheus::Error),
    #[error("the system refuses: {0}")]
    System(#[from] io::Error),
    #[error(transparent)]
    Settle(#[from] SettleError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(
        "the admin listener can't listen on {address}: {error}; set `admin: {{ listen: … }}` to another address, or `admin: off`"
    )]
    Admin { address: SocketAddr, error: io::Error },
}

impl StartError {
    /// Says why, and returns how the program ends.
    pub(super) fn end(&self) -> Exit {
        let exit = match self {
            Self::Log(LogError::System(_)) => Exit::Os,
            Self::Log(_) => Exit::Usage,
            Self::Disk(error) if !error.may_pass() => Exit::Config,
            Self::Settle(_) | Self::App(_) | Self::Tls(_) | Self::Listen(ListenError::Certificate(_)) => Exit::Config,
            Self::Metrics(_) => Exit::Software,
            Self::System(_) | Self::Listen(_) | Self::Disk(_) | Self::Admin { .. } => Exit::Os,
        };
        fail(exit, self)
    }
}

/// What stands before anything listens: logs, the app, the built-in origin.
pub(super) struct Foundation {
    pub(super) furniture: Furniture,
    pub(super) running: Running,
    pub(super) embedded: Embedded,
    runtime: Runtime,
    logs: SinkGuard,
}

impl Foundation {
    /// Builds what `config` asks for.
    ///
    /// `log_filter` is what is logged unless `EVERGATE_LOG` says otherwise.
    pub(super) fn lay(config: &Config, environment: &Environment, log_filter: &str) -> Result<Self, StartError> {
        let clock = Clock::system();
        let (sink, access_log) = AccessSink::stdout()?;
        let telemetry = Telemetry::new(clock.clone(), sink)?;
        let filter = environment.get("EVERGATE_LOG").unwrap_or(log_filter);
        let colour = Colour::from_variables(environment.get("NO_COLOR"), environment.get("TERM"));
        let app_log = install_app_log(config.log.format, filter, colour, telemetry.metrics())?;
        telemetry.events().started(config);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let disk = (config.object_cache.disk.as_ref())
            .map(|disk| runtime.block_on(DiskTier::open(disk, config.object_cache.max_object_bytes)))
            .transpose()?;
        let objects = ObjectCache::with_disk(&config.object_cache, disk, clock.clone(), telemetry.metrics().objects());
        let read = Arc::clone(&objects);
        telemetry.metrics().read_objects(move || read.reading());
        let furniture = Furniture {
            clock,
            telemetry,
            objects,
            runtime: runtime.handle().clone(),
            bounds: OriginBounds::default(),
            workers: config.listener.worker_count(),
        };
        let mut embedded = Embedded::default();
        let server = embedded.settle(&config.buckets)?;
        let app = App::build(config, server.as_ref(), &furniture, None)?;
        runtime.block_on(async {
            let begun = Instant::now();
            while !app.has_credentials() && begun.elapsed() < CREDENTIALS_PATIENCE {
                tokio::time::sleep(CREDENTIALS_PAUSE).await;
            }
        });
        let running = Running::new(app, furniture.telemetry.metrics());
        Ok(Self {
            furniture,
            running,
            embedded,
            runtime,
            logs: access_log.and(app_log),
        })
    }

    /// Starts both listeners. `listen` starts the public one, with services made of [`Gateways`].
    pub(super) fn open(
        self,
        config: &Config,
        listen: impl FnOnce(Gateways, &Arc<ListenerStats>) -> Result<Listener, ListenError>,
    ) -> Result<Program, StartError> {
        let gateways = Gateways::new(self.running.clone(), self.furniture.clock.clone())?;
        if gateways.tls.roots() == Roots::Extra && needs_roots(config) {
            self.furniture.telemetry.events().config_warning(
                &"an origin or Amazon SNS is reached by https, and this machine has no CA certificates to trust it by: install them (ca-certificates)",
            );
        }
        let sns = Prober::new(&gateways.tls);
        let stats = Arc::new(ListenerStats::default());
        let listener = listen(gateways, &stats)?;
        let limit = config.listener.max_connections as u64;
        let metrics = self.furniture.telemetry.metrics();
        metrics.read_listener(move || stats.reading(limit));

        let draining = Arc::new(AtomicBool::new(false));
        let readiness = readiness(self.running.clone(), Arc::clone(&draining));
        let admin = config
            .admin
            .as_ref()
            .map(|admin| {
                let address = admin.address;
                let tools = ApiTools {
                    running: self.running.clone(),
                    sns: Arc::new(sns),
                    clock: self.furniture.clock.clone(),
                };
                let api = Api::new(admin, tools, self.furniture.telemetry.events().clone());
                Admin::start(
                    address,
                    AdminLimits::default(),
                    metrics.clone(),
                    Arc::new(readiness),
                    api,
                )
                .map_err(|error| StartError::Admin { address, error })
            })
            .transpose()?;
        let events = self.furniture.telemetry.events();
        events.listening("public", listener.local_address());
        if let Some(admin) = &admin {
            events.listening("admin", admin.address());
        }
        let drain = config.listener.drain;
        Ok(Program {
            foundation: self,
            listener,
            admin,
            draining,
            drain,
        })
    }
}

/// Makes each worker's gateway.
pub(super) struct Gateways {
    running: Running,
    tls: OriginTls,
    clock: Clock,
}

impl Gateways {
    fn new(running: Running, clock: Clock) -> Result<Self, StartError> {
        let tls = OriginTls::load(&[])?;
        Ok(Self { running, tls, clock })
    }

    /// Makes the gateway of one worker, to be called on its thread.
    pub(super) fn make(&self, worker: usize) -> Gateway {
        let origin = OriginClient::new(OriginSettings::default(), &self.tls, self.clock.clone());
        Gateway::new(worker, self.running.clone(), origin)
    }
}

fn needs_roots(config: &Config) -> bool {
    let hears_sns = config.admin.as_ref().is_some_and(|admin| !admin.sns_topics.is_empty());
    hears_sns
        || config.buckets.iter().any(|bucket| match &bucket.origin {
            OriginConfig::Server(server) => {
                server.endpoint.address(server.style, &bucket.name).scheme() == Scheme::Https
            }
            OriginConfig::Embedded(_) => false,
        })
}

/// The program at work.
pub(super) struct Program {
    foundation: Foundation,
    listener: Listener,
    admin: Option<Admin>,
    draining: Arc<AtomicBool>,
    drain: Duration,
}

impl Program {
    /// Where the public listener listens.
    #[cfg(feature = "embedded")]
    pub(super) fn address(&self) -> SocketAddr {
        self.listener.local_address()
    }

    /// Runs until SIGTERM or SIGINT, then finishes what is in flight (rule 27); a second signal ends it at once.
    pub(super) fn run(self) -> Exit {
        let Self {
            foundation,
            mut listener,
            admin,
            draining,
            drain,
        } = self;
        let Foundation {
            furniture,
            runtime,
            logs,
            running,
            embedded,
        } = foundation;
        let events = furniture.telemetry.events();
        let exit = runtime.block_on(async {
            let mut signals = match Signals::new() {
                Ok(signals) => signals,
                Err(error) => return fail(Exit::Os, &error),
            };
            let exit = tokio::select! {
                () = signals.next() => Exit::Ok,
                worker = listener.worker_failed() => {
                    fail(Exit::Software, &format!("worker {worker} has ended, which is a defect; please report it"))
                }
            };
            draining.store(true, Ordering::Relaxed);
            events.draining(drain);
            tokio::select! {
                cut = listener.drain(drain) => {
                    furniture.objects.close().await;
                    events.stopped(cut);
                }
                () = signals.next() => {}
            }
            exit
        });
        // In this order: probes see the drain to its end, and the last lines are written out.
        drop((admin, running, embedded, logs));
        exit
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn readiness(running: Running, draining: Arc<AtomicBool>) -> impl Fn() -> Report + Send + Sync + 'static {
    move || {
        let drain = if draining.load(Ordering::Relaxed) {
            Err("the gateway is draining")
        } else {
            Ok(())
        };
        running
            .load()
            .readiness()
            .into_iter()
            .fold(Report::default().check("not_draining", drain), |report, (id, fault)| {
                report.check(format!("credentials:{}", id.as_str()), fault.map_or(Ok(()), Err))
            })
    }
}

/// Builds the next app from `config` and swaps it in; what runs stays when that can't be done (rule 27). Blocks for up to
/// [`CREDENTIALS_PATIENCE`]; to be called outside any runtime.
pub(super) fn replace(
    running: &Running,
    embedded: &mut Embedded,
    furniture: &Furniture,
    config: &Config,
) -> Result<(), StartError> {
    let server = embedded.settle(&config.buckets)?;
    let app = App::build(config, server.as_ref(), furniture, Some(&running.load()))?;
    // Not on the runtime: at the end of the program nobody drives it any more, and this thread would wait for ever.
    let begun = Instant::now();
    while !app.has_credentials() && begun.elapsed() < CREDENTIALS_PATIENCE {
        thread::sleep(CREDENTIALS_PAUSE);
    }
    running.swap(app, furniture.telemetry.metrics());
    Ok(())
}
