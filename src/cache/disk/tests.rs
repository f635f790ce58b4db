//! The tier as a whole: what is found again, by whom, and what is refused. Crashes and full disks are in `tests/disk_cache.rs`.

use super::*;
use crate::cache::{ObjectQuery, Space};
use crate::clock::Timestamp;
use crate::s3::ObjectKey;
use bytes::Bytes;
use http::HeaderMap;
use std::path::Path;
use std::time::{Duration, Instant};

const MIB: u64 = 1024 * 1024;
const KIB: usize = 1024;

fn config(folder: &Path) -> DiskCacheConfig {
    DiskCacheConfig {
        folder: folder.to_path_buf(),
        max_bytes: 16 * MIB,
    }
}

async fn open(folder: &Path) -> DiskTier {
    DiskTier::open(&config(folder), 256 * 1024).await.unwrap()
}

fn name(space: &Space, key: &str) -> ObjectName {
    let key = ObjectKey::parse(key).unwrap();
    ObjectName::of(&ObjectQuery {
        space,
        key: &key,
        version: None,
    })
}

fn object(body: impl Into<Bytes>) -> DiskObject {
    let mut fields = HeaderMap::new();
    fields.insert("etag", "\"1\"".parse().unwrap());
    DiskObject {
        fields,
        asked_at: Timestamp::from_unix(1),
        answered_at: Timestamp::from_unix(2),
        body: body.into(),
    }
}

/// Waits until `done`, for some seconds.
async fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn written(tier: &DiskTier, entries: u64) {
    wait_until("it is written", || tier.reading().written >= entries).await;
}

#[tokio::test]
async fn what_was_put_is_found_at_once_when_written_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let space = Space::new("files");
    let (one, other) = (name(&space, "one"), name(&space, "other"));
    let tier = open(folder.path()).await;
    assert_eq!(tier.get(&one).await, None);
    tier.put(&one, object("1"), 5);
    tier.put(&other, object(vec![7; 100 * KIB]), 6);
    let mine = |since, object| {
        Some(Found {
            object,
            written: Written::ThisRun { since },
        })
    };
    assert_eq!(tier.get(&one).await, mine(5, object("1")));
    written(&tier, 2).await;
    assert_eq!(tier.get(&one).await, mine(5, object("1")));
    assert_eq!(tier.get(&other).await, mine(6, object(vec![7; 100 * KIB])));
    let reading = tier.reading();
    assert_eq!(
        (reading.hits, reading.misses, reading.written, reading.dropped),
        (3, 1, 2, 0)
    );
    assert_eq!(
        (reading.waiting_bytes, reading.errors, reading.state),
        (0, 0, DiskState::Works)
    );
    tier.close().await;
    assert_eq!(tier.get(&one).await, None);
    assert_eq!(tier.reading().state, DiskState::Out);
    let tier = open(folder.path()).await;
    let found = tier.get(&one).await.unwrap();
    assert_eq!((found.object, found.written), (object("1"), Written::EarlierRun));
    assert!(tier.reading().bytes > 0 && tier.reading().bytes <= 16 * MIB);
}
