//! The names follow Prometheus' conventions, the page tells what was counted, no request adds a label.

use super::family::Kind;
use super::*;
use crate::clock::Timestamp;
use crate::telemetry::{
    BreakerState, DenialReason, DiskState, EvictionCause, ForgetCause, ForgetScope, NotKept, ObjectResult,
    OriginErrorKind, Outcome, ResumeResult, RetryReason, StaleReason,
};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;

fn metrics() -> Metrics {
    Metrics::new(Clock::manual(Timestamp::from_unix(1_000)).0).unwrap()
}

#[test]
fn names_carry_prefix_unit_and_total() {
    let mut seen = BTreeSet::new();
    for definition in definitions() {
        let name = definition.name;
        assert!(seen.insert(name), "{name} twice");
        assert!(name.starts_with("evergate_"), "{name}");
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
        assert_eq!(
            definition.kind == Kind::Counter,
            name.ends_with("_total"),
            "{name}: counters and only they end in _total"
        );
        if definition.kind == Kind::Histogram || name.contains("timestamp") || name.contains("left") {
            assert!(name.ends_with("_seconds"), "{name}: time is in seconds");
        }
        for unit in ["_ms", "_millis", "_micros", "_kb", "_mib", "_percent"] {
            assert!(!name.contains(unit), "{name}: base units only");
        }
        assert!(definition.help.ends_with('.'), "{name}: help is a sentence");
        assert!(
            definition
                .labels
                .iter()
                .all(|label| !["le", "quantile", "job", "instance"].contains(label)),
            "{name}"
        );
    }
}

#[test]
fn every_metric_is_in_the_reference_and_nothing_else_is() {
    let reference = include_str!("../../../docs/reference/metrics.md");
    let documented: BTreeSet<_> = reference
        .split('`')
        .filter(|word| word.starts_with("evergate_"))
        .map(|word| word.split('{').next().unwrap_or(word))
        .collect();
    let defined: BTreeSet<_> = definitions().map(|definition| definition.name).collect();
    assert_eq!(documented, defined);
    for words in [
        Outcome::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
        OriginErrorKind::ALL.iter().map(|word| word.as_str()).collect(),
        RetryReason::ALL.iter().map(|word| word.as_str()).collect(),
        ResumeResult::ALL.iter().map(|word| word.as_str()).collect(),
        BreakerState::ALL.iter().map(|word| word.as_str()).collect(),
        DenialReason::ALL.iter().map(|word| word.as_str()).collect(),
        ObjectResult::ALL.iter().map(|word| word.as_str()).collect(),
        StaleReason::ALL.iter().map(|word| word.as_str()).collect(),
        NotKept::ALL.iter().map(|word| word.as_str()).collect(),
        EvictionCause::ALL.iter().map(|word| word.as_str()).collect(),
        ForgetCause::ALL.iter().map(|word| word.as_str()).collect(),
        DiskState::ALL.iter().map(|word| word.as_str()).collect(),
        ForgetScope::ALL.iter().map(|word| word.as_str()).collect(),
    ] {
        for word in words {
            assert!(reference.contains(&format!("`{word}`")), "{word} is not documented");
        }
    }
}

