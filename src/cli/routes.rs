//! `evergate routes`: what is open, in the order in which it is tried.

use super::{Exit, load, written};
use crate::config::{AccessConfig, Config, Delivery, Environment, RouteConfig, Source};
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
/// every host (`*`); within each, the longest path first.
///
/// # Errors
/// Those of the writer.
pub fn write_routes(config: &Config, out: &mut impl Write) -> io::Result<()> {
    let mut routes: Vec<&RouteConfig> = config.routes.iter().collect();
    routes.sort_by_key(|route| {
        let host = route.host.as_deref();
        let has_port = host.is_some_and(|host| host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']')));
        (host.is_none(), !has_port, host, Reverse(route.path.len()), &route.path)
    });
    let mut rows = vec![["HOST", "PATH", "BUCKET", "PREFIX", "ACCESS", "DELIVERY"].map(String::from)];
    rows.extend(routes.into_iter().map(|route| row(route, config)));
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

fn row(route: &RouteConfig, config: &Config) -> [String; 6] {
    let bucket = config
        .buckets
        .get(route.bucket)
        .map_or("?", |bucket| bucket.id.as_str());
    let prefix = match route.prefix.as_str() {
        "" => "(whole bucket)",
        prefix => prefix,
    };
    let access = match route.access {
        AccessConfig::Public => "public",
    };
    let delivery = match route.delivery {
        Delivery::Redirect => "redirect",
        Delivery::Stream => "stream",
        Delivery::Auto => "auto",
    };
    [
        route.host.as_deref().unwrap_or("*"),
        &route.path,
        bucket,
        prefix,
        access,
        delivery,
    ]
    .map(String::from)
}
