//! What the environment alone says of the object cache: for how long all that is open is kept, and how much of it.

use super::{entry, map, optional};
use crate::config::document::{Entry, Node, Value};
use crate::config::faults::Place;
use crate::config::report::Report;
use crate::config::words::list_of;

pub(super) const FRESH_FOR: &str = "EVERGATE_CACHE_FRESH_FOR";
pub(super) const STALE_WHILE_REVALIDATE: &str = "EVERGATE_CACHE_STALE_WHILE_REVALIDATE";
pub(super) const STALE_IF_ERROR: &str = "EVERGATE_CACHE_STALE_IF_ERROR";
pub(super) const OBJECT_CACHE_MAX: &str = "EVERGATE_OBJECT_CACHE_MAX";

/// `cache` of every route and refresh rule, when one of its variables is set.
pub(super) fn cache(report: &mut Report<'_>) -> Option<Entry> {
    let fields = [
        optional(report, "fresh_for", FRESH_FOR),
        optional(report, "stale_while_revalidate", STALE_WHILE_REVALIDATE),
        optional(report, "stale_if_error", STALE_IF_ERROR),
    ];
    let place = fields.iter().flatten().next()?.name_place.clone();
    let mut fields = map(fields);
    fields.place = place.clone();
    Some(entry("cache", place, fields))
}

/// `object_cache`, when its size is set.
pub(super) fn object_cache(report: &mut Report<'_>) -> Option<Entry> {
    let max = optional(report, "max", OBJECT_CACHE_MAX)?;
    let place = max.name_place.clone();
    let mut fields = map([Some(max)]);
    fields.place = place.clone();
    Some(entry("object_cache", place, fields))
}

/// Warns when there is nothing that `cache` could be of.
pub(super) fn judge_use(cache: Option<&Entry>, opened: [Option<&Node>; 2], report: &mut Report<'_>) {
    let is_empty = |node: &Node| matches!(&node.value, Value::List(nodes) if nodes.is_empty());
    let Some(Value::Map(set)) = cache.map(|cache| &cache.node.value) else {
        return;
    };
    if report.has_faults() || !opened.into_iter().flatten().all(is_empty) {
        return;
    }
    let names: Vec<&str> = (set.iter())
        .filter_map(|entry| match &entry.name_place {
            Place::Variable(name) => Some(&**name),
            Place::Whole | Place::Text { .. } => None,
        })
        .collect();
    let are = if names.len() == 1 {
        "is set but has"
    } else {
        "are set but have"
    };
    let place = Place::Variable(names.first().copied().unwrap_or(FRESH_FOR).into());
    report.warn(
        &place,
        format!(
            "{} {are} no effect, since nothing is open that could be cached",
            list_of(&names, "and")
        ),
        "set EVERGATE_PUBLIC_PREFIXES or EVERGATE_REFRESH_PREFIXES, such as images/",
    );
}
