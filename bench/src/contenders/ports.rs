//! Free ports of loopback.

use crate::error::BenchError;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Mutex, PoisonError};

/// Picks a port of 127.0.0.1 that nobody listens on and that was not picked before: most contenders share theirs
/// (`SO_REUSEPORT`), so two servers on one port would not be told.
///
/// # Errors
/// When there is none.
pub(super) fn free_address() -> Result<SocketAddr, BenchError> {
    static PICKED: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    for _ in 0..100 {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let address = address.map_err(|error| BenchError::said(format!("no free port can be found: {error}")))?;
        let mut picked = PICKED.lock().unwrap_or_else(PoisonError::into_inner);
        if picked.insert(address.port()) {
            return Ok(address);
        }
    }
    Err(BenchError::said("no free port can be found, after 100 tries"))
}
