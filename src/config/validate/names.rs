//! What clients call buckets: by their names at the origins, or else by their names here. Both have to be unmistakable.

use super::bucket::Bucket;
use super::client::Client;
use super::refresh::Rule;
use crate::config::report::Report;
use crate::s3::BucketName;

/// Reports names that could mean two buckets to a client. Without clients nobody asks by these names.
pub(super) fn judge(buckets: &[Bucket], clients: &[Client], rules: &[Rule], report: &mut Report<'_>) {
    if clients.is_empty() {
        return;
    }
    let name = |bucket: &Bucket| bucket.config().map(|config| config.name.clone());
    let named: Vec<(usize, &Bucket, BucketName)> = buckets
        .iter()
        .enumerate()
        .filter_map(|(index, bucket)| Some((index, bucket, name(bucket)?)))
        .collect();
    for bucket in buckets {
        let other =
            |(_, other, name): &&(usize, &Bucket, BucketName)| name.as_str() == &*bucket.id && other.id != bucket.id;
        if let Some((_, other, _)) = named.iter().find(other) {
            report.fault(
                bucket.place(),
                format!(
                    "\"{}\" is also what bucket \"{}\" is called at S3: to clients it could mean either",
                    bucket.id, other.id
                ),
                "give this bucket another name here",
            );
        }
    }
    let reached = |index: usize| {
        clients.iter().any(|client| client.reaches(index)) || rules.iter().any(|rule| rule.reaches(index))
    };
    let reached: Vec<_> = named.iter().filter(|(index, ..)| reached(*index)).collect();
    for (place, (_, bucket, name)) in reached.iter().enumerate() {
        if let Some((_, other, _)) = reached[..place].iter().find(|(.., other)| other == name) {
            report.fault(
                bucket.place(),
                format!(
                    "\"{}\" and \"{}\" are both called \"{name}\" at S3, and clients or refresh rules reach both",
                    other.id, bucket.id
                ),
                "leave one of the two out of \"allow\" and \"refresh\": clients ask by the name at S3",
            );
        }
    }
}
