//! The configuration that environment variables alone make: one bucket under the names that AWS tools and LibreChat use,
//! public routes for the prefixes listed in `EVERGATE_PUBLIC_PREFIXES`, one client and its refresh rules.
//!
//! It becomes the same tree that a file becomes, so that it is judged by the same rules; only the places differ.

mod caching;
mod doors;

use super::document::{Entry, Node, Value};
use super::environment::Lookup;
use super::faults::Place;
use super::load::PLACES;
use super::report::Report;
use super::text::{Origin, Text};
use super::url_expiry;
use super::words::{list_of, nearest};
use caching::{FRESH_FOR, OBJECT_CACHE_MAX, STALE_IF_ERROR, STALE_WHILE_REVALIDATE};
use doors::{ADMIN_LISTEN, ADMIN_TOKEN, CLIENT_ID, CLIENT_SECRET, EVENTS_TOKEN, PUBLIC_HOSTS, REFRESH_PREFIXES};

const LISTEN: &str = "EVERGATE_LISTEN";
const LOG_FORMAT: &str = "EVERGATE_LOG_FORMAT";
const PUBLIC_PREFIXES: &str = "EVERGATE_PUBLIC_PREFIXES";
const BUCKET_NAME: &str = "AWS_BUCKET_NAME";
const REGION: &str = "AWS_REGION";
/// Follows LibreChat's rule for switches in `validate/bucket`.
pub(super) const FORCE_PATH_STYLE: &str = "AWS_FORCE_PATH_STYLE";

/// Variables that only the environment alone uses.
const OURS: [&str; 14] = [
    LISTEN,
    ADMIN_LISTEN,
    ADMIN_TOKEN,
    EVENTS_TOKEN,
    LOG_FORMAT,
    PUBLIC_PREFIXES,
    REFRESH_PREFIXES,
    PUBLIC_HOSTS,
    CLIENT_ID,
    CLIENT_SECRET,
    FRESH_FOR,
    STALE_WHILE_REVALIDATE,
    STALE_IF_ERROR,
    OBJECT_CACHE_MAX,
];
/// The bucket's name in logs and metrics.
const BUCKET_ID: &str = "files";

/// Makes the tree of a configuration from the environment. An empty variable counts as unset, since compose files
/// pass on what they don't have as nothing.
pub(super) fn document(report: &mut Report<'_>) -> Node {
    judge_names(report);
    let credentials = credentials(report);
    let bucket = map([
        required(report, "name", BUCKET_NAME),
        required(report, "region", REGION),
        optional(report, "endpoint", "AWS_ENDPOINT_URL_S3")
            .or_else(|| optional(report, "endpoint", "AWS_ENDPOINT_URL")),
        optional(report, "path_style", FORCE_PATH_STYLE),
        expiry(report),
        Some(entry("credentials", Place::Whole, credentials)),
    ]);
    let log = optional(report, "format", LOG_FORMAT);
    let cache = caching::cache(report);
    let routes = routes(cache.as_ref(), report);
    let refresh = doors::refresh(cache.as_ref(), report);
    let opened = [Some(&routes), refresh.as_ref().map(|rules| &rules.node)];
    caching::judge_use(cache.as_ref(), opened, report);
    map([
        optional(report, "listen", LISTEN),
        doors::admin(report),
        caching::object_cache(report),
        log.map(|format| entry("log", format.name_place.clone(), map([Some(format)]))),
        Some(entry(
            "buckets",
            Place::Whole,
            map([Some(entry(BUCKET_ID, Place::Whole, bucket))]),
        )),
        Some(entry("routes", Place::Variable(PUBLIC_PREFIXES.into()), routes)),
        doors::clients(report),
        refresh,
        doors::public_hosts(report),
    ])
}

/// With a file in use: warns about variables that the file does not take up.
pub(super) fn warn_unused(file: &str, report: &mut Report<'_>) {
    for name in OURS {
        if report.env().get(name).is_some() && !file.contains(name) {
            let remedy = match name {
                PUBLIC_PREFIXES => "write a route for each prefix into the file, and unset it".to_owned(),
                REFRESH_PREFIXES => "write each prefix into the file, below \"refresh\", and unset it".to_owned(),
                PUBLIC_HOSTS => "write each host into the file, below \"public_hosts\", and unset it".to_owned(),
                _ => format!("write ${{{name}}} where the file shall use it, or unset it"),
            };
            report.warn(
                &Place::Variable(name.into()),
                format!("{name} is set but has no effect, since this file is used and does not mention it"),
                remedy,
            );
        }
    }
}

