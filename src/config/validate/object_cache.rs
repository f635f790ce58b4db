//! `object_cache`: how much is kept, in memory and on disk.

use super::bucket::{Bucket, plain};
use crate::config::caching::{DiskCacheConfig, ObjectCacheConfig};
use crate::config::document::{Entry, Value};
use crate::config::faults::Place;
use crate::config::fields::{self, Fields};
use crate::config::file::{DISK, OBJECT_CACHE};
use crate::config::model::OriginConfig;
use crate::config::report::{Report, Wrong};
use crate::config::text::Text;
use crate::config::units::{self, written_size};
use std::path::{Path, PathBuf};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const TIB: u64 = 1 << 40;
/// The largest object that can be kept, since each is held in memory whole, and while it arrives too.
const LARGEST_OBJECT: u64 = 16 * MIB;

/// An object takes at most one part in so many of a tier. What decides on evicting counts how often objects are asked
/// for, not how large they are: one that filled a tier would empty it, and then be pushed out by the next avatar.
const PARTS: u64 = 4;

/// The object cache as far as it could be read.
#[derive(Default)]
pub(super) struct ObjectCache {
    /// Its bounds; where a fault was found, the default.
    pub(super) config: ObjectCacheConfig,
    object_size: Option<Place>,
    folder: Option<Folder>,
}

/// The folder of its disk tier, and where that is written.
struct Folder {
    path: PathBuf,
    place: Place,
}

impl ObjectCache {
    /// Where the size of the largest object is written, if it is.
    pub(super) fn object_size_place(&self) -> Option<&Place> {
        self.object_size.as_ref()
    }

    /// The largest object that it could be told to keep, in bytes, with as much memory as it has.
    pub(super) fn largest_possible(&self) -> u64 {
        LARGEST_OBJECT.min(self.config.max_bytes / PARTS)
    }
}

/// Judges `object_cache`.
pub(super) fn object_cache(fields: &Fields<'_>, report: &mut Report<'_>) -> ObjectCache {
    let written = |entry: &&Entry| !fields::is_absent(entry);
    let Some(entry) = fields.get("object_cache").filter(written) else {
        return ObjectCache::default();
    };
    if let Value::Text(_) = entry.node.value {
        report.fault(
            &entry.node.place,
            "\"object_cache\" is a mapping of bounds",
            "write { max: 256MiB }, or remove it: nothing is kept unless a route or refresh rule says \"cache\"",
        );
        return ObjectCache::default();
    }
    let Some(fields) = Fields::open(&entry.node, &OBJECT_CACHE, report) else {
        return ObjectCache::default();
    };
    let default = ObjectCacheConfig::default();
    let max = fields.value("max", report, |text| between(text, MIB, TIB));
    let object = fields.value("max_object_size", report, |text| between(text, KIB, LARGEST_OBJECT));
    let max_bytes = max.unwrap_or(default.max_bytes);
    let object_entry = fields.get("max_object_size").filter(|_| object.is_some());
    if let (Some(object), Some(entry)) = (object, object_entry) {
        judge_share(object, max_bytes, &entry.node.place, report);
    }
    let max_object_bytes = object.unwrap_or(default.max_object_bytes.min(max_bytes / PARTS));
    let (disk, folder) = match fields.get("disk").filter(written) {
        Some(entry) => disk(entry, max_object_bytes, max_bytes, report),
        None => (None, None),
    };
    ObjectCache {
        config: ObjectCacheConfig {
            max_bytes,
            max_object_bytes,
            disk,
        },
        object_size: object_entry.map(|entry| entry.node.place.clone()),
        folder,
    }
}

