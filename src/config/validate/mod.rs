//! Judges the tree and makes the [`Config`]. Every function reports what it finds and goes on, so that all faults come
//! at once; what it returns after a fault is never used.

mod allow;
mod bucket;
mod cache;
mod client;
mod credentials;
mod endpoint;
mod events;
mod header;
mod host;
mod listener;
mod names;
mod object_cache;
mod overlap;
mod path;
mod refresh;
mod role;
mod route;
mod s3;
mod tls;

use super::document::{Node, Value};
use super::fields::{self, Fields};
use super::file::{FILE, LOG, URL_CACHE};
use super::model::{AccessLogConfig, Config, LogConfig, LogFormat, UrlCacheConfig};
use super::report::Report;
use super::units;
use listener::Admin;

const MIB: u64 = 1024 * 1024;

/// Judges a whole configuration. `None` when something essential is missing, which is then reported.
pub(super) fn config(root: &Node, report: &mut Report<'_>) -> Option<Config> {
    if let Value::Empty = root.value {
        report.fault(
            &root.place,
            "the configuration is empty",
            "write at least \"buckets\" and \"routes\"; the shipped config.yaml shows how",
        );
        return None;
    }
    let fields = Fields::open(root, &FILE, report)?;
    let listener = listener::listener(&fields, report);
    let admin = listener::admin(&fields, report);
    if let (Some(listener), Some(Admin::At(admin))) = (&listener, &admin) {
        listener::judge_admin(&fields, listener.address, admin.address, report);
    }
    let log = log(&fields, report);
    let auto_limit = fields.value("auto_limit", report, units::size).unwrap_or(MIB);
    let url_cache = url_cache(&fields, report);
    let object_cache = object_cache::object_cache(&fields, report);
    let buckets = bucket::buckets(&fields, report);
    object_cache::judge_folder(&object_cache, &buckets, report);
    let routes = route::routes(&fields, &buckets, report);
    overlap::judge(&routes, report);
    let s3 = s3::s3(&fields, report);
    let clients = client::clients(&fields, &buckets, report);
    let refresh = refresh::refresh(&fields, &buckets, report);
    names::judge(&buckets, &clients, &refresh, report);
    if clients.is_empty() {
        route::judge_presence(&fields, report);
    }
    bucket::judge_use(&buckets, &routes, &clients, report);
    client::judge_use(&clients, report);
    refresh::judge_use(&refresh, &clients, report);
    let cached: Vec<_> = (routes.iter().filter_map(route::Route::cached))
        .chain(refresh.iter().filter_map(refresh::Rule::cached))
        .collect();
    cache::judge_use(&fields, &cached, &object_cache, auto_limit, report);
    Some(Config {
        listener: listener?,
        admin: match admin? {
            Admin::At(admin) => Some(admin),
            Admin::Off => None,
        },
        buckets: bucket::settled(buckets)?,
        routes: route::settled(routes)?,
        s3: s3?,
        clients: client::settled(clients)?,
        refresh: refresh::settled(refresh)?,
        url_cache,
        object_cache: object_cache.config,
        auto_limit,
        log,
    })
}

fn log(fields: &Fields<'_>, report: &mut Report<'_>) -> LogConfig {
    let default = LogConfig {
        format: LogFormat::Json,
        access: AccessLogConfig::On,
    };
    let Some(fields) = fields.get("log").and_then(|log| Fields::open(&log.node, &LOG, report)) else {
        return default;
    };
    let formats = [("json", LogFormat::Json), ("plain", LogFormat::Plain)];
    let switches = [("on", AccessLogConfig::On), ("off", AccessLogConfig::Off)];
    LogConfig {
        format: (fields.value("format", report, |text| units::word(text, &formats))).unwrap_or(default.format),
        access: (fields.value("access", report, |text| units::word(text, &switches))).unwrap_or(default.access),
    }
}

fn url_cache(fields: &Fields<'_>, report: &mut Report<'_>) -> UrlCacheConfig {
    let default = UrlCacheConfig::MaxBytes(64 * MIB);
    let Some(entry) = fields.get("url_cache") else {
        return default;
    };
    if let Value::Text(_) | Value::Empty = entry.node.value {
        return fields::value(entry, report, |text| match text.as_str() {
            "off" => Ok(UrlCacheConfig::Off),
            _ => Err(super::report::Wrong::new(
                format!("\"url_cache\" is {}", text.shown()),
                "write \"off\", or a bound: { max: 64MiB }",
            )),
        })
        .unwrap_or(default);
    }
    let max = Fields::open(&entry.node, &URL_CACHE, report).and_then(|fields| {
        fields.require(
            "max",
            "write { max: 64MiB }, or \"off\" in place of the mapping",
            report,
        )?;
        fields.value("max", report, |text| match units::size(text)? {
            bytes @ MIB.. => Ok(bytes),
            _ => Err(super::report::Wrong::new(
                format!("{} is too small to hold anything for long", text.shown()),
                "write 1MiB or more, or \"url_cache: off\"",
            )),
        })
    });
    max.map_or(default, UrlCacheConfig::MaxBytes)
}
