//! Whom the gateway trusts when it speaks TLS to an origin: the platform's roots, and those that the operator adds.
//!
//! Loaded once and shared by all workers; RFC 8446 by rustls with ring.

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use std::sync::Arc;

/// Why the TLS side of the client can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The operator's extra roots are not PEM certificates.
    #[error("the extra roots hold no valid PEM certificate")]
    ExtraRoots,
    /// rustls refuses the set-up.
    #[error("TLS can't be set up: {0}")]
    Rustls(#[from] rustls::Error),
}

/// The TLS settings of all origin clients. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct OriginTls {
    config: ClientConfig,
    roots: Roots,
}

/// Where the roots came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots {
    /// The platform's, with the operator's if there are any.
    Platform,
    /// Only the operator's, or none: the platform has no roots. Plain HTTP works; HTTPS works with the operator's alone.
    Extra,
}

impl OriginTls {
    /// Loads the platform's roots and adds those of `extra_roots` (PEM, may be empty).
    ///
    /// # Errors
    /// When `extra_roots` is not PEM. A platform without roots is no error, since many origins speak plain HTTP:
    /// [`OriginTls::roots`] tells.
    pub fn load(extra_roots: &[u8]) -> Result<Self, TlsError> {
        let extra = certificates(extra_roots)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        if let Ok(verifier) = Verifier::new_with_extra_roots(extra.clone(), provider) {
            let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
            return Ok(Self {
                config: builder.with_no_client_auth(),
                roots: Roots::Platform,
            });
        }
        let mut store = rustls::RootCertStore::empty();
        store.add_parsable_certificates(extra);
        Ok(Self {
            config: builder.with_root_certificates(store).with_no_client_auth(),
            roots: Roots::Extra,
        })
    }

    /// Returns where the roots came from.
    #[must_use]
    pub fn roots(&self) -> Roots {
        self.roots
    }

    pub(super) fn config(&self) -> ClientConfig {
        self.config.clone()
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| TlsError::ExtraRoots)?;
    if found.is_empty() && !pem.trim_ascii().is_empty() {
        return Err(TlsError::ExtraRoots);
    }
    Ok(found)
}
