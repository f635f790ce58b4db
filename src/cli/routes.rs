//! `evergate routes`: what is open, in the order in which it is tried, and to which clients.

use super::{Exit, caching, doors, load, table, written};
use crate::config::{AccessConfig, Config, Environment, RouteConfig, Source};
use crate::s3::without_port;
use std::cmp::Reverse;
use std::io::{self, Write};
use std::path::PathBuf;

/// Runs the command. Takes the file as named on the command line; returns how it ends.
#[must_use]
pub fn run(file: Option<PathBuf>) -> Exit {
    let env = Environment::of_process();
    match load(&Source::find(file, &env), &env) {
        Ok(loaded) => written(&write_routes(&loaded.config, &mut io::stdout())),
        Err(exit) => exit,
    }
}

/// Writes the routes as a table, in the order in which they are tried: a host with its port, then a host alone, then
/// every host (`*`); within each, the longest path first. Clients, refresh rules, hosts and the object cache follow, if
/// there are any.
///
/// # Errors
/// Those of the writer.
pub fn write_routes(config: &Config, out: &mut impl Write) -> io::Result<()> {
    let mut routes: Vec<&RouteConfig> = config.routes.iter().collect();
    routes.sort_by_key(|route| {
        let host = route.host.as_deref();
        let has_port = host.is_some_and(|host| without_port(host) != host);
        (host.is_none(), !has_port, host, Reverse(route.path.len()), &route.path)
    });
    let mut rows = vec![["HOST", "PATH", "BUCKET", "PREFIX", "ACCESS", "DELIVERY", "CACHE"].map(String::from)];
    rows.extend(routes.into_iter().map(|route| row(route, config)));
    table::write(&rows, out)?;
    doors::write(config, out)?;
    caching::write_bounds(config, out)
}

fn row(route: &RouteConfig, config: &Config) -> [String; 7] {
    let access = match route.access {
        AccessConfig::Public => "public",
    };
    [
        route.host.as_deref().unwrap_or("*"),
        &route.path,
        doors::bucket(route.bucket, config),
        doors::prefix(&route.prefix),
        access,
        route.delivery.as_str(),
        &caching::policy(route.cache.as_ref()),
    ]
    .map(String::from)
}
