//! Where requests of S3 clients are expected: hosts, base path, domains.

use super::{host, path};
use crate::config::document::Entry;
use crate::config::doors::S3Config;
use crate::config::faults::Place;
use crate::config::fields::{self, Fields};
use crate::config::report::{Report, Wrong};
use crate::s3::HostParts;

/// Rule 11: each is tried for a signature that fails, so their number bounds the work.
const MOST_PUBLIC_HOSTS: usize = 8;
/// As many as anybody serves under.
const MOST_DOMAINS: usize = 64;

/// Judges `public_hosts`, `s3_base_path` and `s3_domains`. `None` when something is wrong, which is then reported.
pub(super) fn s3(fields: &Fields<'_>, report: &mut Report<'_>) -> Option<S3Config> {
    let public_hosts = match fields.get("public_hosts") {
        Some(entry) => hosts(entry, MOST_PUBLIC_HOSTS, report),
        None => Some(Vec::new()),
    };
    let base_path = match fields.get("s3_base_path") {
        Some(entry) => match fields::value(entry, report, path::base_path) {
            Some(path) => Some(path),
            None => fields::is_absent(entry).then(Box::default),
        },
        None => Some(Box::default()),
    };
    let domains = match fields.get("s3_domains") {
        Some(entry) => domains(entry, report),
        None => Some(Vec::new()),
    };
    Some(S3Config {
        public_hosts: public_hosts?.into_iter().map(|(_, host)| host).collect(),
        base_path: base_path?,
        domains: domains?,
    })
}

/// Reads a list of hosts, with their places.
fn hosts<'n>(entry: &'n Entry, most: usize, report: &mut Report<'_>) -> Option<Vec<(&'n Place, Box<str>)>> {
    let remedy = "write hosts such as files.example.com or minio:9000";
    let before = report.faults();
    let mut hosts: Vec<(&Place, Box<str>)> = Vec::new();
    for (place, text) in fields::values(entry, remedy, report) {
        match host::host(text, "write each host by itself") {
            Ok(host) if hosts.iter().any(|(_, known)| *known == host) => {
                report.warn(place, format!("\"{host}\" is listed twice"), "write it once");
            }
            Ok(host) => hosts.push((place, host)),
            Err(wrong) => report.wrong(place, wrong),
        }
    }
    if hosts.len() > most {
        report.fault(
            &entry.name_place,
            format!(
                "\"{}\" lists {} hosts, and {most} are the most",
                entry.name,
                hosts.len()
            ),
            "leave out those that no link was signed for",
        );
    }
    (report.faults() == before).then_some(hosts)
}

/// Reads the domains. None may lie inside another: `a.s3.example.com` would be a bucket of two names.
fn domains(entry: &Entry, report: &mut Report<'_>) -> Option<Vec<Box<str>>> {
    let domains = hosts(entry, MOST_DOMAINS, report)?;
    let before = report.faults();
    for (place, domain) in &domains {
        if HostParts::parse(domain).is_some_and(|host| host.is_address()) {
            report.wrong(
                place,
                Wrong::new(
                    format!("{domain} is an address, which has no sub-domains"),
                    "write a name; clients that reach the gateway by its address use path style",
                ),
            );
        }
        let above = domains.iter().find(|(_, other)| {
            let front = domain.strip_suffix(&**other);
            front.is_some_and(|front| front.ends_with('.'))
        });
        if let Some((_, above)) = above {
            report.wrong(
                place,
                Wrong::new(
                    format!("{domain} lies inside {above}, which is listed too: a bucket's name could end at either"),
                    "keep one of the two",
                ),
            );
        }
    }
    (report.faults() == before).then(|| domains.into_iter().map(|(_, domain)| domain).collect())
}
