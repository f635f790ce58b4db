//! The page tells what the object cache did and how full it is; guards count down however they end.

use super::*;
use crate::clock::Timestamp;
use crate::telemetry::{DiskState, EvictionCause, ForgetCause, ForgetScope, NotKept, ObjectResult, StaleReason};

fn metrics() -> Metrics {
    Metrics::new(Clock::manual(Timestamp::from_unix(1_000)).0).unwrap()
}

fn expect(page: &str, lines: &[&str]) {
    for line in lines {
        assert!(page.lines().any(|seen| seen == *line), "{line} is missing from\n{page}");
    }
}

#[test]
fn the_page_tells_what_the_object_cache_did() {
    let metrics = metrics();
    let objects = metrics.objects();
    objects.answered(ObjectResult::Hit);
    objects.answered(ObjectResult::Bypass);
    objects.served_stale(StaleReason::NoCredentials);
    objects.served(1_000);
    objects.served(24);
    objects.kept();
    objects.not_kept(NotKept::NoStore);
    objects.not_kept(NotKept::Truncated);
    objects.waiter_refused();
    objects.evicted(EvictionCause::Size);
    objects.evicted(EvictionCause::Forgotten);
    objects.forgotten(ForgetCause::Write, ForgetScope::Key);
    objects.forgotten(ForgetCause::Event, ForgetScope::Prefix);
    expect(
        &metrics.render().unwrap(),
        &[
            r#"evergate_object_cache_requests_total{result="hit"} 1"#,
            r#"evergate_object_cache_requests_total{result="bypass"} 1"#,
            r#"evergate_object_cache_requests_total{result="stale"} 0"#,
            r#"evergate_object_cache_stale_total{reason="revalidating"} 0"#,
            r#"evergate_object_cache_stale_total{reason="no_credentials"} 1"#,
            "evergate_object_cache_served_bytes_total 1024",
            "evergate_object_cache_stored_total 1",
            r#"evergate_object_cache_not_stored_total{reason="no_store"} 1"#,
            r#"evergate_object_cache_not_stored_total{reason="private"} 0"#,
            r#"evergate_object_cache_not_stored_total{reason="truncated"} 1"#,
            "evergate_object_cache_waiters_refused_total 1",
            r#"evergate_object_cache_evictions_total{cause="size"} 1"#,
            r#"evergate_object_cache_evictions_total{cause="replaced"} 0"#,
            r#"evergate_object_cache_evictions_total{cause="forgotten"} 1"#,
            r#"evergate_object_cache_forgotten_total{cause="write",scope="key"} 1"#,
            r#"evergate_object_cache_forgotten_total{cause="write",scope="prefix"} 0"#,
            r#"evergate_object_cache_forgotten_total{cause="event",scope="key"} 0"#,
            r#"evergate_object_cache_forgotten_total{cause="event",scope="prefix"} 1"#,
        ],
    );
}

#[test]
fn what_is_under_way_is_counted_until_its_guard_is_dropped() {
    let metrics = metrics();
    let fetch = metrics.objects().fetches();
    let waiters = [metrics.objects().joins(), metrics.objects().joins()];
    expect(
        &metrics.render().unwrap(),
        &[
            "evergate_object_cache_fetches_total 1",
            "evergate_object_cache_fetches_in_flight 1",
            "evergate_object_cache_joined_total 2",
            "evergate_object_cache_waiters 2",
        ],
    );
    std::thread::spawn(move || drop((fetch, waiters))).join().unwrap();
    expect(
        &metrics.render().unwrap(),
        &[
            "evergate_object_cache_fetches_total 1",
            "evergate_object_cache_fetches_in_flight 0",
            "evergate_object_cache_joined_total 2",
            "evergate_object_cache_waiters 0",
        ],
    );
}

#[test]
fn the_page_tells_how_full_the_object_cache_is() {
    let metrics = metrics();
    let reading = ObjectCacheReading {
        entries: 3,
        bytes: 900,
        limit_bytes: 1_000,
        leased_bytes: 1_100,
        leased_limit_bytes: 2_000,
        disk: None,
    };
    assert!(!metrics.render().unwrap().contains("object_cache_entries"));
    metrics.read_objects(move || reading);
    let page = metrics.render().unwrap();
    expect(
        &page,
        &[
            "evergate_object_cache_entries 3",
            "evergate_object_cache_bytes 900",
            "evergate_object_cache_limit_bytes 1000",
            "evergate_object_cache_leased_bytes 1100",
            "evergate_object_cache_leased_limit_bytes 2000",
        ],
    );
    assert!(!page.contains("object_cache_disk"), "{page}");
    let disk = DiskReading {
        hits: 1,
        misses: 2,
        damaged: 1,
        written: 3,
        written_bytes: 8,
        dropped: 4,
        errors: 4,
        bytes: 6,
        limit_bytes: 7,
        waiting_bytes: 9,
        state: DiskState::ReadsOnly,
    };
    metrics.read_objects(move || ObjectCacheReading {
        disk: Some(disk),
        ..reading
    });
    expect(
        &metrics.render().unwrap(),
        &[
            "evergate_object_cache_disk_hits_total 1",
            "evergate_object_cache_disk_misses_total 2",
            "evergate_object_cache_disk_written_total 3",
            "evergate_object_cache_disk_dropped_total 4",
            "evergate_object_cache_disk_errors_total 5",
            "evergate_object_cache_disk_bytes 6",
            "evergate_object_cache_disk_limit_bytes 7",
            "evergate_object_cache_disk_written_bytes_total 8",
            "evergate_object_cache_disk_waiting_bytes 9",
            "evergate_object_cache_disk_state{state=\"works\"} 0",
            "evergate_object_cache_disk_state{state=\"reads_only\"} 1",
            "evergate_object_cache_disk_state{state=\"out\"} 0",
        ],
    );
}
