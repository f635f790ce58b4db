//! Refresh rules: which expired links are honoured (rule 13).

use super::bucket::Bucket;
use super::client::Client;
use super::{cache, path, route};
use crate::clock::{Clock, Timestamp};
use crate::config::document::Node;
use crate::config::doors::{AllowedOperations, ClientState, RefreshConfig};
use crate::config::faults::Place;
use crate::config::fields::{self, Fields};
use crate::config::file::REFRESH;
use crate::config::model::Delivery;
use crate::config::report::{Report, Wrong};
use crate::config::text::Text;
use crate::config::units;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A century: longer than anything that is to be told apart from "for ever".
const LONGEST: Duration = Duration::from_hours(36_500 * 24);

/// A refresh rule as far as it could be read.
pub(super) struct Rule {
    place: Place,
    config: Option<RefreshConfig>,
}

impl Rule {
    /// Whether it covers keys of the bucket of this index.
    pub(super) fn reaches(&self, bucket: usize) -> bool {
        self.config.as_ref().is_some_and(|rule| rule.bucket == bucket)
    }

    /// How the objects are delivered, when the object cache answers for them.
    pub(super) fn cached(&self) -> Option<Delivery> {
        let config = self.config.as_ref()?;
        config.cache.map(|_| config.delivery)
    }
}

/// Judges all refresh rules.
pub(super) fn refresh(fields: &Fields<'_>, buckets: &[Bucket], report: &mut Report<'_>) -> Vec<Rule> {
    let nodes = (fields.get("refresh")).map_or(&[][..], |entry| fields::list(entry, report));
    let rules: Vec<_> = nodes.iter().filter_map(|node| rule(node, buckets, report)).collect();
    judge_ties(&rules, report);
    rules
}

/// Returns the rules when all of them could be read.
pub(super) fn settled(rules: Vec<Rule>) -> Option<Vec<RefreshConfig>> {
    rules.into_iter().map(|rule| rule.config).collect()
}

fn rule(node: &Node, buckets: &[Bucket], report: &mut Report<'_>) -> Option<Rule> {
    let fields = Fields::open(node, &REFRESH, report)?;
    let bucket = (fields.require("bucket", "name one of \"buckets\"", report))
        .and_then(|entry| fields::present(entry, report, |text| route::bucket(text, buckets)));
    let prefix_entry = fields.require(
        "prefix",
        "write what the keys start with, such as images/; \"\" covers the whole bucket",
        report,
    );
    let prefix = prefix_entry.and_then(|entry| fields::present(entry, report, path::prefix));
    let max_age = (fields.require(
        "max_age",
        "write how long after its signing a link may be used, such as 3650d; 0s honours no expired link",
        report,
    ))
    .and_then(|entry| fields::present(entry, report, max_age));
    let delivery = route::delivery(&fields, report);
    let cache = cache::policy(&fields, delivery, report);
    let not_before = match fields.get("not_before") {
        Some(entry) => match fields.value("not_before", report, not_before) {
            Some(at) => {
                if at > Clock::system().now() {
                    report.warn(
                        &entry.node.place,
                        "\"not_before\" lies in the future: until then every link is dead, fresh ones too",
                        "write the time from which on links count",
                    );
                }
                Some(Some(at))
            }
            // A cut-off that is wrong must not become none; one that a variable's absence left out is none.
            None => fields::is_absent(entry).then_some(None),
        },
        None => Some(None),
    };
    if let (Some(entry), Some(prefix), Some(age)) = (prefix_entry, &prefix, max_age)
        && prefix.as_str().is_empty()
        && !age.is_zero()
    {
        report.warn(
            &entry.node.place,
            "this rule honours expired links to the whole bucket",
            "write a prefix unless everything in the bucket is meant",
        );
    }
    let config = || {
        Some(RefreshConfig {
            bucket: bucket?,
            prefix: prefix?,
            max_age: max_age?,
            not_before: not_before?,
            delivery,
            cache,
        })
    };
    Some(Rule {
        place: prefix_entry.map_or(&node.place, |entry| &entry.node.place).clone(),
        config: config(),
    })
}

