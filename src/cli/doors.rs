//! What `check` and `routes` say of the doors that signed requests come through: clients, refresh rules, hosts. Secrets
//! are none of it.

use super::{caching, table};
use crate::clock::Timestamp;
use crate::config::{AllowConfig, ClientConfig, Config, SignatureVersions, written_duration};
use crate::s3::KeyPrefix;
use std::cmp::Reverse;
use std::io::{self, Write};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Writes clients with what they are allowed, refresh rules in the order in which they are tried, and the hosts that links
/// may be signed for; nothing when there are none.
///
/// # Errors
/// Those of the writer.
pub(super) fn write(config: &Config, out: &mut impl Write) -> io::Result<()> {
    if !config.clients.is_empty() {
        let heading = ["CLIENT", "KEY", "STATE", "SIGNATURES", "BUCKET", "PREFIX", "OPERATIONS"];
        let mut rows = vec![heading.map(String::from)];
        rows.extend(config.clients.iter().flat_map(|client| clients(client, config)));
        writeln!(out)?;
        table::write(&rows, out)?;
    }
    if !config.refresh.is_empty() {
        let mut rules: Vec<_> = config.refresh.iter().collect();
        rules.sort_by_key(|rule| (rule.bucket, Reverse(rule.prefix.as_str().len()), rule.prefix.as_str()));
        let mut rows = vec![["REFRESH", "PREFIX", "MAX AGE", "NOT BEFORE", "DELIVERY", "CACHE"].map(String::from)];
        rows.extend(rules.into_iter().map(|rule| {
            [
                bucket(rule.bucket, config).to_owned(),
                prefix(&rule.prefix).to_owned(),
                written_duration(rule.max_age),
                rule.not_before.map_or_else(|| "-".to_owned(), date),
                rule.delivery.as_str().to_owned(),
                caching::policy(rule.cache.as_ref()),
            ]
        }));
        writeln!(out)?;
        table::write(&rows, out)?;
    }
    write_hosts(config, out)
}

fn write_hosts(config: &Config, out: &mut impl Write) -> io::Result<()> {
    let s3 = &config.s3;
    if config.clients.is_empty() && *s3 == crate::config::S3Config::default() {
        return Ok(());
    }
    let mut shapes = vec![format!("{}/BUCKET/KEY", s3.base_path)];
    shapes.extend(s3.domains.iter().map(|domain| format!("BUCKET.{domain}/KEY")));
    let own = "the request's own host";
    let hosts: Vec<&str> = std::iter::once(own)
        .chain(s3.public_hosts.iter().map(|host| &**host))
        .collect();
    writeln!(out, "\nS3 requests: {}", shapes.join(", "))?;
    writeln!(out, "signed for:  {}", hosts.join(", "))
}

/// One row for each thing that a client is allowed.
fn clients(client: &ClientConfig, config: &Config) -> Vec<[String; 7]> {
    let versions = match client.signature_versions {
        SignatureVersions::V4 => "v4",
        SignatureVersions::V4AndV2 => "v4, v2",
    };
    let row = |cells: [&str; 3]| {
        let id = client.credential.access_key_id().as_str();
        let [bucket, prefix, operations] = cells;
        [
            &client.name,
            id,
            client.state.as_str(),
            versions,
            bucket,
            prefix,
            operations,
        ]
        .map(String::from)
    };
    if client.allow.is_empty() {
        return vec![row(["-", "-", "nothing"])];
    }
    let allowed = |allow: &AllowConfig| {
        let operations: Vec<_> = allow.operations.iter().map(|operation| operation.as_str()).collect();
        row([
            bucket(allow.bucket, config),
            prefix(&allow.prefix),
            &operations.join(", "),
        ])
    };
    client.allow.iter().map(allowed).collect()
}

/// A bucket's name in the configuration.
pub(super) fn bucket(index: usize, config: &Config) -> &str {
    config.buckets.get(index).map_or("?", |bucket| bucket.id.as_str())
}

/// A prefix, or words for none.
pub(super) fn prefix(prefix: &KeyPrefix) -> &str {
    match prefix.as_str() {
        "" => "(whole bucket)",
        prefix => prefix,
    }
}

fn date(at: Timestamp) -> String {
    let at = i64::try_from(at.as_unix()).ok();
    at.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_else(|| "-".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_they_are_written() {
        assert_eq!(date(Timestamp::from_unix(1_735_689_600)), "2025-01-01T00:00:00Z");
    }
}
