//! What a client is allowed: operations on a prefix of a bucket.

use super::bucket::Bucket;
use super::{path, route};
use crate::config::document::{Entry, Node};
use crate::config::doors::{AllowConfig, AllowedOperations};
use crate::config::fields::{self, Fields};
use crate::config::file::ALLOW;
use crate::config::report::Report;
use crate::config::units::word;
use crate::s3::KeyPrefix;

/// Judges `allow`. `None` when some of it is wrong, which is then reported.
pub(super) fn allow(entry: &Entry, buckets: &[Bucket], report: &mut Report<'_>) -> Option<Vec<AllowConfig>> {
    let nodes = fields::list(entry, report);
    // All of them first, so that all faults are found.
    let allowed: Vec<_> = nodes.iter().map(|node| one(node, buckets, report)).collect();
    allowed.into_iter().collect()
}

fn one(node: &Node, buckets: &[Bucket], report: &mut Report<'_>) -> Option<AllowConfig> {
    let fields = Fields::open(node, &ALLOW, report)?;
    let bucket = (fields.require("bucket", "name one of \"buckets\"", report))
        .and_then(|entry| fields::present(entry, report, |text| route::bucket(text, buckets)));
    let prefix = match fields.get("prefix") {
        Some(entry) => fields::present(entry, report, path::prefix),
        None => Some(KeyPrefix::default()),
    };
    let operations = operations(&fields, report);
    Some(AllowConfig {
        bucket: bucket?,
        prefix: prefix?,
        operations: operations?,
    })
}

fn operations(fields: &Fields<'_>, report: &mut Report<'_>) -> Option<Vec<AllowedOperations>> {
    let remedy = "write what may be done: [read, write, delete, list], or [all] for everything that S3 knows";
    let entry = fields.require("operations", remedy, report)?;
    let mut operations = Vec::new();
    let words = AllowedOperations::ALL.map(|operation| (operation.as_str(), operation));
    let faults_before = report.faults();
    for (place, text) in fields::values(entry, remedy, report) {
        match word(text, &words) {
            Ok(operation) if operations.contains(&operation) => {}
            Ok(operation) => operations.push(operation),
            Err(wrong) => report.wrong(place, wrong),
        }
    }
    if report.faults() > faults_before {
        return None;
    }
    if operations.is_empty() {
        report.fault(&entry.name_place, "this allows nothing", remedy);
        return None;
    }
    Some(operations)
}