fn max_age(text: &Text) -> Result<Duration, Wrong> {
    match units::duration_or_zero(text)? {
        age if age <= LONGEST => Ok(age),
        _ => Err(Wrong::new(
            format!("{} is longer than a century", text.shown()),
            "write at most 36500d",
        )),
    }
}

/// A time in UTC as RFC 3339 writes it. Links are signed in whole seconds, so a fraction counts as the second after it.
fn not_before(text: &Text) -> Result<Timestamp, Wrong> {
    let written = text.as_str().trim();
    let wrong = |what: &str, remedy: String| Err(Wrong::new(format!("{} {what}", text.shown()), remedy));
    let Ok(at) = OffsetDateTime::parse(written, &Rfc3339) else {
        let day = format!("{written}T00:00:00Z");
        let remedy = if OffsetDateTime::parse(&day, &Rfc3339).is_ok() && !text.may_be_secret() {
            format!("write the time of day too: {day}")
        } else {
            "write date and time in UTC: 2025-01-01T00:00:00Z".to_owned()
        };
        return wrong("is not a time as RFC 3339 writes it", remedy);
    };
    if !at.offset().is_utc() {
        let utc = at.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_default();
        return wrong(
            "is not in UTC",
            text.advice(|_| format!("write {utc}"), "write it in UTC, with a Z"),
        );
    }
    let seconds = at.unix_timestamp().saturating_add(i64::from(at.nanosecond() > 0));
    match u64::try_from(seconds) {
        Ok(seconds) => Ok(Timestamp::from_unix(seconds)),
        Err(_) => wrong(
            "lies before 1970",
            "write a later time, or leave \"not_before\" out".into(),
        ),
    }
}

/// Reports rules for the same keys: a tie is a fault (rule 3).
fn judge_ties(rules: &[Rule], report: &mut Report<'_>) {
    for (index, rule) in rules.iter().enumerate() {
        let Some(config) = &rule.config else { continue };
        let same = |earlier: &&Rule| {
            earlier
                .config
                .as_ref()
                .is_some_and(|other| (other.bucket, &other.prefix) == (config.bucket, &config.prefix))
        };
        let Some(first) = rules[..index].iter().find(same) else {
            continue;
        };
        let (problem, remedy) = match first.place {
            Place::Text { line, .. } => (
                format!("this rule covers the same as the one on line {line}"),
                "keep one of them; the order of rules means nothing",
            ),
            Place::Whole | Place::Variable(_) => {
                (format!("{} is listed twice", config.prefix), "write each prefix once")
            }
        };
        report.fault(&rule.place, problem, remedy);
    }
}

/// Warns about rules that honour nobody's links: none of the clients may read there.
pub(super) fn judge_use(rules: &[Rule], clients: &[Client], report: &mut Report<'_>) {
    if report.has_faults() {
        return;
    }
    for rule in rules {
        let Some(config) = &rule.config else { continue };
        let may_read = clients.iter().filter_map(Client::config).any(|client| {
            client.state != ClientState::Revoked
                && client.allow.iter().any(|allow| {
                    let (allowed, covered) = (allow.prefix.as_str(), config.prefix.as_str());
                    let reads = [AllowedOperations::Read, AllowedOperations::All];
                    allow.bucket == config.bucket
                        && allow.operations.iter().any(|operation| reads.contains(operation))
                        && (allowed.starts_with(covered) || covered.starts_with(allowed))
                })
        });
        if !may_read {
            let remedy = match rule.place {
                Place::Variable(_) => {
                    "set EVERGATE_CLIENT_ACCESS_KEY_ID and EVERGATE_CLIENT_SECRET_ACCESS_KEY: `evergate client new NAME` issues a pair"
                }
                Place::Text { .. } | Place::Whole => {
                    "add the key that such links are signed with to \"clients\", with \"operations: [read]\" for this bucket"
                }
            };
            report.warn(
                &rule.place,
                "no client may read what this rule covers, so there are no links that it could honour",
                remedy,
            );
        }
    }
}
