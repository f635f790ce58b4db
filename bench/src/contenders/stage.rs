//! Contenders and origins on their feet.

use super::asks::{Asked, Work};
use super::evergate::Setup;
use super::fetch;
use super::ground::Ground;
use super::launch::{OWN_PROGRAM, Program, Server};
use super::ports::free_address;
use super::{Contender, Flavour, nginx, others};
use crate::error::BenchError;
use crate::load::{Protocol, Watch};
use crate::origin::{COUNT_PATH, Object};
use crate::process::{Cores, Tree};
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked for.
const PAUSE: Duration = Duration::from_millis(20);

/// The origins, which end when dropped.
#[derive(Debug)]
pub struct Origins {
    signed: SocketAddr,
    plain: Option<SocketAddr>,
    _servers: Vec<Server>,
}

impl Origins {
    /// Starts the verifying origin, and when `objects` are named, nginx with these as files, each on all of `cores`.
    ///
    /// # Errors
    /// When one does not start.
    pub fn start(folder: &Path, cores: &Cores, objects: &[Object]) -> Result<Self, BenchError> {
        let signed = free_address()?;
        let workers = cores.count();
        let arguments = [
            "origin",
            "--listen",
            &signed.to_string(),
            "--workers",
            &workers.to_string(),
        ]
        .map(str::to_owned);
        let origin_folder = make(folder, "origin")?;
        let mut server = Server::start("origin", &Program::new(OWN_PROGRAM, arguments), cores, &origin_folder)?;
        wait_for(&mut server, signed)?;
        let mut servers = vec![server];
        let plain = if objects.is_empty() || nginx::missing(nginx::Role::Files).is_some() {
            None
        } else {
            write_files(folder, objects)?;
            let plain = free_address()?;
            let ground = Ground::new(folder.to_owned(), signed, Some(plain), PathBuf::new())?;
            let files_folder = make(folder, "static")?;
            let program = nginx::program(&ground, &files_folder, plain, workers, nginx::Role::Files, false)?;
            let mut server = Server::start("static", &program, cores, &files_folder)?;
            wait_for(&mut server, plain)?;
            servers.push(server);
            Some(plain)
        };
        Ok(Self {
            signed,
            plain,
            _servers: servers,
        })
    }

    /// What contenders stand on.
    ///
    /// # Errors
    /// When the addresses make no URL.
    pub fn ground(&self, folder: &Path, gateway: &Path) -> Result<Ground, BenchError> {
        Ground::new(folder.to_owned(), self.signed, self.plain, gateway.to_owned())
    }
}

/// A contender, running; ended when dropped.
#[derive(Debug)]
pub struct Stage {
    /// Who it is.
    pub contender: Contender,
    /// Where it listens.
    pub address: SocketAddr,
    cores: usize,
    server: Server,
    setup: Option<Setup>,
}

