//! Varnish and HAProxy.

use super::ground::Ground;
use super::launch::{Program, find_program};
use crate::error::BenchError;
use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

/// Says that Varnish is not installed; `None` when it is.
pub(super) fn varnish_missing() -> Option<String> {
    let there = find_program("varnishd").is_some();
    (!there).then(|| "varnishd is not installed (Debian: varnish)".to_owned())
}

/// Says that HAProxy is not installed; `None` when it is.
pub(super) fn haproxy_missing() -> Option<String> {
    let there = find_program("haproxy").is_some();
    (!there).then(|| "haproxy is not installed (Debian: haproxy)".to_owned())
}

/// Varnish in front of the unsigned origin: `/c/` from memory, `/s/` passed on. It logs to shared memory, as it always does; nobody reads it.
///
/// # Errors
/// When a file can't be written, or it is not there.
pub(super) fn varnish(
    ground: &Ground,
    folder: &Path,
    listen: SocketAddr,
    workers: usize,
) -> Result<Program, BenchError> {
    let path = find_program("varnishd").ok_or_else(|| BenchError::said("varnishd is not installed"))?;
    let plain = ground
        .plain
        .ok_or_else(|| BenchError::said("Varnish has no origin: nginx, which serves its files, is not installed"))?;
    let file = folder.join("bench.vcl");
    let text = format!(
        "vcl 4.1;
backend default {{ .host = \"{}\"; .port = \"{}\"; }}
sub vcl_recv {{ if (req.url ~ \"^/s/\") {{ return (pass); }} }}
sub vcl_backend_response {{ set beresp.ttl = 1d; }}
",
        plain.ip(),
        plain.port()
    );
    write(&file, &text)?;
    let pools = format!("thread_pools={workers}");
    let arguments: Vec<OsString> = vec![
        "-F".into(),
        "-j".into(),
        "none".into(),
        "-n".into(),
        folder.join("varnish").into(),
        "-f".into(),
        file.into(),
        "-a".into(),
        listen.to_string().into(),
        "-T".into(),
        "none".into(),
        "-s".into(),
        "malloc,1g".into(),
        "-p".into(),
        pools.into(),
        "-p".into(),
        "thread_pool_min=300".into(),
        "-p".into(),
        "timeout_idle=3600".into(),
        "-p".into(),
        "feature=+http2".into(),
    ];
    Ok(Program::new(path, arguments))
}

/// HAProxy with a redirect whose `Location` is as long as a signed URL.
///
/// # Errors
/// When a file can't be written, or it is not there.
pub(super) fn haproxy(
    ground: &Ground,
    folder: &Path,
    listen: SocketAddr,
    workers: usize,
) -> Result<Program, BenchError> {
    let path = find_program("haproxy").ok_or_else(|| BenchError::said("haproxy is not installed"))?;
    let (front, back) = ground.location_around_path()?;
    let back = back.replace('%', "%%");
    let text = format!(
        "global
  nbthread {workers}
  no strict-limits
  maxconn 16384
  log stdout format raw local0 info
defaults
  mode http
  log global
  option httplog
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout http-request 30s
  timeout http-keep-alive 1h
frontend bench
  bind {listen} backlog 4096
  http-request redirect code 302 location {front}%[path]{back}
"
    );
    let file = folder.join("haproxy.cfg");
    write(&file, &text)?;
    let arguments: [OsString; 3] = ["-db".into(), "-f".into(), file.into()];
    Ok(Program::new(path, arguments))
}

fn write(file: &Path, text: &str) -> Result<(), BenchError> {
    fs::write(file, text).map_err(|source| BenchError::File {
        what: format!("{} can't be written", file.display()),
        source,
    })
}
