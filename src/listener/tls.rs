//! TLS: the server's configuration from PEM files, read again when they change.
//!
//! The files are polled and compared by content, not watched: certificates come as symbolic links that are swapped
//! (Kubernetes secrets), as renames, as copies over NFS, and all of these look the same to a reader.

use super::{Limits, ListenerStats};
use crate::config::TlsConfig;
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

/// Why a certificate and its key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file can't be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file holds no certificate.
    #[error("{0}: holds no PEM certificate")]
    NoCertificate(PathBuf),
    /// The file holds no private key.
    #[error("{0}: holds no PEM private key")]
    NoKey(PathBuf),
    /// The two don't make a pair, or rustls knows no such key.
    #[error("{certificate} with {private_key}: {error}")]
    Unusable {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        private_key: PathBuf,
        /// What rustls says.
        error: rustls::Error,
    },
}

/// The configuration in use; each handshake takes the newest.
pub(super) type Current = Arc<ArcSwap<ServerConfig>>;

/// Keeps the configuration up to date until it is dropped.
pub(super) struct Reloader {
    _stop: mpsc::Sender<()>,
}

/// Loads the files and starts the thread that looks after them.
pub(super) fn start(
    files: &TlsConfig,
    limits: &Limits,
    stats: &Arc<ListenerStats>,
) -> Result<(Current, Reloader), CertificateError> {
    let pair = Pair::read(files)?;
    let current: Current = Arc::new(ArcSwap::from_pointee(pair.configure(files)?));
    let (stop, stopped) = mpsc::channel::<()>();
    let (files, stats, in_use, pause) = (
        files.clone(),
        Arc::clone(stats),
        Arc::clone(&current),
        limits.certificate_poll,
    );
    let mut seen = Some(pair.digest());
    let spawned = thread::Builder::new().name("evergate-tls".into()).spawn(move || {
        while matches!(stopped.recv_timeout(pause), Err(RecvTimeoutError::Timeout)) {
            look_again(&files, &mut seen, &in_use, &stats);
        }
    });
    if let Err(error) = spawned {
        tracing::error!(%error, "changed certificates will not be noticed: no thread to look after them");
    }
    Ok((current, Reloader { _stop: stop }))
}

/// Takes a changed pair into use; says why not, once for each change.
fn look_again(files: &TlsConfig, seen: &mut Option<u64>, current: &Current, stats: &ListenerStats) {
    let loaded = match Pair::read(files) {
        Ok(pair) => {
            let digest = Some(pair.digest());
            if *seen == digest {
                return;
            }
            *seen = digest;
            pair.configure(files)
        }
        Err(error) => {
            // Said once, until the files can be read again.
            if seen.take().is_none() {
                return;
            }
            Err(error)
        }
    };
    match loaded {
        Ok(config) => {
            current.store(Arc::new(config));
            stats.certificate_reloads.add_one();
            tracing::info!(certificate = %files.certificate.display(), "the certificate changed and is in use");
        }
        Err(error) => {
            stats.certificate_faults.add_one();
            tracing::error!(%error, "the changed certificate can't be used; the old one stays");
        }
    }
}

/// The two files as read.
struct Pair {
    certificate: Vec<u8>,
    private_key: Vec<u8>,
}

impl Pair {
    fn read(files: &TlsConfig) -> Result<Self, CertificateError> {
        Ok(Self {
            certificate: read(&files.certificate)?,
            private_key: read(&files.private_key)?,
        })
    }

    /// Tells changes apart, without keeping the key for it.
    fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.certificate, &self.private_key).hash(&mut hasher);
        hasher.finish()
    }

    /// rustls with the ring provider, TLS 1.2 and 1.3, HTTP/2 preferred, no client certificates. rustls itself refuses a
    /// key that is not the certificate's, as when only one of the two files has been replaced yet.
    fn configure(&self, files: &TlsConfig) -> Result<ServerConfig, CertificateError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<_, _>>()
            .ok()
            .filter(|chain: &Vec<_>| !chain.is_empty())
            .ok_or_else(|| CertificateError::NoCertificate(files.certificate.clone()))?;
        let key = PrivateKeyDer::from_pem_slice(&self.private_key)
            .map_err(|_| CertificateError::NoKey(files.private_key.clone()))?;
        let unusable = |error| CertificateError::Unusable {
            certificate: files.certificate.clone(),
            private_key: files.private_key.clone(),
            error,
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(path).map_err(|error| CertificateError::Unreadable {
        path: path.to_owned(),
        error,
    })
}
