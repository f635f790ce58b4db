//! The handle on the running origin: start, what to sign with, take up a changed configuration, stop.

use super::keys::Keys;
use super::server::{self, Table};
use super::{EmbeddedError, folder, seed};
use crate::config::{BucketConfig, CredentialsConfig, OriginConfig, ServerConfig};
use crate::s3::{AddressStyle, Endpoint, Region};
use arc_swap::ArcSwap;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// s3s takes any region; this is the one that clients assume.
const REGION: &str = "us-east-1";

/// The running origin. Dropping it stops the server; its files stay.
///
/// Port and keys stay the same for its whole life, so that it can be kept over reloads of the configuration and every URL
/// signed before one is still good after it.
pub struct Origin {
    address: SocketAddr,
    server: ServerConfig,
    keys: Keys,
    table: Arc<ArcSwap<Table>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Origin {
    /// Starts the origin for those of `buckets` that are [`OriginConfig::Embedded`], on a free port of 127.0.0.1; each bucket is the
    /// folder of its name in its data folder. Stores the samples that are missing there. Blocks while it does, well under a second.
    ///
    /// # Errors
    /// When a folder can't be used, a name can't be held, or the system gives no port, thread or random bytes.
    pub fn start(buckets: &[BucketConfig]) -> Result<Self, EmbeddedError> {
        let keys = Keys::generate()?;
        let table = Arc::new(ArcSwap::from_pointee(prepare(buckets, &keys, &Table::default())?));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(system("no port on 127.0.0.1"))?;
        listener.set_nonblocking(true).map_err(system("no port on 127.0.0.1"))?;
        let address = listener.local_addr().map_err(system("no port on 127.0.0.1"))?;
        let server = ServerConfig {
            endpoint: Endpoint::parse(&format!("http://{address}")).map_err(system("its address"))?,
            region: Region::parse(REGION).map_err(system("its region"))?,
            style: AddressStyle::Path,
            credentials: CredentialsConfig::Static(keys.credential()),
        };
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&table);
        let thread = std::thread::Builder::new()
            .name("embedded-origin".into())
            .spawn(move || server::run(listener, &shared, stopped))
            .map_err(system("no thread"))?;
        Ok(Self {
            address,
            server,
            keys,
            table,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Takes up the embedded buckets of a changed configuration; port and keys stay. On an error nothing changes.
    ///
    /// # Errors
    /// As [`Origin::start`].
    pub fn update(&self, buckets: &[BucketConfig]) -> Result<(), EmbeddedError> {
        self.table
            .store(Arc::new(prepare(buckets, &self.keys, &self.table.load())?));
        Ok(())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stands in for [`OriginConfig::Embedded`]: endpoint, path style and key pair, the same for all its buckets.
    #[must_use]
    pub fn server(&self) -> ServerConfig {
        self.server.clone()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has been reported by then, and there is nothing left to save.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Makes the folders, stores the samples, and returns the table to serve by; data folders whose buckets are those of
/// `before` keep their service.
fn prepare(buckets: &[BucketConfig], keys: &Keys, before: &Table) -> Result<Table, EmbeddedError> {
    let mut folders: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    let mut names = HashMap::new();
    for bucket in buckets {
        let OriginConfig::Embedded(root) = &bucket.origin else {
            continue;
        };
        let name = bucket.name.as_str();
        if !s3s::path::check_bucket_name(name) {
            return Err(EmbeddedError::BucketName(name.into()));
        }
        let root = folder::prepare(root)?;
        folder::prepare_bucket(&root, name)?;
        if names
            .insert(name.to_owned(), root.clone())
            .is_some_and(|other| other != root)
        {
            return Err(EmbeddedError::SameName(name.into()));
        }
        folders.entry(root).or_default().insert(name.to_owned());
    }
    let mut table = Table::default();
    for (root, names) in folders {
        let service = match before.folders.get(&root) {
            Some((served, service)) if *served == names => service.clone(),
            _ => open(&root, &names, keys)?,
        };
        table.folders.insert(root, (names, service));
    }
    Ok(table)
}

/// Opens one data folder and stores the samples that its buckets lack.
fn open(root: &Path, names: &BTreeSet<String>, keys: &Keys) -> Result<S3Service, EmbeddedError> {
    let files = FileSystem::new(root).map_err(|fault| EmbeddedError::Folder {
        folder: root.to_owned(),
        reason: format!("{fault:?}"),
    })?;
    seed::seed(&files, root, names)?;
    let mut service = S3ServiceBuilder::new(files);
    service.set_auth(keys.verifier());
    Ok(service.build())
}

fn system<E: fmt::Display>(what: &'static str) -> impl Fn(E) -> EmbeddedError {
    move |fault| EmbeddedError::System {
        what,
        reason: fault.to_string(),
    }
}
