//! Heads of answers, and what they allow: table by table as RFC 9111, RFC 5861 and http-cache-tests put it.

use super::*;
use crate::config::CachePolicy;
use http::header::{HeaderName, HeaderValue};

/// 2025-01-01T00:00:00Z; as a date it is `NOW`.
pub(super) const NOON: Timestamp = Timestamp::from_unix(1_735_689_600);
pub(super) const NOW: &str = "Wed, 01 Jan 2025 00:00:00 GMT";

/// Wider than any head in here, so that the origin's word is seen.
pub(super) const WIDE: CachePolicy = CachePolicy {
    fresh_for: secs(1_000_000),
    stale_while_revalidate: secs(0),
    stale_if_error: secs(0),
};
pub(super) const STALE: CachePolicy = CachePolicy {
    stale_while_revalidate: secs(100),
    stale_if_error: secs(1_000),
    ..WIDE
};

pub(super) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn exchange(asked_at: Timestamp, answered_at: Timestamp) -> Exchange {
    Exchange { asked_at, answered_at }
}

pub(super) fn rules(head: &[(&'static str, &str)]) -> StorageRules {
    let mut headers = HeaderMap::new();
    for (name, value) in head {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    StorageRules::from_headers(&headers)
}

pub(super) fn validity(head: &[(&'static str, &str)]) -> Validity {
    Validity::new(&rules(head), exchange(NOON, NOON))
}

/// For how many seconds an answer with this head is fresh on arrival.
fn fresh_for(head: &[(&'static str, &str)]) -> u64 {
    match validity(head).standing(&WIDE, NOON) {
        Standing::Fresh { left } => left.as_secs(),
        Standing::WhileRevalidating { .. } => panic!("{head:?}: the policy has no such window"),
        Standing::Stale { .. } => 0,
    }
}

fn by_cache_control(lines: &[&str]) -> u64 {
    let head: Vec<_> = lines.iter().map(|line| ("cache-control", *line)).collect();
    fresh_for(&head)
}

#[test]
fn the_first_of_s_maxage_max_age_and_expires_counts() {
    let expires = ("expires", "Wed, 01 Jan 2025 00:05:00 GMT");
    let date = ("date", NOW);
    let cases: [(&[(&'static str, &str)], u64); 9] = [
        (&[], 1_000_000),
        (&[("cache-control", "public, immutable, foobar, x=\"y\"")], 1_000_000),
        (&[expires, date], 300),
        (&[expires, date, ("cache-control", "max-age=60")], 60),
        (&[expires, date, ("cache-control", "max-age=0")], 0),
        (&[expires, date, ("cache-control", "max-age=60, s-maxage=120")], 120),
        (&[expires, date, ("cache-control", "s-maxage=1, max-age=60")], 1),
        (&[("expires", "0"), date, ("cache-control", "max-age=60")], 60),
        (
            &[("expires", NOW), date, ("cache-control", "s-maxage=60, max-age=0")],
            60,
        ),
    ];
    for (head, expected) in cases {
        assert_eq!(fresh_for(head), expected, "{head:?}");
    }
}

#[test]
fn cache_control_is_read_as_rfc_9111_has_it() {
    let cases: [(&[&str], u64); 43] = [
        // http-cache-tests, cc-freshness and cc-parse.
        (&["MaX-aGe=3600"], 3_600),
        (&["max-age=\"3600\""], 3_600),
        (&["max-age=003600"], 3_600),
        (&["max-age='3600'"], 0),
        (&["max-age=3600.0"], 0),
        (&["max-age=3600.5"], 0),
        (&["max-age =3600"], 0),
        (&["max-age= 3600"], 0),
        (&["max-age=a3600"], 0),
        (&["max-age=3600a"], 0),
        (&["max-age=-3600"], 0),
        (&["max-age=+3600"], 0),
        (&["max-age=99999999999"], 1_000_000),
        (&["max-age=99999999999999999999999999999999"], 1_000_000),
        (&["extension=\"max-age=3600\", max-age=1"], 1),
        (&["max-age=1, extension=\"max-age=3600\""], 1),
        (&["extension=\"max-age=3600\", max-age=\"1\""], 1),
        (&["max-age=\"1\", extension=\"max-age=3600\""], 1),
        (&["max-age=3600", "max-age=1800"], 1_800),
        (&["max-age=3600, max-age=3600"], 3_600),
        (&["max-age=1, max-age=1800"], 1),
        (&["max-age=1800, max-age=1"], 1),
        (&["max-age=1800, max-age=x"], 0),
        (&["max-age=3600", "s-maxage=1"], 1),
        // Numbers that are none.
        (&["max-age"], 0),
        (&["max-age="], 0),
        (&["max-age=\"\""], 0),
        (&["max-age=\"3\\600\""], 0),
        (&["s-maxage=x, max-age=3600"], 0),
        // Lists.
        (&[""], 1_000_000),
        (&[" , ,\t, "], 1_000_000),
        (&[",max-age=5,"], 5),
        (&["\tpublic\t,\tmax-age=5\t"], 5),
        (&["x=\"a\\\", max-age=1, \\\\\", max-age=5"], 5),
        (&["no-cache, max-age=5"], 0),
        (&["No-Cache=\"set-cookie, x\", max-age=5"], 0),
        // What is broken is not trusted.
        (&["x=\"a, max-age=5"], 0),
        (&["max-age=5; public"], 0),
        (&["max-age=5 public"], 0),
        (&["=5"], 0),
        (&["x=, max-age=5"], 0),
        (&["x=\"a\"b\"c\", max-age=5"], 0),
        (&["x=\"a\" \"b\", max-age=5"], 0),
    ];
    for (lines, expected) in cases {
        assert_eq!(by_cache_control(lines), expected, "{lines:?}");
    }
}

#[test]
fn what_forbids_keeping_is_seen_wherever_it_stands() {
    use NotStored::{NoStore, Private, Vary};
    let cases: [(&'static str, &str, Result<(), NotStored>); 28] = [
        ("cache-control", "max-age=60", Ok(())),
        ("cache-control", "no-cache", Ok(())),
        ("cache-control", "No-StOrE", Err(NoStore)),
        ("cache-control", "max-age=10000, no-store", Err(NoStore)),
        ("cache-control", "no-store=\"x\"", Err(NoStore)),
        ("cache-control", "no-store, must-understand", Err(NoStore)),
        ("cache-control", "private, max-age=3600", Err(Private)),
        ("cache-control", "private=\"set-cookie\"", Err(Private)),
        ("cache-control", "private, no-store", Err(NoStore)),
        ("cache-control", "no-store, private", Err(NoStore)),
        ("cache-control", "x=\"no-store, private\"", Ok(())),
        ("cache-control", "no-storexyz, x-private", Ok(())),
        ("cache-control", "x=\"unclosed, no-store", Err(NoStore)),
        ("cache-control", "no-store; max-age=0", Err(NoStore)),
        ("cache-control", "no-store max-age=0", Err(NoStore)),
        ("vary", "", Ok(())),
        ("vary", " , ", Ok(())),
        ("vary", "Origin", Ok(())),
        (
            "vary",
            "ORIGIN, Access-Control-Request-Headers , Access-Control-Request-Method",
            Ok(()),
        ),
        ("vary", "accept-encoding", Ok(())),
        ("vary", "*", Err(Vary)),
        ("vary", "*, *", Err(Vary)),
        ("vary", ", *", Err(Vary)),
        ("vary", "*, Origin", Err(Vary)),
        ("vary", "Origin, *", Err(Vary)),
        ("vary", "Origin, Cookie", Err(Vary)),
        ("vary", "Origin Cookie", Err(Vary)),
        ("vary", "Access-Control-Request-Private-Network", Err(Vary)),
    ];
    for (name, value, expected) in cases {
        assert_eq!(rules(&[(name, value)]).may_store(), expected, "{name}: {value}");
    }
    let lines = |name, first, second| rules(&[(name, first), (name, second)]).may_store();
    assert_eq!(lines("vary", "", "*"), Err(Vary));
    assert_eq!(lines("vary", "origin", "cookie"), Err(Vary));
    assert_eq!(lines("cache-control", "max-age=1", "no-store"), Err(NoStore));
    // A quote ends with its line.
    assert_eq!(lines("cache-control", "x=\"", "private"), Err(Private));
}

#[test]
fn an_age_that_says_nothing_counts_as_stale() {
    // http-cache-tests, age-parse; `fresh` is what is left of an hour.
    let cases: [(&[&str], u64); 15] = [
        (&[], 3_600),
        (&["0"], 3_600),
        (&["600"], 3_000),
        (&["7200"], 0),
        (&["99999999999999999999999999"], 0),
        (&["abc"], 0),
        (&["-7200"], 0),
        (&["0.0"], 0),
        (&["7200,0"], 0),
        (&["0, 0"], 0),
        (&["0;foo=bar"], 0),
        (&["0;foo=111"], 0),
        (&["7200", "0"], 0),
        (&["0", "7200"], 0),
        (&["0", "0"], 0),
    ];
    for (lines, expected) in cases {
        let mut head = vec![("date", NOW), ("cache-control", "max-age=3600")];
        head.extend(lines.iter().map(|line| ("age", *line)));
        assert_eq!(fresh_for(&head), expected, "{lines:?}");
    }
    let unreadable = validity(&[("age", "soon")]);
    assert!(matches!(unreadable.standing(&STALE, NOON), Standing::Stale { .. }));
    assert!(!unreadable.may_stand_in(&STALE, NOON));
}

#[test]
fn expires_is_read_in_all_three_forms_and_else_is_past() {
    let far = 1_000_000;
    let cases: [(&[&str], u64); 19] = [
        (&["Wed, 01 Jan 2025 00:01:00 GMT"], 60),
        (&["Wednesday, 01-Jan-25 00:01:00 GMT"], 60),
        (&["Wed Jan  1 00:01:00 2025"], 60),
        (&["Thu, 18 Aug 2050 02:01:18 GMT"], far),
        (&["Fri, 31 Dec 9999 23:59:59 GMT"], far),
        (&["Wed, 01 Jan 2025 00:00:00 GMT"], 0),
        (&["Tue, 31 Dec 2024 23:59:59 GMT"], 0),
        (&["Thu, 01 Jan 1970 00:00:00 GMT"], 0),
        (&["Sat, 01 Jan 1900 00:00:00 GMT"], 0),
        (&["0"], 0),
        (&["-1"], 0),
        (&[""], 0),
        (&["never"], 0),
        (&["Thu, 18 Aug 2050 02:01:18 UTC"], 0),
        (&["Thu, 18 Aug 2050 02:01:18 AEST"], 0),
        (&["Thu, 18 Aug 50 02:01:18 GMT"], 0),
        (&["Thu, 18 Aug 2050 2:01:18 GMT"], 0),
        (&["Wed, 01 Jan 2025 00:02:00 GMT", "Wed, 01 Jan 2025 00:01:00 GMT"], 60),
        (&["Wed, 01 Jan 2025 00:02:00 GMT", "0"], 0),
    ];
    for (lines, expected) in cases {
        let mut head = vec![("date", NOW)];
        head.extend(lines.iter().map(|line| ("expires", *line)));
        assert_eq!(fresh_for(&head), expected, "{lines:?}");
    }
}
