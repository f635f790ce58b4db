//! Buckets: a server with region, endpoint and credentials, or the embedded origin.

use super::client::Client;
use super::route::Route;
use super::{credentials, endpoint};
use crate::config::document::{Entry, Value};
use crate::config::faults::Place;
use crate::config::fields::{self, Fields, judge_duplicates};
use crate::config::file::BUCKET;
use crate::config::from_environment::FORCE_PATH_STYLE;
use crate::config::model::{BucketConfig, BucketId, OriginConfig, ServerConfig};
use crate::config::report::{Report, Wrong};
use crate::config::text::{Text, quoted};
use crate::config::units::word;
use crate::config::url_expiry;
use crate::s3::{AddressStyle, BucketName, Endpoint, Region};
use std::path::{Component, Path, PathBuf};

/// A bucket as far as it could be read.
pub(super) struct Bucket {
    /// Its name in the file.
    pub(super) id: Box<str>,
    place: Place,
    config: Option<BucketConfig>,
}

/// Judges all buckets.
pub(super) fn buckets(fields: &Fields<'_>, report: &mut Report<'_>) -> Vec<Bucket> {
    let remedy = "write buckets by name: \"buckets: { files: { name: …, region: … } }\"";
    let Some(entry) = fields.require("buckets", remedy, report) else {
        return Vec::new();
    };
    let entries = match &entry.node.value {
        Value::Map(entries) if !entries.is_empty() => entries,
        Value::Broken => return Vec::new(),
        Value::Map(_) | Value::Empty => {
            report.fault(&entry.name_place, "there are no buckets", remedy);
            return Vec::new();
        }
        Value::Text(_) | Value::List(_) => {
            report.fault(
                &entry.node.place,
                "\"buckets\" is a mapping from names to buckets",
                remedy,
            );
            return Vec::new();
        }
    };
    judge_duplicates(entries, report);
    let buckets: Vec<_> = entries.iter().map(|entry| bucket(entry, report)).collect();
    judge_folders(&buckets, report);
    buckets
}

/// Returns the buckets when all of them could be read.
pub(super) fn settled(buckets: Vec<Bucket>) -> Option<Vec<BucketConfig>> {
    buckets.into_iter().map(|bucket| bucket.config).collect()
}

impl Bucket {
    /// Where its name in the file stands.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// What it is, when that could be read.
    pub(super) fn config(&self) -> Option<&BucketConfig> {
        self.config.as_ref()
    }
}

/// Warns about buckets that nothing opens.
pub(super) fn judge_use(buckets: &[Bucket], routes: &[Route], clients: &[Client], report: &mut Report<'_>) {
    if report.has_faults() || (routes.is_empty() && clients.is_empty()) {
        return;
    }
    for (index, bucket) in buckets.iter().enumerate() {
        let is_open = routes.iter().any(|route| route.bucket == Some(index));
        if !is_open && clients.iter().all(|client| !client.reaches(index)) {
            let (problem, remedy) = match clients {
                [] => ("no route opens bucket", "add a route for it, or remove it"),
                _ => (
                    "no route and no client opens bucket",
                    "add a route for it, allow it to a client, or remove it",
                ),
            };
            report.warn(&bucket.place, format!("{problem} \"{}\"", bucket.id), remedy);
        }
    }
}

fn bucket(entry: &Entry, report: &mut Report<'_>) -> Bucket {
    if !is_id(&entry.name) {
        report.fault(
            &entry.name_place,
            format!("{} can't be the name of a bucket here", quoted(&entry.name)),
            "write 1 to 63 of a-z, A-Z, 0-9, \"-\" and \"_\"; it becomes a label in logs and metrics, and \"name\" says \
             what the bucket is called at S3",
        );
    }
    Bucket {
        id: entry.name.clone(),
        place: entry.name_place.clone(),
        config: config(entry, report),
    }
}