/// Reads a size within bounds.
fn between(text: &Text, least: u64, most: u64) -> Result<u64, Wrong> {
    let bytes = units::size(text)?;
    let beyond = match bytes {
        bytes if bytes < least => format!("less than {}", written_size(least)),
        bytes if bytes > most => format!("more than {}", written_size(most)),
        bytes => return Ok(bytes),
    };
    let (least, most) = (written_size(least), written_size(most));
    Err(Wrong::new(
        format!("{} is {beyond}", text.shown()),
        format!("write {least} to {most}"),
    ))
}

/// Refuses an object that would take too much of what is kept.
fn judge_share(object: u64, max: u64, place: &Place, report: &mut Report<'_>) {
    if object > max / PARTS {
        report.fault(
            place,
            format!(
                "one object of {} could take more than a quarter of {}, and push out most of the rest",
                written_size(object),
                written_size(max)
            ),
            format!(
                "write a \"max_object_size\" of {} or less, or a \"max\" of {} or more",
                written_size(max / PARTS),
                written_size(object.saturating_mul(PARTS))
            ),
        );
    }
}

/// Judges `disk`: what it is, and its folder even when the rest is wrong.
fn disk(entry: &Entry, object: u64, memory: u64, report: &mut Report<'_>) -> (Option<DiskCacheConfig>, Option<Folder>) {
    let Some(fields) = Fields::open(&entry.node, &DISK, report) else {
        return (None, None);
    };
    let folder_entry = fields.require(
        "folder",
        "write a folder for it alone, such as /var/cache/evergate",
        report,
    );
    let base = report.resolve("");
    let folder = folder_entry.and_then(|entry| {
        let path = fields::present(entry, report, |text| folder(text, &base))?;
        let place = entry.node.place.clone();
        Some(Folder { path, place })
    });
    let max_entry = fields.require("max", "write how much of the disk it may take, such as 10GiB", report);
    let max = max_entry.and_then(|entry| fields::present(entry, report, |text| between(text, 64 * MIB, 2 * TIB)));
    if let (Some(max), Some(entry)) = (max, max_entry) {
        judge_share(object, max, &entry.node.place, report);
        if max < memory {
            report.warn(
                &entry.node.place,
                format!(
                    "the disk keeps less than the memory ({}): it will help after a restart only",
                    written_size(memory)
                ),
                "give it several times as much, or leave \"disk\" out",
            );
        }
    }
    let config = max.zip(folder.as_ref()).map(|(max_bytes, folder)| DiskCacheConfig {
        folder: folder.path.clone(),
        max_bytes,
    });
    (config, folder)
}

/// A folder of its own, from the configuration's folder unless absolute.
fn folder(text: &Text, base: &Path) -> Result<PathBuf, Wrong> {
    let folder = base.join(text.as_str());
    if Path::new(text.as_str()).file_name().is_none() {
        return Err(Wrong::new(
            format!("{} can't be a folder for the cache alone", text.shown()),
            "write a folder that holds nothing else, such as /var/cache/evergate or ./cache",
        ));
    }
    if folder.exists() && !folder.is_dir() {
        return Err(Wrong::new(
            format!("{} is not a folder", text.shown()),
            "write a folder that holds nothing else; it is created when it is not there",
        ));
    }
    Ok(folder)
}

/// Refuses a folder that lies in an embedded bucket's, or the other way round: the cache's files would be objects.
pub(super) fn judge_folder(cache: &ObjectCache, buckets: &[Bucket], report: &mut Report<'_>) {
    let Some(Folder { path, place }) = &cache.folder else {
        return;
    };
    let own = plain(path);
    for bucket in buckets {
        if let Some(OriginConfig::Embedded(folder)) = bucket.config().map(|config| &config.origin) {
            let folder = plain(folder);
            if own.starts_with(&folder) || folder.starts_with(&own) {
                report.fault(
                    place,
                    format!(
                        "the cache's folder and that of bucket \"{}\" lie in each other: files of one would be taken for \
                         the other's",
                        bucket.id
                    ),
                    "give the cache a folder of its own, such as /var/cache/evergate or ./cache",
                );
            }
        }
    }
}
