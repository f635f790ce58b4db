//! Whether an origin can be reached at all, told in its three steps: name, connection, TLS. For `evergate check --online`;
//! the walk's own client does all three in one.

use super::tls::OriginTls;
use crate::s3::{Address, Scheme};
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// The longest that each step may take.
const DEADLINE: Duration = Duration::from_secs(4);

/// The step that failed, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReachError {
    /// The name can't be resolved.
    #[error("{0}")]
    Name(Box<str>),
    /// None of its addresses takes a connection.
    #[error("{0}")]
    Connection(Box<str>),
    /// The TLS handshake fails.
    #[error("{0}")]
    Tls(Box<str>),
}

/// What stands when all steps were taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// How many addresses the name has; `None` when the host is an address itself.
    pub addresses: Option<usize>,
    /// The one that took the connection.
    pub peer: SocketAddr,
    /// The version of TLS; `None` without TLS.
    pub tls: Option<Box<str>>,
}

/// Connects to the host of `address` and hangs up. Takes at most 12 seconds.
///
/// # Errors
/// The first step that fails.
pub async fn reach(address: &Address, tls: &OriginTls) -> Result<Reached, ReachError> {
    let (host, port) = host_and_port(address).ok_or_else(|| ReachError::Name("it is no host".into()))?;
    let addresses = resolve(&host, port).await.map_err(|why| ReachError::Name(why.into()))?;
    let socket = within(TcpStream::connect(&*addresses))
        .await
        .map_err(|why| ReachError::Connection(why.into()))?;
    let peer = socket
        .peer_addr()
        .map_err(|error| ReachError::Connection(error.to_string().into()))?;
    let tls = match address.scheme() {
        Scheme::Http => None,
        Scheme::Https => Some(
            shake_hands(&host, socket, tls)
                .await
                .map_err(|why| ReachError::Tls(why.into()))?,
        ),
    };
    Ok(Reached {
        addresses: matches!(host, Host::Domain(_)).then_some(addresses.len()),
        peer,
        tls,
    })
}

fn host_and_port(address: &Address) -> Option<(Host, u16)> {
    let url = Url::parse(&format!("{}://{}/", address.scheme(), address.host())).ok()?;
    Some((url.host()?.to_owned(), url.port_or_known_default()?))
}

async fn resolve(host: &Host, port: u16) -> Result<Vec<SocketAddr>, String> {
    let addresses: Vec<SocketAddr> = match host {
        Host::Ipv4(ip) => vec![(*ip, port).into()],
        Host::Ipv6(ip) => vec![(*ip, port).into()],
        Host::Domain(name) => within(lookup_host((name.as_str(), port))).await?.collect(),
    };
    if addresses.is_empty() {
        return Err("it has no address".to_owned());
    }
    Ok(addresses)
}

async fn shake_hands(host: &Host, socket: TcpStream, tls: &OriginTls) -> Result<Box<str>, String> {
    let name = ServerName::try_from(host.to_string().trim_matches(['[', ']']).to_owned())
        .map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(Arc::new(tls.config()));
    let stream = within(connector.connect(name, socket)).await?;
    let version = stream.get_ref().1.protocol_version();
    Ok(version.map_or("TLS".into(), |version| format!("{version:?}").replace('_', ".").into()))
}

async fn within<T>(step: impl Future<Output = std::io::Result<T>>) -> Result<T, String> {
    match timeout(DEADLINE, step).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("nothing within {} s", DEADLINE.as_secs())),
    }
}
