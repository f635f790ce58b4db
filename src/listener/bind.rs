//! The listening sockets: one a worker, all on one port (SO_REUSEPORT), so that the kernel spreads the connections.

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};

/// Connections that may wait to be accepted, on each socket; the kernel caps it at `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// Binds `address` `count` times and returns the sockets with the address they got (port 0 picks one port for all).
///
/// The first is bound without SO_REUSEPORT, so that a port that another gateway already listens on is an error, not
/// silently shared; the option is set afterwards, before it listens, for the others to join.
///
/// # Errors
/// Whatever the kernel says; `AddrInUse` when the port is taken.
pub(super) fn bind(address: SocketAddr, count: usize) -> io::Result<(SocketAddr, Vec<TcpListener>)> {
    let first = open(address)?;
    first.bind(&address.into())?;
    first.set_reuse_port(true)?;
    let first = TcpListener::from(first);
    let bound = first.local_addr()?;
    let mut sockets = vec![first];
    for _ in 1..count {
        let socket = open(bound)?;
        socket.set_reuse_port(true)?;
        socket.bind(&bound.into())?;
        sockets.push(socket.into());
    }
    // Listening starts when all are bound: a connection that comes in between would see fewer workers.
    for socket in &sockets {
        socket2::SockRef::from(socket).listen(BACKLOG)?;
    }
    Ok((bound, sockets))
}

fn open(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Lets a restart bind while connections of the last run are in TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_0_gives_all_sockets_one_port_and_a_used_port_is_an_error() {
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let (bound, sockets) = bind(any, 3).unwrap();
        assert_ne!(bound.port(), 0);
        assert!(sockets.iter().all(|socket| socket.local_addr().unwrap() == bound));
        for count in [1, 3] {
            assert_eq!(bind(bound, count).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        }
        drop(sockets);
        bind(bound, 2).unwrap();
    }
}
