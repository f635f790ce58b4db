//! What the guide says of the disk tier, and that the origin's no ends what is there.

use crate::gateway::Gateway;
use crate::origin::{Mood, Origin};
use crate::support::evergate::wait_until;
use std::sync::Arc;

const GONE: Mood = Mood::Fails("404 Not Found", "NoSuchKey");

/// A gateway that has the object in memory and on disk.
async fn filled(origin: &Arc<Origin>, folder: &std::path::Path) -> Gateway {
    let gateway = Gateway::with_disk(origin, folder).await;
    assert_eq!(gateway.get().await.status, 200);
    wait_until("the object to be on disk", || {
        gateway.metric("evergate_object_cache_disk_written_total") == 1
    });
    origin.shelf().asked.clear();
    gateway
}

fn settle(gateway: &Gateway) {
    wait_until("fetches to end", || {
        gateway.metric("evergate_object_cache_fetches_in_flight") == 0
    });
}

#[tokio::test]
async fn after_a_restart_the_disk_is_used_once_the_origin_has_vouched_for_it() {
    let (origin, folder) = (Arc::new(Origin::start()), tempfile::tempdir().unwrap());
    filled(&origin, folder.path()).await.end().await;
    let gateway = Gateway::with_disk(&origin, folder.path()).await;
    origin.shelf().mood = Mood::Fails("400 Bad Request", "ThisIsNoAnswerOfS3");
    assert_eq!(gateway.get().await.status, 502, "nobody vouches for it");
    origin.shelf().mood = Mood::Works;
    origin.shelf().asked.clear();
    let reply = gateway.get().await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (200, 4096));
    assert_eq!(origin.shelf().asked, ["`GET` with `If-None-Match`"]);
    assert!(gateway.get().await.header("cache-status").starts_with("evergate; hit"));
    assert_eq!(origin.shelf().asked.len(), 1);
}

#[tokio::test]
async fn rule_20_what_the_origin_has_no_more_does_not_come_back_from_disk() {
    let (origin, folder) = (Arc::new(Origin::start()), tempfile::tempdir().unwrap());
    let gateway = filled(&origin, folder.path()).await;
    gateway.set_clock(600);
    origin.shelf().mood = GONE;
    assert_eq!(gateway.get().await.status, 200, "stale while it is revalidated");
    wait_until("the origin to be asked", || !origin.shelf().asked.is_empty());
    settle(&gateway);
    // Now and once the 404 itself is forgotten.
    for seconds in [601, 610, 620] {
        gateway.set_clock(seconds);
        assert_eq!(gateway.get().await.status, 404, "{seconds}");
    }
}

#[tokio::test]
async fn rule_20_what_may_not_be_kept_any_more_does_not_come_back_from_disk() {
    let (origin, folder) = (Arc::new(Origin::start()), tempfile::tempdir().unwrap());
    let gateway = filled(&origin, folder.path()).await;
    gateway.set_clock(600);
    {
        let mut shelf = origin.shelf();
        shelf.tag = "\"two\"";
        shelf.fields = "Cache-Control: no-store\r\n";
    }
    assert_eq!(
        gateway.get().await.header("etag"),
        "\"one\"",
        "stale while it is revalidated"
    );
    wait_until("the origin to be asked", || !origin.shelf().asked.is_empty());
    settle(&gateway);
    for seconds in [601, 700, 800] {
        gateway.set_clock(seconds);
        assert_eq!(gateway.get().await.header("etag"), "\"two\"", "{seconds}");
    }
}