fn is_id(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn config(entry: &Entry, report: &mut Report<'_>) -> Option<BucketConfig> {
    let fields = Fields::open(&entry.node, &BUCKET, report)?;
    let url_expiry = url_expiry(&fields, report);
    let (name, origin) = if fields.get("embedded").is_some() {
        let folder = embedded(&fields, report);
        let name = embedded_name(entry, &fields, report);
        (name, folder.map(OriginConfig::Embedded))
    } else {
        let name = (fields.require("name", "write what the bucket is called at S3", report))
            .and_then(|entry| fields::present(entry, report, name));
        let server = server(&fields, name.as_ref(), report);
        (name, server.map(OriginConfig::Server))
    };
    Some(BucketConfig {
        id: BucketId(entry.name.as_ref().into()),
        name: name?,
        url_expiry,
        origin: origin?,
    })
}

fn url_expiry(fields: &Fields<'_>, report: &mut Report<'_>) -> std::time::Duration {
    let Some((expiry, warning)) = fields.value("url_expiry", report, url_expiry::parse) else {
        return url_expiry::DEFAULT;
    };
    if let (Some(Wrong { problem, remedy }), Some(entry)) = (warning, fields.get("url_expiry")) {
        report.warn(&entry.node.place, problem, remedy);
    }
    expiry
}

fn name(text: &Text) -> Result<BucketName, Wrong> {
    BucketName::parse(text.as_str()).map_err(|error| {
        let remedy = match text.as_str() {
            url if url.contains("://") || url.contains('/') => {
                "write the bucket's name alone; prefixes belong to routes"
            }
            _ => "write the name as it is at S3",
        };
        Wrong::new(format!("{} is not a bucket's name: {error}", text.shown()), remedy)
    })
}

fn embedded(fields: &Fields<'_>, report: &mut Report<'_>) -> Option<PathBuf> {
    for name in ["region", "endpoint", "path_style", "credentials"] {
        if let Some(entry) = fields.get(name) {
            report.fault(
                &entry.name_place,
                format!("\"{name}\" belongs to an S3 server, and this bucket is embedded"),
                format!("remove \"{name}\", or \"embedded\""),
            );
        }
    }
    if !cfg!(feature = "embedded") {
        let place = fields.get("embedded").map_or(fields.place(), |entry| &entry.name_place);
        report.fault(
            place,
            "this build has no embedded origin",
            "use an S3 server, or build with the cargo feature \"embedded\"",
        );
        return None;
    }
    let folder = fields.value("embedded", report, |text| match text.as_str() {
        "" => Err(Wrong::new(
            "the folder's name is empty",
            "write a folder, such as ./data",
        )),
        folder => Ok(folder.to_owned()),
    })?;
    Some(report.resolve(&folder))
}

/// An embedded bucket is called what it is called in the file, unless it has a name of its own. Its origin is as strict
/// with names as AWS is with new ones.
fn embedded_name(entry: &Entry, fields: &Fields<'_>, report: &mut Report<'_>) -> Option<BucketName> {
    let (name, place) = match fields.get("name") {
        Some(entry) => (fields.value("name", report, name)?, &entry.node.place),
        None => match BucketName::parse(&entry.name) {
            Ok(name) => (name, &entry.name_place),
            Err(error) => {
                report.fault(
                    &entry.name_place,
                    format!("\"{}\" is not a bucket's name: {error}", entry.name),
                    "rename it, or write a \"name\" of its own",
                );
                return None;
            }
        },
    };
    let strict = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    if name.as_str().len() > 63 || !name.as_str().bytes().all(strict) {
        report.fault(
            place,
            format!("\"{name}\" can't be the name of an embedded bucket"),
            "write \"name\" with 3 to 63 of a-z, 0-9, \"-\" and \".\"",
        );
    }
    Some(name)
}

fn server(fields: &Fields<'_>, name: Option<&BucketName>, report: &mut Report<'_>) -> Option<ServerConfig> {
    let region_remedy = "write the bucket's region, such as us-east-1; servers that have none take us-east-1";
    let region = fields.require("region", region_remedy, report).and_then(|entry| {
        fields::present(entry, report, |text| {
            Region::parse(text.as_str())
                .map_err(|error| Wrong::new(format!("{} is not a region: {error}", text.shown()), region_remedy))
        })
    });
    let style = path_style(fields, report);
    let endpoint = fields.value("endpoint", report, |text| match text.as_str() {
        "" => Ok(None),
        url => Endpoint::parse(url).map(Some).map_err(|error| {
            let error = error.to_string();
            let (why, write) = error.split_once(": ").unwrap_or((&error, "write the server's URL"));
            Wrong::new(
                format!("{} is not an endpoint: {why}", text.shown()),
                format!("{write}, without the bucket; leave it out for AWS itself"),
            )
        }),
    });
    let named = fields.get("endpoint").filter(|_| matches!(endpoint, Some(Some(_))));
    let endpoint = endpoint.flatten().or_else(|| region.as_ref().map(Endpoint::aws));
    if let (Some(endpoint), Some(name)) = (&endpoint, name) {
        let place = named.map_or(fields.place(), |entry| &entry.node.place);
        endpoint::judge(endpoint, style, name, place, report);
    }
    let credentials = credentials::credentials(fields, report);
    Some(ServerConfig {
        endpoint: endpoint?,
        region: region?,
        style,
        credentials: credentials?,
    })
}

/// `true` or `false`; from `AWS_FORCE_PATH_STYLE` by LibreChat's rule, which takes everything but "true" for false.
fn path_style(fields: &Fields<'_>, report: &mut Report<'_>) -> AddressStyle {
    let read = fields.value("path_style", report, |text| {
        let style = |yes| {
            if yes {
                AddressStyle::Path
            } else {
                AddressStyle::VirtualHosted
            }
        };
        if text.comes_from(FORCE_PATH_STYLE) {
            let value = text.as_str().trim().to_ascii_lowercase();
            let surprise = (!matches!(&*value, "true" | "false")).then(|| quoted(text.as_str()));
            return Ok((style(value == "true"), surprise));
        }
        match text.as_str() {
            // YAML's other spellings.
            "True" | "TRUE" => Ok((style(true), None)),
            "False" | "FALSE" => Ok((style(false), None)),
            _ => word(text, &[("true", style(true)), ("false", style(false))]).map(|style| (style, None)),
        }
    });
    let Some((style, surprise)) = read else {
        return AddressStyle::VirtualHosted;
    };
    if let (Some(value), Some(entry)) = (surprise, fields.get("path_style")) {
        report.warn(
            &entry.node.place,
            format!("{FORCE_PATH_STYLE} is {value}, which counts as false, as LibreChat does"),
            format!("set {FORCE_PATH_STYLE} to true or false"),
        );
    }
    style
}

/// Embedded buckets neither share a folder nor, being held by one origin, a name.
fn judge_folders(buckets: &[Bucket], report: &mut Report<'_>) {
    let embedded: Vec<_> = buckets
        .iter()
        .filter_map(|bucket| {
            let config = bucket.config.as_ref()?;
            match &config.origin {
                OriginConfig::Embedded(folder) => Some((bucket, plain(folder), &config.name)),
                OriginConfig::Server(_) => None,
            }
        })
        .collect();
    for (index, (bucket, folder, name)) in embedded.iter().enumerate() {
        let earlier = &embedded[..index];
        if let Some((other, ..)) = earlier.iter().find(|(_, other, _)| other == folder) {
            report.fault(
                &bucket.place,
                format!("\"{}\" and \"{}\" are embedded in the same folder", other.id, bucket.id),
                "give each a folder of its own",
            );
        } else if let Some((other, ..)) = earlier.iter().find(|(.., other)| other == name) {
            report.fault(
                &bucket.place,
                format!(
                    "\"{}\" and \"{}\" are both embedded as bucket \"{name}\"",
                    other.id, bucket.id
                ),
                "give each a \"name\" of its own",
            );
        }
    }
}

/// Drops `.` components, so that `./data` and `data` compare equal.
pub(super) fn plain(folder: &Path) -> PathBuf {
    folder.components().filter(|part| *part != Component::CurDir).collect()
}
