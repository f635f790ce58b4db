//! Idle connections: each asks once and then says nothing, and what the server holds for them is read.

use crate::contenders::Stage;
use crate::error::BenchError;
use crate::load::Ask;
use crate::result::{Latency, Round, ServerUse};
use hdrhistogram::Histogram;
use socket2::SockRef;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the connections are idle before memory is read.
const REST: Duration = Duration::from_secs(1);

/// Opens the connections, lets each ask once, and returns what the server holds while all are open. One that was closed, or
/// not answered, has failed. Latencies are those of connecting and asking.
///
/// # Errors
/// When the server's processes can't be read.
pub(super) fn measure(stage: &Stage, asks: &[Ask], connections: usize) -> Result<Round, BenchError> {
    let watch = stage.watch();
    let before = watch.tree.usage()?;
    let began = Instant::now();
    let mut latency: Histogram<u64> =
        Histogram::new_with_bounds(1, 60_000_000, 3).map_err(|error| BenchError::said(error.to_string()))?;
    let mut open = Vec::with_capacity(connections);
    for ask in asks.iter().cycle().take(connections) {
        let asked = Instant::now();
        if let Ok(connection) = open_one(stage, ask) {
            latency.saturating_record(u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX));
            open.push(connection);
        }
    }
    thread::sleep(REST);
    let after = watch.tree.usage()?;
    let answered = open
        .iter_mut()
        .filter_map(|connection| is_open(connection).then_some(()))
        .count() as u64;
    let wall = began.elapsed();
    for connection in &open {
        // Closed without a farewell: else the next round would run out of ports. A connection that stays is as well.
        let _ = SockRef::from(connection).set_linger(Some(Duration::ZERO));
    }
    let at = |quantile: f64| latency.value_at_quantile(quantile);
    Ok(Round {
        seconds: wall.as_secs_f64(),
        answered,
        failed: (connections as u64).saturating_sub(answered),
        latency: Latency {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: latency.max(),
        },
        server: Some(ServerUse {
            resident_before: Some(before.resident),
            ..after.since(&before, wall, watch.cores)
        }),
        ..Round::default()
    })
}

fn open_one(stage: &Stage, ask: &Ask) -> std::io::Result<TcpStream> {
    let mut connection = TcpStream::connect_timeout(&stage.address, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_nodelay(true)?;
    let request = format!(
        "{} {} HTTP/1.1\r\nHost: {}\r\n\r\n",
        ask.method, ask.path, stage.address
    );
    connection.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    // A redirect: the head is all there is, or a short body that comes with it.
    while !answer.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        match connection.read(&mut part)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            read => answer.extend_from_slice(part.get(..read).unwrap_or_default()),
        }
    }
    if answer.starts_with(b"HTTP/1.1 302 ") {
        connection.set_nonblocking(true)?;
        Ok(connection)
    } else {
        Err(ErrorKind::InvalidData.into())
    }
}

/// Whether nobody has closed it. What of a body came late is read and forgotten.
fn is_open(connection: &mut TcpStream) -> bool {
    let mut part = [0; 4096];
    loop {
        match connection.read(&mut part) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}
