//! What the environment alone says of the doors that signed requests come through: one client, refresh rules, hosts; and of
//! the admin listener.

use super::{BUCKET_ID, broken, entry, literal, map, optional};
use crate::config::document::{Entry, Node, Value};
use crate::config::faults::Place;
use crate::config::report::Report;
use crate::config::text::quoted;

pub(super) const ADMIN_LISTEN: &str = "EVERGATE_ADMIN_LISTEN";
pub(super) const ADMIN_TOKEN: &str = "EVERGATE_ADMIN_TOKEN";
pub(super) const EVENTS_TOKEN: &str = "EVERGATE_EVENTS_TOKEN";
pub(super) const CLIENT_ID: &str = "EVERGATE_CLIENT_ACCESS_KEY_ID";
pub(super) const CLIENT_SECRET: &str = "EVERGATE_CLIENT_SECRET_ACCESS_KEY";
pub(super) const PUBLIC_HOSTS: &str = "EVERGATE_PUBLIC_HOSTS";
pub(super) const REFRESH_PREFIXES: &str = "EVERGATE_REFRESH_PREFIXES";

/// Ten years: as good as for ever, and still an age that ends.
const MAX_AGE: &str = "3650d";

/// `admin`: an address and tokens, or `off`.
pub(super) fn admin(report: &mut Report<'_>) -> Option<Entry> {
    let listen = optional(report, "listen", ADMIN_LISTEN);
    let tokens = [("token", ADMIN_TOKEN), ("events_token", EVENTS_TOKEN)];
    let [token, events] = tokens.map(|(field, variable)| optional(report, field, variable));
    let is_off = |listen: &Entry| matches!(&listen.node.value, Value::Text(text) if text.as_str() == "off");
    if let Some(listen) = listen.as_ref().filter(|listen| is_off(listen)) {
        for (entry, (_, variable)) in [token, events].iter().zip(tokens) {
            if let Some(entry) = entry {
                report.warn(
                    &entry.name_place,
                    format!("{variable} is set but has no effect, since {ADMIN_LISTEN} is off"),
                    "unset one of the two",
                );
            }
        }
        return Some(entry("admin", listen.name_place.clone(), listen.node.clone()));
    }
    let set = [&listen, &token, &events];
    let place = set.into_iter().flatten().next()?.name_place.clone();
    let listen = listen.or_else(|| {
        let place = Place::Variable(ADMIN_LISTEN.into());
        Some(entry("listen", place.clone(), literal(&place, "127.0.0.1:9901")))
    });
    Some(entry("admin", place, map([listen, token, events])))
}

/// `clients`: one, that may do everything with objects of the bucket.
pub(super) fn clients(report: &mut Report<'_>) -> Option<Entry> {
    let parts = [
        optional(report, "access_key_id", CLIENT_ID),
        optional(report, "secret_access_key", CLIENT_SECRET),
    ];
    let place = Place::Variable(CLIENT_ID.into());
    let client = match parts {
        [None, None] => return None,
        [Some(id), Some(secret)] => {
            let operations = ["read", "write", "delete", "list"].map(|word| literal(&place, word));
            let allow = map([
                Some(entry("bucket", place.clone(), literal(&place, BUCKET_ID))),
                Some(entry("operations", place.clone(), list(&place, operations.into()))),
            ]);
            let allow = entry("allow", place.clone(), list(&place, vec![allow]));
            map([Some(id), Some(secret), Some(allow)])
        }
        [id, _] => {
            let (set, unset) = match id {
                Some(_) => (CLIENT_ID, CLIENT_SECRET),
                None => (CLIENT_SECRET, CLIENT_ID),
            };
            report.fault(
                &Place::Variable(unset.into()),
                format!("{set} is set and {unset} is not"),
                "set both, or neither; `evergate client new NAME` issues a pair",
            );
            broken(place.clone())
        }
    };
    Some(entry("clients", place.clone(), list(&place, vec![client])))
}

/// `refresh`: a rule for each of `images/,uploads/=90d`.
pub(super) fn refresh(cache: Option<&Entry>, report: &mut Report<'_>) -> Option<Entry> {
    let place = Place::Variable(REFRESH_PREFIXES.into());
    let mut rules = Vec::new();
    for item in items(REFRESH_PREFIXES, report)? {
        let (prefix, max_age) = match item.rsplit_once('=') {
            Some((prefix, age)) if prefix.ends_with('/') => (prefix, age),
            _ => (item.as_str(), MAX_AGE),
        };
        if !prefix.ends_with('/') || prefix.starts_with('/') {
            report.fault(
                &place,
                format!("{} is not a prefix whose links can be refreshed", quoted(&item)),
                "write prefixes that end in \"/\" and don't start with it, with their age if it is not ten years: \
                 images/,uploads/=90d",
            );
            continue;
        }
        let field = |name, value| Some(entry(name, place.clone(), literal(&place, value)));
        let mut rule = map([
            field("bucket", BUCKET_ID),
            field("prefix", prefix),
            field("max_age", max_age),
            cache.cloned(),
        ]);
        rule.place = place.clone();
        rules.push(rule);
    }
    Some(entry("refresh", place.clone(), list(&place, rules)))
}

/// `public_hosts`, with commas between them.
pub(super) fn public_hosts(report: &mut Report<'_>) -> Option<Entry> {
    let place = Place::Variable(PUBLIC_HOSTS.into());
    let hosts = items(PUBLIC_HOSTS, report)?
        .iter()
        .map(|host| literal(&place, host))
        .collect();
    Some(entry("public_hosts", place.clone(), list(&place, hosts)))
}

/// The parts of a variable's value between commas; `None` when it is unset.
fn items(variable: &'static str, report: &mut Report<'_>) -> Option<Vec<String>> {
    let value = optional(report, variable, variable)?;
    let Value::Text(text) = &value.node.value else {
        return None;
    };
    let parts = text.as_str().split(',').map(str::trim).filter(|part| !part.is_empty());
    Some(parts.map(str::to_owned).collect())
}

fn list(place: &Place, nodes: Vec<Node>) -> Node {
    Node {
        place: place.clone(),
        value: Value::List(nodes),
    }
}