#[test]
fn the_page_tells_what_was_counted() {
    let metrics = metrics();
    let (route, bucket) = (metrics.route("/avatars/"), metrics.bucket("files"));
    route.answered(Outcome::Redirect, Duration::from_micros(80), 0);
    route.answered(Outcome::Stream, Duration::from_millis(7), 1_000);
    bucket.presigned();
    bucket.origin_answered(Duration::from_millis(3));
    bucket.origin_failed(OriginErrorKind::Timeout);
    metrics.request_began();
    metrics.read_app(|| AppReading {
        url_cache: Some(CacheReading {
            hits: 5,
            misses: 2,
            entries: 3,
            bytes: 900,
            limit_bytes: 1_000,
        }),
        credentials: vec![
            CredentialReading {
                bucket: "files".into(),
                valid: true,
                expires_at: Some(Timestamp::from_unix(1_060)),
            },
            CredentialReading {
                bucket: "static".into(),
                valid: true,
                expires_at: None,
            },
            CredentialReading {
                bucket: "gone".into(),
                valid: false,
                expires_at: None,
            },
        ],
        places: vec![PlaceReading {
            bucket: "files".into(),
            clock_offset: -1200,
            region_changes: 1,
        }],
        ..AppReading::default()
    });
    metrics.read_listener(|| ListenerReading {
        open_connections: 2,
        connection_limit: 10,
        deadlines: vec![("write_progress", 4)],
        ..ListenerReading::default()
    });

    let page = metrics.render().unwrap();
    for line in [
        r#"evergate_requests_total{route="/avatars/",outcome="redirect"} 1"#,
        r#"evergate_requests_total{route="none",outcome="not_found"} 0"#,
        r#"evergate_request_duration_seconds_bucket{route="/avatars/",outcome="redirect",le="0.0001"} 1"#,
        r#"evergate_request_duration_seconds_bucket{route="/avatars/",outcome="stream",le="0.005"} 0"#,
        r#"evergate_request_duration_seconds_bucket{route="/avatars/",outcome="stream",le="+Inf"} 1"#,
        r#"evergate_request_duration_seconds_sum{route="/avatars/",outcome="stream"} 0.007"#,
        r#"evergate_response_body_bytes_total{route="/avatars/"} 1000"#,
        "evergate_url_cache_hits_total 5",
        "evergate_url_cache_misses_total 2",
        r#"evergate_presigns_total{bucket="files"} 1"#,
        r#"evergate_origin_request_duration_seconds_count{bucket="files"} 1"#,
        r#"evergate_origin_errors_total{bucket="files",kind="timeout"} 1"#,
        "evergate_url_cache_entries 3",
        "evergate_url_cache_bytes 900",
        r#"evergate_credential_left_seconds{bucket="files"} 60"#,
        r#"evergate_credential_left_seconds{bucket="gone"} 0"#,
        r#"evergate_credential_valid{bucket="gone"} 0"#,
        r#"evergate_origin_clock_offset_seconds{bucket="files"} -1200"#,
        r#"evergate_bucket_region_changes{bucket="files"} 1"#,
        "evergate_requests_in_flight 1",
        "evergate_config_loaded_timestamp_seconds 1000",
        "evergate_open_connections 2",
        r#"evergate_deadlines_total{deadline="write_progress"} 4"#,
    ] {
        assert!(page.lines().any(|seen| seen == line), "{line} is missing from\n{page}");
    }
    assert!(!page.contains(r#"left_seconds{bucket="static"}"#));
    #[cfg(target_os = "linux")]
    assert!(page.contains("process_resident_memory_bytes "));
}

#[test]
fn the_page_tells_how_origins_are_spared() {
    let metrics = metrics();
    let bucket = metrics.bucket("files");
    bucket.origin_retried(RetryReason::Broken);
    bucket.origin_retried(RetryReason::Region);
    bucket.origin_retry_refused();
    bucket.origin_resumed(ResumeResult::Changed);
    bucket.origin_slowed();
    bucket.origin_suspended();
    metrics.read_app(|| AppReading {
        origins: vec![OriginReading {
            bucket: "files".into(),
            breaker: BreakerState::HalfOpen,
            concurrency_limit: 8,
            concurrency: 7,
            waiting: 3,
            uploads_limit: 6,
            uploads: 5,
            uploads_waiting: 4,
            retries_left: 2,
        }],
        ..AppReading::default()
    });
    let page = metrics.render().unwrap();
    for line in [
        r#"evergate_origin_retries_total{bucket="files",reason="broken"} 1"#,
        r#"evergate_origin_retries_total{bucket="files",reason="region"} 1"#,
        r#"evergate_origin_retries_total{bucket="files",reason="clock"} 0"#,
        r#"evergate_origin_retries_refused_total{bucket="files"} 1"#,
        r#"evergate_origin_resumptions_total{bucket="files",result="resumed"} 0"#,
        r#"evergate_origin_resumptions_total{bucket="files",result="changed"} 1"#,
        r#"evergate_origin_concurrency_lowered_total{bucket="files"} 1"#,
        r#"evergate_origin_breaker_opened_total{bucket="files"} 1"#,
        r#"evergate_origin_breaker_state{bucket="files",state="half_open"} 1"#,
        r#"evergate_origin_breaker_state{bucket="files",state="closed"} 0"#,
        r#"evergate_origin_concurrency_limit{bucket="files"} 8"#,
        r#"evergate_origin_concurrency{bucket="files"} 7"#,
        r#"evergate_origin_concurrency_waiting{bucket="files"} 3"#,
        r#"evergate_origin_uploads_limit{bucket="files"} 6"#,
        r#"evergate_origin_uploads{bucket="files"} 5"#,
        r#"evergate_origin_uploads_waiting{bucket="files"} 4"#,
        r#"evergate_origin_retry_budget{bucket="files"} 2"#,
    ] {
        assert!(page.lines().any(|seen| seen == line), "{line} is missing from\n{page}");
    }
}

#[test]
fn a_reload_keeps_the_counts_of_what_stays_and_forgets_the_rest() {
    let metrics = metrics();
    let (kept, gone) = (metrics.route("/kept/"), metrics.route("/gone/"));
    kept.answered(Outcome::Redirect, Duration::ZERO, 0);
    gone.answered(Outcome::Redirect, Duration::ZERO, 0);
    let _ = (metrics.bucket("old"), metrics.bucket("new"));
    metrics.retain(&["/kept/"], &["new"], &[]);
    metrics.route("/kept/").answered(Outcome::Redirect, Duration::ZERO, 0);
    gone.answered(Outcome::Redirect, Duration::ZERO, 0);
    let page = metrics.render().unwrap();
    assert!(
        page.contains(r#"evergate_requests_total{route="/kept/",outcome="redirect"} 2"#),
        "{page}"
    );
    assert!(
        !page.contains("/gone/") && !page.contains("\"old\"") && page.contains("\"new\""),
        "{page}"
    );
    assert!(page.contains(r#"route="none""#));
}

proptest! {
    #[test]
    fn no_request_adds_a_series(
        answers in proptest::collection::vec((0..Outcome::ALL.len(), 0_u64..100_000_000, any::<u32>()), 1..200)
    ) {
        let metrics = metrics();
        let route = metrics.route("/avatars/");
        for outcome in Outcome::ALL {
            route.answered(*outcome, Duration::ZERO, 0);
            metrics.unrouted().answered(*outcome, Duration::ZERO, 0);
        }
        let series = |page: String| page.lines().filter(|line| !line.starts_with('#')).count();
        let before = series(metrics.render().unwrap());
        for (outcome, micros, bytes) in answers {
            route.answered(Outcome::ALL[outcome], Duration::from_micros(micros), bytes.into());
            metrics.unrouted().answered(Outcome::ALL[outcome], Duration::from_micros(micros), bytes.into());
        }
        prop_assert_eq!(series(metrics.render().unwrap()), before);
    }
}
