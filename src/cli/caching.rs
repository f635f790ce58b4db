//! What `check` and `routes` say of the object cache: for how long each route and refresh rule is answered from it, and
//! how much it keeps.

use super::table;
use crate::config::{CachePolicy, Config, ObjectCacheConfig, RouteConfig, written_duration, written_size};
use std::fmt::Write as _;
use std::io::{self, Write};

/// A policy in words; `-` where nothing is kept.
pub(super) fn policy(policy: Option<&CachePolicy>) -> String {
    let Some(policy) = policy else {
        return "-".to_owned();
    };
    let mut words = format!("fresh for {}", written_duration(policy.fresh_for));
    let mut joint = ", then for";
    for (duration, while_) in [
        (policy.stale_while_revalidate, "revalidating"),
        (policy.stale_if_error, "the origin fails"),
    ] {
        if !duration.is_zero() {
            // Writing to a string does not fail.
            let _ = write!(words, "{joint} {} while {while_}", written_duration(duration));
            joint = ", for";
        }
    }
    words
}

/// Writes the routes that are answered from the cache; nothing when there are none.
///
/// # Errors
/// Those of the writer.
pub(super) fn write_routes(config: &Config, out: &mut impl Write) -> io::Result<()> {
    let cached: Vec<&RouteConfig> = config.routes.iter().filter(|route| route.cache.is_some()).collect();
    if cached.is_empty() {
        return Ok(());
    }
    let mut rows = vec![["HOST", "PATH", "CACHE"].map(String::from)];
    rows.extend(cached.into_iter().map(|route| {
        let host = route.host.as_deref().unwrap_or("*");
        [host.to_owned(), route.path.to_string(), policy(route.cache.as_ref())]
    }));
    writeln!(out)?;
    table::write(&rows, out)
}

/// Writes how much is kept; nothing when nothing is.
///
/// # Errors
/// Those of the writer.
pub(super) fn write_bounds(config: &Config, out: &mut impl Write) -> io::Result<()> {
    let routes = config.routes.iter().any(|route| route.cache.is_some());
    let rules = config.refresh.iter().any(|rule| rule.cache.is_some());
    if !routes && !rules {
        return Ok(());
    }
    let ObjectCacheConfig {
        max_bytes,
        max_object_bytes,
        disk,
    } = &config.object_cache;
    let (max, object) = (written_size(*max_bytes), written_size(*max_object_bytes));
    write!(out, "\nobject cache: {max} in memory, objects of up to {object}")?;
    match disk {
        Some(disk) => {
            let max = written_size(disk.max_bytes);
            writeln!(out, "; {max} on disk, in {}", disk.folder.display())
        }
        None => writeln!(out, "; nothing on disk"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn policies_are_said_in_words() {
        let told = |revalidating, failing| {
            policy(Some(&CachePolicy {
                fresh_for: Duration::from_mins(5),
                stale_while_revalidate: Duration::from_secs(revalidating),
                stale_if_error: Duration::from_secs(failing),
            }))
        };
        assert_eq!(policy(None), "-");
        assert_eq!(told(0, 0), "fresh for 5m");
        assert_eq!(told(3600, 0), "fresh for 5m, then for 1h while revalidating");
        assert_eq!(told(0, 86_400), "fresh for 5m, then for 1d while the origin fails");
        assert_eq!(
            told(3600, 86_400),
            "fresh for 5m, then for 1h while revalidating, for 1d while the origin fails"
        );
    }
}
