//! `evergate healthcheck`: asks the admin listener of the gateway on this machine whether it is alive, so that an image
//! needs no other program for its HEALTHCHECK.

use super::{Exit, fail, load, reachable};
use crate::config::{Environment, Source};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(3);

/// Runs the command. Takes the file as named on the command line; returns [`Exit::Ok`] when `/healthz` says 200.
pub(super) fn run(file: Option<PathBuf>) -> Exit {
    let environment = Environment::of_process();
    let loaded = match load(&Source::find(file, &environment), &environment) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let Some(address) = loaded.config.admin.map(|admin| reachable(admin.address)) else {
        return fail(Exit::Config, &"`admin` is off, so there is nothing to ask");
    };
    match ask(address) {
        Ok(head) if head.starts_with(b"HTTP/1.1 200") => Exit::Ok,
        Ok(_) => fail(
            Exit::Unavailable,
            &format!("the gateway at {address} says that it is not healthy"),
        ),
        Err(error) => fail(Exit::Unavailable, &format!("no gateway answers at {address}: {error}")),
    }
}

fn ask(address: SocketAddr) -> io::Result<[u8; 12]> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    Ok(head)
}