impl Stage {
    /// Starts a contender for `work` and waits until it listens. `name` is what its folder is called.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(
        ground: &Ground,
        name: &str,
        contender: Contender,
        work: Work,
        protocol: Protocol,
        cores: &Cores,
    ) -> Result<Self, BenchError> {
        let folder = make(&ground.folder, name)?;
        let address = free_address()?;
        let workers = cores.count();
        let is_http2 = matches!(protocol, Protocol::Http2 { .. });
        let nginx = |role| nginx::program(ground, &folder, address, workers, role, is_http2);
        let mut setup = None;
        let program = match contender {
            Contender::Evergate
            | Contender::EvergateUncached
            | Contender::EvergateWarm
            | Contender::EvergateRejected => {
                let planned = Setup::new(ground, &folder, address, workers, flavour(contender, work))?;
                let program = planned.program(&ground.gateway)?;
                setup = Some(planned);
                program
            }
            Contender::NginxRedirect => nginx(nginx::Role::Redirect)?,
            Contender::NginxNjs => nginx(nginx::Role::Script)?,
            Contender::NginxProxy => nginx(nginx::Role::Proxy)?,
            Contender::NginxCache => nginx(nginx::Role::Cache)?,
            Contender::Varnish => others::varnish(ground, &folder, address, workers)?,
            Contender::Haproxy => others::haproxy(ground, &folder, address, workers)?,
            Contender::CeilingRedirect => {
                let location = ground.location(Object::new(16_384, 0))?;
                own_server(
                    "ceiling",
                    address,
                    workers,
                    &["--kind", "redirect", "--location", &location],
                )
            }
            Contender::CeilingBody => own_server("ceiling", address, workers, &["--kind", "body"]),
            Contender::Origin => own_server("origin", address, workers, &[]),
        };
        let mut server = Server::start(name, &program, cores, &folder)?;
        wait_for(&mut server, address)?;
        Ok(Self {
            contender,
            address,
            cores: workers,
            server,
            setup,
        })
    }

    /// What is asked of it for objects of this size.
    #[must_use]
    pub fn asked<'a>(&self, ground: &'a Ground, size: usize) -> Asked<'a> {
        Asked {
            ground,
            contender: self.contender,
            address: self.address,
            size,
        }
    }

    /// Its processes, for the load to watch.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch {
            tree: Tree::of(self.server.pid()),
            cores: self.cores,
        }
    }

    /// Fails when it has ended.
    ///
    /// # Errors
    /// When it has.
    pub fn check(&mut self) -> Result<(), BenchError> {
        self.server.check()
    }

    /// Makes it load its configuration again, changed in something that concerns no request.
    ///
    /// # Errors
    /// When it can't be told.
    pub fn reload(&mut self) -> Result<(), BenchError> {
        if let Some(setup) = &mut self.setup {
            setup.alter();
            setup.write()?;
        }
        self.server.hang_up()
    }

    /// Gives it the other key pair of the origin.
    ///
    /// # Errors
    /// When it has no keys, or can't be told.
    pub fn rotate(&mut self) -> Result<(), BenchError> {
        let setup = self.setup.as_mut();
        let setup = setup.ok_or_else(|| BenchError::said(format!("{} has no keys to rotate", self.contender)))?;
        setup.rotate();
        setup.write()?;
        self.server.hang_up()
    }

    /// Reads one of the gateway's metrics, named with its labels; `None` for others, and when it has not been counted yet.
    ///
    /// # Errors
    /// When the gateway does not tell.
    pub fn metric(&self, name: &str) -> Result<Option<f64>, BenchError> {
        let Some(setup) = &self.setup else { return Ok(None) };
        let text = fetch::text(setup.admin(), "/metrics")?;
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        Ok(value.and_then(|value| value.trim().parse().ok()))
    }

    /// How many requests its origin has seen so far; `None` when it has none.
    ///
    /// # Errors
    /// When the origin does not tell.
    pub fn asked_of_origin(&self, ground: &Ground) -> Result<Option<u64>, BenchError> {
        if self.contender.is_gateway() {
            let text = fetch::text(ground.signed, COUNT_PATH)?;
            return Ok(text.trim().parse().ok());
        }
        let Some(plain) = ground.plain.filter(|_| self.contender.needs_plain_origin()) else {
            return Ok(None);
        };
        // Its third line: accepted, handled, requests.
        let text = fetch::text(plain, COUNT_PATH)?;
        let counts = text.lines().nth(2).unwrap_or_default();
        Ok(counts.split_whitespace().nth(2).and_then(|count| count.parse().ok()))
    }
}

fn flavour(contender: Contender, work: Work) -> Flavour {
    match (contender, work) {
        (Contender::EvergateUncached, _) => Flavour::Uncached,
        (Contender::EvergateWarm, _) => Flavour::Warm,
        (_, Work::ColdRedirect | Work::Refresh) => Flavour::Cold,
        _ => Flavour::Warm,
    }
}

fn own_server(command: &str, listen: SocketAddr, workers: usize, more: &[&str]) -> Program {
    let (listen, workers) = (listen.to_string(), workers.to_string());
    let fixed = [command, "--listen", &listen, "--workers", &workers];
    Program::new(OWN_PROGRAM, fixed.iter().chain(more).map(|&word| word.to_owned()))
}

fn make(folder: &Path, name: &str) -> Result<PathBuf, BenchError> {
    let made = folder.join(name);
    fs::create_dir_all(&made).map_err(|source| BenchError::File {
        what: format!("{} can't be made", made.display()),
        source,
    })?;
    Ok(made)
}

fn write_files(folder: &Path, objects: &[Object]) -> Result<(), BenchError> {
    for object in objects {
        let file = folder.join("files").join(object.name());
        let parent = file.parent().unwrap_or(folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&file, object.body()))
            .map_err(|source| BenchError::File {
                what: format!("{} can't be written", file.display()),
                source,
            })?;
    }
    Ok(())
}

fn wait_for(server: &mut Server, address: SocketAddr) -> Result<(), BenchError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        server.check()?;
        if TcpStream::connect_timeout(&address, PAUSE * 10).is_ok() {
            // Who listens there, if not this server?
            return server.check();
        }
        if Instant::now() > deadline {
            return Err(BenchError::said(format!("nobody listens on {address} after 20 s")));
        }
        thread::sleep(PAUSE);
    }
}
