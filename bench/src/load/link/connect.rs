//! How a connection is made: TCP, and TLS with the platform's roots where the target asks for it (RFC 8446 by rustls with ring).

use crate::load::{Fault, Scheme, Target};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::Verifier;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// A connection that bytes go over.
pub(super) type Transport = TokioIo<Either<TcpStream, Box<TlsStream<TcpStream>>>>;

/// Makes connections, and counts them.
#[derive(Debug)]
pub(in crate::load) struct Connector {
    tls: Option<ClientConfig>,
    made: AtomicU64,
}

/// What is spoken over a connection, as ALPN tells it (RFC 7301).
#[derive(Clone, Copy, Debug)]
pub(super) enum Alpn {
    Http1,
    Http2,
}

impl Connector {
    /// Makes one that speaks http alone.
    pub(in crate::load) fn plain() -> Self {
        Self {
            tls: None,
            made: AtomicU64::new(0),
        }
    }

    /// Makes one that speaks https, too.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub(in crate::load) fn with_tls() -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Arc::new(Verifier::new(Arc::clone(&provider))?);
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = builder
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(Self {
            tls: Some(config),
            made: AtomicU64::new(0),
        })
    }

    /// Makes one with the same settings and a count of its own: the platform's roots take long to load.
    pub(in crate::load) fn fresh(&self) -> Self {
        Self {
            tls: self.tls.clone(),
            made: AtomicU64::new(0),
        }
    }

    /// Returns how many connections were made since this was asked last.
    pub(in crate::load) fn take_made(&self) -> u64 {
        self.made.swap(0, Ordering::Relaxed)
    }

    pub(super) async fn connect(&self, target: &Target, alpn: Alpn) -> Result<Transport, Fault> {
        let stream = TcpStream::connect(target.address).await.map_err(|_| Fault::Connect)?;
        stream.set_nodelay(true).map_err(|_| Fault::Connect)?;
        self.made.fetch_add(1, Ordering::Relaxed);
        let stream = match target.scheme {
            Scheme::Http => Either::Left(stream),
            Scheme::Https => Either::Right(Box::new(self.secure(stream, target, alpn).await?)),
        };
        Ok(TokioIo::new(stream))
    }

    async fn secure(&self, stream: TcpStream, target: &Target, alpn: Alpn) -> Result<TlsStream<TcpStream>, Fault> {
        let mut config = self.tls.clone().ok_or(Fault::Tls)?;
        config.alpn_protocols = match alpn {
            Alpn::Http1 => vec![b"http/1.1".to_vec()],
            Alpn::Http2 => vec![b"h2".to_vec()],
        };
        let host = target.authority.host().trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Fault::Tls)?;
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, stream).await.map_err(|_| Fault::Tls)
    }
}
