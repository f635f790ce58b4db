//! The tier as a whole: what is found again, by whom, and what is refused. Crashes and full disks are in `tests/disk_cache.rs`.

use super::*;
use crate::cache::{Exchange, ObjectQuery, Space};
use crate::clock::Timestamp;
use crate::s3::ObjectKey;
use crate::telemetry::DiskState;
use bytes::Bytes;
use http::HeaderMap;
use std::path::Path;
use std::time::{Duration, Instant};

const MIB: u64 = 1024 * 1024;
const KIB: usize = 1024;

pub(super) fn config(folder: &Path) -> DiskCacheConfig {
    DiskCacheConfig {
        folder: folder.to_path_buf(),
        max_bytes: 16 * MIB,
    }
}

async fn open(folder: &Path) -> DiskTier {
    DiskTier::open(&config(folder), 256 * 1024).await.unwrap()
}

pub(super) fn name(space: &Space, key: &str) -> ObjectName {
    let key = ObjectKey::parse(key).unwrap();
    ObjectName::of(&ObjectQuery {
        space,
        key: &key,
        version: None,
    })
}

pub(super) fn object(body: impl Into<Bytes>) -> DiskObject {
    let mut fields = HeaderMap::new();
    fields.insert("etag", "\"1\"".parse().unwrap());
    DiskObject {
        fields,
        exchange: Exchange {
            asked_at: Timestamp::from_unix(1),
            answered_at: Timestamp::from_unix(2),
        },
        body: body.into(),
    }
}

/// Waits until `done`, for some seconds.
pub(super) async fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(super) async fn written(tier: &DiskTier, entries: u64) {
    wait_until("it is written", || tier.reading().written >= entries).await;
}

#[tokio::test]
async fn what_was_put_is_found_at_once_when_written_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let space = Space::new("files");
    let (one, other) = (name(&space, "one"), name(&space, "other"));
    let tier = open(folder.path()).await;
    assert_eq!(tier.get(&one).await, None);
    tier.put(&one, object("1"), Moment::from_u64(5));
    tier.put(&other, object(vec![7; 100 * KIB]), Moment::from_u64(6));
    let mine = |since, object| {
        Some(DiskHit {
            object,
            written: WrittenBy::ThisRun {
                since: Moment::from_u64(since),
            },
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
    assert_eq!((found.object, found.written), (object("1"), WrittenBy::EarlierRun));
    assert!(tier.reading().bytes > 0 && tier.reading().bytes <= 16 * MIB);
}

#[tokio::test]
async fn rule_18_names_are_told_apart_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let key = ObjectKey::parse("a").unwrap();
    let names = |space: &Space, version: Option<&str>| {
        let key = &key;
        ObjectName::of(&ObjectQuery { space, key, version })
    };
    let (files, photos) = (Space::new("files"), Space::new("photos"));
    let tier = open(folder.path()).await;
    tier.put(&names(&files, None), object("current"), Moment::from_u64(0));
    tier.put(&names(&files, Some("1")), object("first"), Moment::from_u64(0));
    tier.close().await;
    let tier = open(folder.path()).await;
    let body = async |name: &ObjectName| tier.get(name).await.map(|found| found.object.body);
    assert_eq!(body(&names(&photos, None)).await, None);
    assert_eq!(body(&names(&files, Some(""))).await, None);
    // A bucket that is configured as before has another number and the same name.
    let files = Space::new("files");
    assert_eq!(body(&names(&files, None)).await, Some("current".into()));
    assert_eq!(body(&names(&files, Some("1"))).await, Some("first".into()));
}

#[tokio::test]
async fn what_another_space_of_that_name_wrote_wants_revalidation() {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = (Space::new("files"), Space::new("files"));
    let tier = open(folder.path()).await;
    tier.put(&name(&before, "a"), object("1"), Moment::from_u64(1));
    let written_by = async |space: &Space| tier.get(&name(space, "a")).await.unwrap().written;
    for _ in 0..2 {
        assert_eq!(
            written_by(&before).await,
            WrittenBy::ThisRun {
                since: Moment::from_u64(1)
            }
        );
        assert_eq!(written_by(&after).await, WrittenBy::EarlierRun);
        written(&tier, 1).await;
    }
}

#[tokio::test]
async fn an_older_object_never_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let space = Space::new("files");
    let [a, b, c] = ["a", "b", "c"].map(|key| name(&space, key));
    let tier = open(folder.path()).await;
    for each in [&a, &b, &c] {
        tier.put(each, object("old"), Moment::from_u64(0));
    }
    written(&tier, 3).await;
    tier.put(&a, object("new"), Moment::from_u64(1));
    assert_eq!(tier.get(&a).await.unwrap().object.body, "new");
    tier.put(&b, object("newer"), Moment::from_u64(1));
    tier.remove(&b);
    assert_eq!(tier.get(&b).await, None);
    // What is not written takes the place of what was.
    tier.put(&c, object(vec![0; 512 * KIB]), Moment::from_u64(1));
    assert_eq!(tier.get(&c).await, None);
    assert_eq!(tier.reading().dropped, 1);
    written(&tier, 4).await;
    wait_until("all writes are over", || tier.reading().waiting_bytes == 0).await;
    assert_eq!(tier.get(&a).await.unwrap().object.body, "new");
    assert_eq!((tier.get(&b).await, tier.get(&c).await), (None, None));
    tier.remove(&a);
    assert_eq!(tier.get(&a).await, None);
    tier.put(&a, object("newest"), Moment::from_u64(2));
    assert_eq!(tier.get(&a).await.unwrap().object.body, "newest");
}

