//! Rule 28: what becomes of the tier when the disk does not write. A write that leaves no trace is made up; real full disks
//! are in `tests/disk_cache.rs`.

use super::session::Pace;
use super::tests::{config, name, object, wait_until, written};
use super::*;
use crate::cache::Space;
use crate::telemetry::DiskState;
use std::time::Duration;

const QUICK: Pace = Pace {
    look: Duration::from_millis(5),
    pause: Duration::from_millis(300),
    longest: Duration::from_mins(1),
};

async fn open_quick(folder: &std::path::Path) -> DiskTier {
    DiskTier(Keeper::open_at(&config(folder), 256 * 1024, QUICK).await.unwrap())
}

#[tokio::test]
async fn rule_28_after_a_failed_write_it_reads_on_and_writes_again_later() {
    let folder = tempfile::tempdir().unwrap();
    let space = Space::new("files");
    let [a, b] = ["a", "b"].map(|key| name(&space, key));
    let tier = open_quick(folder.path()).await;
    tier.put(&a, object("1"), Moment::from_u64(3));
    written(&tier, 1).await;
    assert_eq!(
        tier.get(&a).await.unwrap().written,
        WrittenBy::ThisRun {
            since: Moment::from_u64(3)
        }
    );
    tier.store().lose_a_write(&b);
    wait_until("it is opened again", || tier.reading().state == DiskState::ReadsOnly).await;
    let found = tier.get(&a).await.unwrap();
    assert_eq!((found.object.body, found.written), ("1".into(), WrittenBy::EarlierRun));
    tier.put(&b, object("2"), Moment::from_u64(4));
    assert_eq!(tier.reading().dropped, 1);
    assert_eq!(tier.get(&b).await, None);
    // What is not written any more must not leave an older one behind.
    tier.put(&a, object("new"), Moment::from_u64(5));
    assert_eq!(tier.get(&a).await, None);
    wait_until("it writes again", || tier.reading().state == DiskState::Works).await;
    tier.put(&b, object("2"), Moment::from_u64(6));
    written(&tier, 2).await;
    assert_eq!(
        tier.get(&b).await.unwrap().written,
        WrittenBy::ThisRun {
            since: Moment::from_u64(6)
        }
    );
    assert_eq!(tier.reading().errors, 1);
}

#[tokio::test]
async fn rule_28_a_folder_that_is_gone_is_a_miss_and_is_made_again() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("cache");
    let space = Space::new("files");
    let a = name(&space, "a");
    let tier = open_quick(&folder).await;
    tier.put(&a, object("1"), Moment::from_u64(0));
    written(&tier, 1).await;
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    assert_eq!(tier.get(&a).await.unwrap().object.body, "1", "its files are open still");
    tier.store().lose_a_write(&name(&space, "b"));
    wait_until("it can't be opened", || tier.reading().errors == 2).await;
    assert_eq!(tier.reading().state, DiskState::Out);
    assert_eq!(tier.get(&a).await, None);
    tier.put(&a, object("2"), Moment::from_u64(0));
    tier.remove(&a);
    assert_eq!(tier.reading().dropped, 1);
    std::fs::remove_file(&folder).unwrap();
    wait_until("it works again", || tier.reading().state == DiskState::Works).await;
    assert_eq!(tier.get(&a).await, None);
    tier.put(&a, object("3"), Moment::from_u64(0));
    written(&tier, 2).await;
    assert_eq!(tier.get(&a).await.unwrap().object.body, "3");
}

#[tokio::test]
async fn closing_takes_no_time_while_it_is_out_of_order() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("cache");
    let tier = open_quick(&folder).await;
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    tier.store().lose_a_write(&name(&Space::new("files"), "a"));
    wait_until("it can't be opened", || tier.reading().errors == 2).await;
    let start = std::time::Instant::now();
    tier.close().await;
    tier.close().await;
    assert!(start.elapsed() < Duration::from_secs(4));
}