/// Reports variables of ours that nobody reads.
fn judge_names(report: &mut Report<'_>) {
    let known = |name: &str| OURS.contains(&name) || ["EVERGATE_CONFIG", "EVERGATE_LOG"].contains(&name);
    let unknown: Vec<_> = report
        .env()
        .names("EVERGATE_")
        .filter(|name| !known(name))
        .map(str::to_owned)
        .collect();
    for name in unknown {
        let place = Place::Variable(name.as_str().into());
        if let Some(meant) = nearest(&name, OURS) {
            report.fault(
                &place,
                format!("no variable is called {name}"),
                format!("did you mean {meant}?"),
            );
        } else if !name.ends_with("_PORT") && !name.contains("_PORT_") && !name.contains("_SERVICE_") {
            // Kubernetes sets EVERGATE_PORT… and EVERGATE_SERVICE_… for a service of this name.
            report.warn(
                &place,
                format!("no variable is called {name}"),
                format!("the variables are {}", list_of(&OURS, "and")),
            );
        }
    }
}

fn credentials(report: &mut Report<'_>) -> Node {
    let parts = [
        optional(report, "access_key_id", "AWS_ACCESS_KEY_ID"),
        optional(report, "secret_access_key", "AWS_SECRET_ACCESS_KEY"),
        optional(report, "session_token", "AWS_SESSION_TOKEN"),
    ];
    match &parts {
        [None, None, _] => Node {
            place: Place::Whole,
            value: Value::Text(Text::new("chain", Origin::Literal)),
        },
        [Some(_), Some(_), _] => map(parts),
        [key, _, _] => {
            let (set, unset) = match key {
                Some(_) => ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
                None => ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
            };
            report.fault(
                &Place::Variable(unset.into()),
                format!("{set} is set and {unset} is not"),
                "set both, or neither to use the provider chain (roles, profiles, web identity)",
            );
            broken(Place::Whole)
        }
    }
}

/// `S3_URL_EXPIRY_SECONDS`: set to nothing is invalid by LibreChat's rule, not unset.
fn expiry(report: &mut Report<'_>) -> Option<Entry> {
    let name = url_expiry::VARIABLE;
    if report.env().look_up(name) == Lookup::Empty {
        report.warn(
            &Place::Variable(name.into()),
            format!("{name} is set to nothing: 120 s are used, as LibreChat does"),
            format!("set {name} to seconds, or unset it"),
        );
    }
    optional(report, "url_expiry", name)
}

fn routes(cache: Option<&Entry>, report: &mut Report<'_>) -> Node {
    let place = Place::Variable(PUBLIC_PREFIXES.into());
    let list = report.env().get(PUBLIC_PREFIXES).unwrap_or_default();
    let mut routes = Vec::new();
    for prefix in list.split(',').map(str::trim) {
        if prefix.is_empty() {
            continue;
        }
        if !prefix.ends_with('/') || prefix.starts_with('/') {
            report.fault(
                &place,
                format!("{} is not a prefix that can be opened", super::text::quoted(prefix)),
                "write prefixes that end in \"/\" and don't start with it, with commas between them: images/,avatars/",
            );
            continue;
        }
        let field = |name, value: &str| Some(entry(name, place.clone(), literal(&place, value)));
        let mut route = map([
            field("path", &format!("/{prefix}")),
            field("bucket", BUCKET_ID),
            field("prefix", prefix),
            field("access", "public"),
            field("delivery", "auto"),
            cache.cloned(),
        ]);
        route.place = place.clone();
        routes.push(route);
    }
    Node {
        place,
        value: Value::List(routes),
    }
}

fn required(report: &mut Report<'_>, field: &str, variable: &'static str) -> Option<Entry> {
    let found = optional(report, field, variable);
    if found.is_none() {
        let [here, etc] = PLACES;
        report.fault(
            &Place::Variable(variable.into()),
            format!("{variable} is not set, and there is no configuration file"),
            format!(
                "set {BUCKET_NAME}, {REGION} and {PUBLIC_PREFIXES}; or write {here} or {etc}, or name a file by --config"
            ),
        );
    }
    let place = Place::Variable(variable.into());
    found.or_else(|| Some(entry(field, place.clone(), broken(place))))
}

fn optional(report: &mut Report<'_>, field: &str, variable: &'static str) -> Option<Entry> {
    let place = Place::Variable(variable.into());
    let value = match report.env().look_up(variable) {
        Lookup::Unset | Lookup::Empty => return None,
        Lookup::Text(text) => Value::Text(Text::new(text, Origin::Variable(variable.into()))),
        Lookup::NotText => {
            report.fault(
                &place,
                format!("the environment variable {variable} is not UTF-8 text"),
                format!("set {variable} to text"),
            );
            Value::Broken
        }
    };
    Some(entry(field, place.clone(), Node { place, value }))
}

fn map<const N: usize>(entries: [Option<Entry>; N]) -> Node {
    Node {
        place: Place::Whole,
        value: Value::Map(entries.into_iter().flatten().collect()),
    }
}

fn entry(name: &str, name_place: Place, node: Node) -> Entry {
    Entry {
        name: name.into(),
        name_place,
        node,
    }
}

fn literal(place: &Place, text: &str) -> Node {
    Node {
        place: place.clone(),
        value: Value::Text(Text::new(text, Origin::Literal)),
    }
}

fn broken(place: Place) -> Node {
    Node {
        place,
        value: Value::Broken,
    }
}