#[tokio::test]
async fn rule_23_what_waits_and_what_is_kept_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let space = Space::new("files");
    let tier = open(folder.path()).await;
    let body = Bytes::from(vec![1; 200 * KIB]);
    let mut last = None;
    for at in 0..400 {
        let name = name(&space, &format!("{at}"));
        tier.put(&name, object(body.clone()), Moment::from_u64(0));
        let reading = tier.reading();
        assert!(reading.waiting_bytes <= 4 * MIB);
        last = Some(name).filter(|_| reading.dropped == 0).or(last);
        if at % 2 == 0 {
            wait_until("some is written", || tier.reading().waiting_bytes < 3 * MIB).await;
        }
    }
    wait_until("all is written", || tier.reading().waiting_bytes == 0).await;
    let reading = tier.reading();
    assert_eq!(reading.written + reading.dropped, 400);
    assert!(reading.written_bytes > 32 * MIB, "it went round twice: {reading:?}");
    assert_eq!((reading.errors, reading.damaged), (0, 0));
    let mut found = 0;
    for at in 0..400 {
        if let Some(kept) = tier.get(&name(&space, &format!("{at}"))).await {
            assert_eq!(kept.object.body, body);
            found += 1;
        }
    }
    assert!((20..=80).contains(&found), "{found} of 80 that there is room for");
    tier.close().await;
    let files = std::fs::read_dir(folder.path().join("objects")).unwrap();
    let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes <= 16 * MIB, "{bytes}");
}

#[tokio::test]
async fn rule_23_a_disk_that_hangs_holds_no_worker_up() {
    let folder = tempfile::tempdir().unwrap();
    let space = Space::new("files");
    let a = name(&space, "a");
    let tier = open(folder.path()).await;
    tier.put(&a, object("1"), Moment::from_u64(0));
    written(&tier, 1).await;
    let (release, held) = std::sync::mpsc::channel::<()>();
    tier.store().runtime().spawn(async move { held.recv() });
    let ticks = async {
        let mut ticks = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            ticks += 1;
            if ticks == 20 {
                break;
            }
        }
    };
    let start = Instant::now();
    let (found, ()) = tokio::join!(tier.get(&a), ticks);
    assert_eq!(found, None);
    assert!(start.elapsed() < store::READ_DEADLINE * 4);
    assert_eq!(tier.reading().errors, 1);
    let start = Instant::now();
    for at in 0..1000 {
        tier.put(
            &name(&space, &format!("{at}")),
            object(vec![1; 10 * KIB]),
            Moment::from_u64(0),
        );
    }
    assert!(start.elapsed() < store::READ_DEADLINE, "putting waits for nothing");
    assert!(tier.reading().dropped > 0);
    // Only so many wait for an answer at once; the next one is told at once.
    let crowd = futures_util::future::join_all((0..40).map(|_| tier.get(&a)));
    assert!(crowd.await.iter().all(Option::is_none));
    assert!(tier.reading().errors <= 17);
    drop(release);
    wait_until("the disk has caught up", || tier.reading().waiting_bytes == 0).await;
    assert_eq!(tier.get(&a).await.unwrap().object.body, "1");
}
