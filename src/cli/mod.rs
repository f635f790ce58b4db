//! The command line: one file a command. Last room of the house.
//!
//! Output meant for other programs goes to standard output, everything said to people to standard error.

mod args;
mod caching;
pub mod check;
mod client;
mod completions;
#[cfg(feature = "embedded")]
pub mod demo;
mod doors;
mod exit;
mod healthcheck;
mod heap;
mod inspect;
mod presign;
mod program;
pub mod rewrite;
pub mod routes;
mod serve;
mod settled;
mod table;

pub use exit::Exit;

use crate::config::{self, BucketConfig, Config, Environment, Faults, Loaded, Source};
use args::{Arguments, Command};
use clap::Parser;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The region that stands in for the built-in origin's, as its clients assume it.
const EMBEDDED_REGION: &str = "us-east-1";

/// Runs the program. Takes the command line, the program's name first; returns how it ended, when it has ended.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => run(arguments.command),
        Err(error) => {
            // Nothing can be done about a closed terminal.
            let _ = error.print();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Ok,
                _ => Exit::Usage,
            }
        }
    }
}

fn run(command: Command) -> Exit {
    match command {
        Command::Serve(file) => serve::run(file.config),
        #[cfg(feature = "embedded")]
        Command::Demo(arguments) => demo::run(arguments),
        Command::Check { file, online: false } => check::run(file, check::Depth::Offline),
        Command::Check { file, online: true } => check::run(file, check::Depth::Online),
        Command::Presign(arguments) => presign::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Rewrite(arguments) => rewrite::run(&arguments),
        Command::Routes(file) => routes::run(file.config),
        Command::Client(command) => client::run(&command),
        Command::Healthcheck(file) => healthcheck::run(file.config),
        Command::Completions { shell } => completions::run(shell),
    }
}

/// Returns how a command ends that wrote its output with this result. Whoever closed the pipe (`| head -1`) has seen
/// enough, and that is no failure.
fn written(result: &io::Result<()>) -> Exit {
    match result {
        Ok(()) => Exit::Ok,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok,
        Err(error) => fail(Exit::Os, &format!("can't write to standard output: {error}")),
    }
}

/// Loads the configuration that a command works on, or says all that is wrong with it; then returns how the command ends.
fn load(source: &Source, environment: &Environment) -> Result<Loaded, Exit> {
    config::load(source, environment).map_err(|faults| refuse(&faults))
}

/// Says all that is wrong with a configuration, and returns how the command ends.
fn refuse(faults: &Faults) -> Exit {
    // Nothing can be done about a closed terminal; the code still tells.
    let _ = check::write_faults(faults, &mut io::stderr());
    check::exit(faults)
}

/// Finds the bucket that `--bucket` names, or the only one; else says what to write.
fn bucket_of<'a>(config: &'a Config, name: Option<&str>) -> Result<&'a BucketConfig, String> {
    let known = || {
        config
            .buckets
            .iter()
            .map(|bucket| bucket.id.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (name, config.buckets.as_slice()) {
        (Some(name), buckets) => buckets
            .iter()
            .find(|bucket| bucket.id.as_str() == name)
            .ok_or_else(|| format!("there is no bucket {name} in the configuration; it has {}", known())),
        (None, [only]) => Ok(only),
        (None, _) => Err(format!(
            "the configuration has several buckets; name one with --bucket: {}",
            known()
        )),
    }
}

/// Says in one sentence why a command ends, and returns how it ends.
fn fail(exit: Exit, reason: &dyn Display) -> Exit {
    // Nothing can be done about a closed terminal; the code still tells.
    let _ = writeln!(io::stderr(), "error: {reason}");
    exit
}

/// Returns where this machine reaches a listener: one that listens everywhere is on loopback too.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
