//! `cache` of routes and refresh rules: for how long the object cache answers for them. RFC 9111 §4.2, RFC 5861.

use super::object_cache::ObjectCache;
use crate::config::caching::CachePolicy;
use crate::config::document::Value;
use crate::config::faults::Place;
use crate::config::fields::{self, Fields};
use crate::config::file::CACHE;
use crate::config::model::Delivery;
use crate::config::report::{Report, Wrong};
use crate::config::text::Text;
use crate::config::units::{self, written_size};
use std::time::Duration;

/// As long as anything is kept: beyond a month, what is served has little to do with what the origin has.
const LONGEST: Duration = Duration::from_hours(30 * 24);

/// Judges `cache`. `None` when it is not written, or wrong and reported.
pub(super) fn policy(fields: &Fields<'_>, delivery: Delivery, report: &mut Report<'_>) -> Option<CachePolicy> {
    let entry = fields.get("cache").filter(|entry| !fields::is_absent(entry))?;
    if delivery == Delivery::Redirect {
        report.fault(
            &entry.name_place,
            "\"cache\" does nothing with \"delivery: redirect\": the gateway never holds the object",
            "write \"delivery: auto\" or \"stream\", or remove \"cache\"",
        );
    }
    if let Value::Text(_) | Value::Empty = entry.node.value {
        let place = match entry.node.value {
            Value::Empty => &entry.name_place,
            _ => &entry.node.place,
        };
        report.fault(
            place,
            "\"cache\" is a mapping that says for how long",
            "write { fresh_for: 5m }, or {} for that default; nothing is cached where \"cache\" is left out",
        );
        return None;
    }
    let fields = Fields::open(&entry.node, &CACHE, report)?;
    let default = CachePolicy::default();
    let mut duration = |name, parse: fn(&Text) -> Result<Duration, Wrong>| fields.value(name, report, parse);
    let fresh_for = duration("fresh_for", |text| bounded(units::duration(text)?, text));
    let stale = |text: &Text| bounded(units::duration_or_zero(text)?, text);
    let stale_while_revalidate = duration("stale_while_revalidate", stale);
    let stale_if_error = duration("stale_if_error", stale);
    Some(CachePolicy {
        fresh_for: fresh_for.unwrap_or(default.fresh_for),
        stale_while_revalidate: stale_while_revalidate.unwrap_or(default.stale_while_revalidate),
        stale_if_error: stale_if_error.unwrap_or(default.stale_if_error),
    })
}

fn bounded(duration: Duration, text: &Text) -> Result<Duration, Wrong> {
    if duration.subsec_nanos() != 0 {
        return Err(Wrong::new(
            format!("{} is not a whole number of seconds", text.shown()),
            "caches count in seconds: write 1s or more",
        ));
    }
    if duration > LONGEST {
        return Err(Wrong::new(
            format!("{} is longer than 30 days", text.shown()),
            "write at most 30d",
        ));
    }
    Ok(duration)
}

/// Warns about bounds that keep nothing, or less than they seem to. Takes the delivery of each route and rule that
/// caches, and `auto_limit` in bytes.
pub(super) fn judge_use(
    fields: &Fields<'_>,
    cached: &[Delivery],
    cache: &ObjectCache,
    auto_limit: u64,
    report: &mut Report<'_>,
) {
    if report.has_faults() {
        return;
    }
    let written = fields.get("object_cache");
    if cached.is_empty() {
        if let Some(entry) = written {
            let remedy = match entry.name_place {
                Place::Variable(_) => "set EVERGATE_CACHE_FRESH_FOR to how long objects are kept, such as 5m",
                Place::Text { .. } | Place::Whole => "write \"cache: {}\" where objects shall be kept, or remove it",
            };
            report.warn(
                &entry.name_place,
                "nothing is kept in the object cache: no route and no refresh rule says \"cache\"",
                remedy,
            );
        }
        return;
    }
    let kept = cache.config.max_object_bytes;
    let (largest, streamed) = (written_size(kept), written_size(auto_limit));
    match cache.object_size_place() {
        // Written is meant.
        None if cached.contains(&Delivery::Auto) && kept < auto_limit => {
            let place = (fields.get("auto_limit").map(|entry| &entry.node.place))
                .or(written.map(|entry| &entry.name_place))
                .unwrap_or(fields.place());
            let remedy = match (auto_limit.min(cache.largest_possible()), place) {
                (possible, _) if possible > kept => {
                    let possible = written_size(possible);
                    format!(
                        "write \"max_object_size: {possible}\" below \"object_cache\", or \"max_object_size: {largest}\" if \
                         this is meant"
                    )
                }
                (_, Place::Variable(name)) => format!("set {name} to four times that"),
                _ => format!(
                    "raise \"max\" below \"object_cache\" to four times that, or write \"max_object_size: {largest}\" if \
                     this is meant"
                ),
            };
            report.warn(
                place,
                format!(
                    "\"delivery: auto\" streams objects up to {streamed}, and the object cache keeps those up to {largest}: \
                     what lies between is fetched each time"
                ),
                remedy,
            );
        }
        Some(place) if kept > auto_limit && cached.iter().all(|delivery| *delivery == Delivery::Auto) => {
            report.warn(
                place,
                format!(
                    "no object above {streamed} is ever kept: all that is cached has \"delivery: auto\", which redirects \
                     above \"auto_limit\""
                ),
                format!("write \"auto_limit: {largest}\", or \"delivery: stream\" where large objects shall be cached"),
            );
        }
        _ => {}
    }
}
