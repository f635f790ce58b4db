//! From the command line's words to a running demo: folder, origin, page, listener. What is left to do is the gateway.

use super::config::{BUCKET, config};
use super::{DataFolder, RawUrls, Site};
use crate::clock::Clock;
use crate::config::{Config, OriginConfig};
use crate::embedded::{EmbeddedError, Origin};
use crate::listener::{Limits, ListenError, Listener, ListenerStats, Service, serve};
use std::error::Error;
use std::fmt::Write;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where the demo listens when nothing else is asked for.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Why the demo can't start.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// There is no place for temporary files.
    #[error("can't make a temporary folder for the pictures ({0}): name one with --data")]
    TemporaryFolder(io::Error),
    /// The origin can't start.
    #[error(transparent)]
    Origin(#[from] EmbeddedError),
    /// The demo's own configuration is at fault: a defect.
    #[error("the demo's configuration: {0}")]
    Config(Box<dyn Error + Send + Sync>),
}

/// A demo that is ready to listen. Dropping it ends the origin and removes a temporary folder.
#[derive(Debug)]
pub struct Launch {
    config: Config,
    listen: Listen,
    expiry: Duration,
    site: Arc<Site>,
    // Fields are dropped in this order: the origin stops before its folder goes.
    _origin: Origin,
    data: DataFolder,
}

/// Whether another port will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listen {
    /// It was asked for.
    Exactly,
    /// It is the default; any other will do.
    Preferably,
}

impl Launch {
    /// Makes the folder, starts the origin with its samples, and prepares page and configuration.
    ///
    /// `listen`: where, [`DEFAULT_LISTEN`] when absent. `expiry`: how long URLs live, whole seconds, 1 s to 7 days. `data`: the folder of
    /// the pictures; a temporary one when absent.
    ///
    /// # Errors
    /// When the folder can't be used or the origin can't start.
    pub fn prepare(
        listen: Option<SocketAddr>,
        expiry: Duration,
        data: Option<PathBuf>,
        clock: Clock,
    ) -> Result<Self, LaunchError> {
        let data = match data {
            Some(path) => DataFolder::kept(path),
            None => DataFolder::temporary().map_err(LaunchError::TemporaryFolder)?,
        };
        let address = listen.unwrap_or(DEFAULT_LISTEN);
        let mut config = config(address, expiry, data.path().to_owned()).map_err(LaunchError::Config)?;
        let origin = Origin::start(&config.buckets)?;
        let server = origin.server();
        for bucket in &mut config.buckets {
            bucket.origin = OriginConfig::Server(server.clone());
        }
        let raw = config
            .buckets
            .first()
            .and_then(|bucket| RawUrls::new(&server, &bucket.name, expiry, clock.clone()));
        let raw = raw.ok_or_else(|| LaunchError::Config(format!("no key pair for {BUCKET}").into()))?;
        let site = Site::new(origin.address(), expiry, clock, move |key| raw.sign(key));
        Ok(Self {
            config,
            listen: if listen.is_some() {
                Listen::Exactly
            } else {
                Listen::Preferably
            },
            expiry,
            site,
            _origin: origin,
            data,
        })
    }

    /// What the gateway is to be built from; its bucket is a server already, the running origin.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Listens, with the page in front of the services that `make_gateway` makes, one on each worker's thread. When the
    /// default port is in use, takes a free one.
    ///
    /// # Errors
    /// As [`serve`].
    pub fn serve<S, F>(
        &self,
        limits: Limits,
        stats: &Arc<ListenerStats>,
        make_gateway: F,
    ) -> Result<Listener, ListenError>
    where
        S: Service,
        F: Fn(usize) -> S + Send + Sync + 'static,
    {
        let make_gateway = Arc::new(make_gateway);
        let service = || {
            let (site, make_gateway) = (Arc::clone(&self.site), Arc::clone(&make_gateway));
            move |worker| site.in_front_of(make_gateway(worker))
        };
        match serve(&self.config.listener, limits, stats, service()) {
            Err(ListenError::InUse(address)) if self.listen == Listen::Preferably => {
                let mut config = self.config.listener.clone();
                config.address = SocketAddr::new(address.ip(), 0);
                serve(&config, limits, stats, service())
            }
            done => done,
        }
    }

    /// What to say to the person once `address` is listened on.
    #[must_use]
    pub fn greeting(&self, address: SocketAddr) -> String {
        let address = super::super::reachable(address);
        let mut text = format!(
            "\n  Evergate demo: open  http://{address}/\n\n  The same pictures twice: through raw presigned URLs that live {}, and through stable paths.\n",
            humantime::format_duration(self.expiry)
        );
        let wanted = self.config.listener.address.port();
        if wanted != 0 && wanted != address.port() {
            // Writing to a String can't fail.
            let _ = writeln!(text, "  Port {wanted} is in use, so this is another one.");
        }
        let fate = if self.data.is_temporary() {
            "removed at the end"
        } else {
            "kept"
        };
        let _ = writeln!(
            text,
            "  The pictures are in {} ({fate}). Ctrl-C ends the demo.\n",
            self.data.path().display()
        );
        text
    }
}
